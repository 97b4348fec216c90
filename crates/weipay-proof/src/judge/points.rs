//! Points neither appear nor vanish, and WeChat shows what the shop has.

use std::collections::HashMap;

use weipay_shop::{Account, ExchangeState};

use super::Evidence;
use crate::stage::world;
use crate::verdict::Finding;

pub(super) fn judge(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let opened: HashMap<_, _> = world::members(&world::both())
        .into_iter()
        .map(|member| ((member.merchant, member.openid), i64::try_from(member.points).unwrap_or(i64::MAX)))
        .collect();
    for account in &evidence.books.accounts {
        let key = (account.merchant.clone(), account.openid.clone());
        let opening = opened.get(&key).copied().unwrap_or_default();
        let due = opening + earned(evidence, account) - exchanged(evidence, account);
        // Customers of the mall have no name in these books.
        let name = if account.name.is_empty() { "a customer of the mall" } else { &account.name };
        let has = account.points - account.debt;
        if has != due {
            let text = format!("{name}: {has} points, {due} by what happened at WeChat Pay");
            found.push(Finding::new("points-mismatch", text));
        }
        let Some(card) = &account.card else { continue };
        let free = account.points - account.reserved;
        let shown = evidence.sandbox.point_balance(&card.card_id, &card.user_card_code);
        if shown.is_some_and(|shown| shown != free) {
            let shown = shown.unwrap_or_default();
            let text = format!("{name}: WeChat shows {shown} points, {free} can be spent");
            found.push(Finding::new("points-mismatch", text));
        }
    }
}

/// What the member's payments earned, less what refunds took of it: from the amounts that users paid and got back, not
/// from what the shop calculated. What is left of a payment keeps its points, one a yuan, rounded down.
fn earned(evidence: &Evidence<'_>, account: &Account) -> i64 {
    let of_account = evidence.books.payments.iter().filter(|payment| payment.openid == account.openid);
    of_account
        .map(|payment| {
            let Some(amount) = evidence.made.payments.get(&payment.transaction_id).copied() else { return 0 };
            let refunds = evidence.made.refunds.iter().filter(|(_, of, _)| *of == payment.transaction_id);
            let left = amount - refunds.map(|(_, _, fen)| fen).sum::<i64>();
            (amount / 100) * left / amount
        })
        .sum()
}

/// What the member's coupons cost: those that WeChat Pay holds to be given.
fn exchanged(evidence: &Evidence<'_>, account: &Account) -> i64 {
    let price = i64::try_from(world::PRICE).unwrap_or(i64::MAX);
    let given = evidence.books.exchanges.iter().filter(|exchange| {
        (&exchange.merchant, &exchange.openid) == (&account.merchant, &account.openid)
            && exchange.state == ExchangeState::Taken
            && evidence.sandbox.record(&exchange.record_id).is_some_and(|record| record.coupon_code.is_some())
    });
    price * i64::try_from(given.count()).unwrap_or(i64::MAX)
}
