//! The shop through its public doors: questions, the ledger, the page.

mod exchange;
mod hook;
mod page;
mod payments;
mod world;
