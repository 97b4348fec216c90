//! WeChat Pay is told once what each payment earned, and it is what the shop credited.

use std::collections::HashMap;

use jiff::SignedDuration;

use super::{Evidence, NOTIFY};
use crate::load::LATE;
use crate::verdict::{Finding, Load};

pub(super) fn judge(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let mut told: HashMap<&str, u64> = HashMap::new();
    for effect in evidence.effects_of(NOTIFY) {
        // The key is mall, sub-mall and order.
        let order = effect.key.rsplit('/').next().unwrap_or_default();
        *told.entry(order).or_default() += 1;
    }
    for transaction_id in evidence.made.payments.keys() {
        let mut note =
            |name, what: String| found.push(Finding::new(name, format!("payment {transaction_id}: {what}")));
        let at_wechat = evidence.sandbox.increased_points(transaction_id);
        let in_books = evidence.payments.get(transaction_id.as_str()).map(|payment| payment.points);
        match (at_wechat, in_books) {
            (None, _) => note("lost-payment", "WeChat Pay was not told its points".to_owned()),
            (Some(points), Some(credited)) if points == credited => {}
            (Some(points), credited) => {
                note(
                    "ledger-disagrees",
                    format!("{points} points at WeChat Pay, the shop credited {credited:?}"),
                );
            }
        }
        if told.get(transaction_id.as_str()).is_some_and(|times| *times > 1) {
            note("double-effect", "its points were told twice, differently".to_owned());
        }
    }
}

pub(super) fn count(evidence: &Evidence<'_>, load: &mut Load) {
    let made = evidence.made;
    load.payments = made.payments.len() as u64;
    let told = |payment: &&String| evidence.sandbox.increased_points(payment).is_some();
    load.notified = made.payments.keys().filter(told).count() as u64;
    load.credited = evidence.books.payments.len() as u64;
    let overtaken = |payment: &&String| {
        let mut deliveries = evidence.deliveries.iter();
        let of_payment = deliveries.find(|delivery| delivery.key == **payment);
        let first = of_payment.and_then(|delivery| Some((delivery.created, delivery.attempts.first()?.due)));
        first.is_some_and(|(created, due)| {
            due.duration_since(created) >= SignedDuration::try_from(LATE).unwrap_or_default()
        })
    };
    load.early = made.early.iter().filter(overtaken).count() as u64;
    load.refunds = made.refunds.len() as u64;
    load.reversed = evidence.books.refunds.len() as u64;
}
