//! The relay through its public doors: a sandbox on one side, a shop on the other, SQLite between them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod clock;
mod effects;
mod exchange;
mod forge;
mod hook;
mod ingress;
mod limits;
mod mall;
mod restart;
mod shop;
mod stage;
