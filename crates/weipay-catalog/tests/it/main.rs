//! The catalogue through its public doors.

mod counts;
mod ops;
#[cfg(feature = "reference")]
mod reference;
