//! What the page shows.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use crate::{Dump, ExchangeState};

/// So many of the newest exchanges and payments.
const NEWEST: usize = 20;

pub(super) fn of(dump: &Dump, buttons: bool) -> Value {
    let member = |openid: &str| dump.accounts.iter().position(|account| account.openid == openid);
    let members = dump.accounts.iter().enumerate().map(|(number, account)| {
        json!({
            "number": number, "merchant": account.merchant, "name": account.name,
            "points": account.points - account.reserved, "reserved": account.reserved,
            "card": account.card.is_some(),
        })
    });
    let exchanges = dump.exchanges.iter().rev().take(NEWEST).map(|exchange| {
        json!({
            "record_id": exchange.record_id, "member": member(&exchange.openid), "points": exchange.points,
            "received": exchange.received, "decided": exchange.decided, "confirmed": exchange.settled,
            "allowed": (exchange.state != ExchangeState::Received).then_some(exchange.state != ExchangeState::Rejected),
            "state": exchange.state, "coupon_code": exchange.coupon_code, "reason": exchange.reason,
            "parked": exchange.parked,
        })
    });
    let payments = dump.payments.iter().rev().take(NEWEST).map(|payment| {
        json!({
            "transaction_id": payment.transaction_id, "member": member(&payment.openid), "amount": payment.amount,
            "points": payment.points, "reversed": payment.reversed,
        })
    });
    json!({
        "buttons": buttons,
        "members": members.collect::<Vec<_>>(),
        "exchanges": exchanges.collect::<Vec<_>>(),
        "payments": payments.collect::<Vec<_>>(),
    })
}

pub(super) fn fingerprint(state: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.to_string().hash(&mut hasher);
    hasher.finish()
}
