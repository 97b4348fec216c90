//! The relay: every notification stored before it is acknowledged, every result pushed back, once in effect.
//!
//! The effect at `WeChat` Pay happens at most once per business key; the merchant's hook is called at least once, with a
//! stable id; the merchant's side is once if it stores that id in its own transaction.

mod clock;
pub mod job;
pub mod store;

pub use clock::{Clock, SystemClock};
