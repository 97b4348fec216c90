//! The shop through its public doors: questions, the ledger, the page.

#![expect(clippy::unwrap_used, reason = "a broken premise of a test should fail loudly, also in its helpers")]

mod exchange;
mod hook;
mod page;
mod payments;
mod world;
