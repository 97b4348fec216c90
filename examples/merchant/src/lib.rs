//! A small merchant: a mall shop with a points programme, as one would write it around `weipay`.
//!
//! - [`Receiver`]: takes notifications, verifies them on the raw bytes, keeps them, then acknowledges;
//! - [`Merchant`]: what the shop does about them: earn points, exchange points for a coupon, reverse on a refund;
//! - [`Till`]: redeems a coupon after its own check of the minimum spend;
//! - [`Ledger`]: the points, each change under a key, so that nothing counts twice.
//!
//! Everything lives in memory to stay readable. A shop that takes money keeps ledger and inbox in a database and
//! writes both before it acknowledges.
//!
//! `cargo run -p example-merchant` runs it against the environment that `weipay sandbox --env FILE` writes.

#![expect(missing_debug_implementations, reason = "what holds an openid has no Debug")]

mod event;
mod ledger;
mod merchant;
mod receiver;
mod till;

pub use event::{MallRefund, MallTransaction, PointExchange};
pub use ledger::{Account, Entry, Ledger};
pub use merchant::{CardMember, Decision, Exchanged, Merchant, Shop};
pub use receiver::Receiver;
pub use till::{Redeemed, Refusal, Sale, Till};

/// The examples of the project's READMEs compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../../README.zh-CN.md")]
mod readme {}
