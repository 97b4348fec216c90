//! A small merchant: members with points, coupons of its own, a durable ledger, and a page for people.
//!
//! It answers the relay's hook as any foreign system would: with its own reading of the contract and its own check of the
//! signature. What makes its side happen once is one rule, kept in [`Ledger`]: the question's id is stored in the
//! transaction in which the question is answered, and a repetition gets the stored answer.

mod config;
mod error;
mod fail;
mod hook;
mod ledger;
mod page;
mod shop;
mod tap;

pub use config::{Card, Config, Coupons, Member, Merchant};
pub use error::Error;
pub use fail::POINTS as FAIL_POINTS;
pub use hook::Question;
pub use ledger::{
    Account, Breach, Coupon, CouponState, Dump, Exchange, ExchangeState, Ledger, Payment, Refund,
};
pub use shop::Shop;
pub use tap::{Tap, TapError};
