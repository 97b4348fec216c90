//! What took effect: the judge of "exactly once".

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::serial::{self, Constant};

/// One lasting change, noted the moment it happened. A replay makes none; two for one key are a double effect.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Effect {
    /// The operation's id in the catalogue.
    #[serde(deserialize_with = "serial::constant")]
    pub operation: Constant,
    /// The business key: `record_id`, `transaction_id`, `stock_id/coupon_code`, `trade mchid/out_trade_no`, …
    pub key: String,
    /// What happened, in one word, such as `issued`, `used`, `credited`.
    #[serde(deserialize_with = "serial::constant")]
    pub what: Constant,
    /// The mchid or brand id that caused it.
    pub caller: String,
    /// Business time.
    pub at: Timestamp,
}

/// How often one thing happened to one business key: the judge's count. More than one is a double effect, unless the
/// thing may happen again, such as a balance that is synced.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EffectCount {
    /// The operation's id in the catalogue.
    pub operation: &'static str,
    /// The business key.
    pub key: String,
    /// What happened.
    pub what: &'static str,
    /// How often.
    pub count: usize,
}

/// Counts effects by operation, key and what happened, in the order in which each first happened.
pub(crate) fn count(effects: &[Effect]) -> Vec<EffectCount> {
    let mut counts: Vec<EffectCount> = Vec::new();
    let mut places = HashMap::new();
    for Effect { operation, key, what, .. } in effects {
        let place = *places.entry((operation, key, what)).or_insert(counts.len());
        match counts.get_mut(place) {
            Some(known) => known.count += 1,
            None => counts.push(EffectCount { operation, key: key.clone(), what, count: 1 }),
        }
    }
    counts
}
