//! Consumption cards (消费卡), given to users.

use serde_json::json;

use super::super::family::{Family, assumed, documented, rule};
use super::replayed;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[rule(
        "marketing_busifavor_coupons_by_card_id_send",
        send,
        "2026-11-21",
        &[
            documented("merchant 4017164666: members"),
            assumed(
                "the codes of the refusals; out_request_no is unique per card; send_time is not in the future",
            ),
        ],
    )],
    deeds: &[],
};

/// ASSUME: how far the time may lie ahead.
const AHEAD: std::time::Duration = std::time::Duration::from_secs(300);

/// `POST …/coupons/{card_id}/send` → `card_code` (DOC: merchant 4017164666).
fn send(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let send_time = time::parse(call.required("send_time"));
    if send_time.is_none_or(|send_time| send_time > after(call.now, AHEAD)) {
        return Err(Refusal::member("/send_time", "lies in the future"));
    }
    let cards = &state.world.busifavor.consumption_cards;
    let at = cards.iter().position(|card| card.card_id == call.path("card_id"));
    let at = at.ok_or_else(|| Refusal::not_found("消费卡不存在"))?;
    if cards[at].mchid != call.caller.id {
        return Err(state.coupon_no_auth());
    }
    if cards[at].appid != call.required("appid") {
        return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "商户号与AppID不匹配"));
    }
    let openid = call.required("openid");
    state.user_exists(openid)?;
    let scope = format!("{}/{}", call.path("card_id"), call.required("out_request_no"));
    if let Some(answer) = replayed(state, call, &scope)? {
        return Ok(answer);
    }
    let code = format!("1{}", state.ids.digits(11));
    state.world.busifavor.consumption_cards[at].codes.push((code.clone(), openid.to_owned()));
    let answer = Answer::ok(json!({ "card_code": code }));
    state.replies.keep(call, &scope, &answer);
    state.took_effect(call, "sent", format!("{}/{code}", call.path("card_id")));
    Ok(answer)
}
