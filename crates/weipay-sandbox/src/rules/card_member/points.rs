//! The points balance that `WeChat` shows.

use serde_json::json;

use super::{notice, template_of, user_card};
use crate::Error;
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::state::State;

/// A user looks at the points of a card, and the merchant is asked for the balance. It answers by calling sync.
pub(crate) fn view(state: &mut State, card_id: &str, code: &str) -> Result<(), Error> {
    let unknown = |what, name: &str| Error::Unknown { what, name: name.to_owned() };
    let now = state.clock.business();
    let mut cards = state.world.card_member.brand_user_cards.iter().rev();
    let card = cards.find(|card| card.card_id == card_id && card.user_card_code == code);
    let card = card.ok_or_else(|| unknown("user_card_code", code))?.clone();
    if user_card::current(&card, now) != crate::world::BrandUserCardState::Effective {
        return Err(Error::State("the user's card is not effective".to_owned()));
    }
    let mut templates = state.world.card_member.brand_cards.iter();
    let template = templates.find(|known| known.card_id == card_id).cloned();
    let template = template.ok_or_else(|| unknown("card_id", card_id))?;
    let resource = json!({
        "brand_id": template.brand_id,
        "card_id": card_id,
        "openid": card.openid,
        "user_card_code": code,
    });
    notice::raise(state, &notice::SYNC, &template, format!("{card_id}/{code}"), resource);
    Ok(())
}

/// `POST …/user-points/sync`: the balance as it is now, not a change.
///
/// DOC (partner 4015897280): members and answer. ASSUME: a number with the same body gets the same answer, with another
/// body 400; a stale balance under a new number is accepted, the last write wins.
pub(super) fn sync(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let number = call.required("out_request_no");
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    {
        return Err(Refusal::member("/out_request_no", "only digits, letters, _ and - are allowed"));
    }
    let balance = call.integer("point_balance").filter(|balance| *balance >= 0);
    let balance = balance.ok_or_else(|| Refusal::member("/point_balance", "less than 0"))?;
    template_of(state, call)?;
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    let (card_id, code) = (call.required("card_id"), call.required("user_card_code"));
    let at = user_card::effective(state, call, Some(code))?;
    state.world.card_member.brand_user_cards[at].point_balance = balance;
    let mut body = json!({});
    for name in ["out_request_no", "brand_id", "card_id", "openid", "user_card_code", "point_balance"] {
        body[name] = call.body[name].clone();
    }
    let answer = Answer::ok(body);
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "synced", format!("{card_id}/{code}/{number}"));
    Ok(answer)
}
