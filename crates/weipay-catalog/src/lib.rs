//! The operations of WeChat Pay APIv3 as data.
//!
//! - [`ops`]: every operation with its template, method, documented limits and idempotency. Small, always there.
//! - `reference` (behind the feature of that name): the schemas, labels and examples of every operation, and the
//!   notifications.
//!
//! All of it is static: nothing is parsed, allocated or registered at run time, and the crate has no dependencies.
//! The tables are generated from `catalogue/` by `weipay-codegen`; the types and look-ups are written by hand.
//!
//! ```
//! use weipay_catalog::ops::{self, Method};
//!
//! let use_coupon = ops::find(Method::Post, "v3/marketing/busifavor/coupons/use").unwrap();
//! assert_eq!(use_coupon.id, "marketing_busifavor_coupons_use");
//! assert_eq!(use_coupon.idempotency.as_ref().unwrap().fields, ["use_request_no"]);
//! ```

pub mod ops;
#[cfg(feature = "reference")]
pub mod reference;

#[rustfmt::skip]
mod generated;
