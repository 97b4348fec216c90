//! A card that a user took is opened once, and both sides know who has one; who looks at the points is shown them.

use std::collections::HashMap;

use jiff::Timestamp;
use weipay_sandbox::DeliveryState;
use weipay_sandbox::world::BrandUserCardState as State;

use super::{Evidence, OPEN, SYNC};
use crate::load::TakenCard;
use crate::verdict::{Finding, Load};

const VIEWED: &str = "BRAND_MEMBER_CARD_SP.SYNC_USER_POINT";

pub(super) fn judge(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    taken(evidence, found);
    viewed(evidence, found);
}

fn taken(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let mut opened: HashMap<&str, u64> = HashMap::new();
    for effect in evidence.effects_of(OPEN) {
        *opened.entry(&effect.key).or_default() += 1;
    }
    for card in &evidence.made.cards {
        let Some(shown) = evidence.sandbox.user_card(&card.card_id, &card.openid) else { continue };
        let key = format!("{}/{}", card.card_id, shown.user_card_code);
        let mut note = |name, what: String| found.push(Finding::new(name, format!("card {key}: {what}")));
        if opened.get(key.as_str()).is_some_and(|times| *times > 1) {
            note("double-effect", "it was opened twice".to_owned());
        }
        match (shown.state, in_books(evidence, card)) {
            (State::Unactivated, _) => note("lost-card", "it was never opened".to_owned()),
            (State::Effective, Some(code)) if code == shown.user_card_code => {}
            (State::Deleted, None) => {}
            (state, in_books) => {
                let knows = if in_books.is_some() { "a card" } else { "none" };
                note("ledger-disagrees", format!("{state:?} at WeChat Pay, the shop has {knows}"));
            }
        }
    }
}

/// The code of the card that the shop knows this user to have.
fn in_books<'a>(evidence: &Evidence<'a>, card: &TakenCard) -> Option<&'a str> {
    let mut accounts = evidence.books.accounts.iter();
    let account = accounts.find(|account| {
        (account.merchant.as_str(), account.openid.as_str()) == (&card.merchant, &card.openid)
    })?;
    account.card.as_ref().map(|card| card.user_card_code.as_str())
}

/// After each look at least one balance is shown; one may answer several. That it is the right one is judged with the
/// points.
fn viewed(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let mut last: HashMap<&str, Timestamp> = HashMap::new();
    for effect in evidence.effects_of(SYNC) {
        // The key is card, code and request number.
        let card = effect.key.rsplit_once('/').map_or("", |(card, _)| card);
        let at = last.entry(card).or_insert(effect.at);
        *at = effect.at.max(*at);
    }
    let views = evidence.deliveries.iter().filter(|delivery| delivery.event_type == VIEWED);
    for view in views.filter(|view| view.state == DeliveryState::Delivered) {
        if last.get(view.key.as_str()).is_none_or(|at| *at < view.created) {
            found.push(Finding::new("lost-balance", format!("card {}", view.key)));
        }
    }
}

pub(super) fn count(evidence: &Evidence<'_>, load: &mut Load) {
    let state =
        |card: &TakenCard| evidence.sandbox.user_card(&card.card_id, &card.openid).map(|shown| shown.state);
    for card in &evidence.made.cards {
        match state(card) {
            Some(State::Effective) => load.opened += 1,
            Some(State::Deleted) => load.deleted += 1,
            _ => {}
        }
        load.holders += u64::from(in_books(evidence, card).is_some());
    }
    load.taken_cards = evidence.made.cards.len() as u64;
    load.views = evidence.deliveries.iter().filter(|delivery| delivery.event_type == VIEWED).count() as u64;
}
