//! The sandbox through its public doors: HTTP on loopback, and the handle.
#![expect(clippy::unwrap_used, reason = "a broken premise of a test should fail loudly, also in its helpers")]

mod authentication;
mod busifavor;
mod businesscircle;
mod card_member;
mod cards;
mod catalogue;
mod client;
mod combine;
mod conformance;
mod control;
mod events;
mod every_operation;
mod faults;
mod files;
mod handle;
mod https;
mod membercard;
mod membership;
mod mistakes;
mod notifications;
mod payer;
mod payments;
mod platform;
mod product_coupon;
mod profit_sharing;
mod receiver;
mod refunds;
mod rotation;
mod samples;
mod sensitive;
mod snapshot;
mod transfers;
mod validation;
mod worlds;
