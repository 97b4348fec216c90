//! The relay through its public doors.
#![expect(clippy::unwrap_used, reason = "a broken premise of a test should fail loudly, also in its helpers")]

mod store;
