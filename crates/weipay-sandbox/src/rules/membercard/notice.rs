//! What the merchant is told of users and their cards.

use serde_json::{Value, json};

use crate::notify::Event;
use crate::protocol::time;
use crate::state::State;
use crate::world::Member;

/// Raises an event of this family to the template's creator (DOC: merchant 4012288215).
///
/// ASSUME: a creator without a callback address of its own gets it where its other notifications go.
fn raise(
    state: &mut State,
    name: &'static str,
    summary: &'static str,
    member: &Member,
    event_type: &str,
    more: &Value,
) {
    let Some(creator) = state.member_card(&member.card_id).map(|card| card.creator.clone()) else { return };
    let mut resource = json!({
        "event_type": event_type,
        "card_id": member.card_id,
        "code": member.code,
        "event_time": time::print(state.clock.business()),
        "openid": member.openid,
    });
    crate::json::merge(&mut resource, more);
    let url = state.world.membercard.callbacks.get(&creator).cloned();
    state.raise(Event {
        name,
        original_type: "membercard",
        summary,
        receiver: creator,
        key: format!("{}/{}", member.card_id, member.code),
        url,
        resource,
    });
}

/// What the user's invitation said.
fn outer(member: &Member) -> Value {
    member.outer_str.as_ref().map_or_else(|| json!({}), |text| json!({ "outer_str": text }))
}

/// `MEMBERCARD.ACCEPT_CARD`; with the encrypted phone number where the user was known by it.
pub(super) fn accepted(state: &mut State, member: &Member, event_type: &str, phone_number: Option<String>) {
    let mut more = outer(member);
    if let Some(phone_number) = phone_number {
        more["phone_number"] = json!(phone_number);
    }
    raise(state, "MEMBERCARD.ACCEPT_CARD", "会员卡领卡", member, event_type, &more);
}

/// `MEMBERCARD.ACTIVATE_CARD`
pub(super) fn activated(state: &mut State, member: &Member) {
    let mut more = outer(member);
    more["activate_scene"] = json!(if member.recovered { "RECOVER" } else { "NEW_ACTIVATE" });
    raise(state, "MEMBERCARD.ACTIVATE_CARD", "会员卡激活", member, "MEMBER_CARD_ACTIVATE", &more);
}

/// `MEMBERCARD.USERCARD_MANAGE`
pub(super) fn managed(state: &mut State, member: &Member, event_type: &str) {
    raise(state, "MEMBERCARD.USERCARD_MANAGE", "用户管理会员卡", member, event_type, &json!({}));
}
