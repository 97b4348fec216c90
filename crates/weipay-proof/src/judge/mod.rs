//! The judge: what WeChat Pay's side saw, against what the shop's books say.
//!
//! He knows neither the relay's store nor its log.

mod cards;
mod exchanges;
mod notifications;
mod payments;
mod points;
mod requests;
mod tills;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use weipay_sandbox::{Delivery, Effect, Entry, Sandbox};
use weipay_shop::{Dump, Exchange, Payment};

use crate::load::Made;
use crate::verdict::{Finding, Load};

pub(crate) const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
pub(crate) const SYNC: &str = "brand_partner_card_member_user_points_sync";
pub(crate) const NOTIFY: &str = "businesscircle_points_notify";
pub(crate) const OPEN: &str = "brand_partner_card_member_user_cards_confirm";
pub(crate) const USE: &str = "marketing_busifavor_coupons_use";

/// The names of all promises that can be broken, and what each means.
pub const NAMES: &[(&str, &str)] = &[
    ("lost-notification", "a notification was acknowledged, and the shop never heard of it"),
    ("never-acknowledged", "a notification was not acknowledged in all its attempts"),
    ("lost-exchange", "an exchange was never decided at WeChat Pay"),
    ("lost-payment", "WeChat Pay was never told what a payment earned"),
    ("lost-redemption", "a coupon that the till redeemed is not used"),
    ("lost-card", "a card that a user took was never opened"),
    ("lost-balance", "a member looked at the points, and no balance was shown afterwards"),
    ("unsettled", "the shop still waits for what became of its decision"),
    ("double-coupon", "one exchange gave two coupons, or two exchanges the same one"),
    ("double-effect", "something took effect twice"),
    (
        "points-mismatch",
        "a member's points are not what was earned, exchanged and taken back, or WeChat shows others",
    ),
    ("ledger-disagrees", "the shop's books and WeChat Pay tell different ends of one case"),
    ("changed-request-number", "a repetition was not the same request: number or body changed"),
    ("asked-under-two-ids", "the shop was asked about one case under two ids"),
    ("settled-twice", "the shop was told one settlement under two ids"),
    ("settled-otherwise", "the shop was told two different ends of one case"),
    ("settled-unknown", "the shop was told the end of a case that it was never asked about"),
    ("negative", "a member has fewer points than nothing"),
    ("rate-exceeded", "more requests a second than are granted"),
    ("too-slow", "fewer requests a second than are granted, although there was work"),
];

/// What the judge looks at.
pub(crate) struct Evidence<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) made: &'a Made,
    pub(crate) books: &'a Dump,
    pub(crate) effects: Vec<Effect>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) journal: Vec<Entry>,
    exchanges: HashMap<&'a str, &'a Exchange>,
    payments: HashMap<&'a str, &'a Payment>,
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox, made: &'a Made, books: &'a Dump) -> Self {
        Self {
            sandbox,
            made,
            books,
            effects: sandbox.effects(),
            deliveries: sandbox.deliveries(),
            journal: sandbox.journal().entries(),
            exchanges: books.exchanges.iter().map(|one| (one.record_id.as_str(), one)).collect(),
            payments: books.payments.iter().map(|one| (one.transaction_id.as_str(), one)).collect(),
        }
    }

    fn effects_of(&self, operation: &str) -> impl Iterator<Item = &Effect> {
        self.effects.iter().filter(move |effect| effect.operation == operation)
    }
}

/// Every broken promise.
pub(crate) fn judge(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    notifications::judge(evidence, &mut found);
    exchanges::judge(evidence, &mut found);
    payments::judge(evidence, &mut found);
    tills::judge(evidence, &mut found);
    cards::judge(evidence, &mut found);
    points::judge(evidence, &mut found);
    requests::judge(evidence, &mut found);
    let own = evidence.books.contradictions().into_iter();
    found.extend(own.map(|breach| Finding { name: breach.name, detail: breach.detail }));
    found.sort();
    found.dedup();
    found
}

/// The figures of both sides.
pub(crate) fn figures(evidence: &Evidence<'_>) -> Load {
    let mut load = Load::default();
    exchanges::count(evidence, &mut load);
    payments::count(evidence, &mut load);
    tills::count(evidence, &mut load);
    cards::count(evidence, &mut load);
    load.notifications = evidence.deliveries.len() as u64;
    load.deliveries = evidence.deliveries.iter().map(|delivery| delivery.attempts.len() as u64).sum();
    let received = weipay_sandbox::Direction::Received;
    load.requests = evidence.journal.iter().filter(|entry| entry.direction == received).count() as u64;
    load.answered = evidence.books.answered;
    load.repeated = evidence.books.repeated;
    load
}
