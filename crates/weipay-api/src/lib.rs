//! The typed chain of WeChat Pay APIv3, generated from the catalogue: one cargo feature per product area.
//!
//! - a module per area holds its types: requests, answers, queries, open enums;
//! - `events` (a feature like the areas) holds the notifications: `Event::read` gives a typed resource;
//! - [`chain`] holds the places of the paths; each segment is a method, each verb gives a
//!   [`Request`](weipay_core::Request).
//!
//! Programs use it through the crate `weipay`: `client.v3().marketing().busifavor().coupons().use_().post(&body)`.
//!
//! How the API becomes Rust:
//!
//! - a segment named like a keyword or a verb takes a `_`: `use_()`, `delete_()`; `{stock_id}` is `.stock_id(value)`;
//! - what a request needs stands in its `new(…)`, in the order of the official page; the rest are setters;
//! - a verb takes the body, or the query where one is needed. A query that may be left out has a door of its own,
//!   `get_with(&query)`. Where there is a query beside a body, the query comes first: `.with(&query).post(&body)`;
//! - answers are read generously: a member is no `Option` only where an official SDK confirms that it is always there.
//!   `Debug` shows no values, which may be personal data;
//! - amounts are in fen unless the label says otherwise.

#[cfg(feature = "events")]
mod event;
#[rustfmt::skip]
mod generated;

pub use generated::chain;
pub use generated::types::*;
