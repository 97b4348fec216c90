//! What took effect: the judge of "exactly once".

use jiff::Timestamp;

/// One lasting change, noted the moment it happened. A replay makes none; two for one key are a double effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effect {
    /// The operation's id in the catalogue.
    pub operation: &'static str,
    /// The business key: `record_id`, `transaction_id`, `stock_id/coupon_code`, `trade mchid/out_trade_no`, …
    pub key: String,
    /// What happened, in one word, such as `issued`, `used`, `credited`.
    pub what: &'static str,
    /// The mchid or brand id that caused it.
    pub caller: String,
    /// Business time.
    pub at: Timestamp,
}
