//! A small merchant with a points programme, with the relay inside: one process, one database.
//!
//! - [`Shop`]: what the relay asks it, each answer worked out in the relay's own transaction;
//! - [`Ledger`]: its tables, beside the relay's: members, exchanges, payments, refunds;
//! - [`Till`]: redeems a coupon after its own check of the minimum spend.
//!
//! Nothing is kept in memory and no id is remembered: whenever the process dies, a decision and what follows from it are
//! both in the database, or neither is.
//!
//! `cargo run -p example-merchant` runs it against the environment that `weipay sandbox --env FILE` writes.

mod hook;
mod ledger;
mod till;

pub use hook::Shop;
pub use ledger::{Account, Ledger};
pub use till::{Sale, Till, Told};

/// Its name in the relay: it stands in the notify URL and in front of all keys, and is never changed.
pub const NAME: &str = "shop";

/// The examples of the project's READMEs compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../../README.zh-CN.md")]
mod readme {}
