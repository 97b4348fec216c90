//! The sandbox through its public doors: HTTP on loopback, and the handle.
#![expect(clippy::unwrap_used, reason = "a broken premise of a test should fail loudly, also in its helpers")]

mod authentication;
mod busifavor;
mod businesscircle;
mod card_member;
mod catalogue;
mod client;
mod conformance;
mod control;
mod events;
mod every_operation;
mod faults;
mod files;
mod handle;
mod membercard;
mod mistakes;
mod notifications;
mod platform;
mod receiver;
mod rotation;
mod samples;
mod validation;
mod worlds;
