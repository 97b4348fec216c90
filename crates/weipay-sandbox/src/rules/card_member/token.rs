//! Tokens for components of a mini program, and what a member is shown.

use std::time::Duration;

use serde_json::{Value, json};

use super::{open_template, user_card};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::rules::brand::brand;
use crate::state::State;
use crate::world::{CardToken, TokenPurpose};

const AN_HOUR: Duration = Duration::from_secs(3600);
const TEN_MINUTES: Duration = Duration::from_secs(600);

pub(super) fn pre_auth(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    open_template(state, call)?;
    Ok(issue(state, call, TokenPurpose::PreAuth, AN_HOUR))
}

pub(super) fn pay_view(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    open_template(state, call)?;
    user_card::effective(state, call, None)?;
    Ok(issue(state, call, TokenPurpose::PayView, TEN_MINUTES))
}

fn issue(state: &mut State, call: &Call<'_>, purpose: TokenPurpose, lifetime: Duration) -> Answer {
    let token = CardToken {
        token: state.ids.token(),
        purpose,
        card_id: call.required("card_id").to_owned(),
        openid: call.required("openid").to_owned(),
        expire_time: after(call.now, lifetime),
        used: false,
    };
    let answer = Answer::ok(json!({ "token": token.token, "expire_time": time::print(token.expire_time) }));
    state.world.card_member.tokens.push(token);
    answer
}

/// Uses a token: it must exist, be for this purpose (and card and user), be in time, and not have been used.
pub(super) fn redeem(
    state: &mut State,
    text: &str,
    purpose: TokenPurpose,
    owner: Option<(&str, &str)>,
) -> Result<(), Error> {
    let now = state.clock.business();
    let mut tokens = state.world.card_member.tokens.iter_mut();
    let token = tokens.find(|token| token.token == text && token.purpose == purpose);
    let token = token.ok_or_else(|| Error::Unknown { what: "token", name: text.to_owned() })?;
    let refuse = |why: &str| Err(Error::State(why.to_owned()));
    if owner.is_some_and(|(card_id, openid)| token.card_id != card_id || token.openid != openid) {
        return refuse("the token was made for another card or user");
    }
    if now >= token.expire_time {
        return refuse("the token has expired");
    }
    if token.used {
        return refuse("the token has been used");
    }
    token.used = true;
    Ok(())
}

/// A member has the payment code shown in the merchant's mini program.
pub(crate) fn show_payment_code(state: &mut State, token: &str) -> Result<(), Error> {
    redeem(state, token, TokenPurpose::PayView, None)
}

/// `POST …/user-feeds`: one line on the member's page of the brand.
pub(super) fn feed(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    super::template_of(state, call)?;
    let number = call.required("out_request_no");
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    user_card::effective(state, call, Some(call.required("user_card_code")))?;
    let mut shown = json!({ "brand_id": brand(call) });
    for name in ["card_id", "user_card_code", "openid", "out_request_no", "cell"] {
        shown[name] = call.body.get(name).cloned().unwrap_or(Value::Null);
    }
    let answer = Answer::ok(shown);
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "shown", number.to_owned());
    Ok(answer)
}
