//! What the manager of a card is told.

use serde_json::{Value, json};

use super::template;
use super::user_card::{self, Audience};
use crate::notify::Event;
use crate::protocol::authorization::Scheme;
use crate::state::State;
use crate::world::{BrandCard, BrandUserCard};

/// One kind of event; the brand's own has another name than the partner's.
pub(super) struct Kind {
    partner: &'static str,
    brand: &'static str,
    original_type: &'static str,
    summary: &'static str,
}

/// DOC: partner 4015878622, brand 4016096803; associated data as in captured samples.
pub(super) const EXCHANGE: Kind = Kind {
    partner: "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON",
    brand: "BRAND_MEMBER_CARD.POINT_EXCHANGE_COUPON",
    original_type: "point_coupon",
    summary: "积分兑券",
};

/// DOC: partner 4016096820.
pub(super) const SYNC: Kind = Kind {
    partner: "BRAND_MEMBER_CARD_SP.SYNC_USER_POINT",
    brand: "BRAND_MEMBER_CARD.SYNC_USER_POINT",
    original_type: "sync_user_point",
    summary: "同步用户积分",
};

/// DOC: partner 4015283692.
pub(super) const CREATE: Kind = Kind {
    partner: "BRAND_MEMBER_CARD_SP.USER_CARD.CREATE",
    brand: "BRAND_MEMBER_CARD.USER_CARD.CREATE",
    original_type: "user_card",
    summary: "用户开通会员卡",
};

/// DOC: partner 4015283692.
pub(super) const DELETE: Kind = Kind {
    partner: "BRAND_MEMBER_CARD_SP.USER_CARD.DELETE",
    brand: "BRAND_MEMBER_CARD.USER_CARD.DELETE",
    original_type: "user_card",
    summary: "用户删除会员卡",
};

/// Who manages a card, and by which scheme it calls.
pub(super) fn manager(card: &BrandCard) -> (Scheme, &str) {
    match &card.partner {
        Some(partner) => (Scheme::Merchant, partner),
        None => (Scheme::Brand, &card.brand_id),
    }
}

/// Tells the card's manager.
pub(super) fn raise(state: &mut State, kind: &Kind, card: &BrandCard, key: String, resource: Value) {
    let (scheme, receiver) = manager(card);
    state.raise(Event {
        name: if scheme == Scheme::Brand { kind.brand } else { kind.partner },
        original_type: kind.original_type,
        summary: kind.summary,
        receiver: receiver.to_owned(),
        key,
        url: card.notify_url.clone(),
        resource,
    });
}

/// The members of both user card events. Their colour and picture are required, unlike in queries.
pub(super) fn user_card(template: &BrandCard, card: &BrandUserCard, audience: &Audience<'_>) -> Value {
    let mut resource = user_card::show(template, card, audience);
    resource["user_card_state"] = json!(card.state.in_notifications());
    resource["card_color"] =
        json!(card.card_color.clone().unwrap_or(template::shown(template, "card_color")));
    resource["card_picture_url"] =
        json!(card.card_picture_url.clone().unwrap_or(template::shown(template, "card_picture_url")));
    resource
}
