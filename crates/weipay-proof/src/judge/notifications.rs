//! What was acknowledged is known to the shop.

use std::collections::HashSet;

use weipay_sandbox::DeliveryState;

use super::Evidence;
use crate::verdict::Finding;

pub(super) fn judge(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let refunds: HashSet<_> = evidence.books.refunds.iter().map(|refund| refund.refund_id.as_str()).collect();
    for (refund_id, _, _) in &evidence.made.refunds {
        if !refunds.contains(refund_id.as_str()) {
            found.push(Finding::new("lost-notification", format!("MALL_REFUND.SUCCESS {refund_id}")));
        }
    }
    for delivery in &evidence.deliveries {
        let key = delivery.key.as_str();
        let known = match delivery.event_type {
            "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON" => evidence.exchanges.contains_key(key),
            "MALL_TRANSACTION.SUCCESS" => evidence.payments.contains_key(key),
            _ => true,
        };
        let attempts = delivery.attempts.len();
        let detail = format!("{} {key}, {attempts} attempts", delivery.event_type);
        if delivery.state != DeliveryState::Delivered {
            found.push(Finding::new("never-acknowledged", detail));
        } else if !known {
            found.push(Finding::new("lost-notification", detail));
        }
    }
}
