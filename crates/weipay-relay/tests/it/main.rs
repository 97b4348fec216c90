//! The relay through its public doors: a sandbox on one side, a shop on the other, a store between them; and the store by
//! itself, one suite for every implementation.
#![expect(clippy::unwrap_used, reason = "tests")]

mod clock;
mod config;
mod effects;
mod exchange;
mod forge;
mod hook;
mod hook_test;
mod ingress;
mod limits;
mod make_good;
mod mall;
mod measure;
mod operate;
mod outage;
mod pause;
mod places;
mod restart;
mod retention;
mod shop;
mod stage;
mod store;
mod transaction;
