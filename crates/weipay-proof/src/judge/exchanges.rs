//! Each exchange is decided once, gives at most one coupon, and ends alike on both sides.

use std::collections::{HashMap, HashSet};

use weipay_sandbox::world::RecordState;
use weipay_shop::ExchangeState;

use super::{CONFIRM, Evidence};
use crate::verdict::{Finding, Load};

pub(super) fn judge(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let mut settled: HashMap<&str, u64> = HashMap::new();
    for effect in evidence.effects_of(CONFIRM) {
        *settled.entry(&effect.key).or_default() += 1;
    }
    let mut codes = HashSet::new();
    for record_id in &evidence.made.exchanges {
        let mut note =
            |name, what: String| found.push(Finding::new(name, format!("exchange {record_id}: {what}")));
        let Some(record) = evidence.sandbox.record(record_id) else { continue };
        let Some(exchange) = evidence.exchanges.get(record_id.as_str()) else {
            if record.state == RecordState::Pending {
                note("lost-exchange", "nobody decided it".to_owned());
            } else {
                note("ledger-disagrees", "decided at WeChat Pay, and the shop does not know it".to_owned());
            }
            continue;
        };
        if settled.get(record_id.as_str()).is_some_and(|times| *times > 1) {
            note("double-coupon", "it took effect twice".to_owned());
        }
        if let Some(code) = &record.coupon_code
            && !codes.insert(code.clone())
        {
            note("double-coupon", "its coupon was given for another exchange, too".to_owned());
        }
        if exchange.parked {
            let why = exchange.reason.clone().unwrap_or_default();
            note("unsettled", format!("parked: {why}"));
            continue;
        }
        match (record.state, exchange.state) {
            (RecordState::Pending, state) => {
                note("lost-exchange", format!("undecided, the shop has {state:?}"));
            }
            (_, ExchangeState::Received | ExchangeState::Reserved) => {
                note("unsettled", "decided at WeChat Pay, and the shop does not know how".to_owned());
            }
            (RecordState::Succeeded, ExchangeState::Taken) if record.coupon_code == exchange.coupon_code => {}
            (RecordState::Succeeded, ExchangeState::Taken) => {
                note("ledger-disagrees", "the two sides name different coupons".to_owned());
            }
            (RecordState::Failed, ExchangeState::GivenBack | ExchangeState::Rejected) => {}
            (record, state) => {
                note("ledger-disagrees", format!("{record:?} at WeChat Pay, the shop has {state:?}"));
            }
        }
    }
}

pub(super) fn count(evidence: &Evidence<'_>, load: &mut Load) {
    load.exchanges = evidence.made.exchanges.len() as u64;
    for record_id in &evidence.made.exchanges {
        match evidence.sandbox.record(record_id).map(|record| record.state) {
            Some(RecordState::Succeeded) => load.issued += 1,
            Some(RecordState::Failed) => load.not_issued += 1,
            _ => {}
        }
    }
    for exchange in &evidence.books.exchanges {
        match exchange.state {
            ExchangeState::Taken => load.taken += 1,
            ExchangeState::GivenBack | ExchangeState::Rejected => load.given_back += 1,
            ExchangeState::Received | ExchangeState::Reserved => {}
        }
    }
}
