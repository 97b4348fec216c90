//! The catalogue through its public doors.

mod ops;
#[cfg(feature = "reference")]
mod reference;
