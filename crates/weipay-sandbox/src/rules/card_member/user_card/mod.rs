//! Users' cards: taken by the user, opened by the merchant, ended by either.

mod change;
mod face;
mod import;
mod taking;

pub(crate) use face::current;
pub(super) use face::{Audience, show};
pub(super) use import::{import_by_openid, import_by_phone};
pub use taking::TakeCard;
pub(super) use taking::{UNCONFIRMED, unconfirmed};
pub(crate) use taking::{delete, take};

use change::change;
use face::answer;

use super::{activity, page, template_of};
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::rules::brand::{brand, named, permitted};
use crate::state::State;
use crate::world::{BrandCard, BrandUserCard, BrandUserCardState};

/// `POST …/user-cards/{user_card_code}/confirm`: the merchant opens the card, or does not.
pub(super) fn confirm(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let opened = match call.required("user_card_confirm_state") {
        "CREATE_CARD_SUCCESS" | "CREATE_CARD_ALREADY_EXISTS" => true,
        "CREATE_CARD_FAIL" => false,
        _ => {
            return Err(Refusal::member(
                "/user_card_confirm_state",
                "not one of CREATE_CARD_SUCCESS, CREATE_CARD_FAIL",
            ));
        }
    };
    let template = template_of(state, call)?.clone();
    let (openid, code) = (call.required("openid"), call.path("user_card_code"));
    let of_user = |card: &BrandUserCard| card.card_id == template.card_id && card.openid == openid;
    let at = state.world.card_member.brand_user_cards.iter().rposition(of_user);
    let at = at.ok_or_else(|| Refusal::not_found("用户会员卡不存在"))?;
    let mut card = state.world.card_member.brand_user_cards[at].clone();
    match (card.state, card.user_card_code == code) {
        (BrandUserCardState::Unactivated, true) => {}
        (BrandUserCardState::Unactivated, false) if card.user_card_code.is_empty() => {
            free_code(state, &template, code, openid, "url", "user_card_code")?;
        }
        // The same decision again (ASSUME).
        (BrandUserCardState::Effective, true) if opened => {
            return Ok(Answer::ok(answer(call, &template, &card)));
        }
        (BrandUserCardState::Failed, true) if !opened => {
            return Ok(Answer::ok(answer(call, &template, &card)));
        }
        (BrandUserCardState::Effective, true) => return Err(Refusal::invalid("会员卡已开通")),
        _ => return Err(Refusal::not_found("用户会员卡不存在")),
    }
    change(call, &mut card)?;
    card.user_card_code = code.to_owned();
    card.state = if opened { BrandUserCardState::Effective } else { BrandUserCardState::Failed };
    card.modify_time = call.now;
    let shown = answer(call, &template, &card);
    state.world.card_member.brand_user_cards[at] = card;
    state.took_effect(
        call,
        if opened { "opened" } else { "refused" },
        format!("{}/{code}", template.card_id),
    );
    if opened {
        activity::welcome(state, &template, openid);
    }
    Ok(Answer::ok(shown))
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    let family = &state.world.card_member;
    let cards = family.brand_user_cards.iter().filter(|card| {
        Some(card.openid.as_str()) == call.query("openid")
            && card.state != BrandUserCardState::Failed
            && !card.user_card_code.is_empty()
            && call
                .query("user_card_state")
                .is_none_or(|wanted| wanted == current(card, call.now).in_queries())
    });
    let shown = cards.filter_map(|card| {
        let mut templates = family.brand_cards.iter();
        let template =
            templates.find(|known| known.card_id == card.card_id && known.brand_id == brand(call))?;
        Some(answer(call, template, card))
    });
    page(call, shown.collect())
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let template = template_of(state, call)?;
    let at = place(state, call)?;
    Ok(Answer::ok(answer(call, template, &state.world.card_member.brand_user_cards[at])))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let template = template_of(state, call)?.clone();
    let at = place(state, call)?;
    let mut card = state.world.card_member.brand_user_cards[at].clone();
    if card.state != BrandUserCardState::Effective {
        return Err(Refusal::invalid("用户会员卡状态不允许修改"));
    }
    change(call, &mut card)?;
    card.modify_time = call.now;
    let shown = answer(call, &template, &card);
    state.took_effect(call, "updated", format!("{}/{}", card.card_id, card.user_card_code));
    state.world.card_member.brand_user_cards[at] = card;
    Ok(Answer::ok(shown))
}

pub(super) fn invalidate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let template = template_of(state, call)?.clone();
    let at = place(state, call)?;
    let card = &mut state.world.card_member.brand_user_cards[at];
    let first = match card.state {
        BrandUserCardState::Effective => true,
        BrandUserCardState::Invalid => false,
        _ => return Err(Refusal::invalid("用户会员卡状态不允许作废")),
    };
    if first {
        card.state = BrandUserCardState::Invalid;
        card.invalid_reason = call.text("invalid_reason").map(str::to_owned);
        card.invalid_time = Some(call.now);
        card.modify_time = call.now;
    }
    let card = card.clone();
    if first {
        state.took_effect(call, "invalidated", format!("{}/{}", card.card_id, card.user_card_code));
    }
    Ok(Answer::ok(answer(call, &template, &card)))
}

/// DOC: digits, letters and half-width punctuation, at most 32. ASSUME: a code belongs to one user of the template.
fn free_code(
    state: &State,
    template: &BrandCard,
    code: &str,
    openid: &str,
    location: &str,
    field: &str,
) -> Result<(), Refusal> {
    if code.is_empty() || code.len() > 32 || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        let issue = "1 to 32 digits, letters and half-width punctuation are needed";
        return Err(Refusal::parameter(location, field, issue));
    }
    let mut cards = state.world.card_member.brand_user_cards.iter();
    let taken = cards
        .any(|card| card.card_id == template.card_id && card.user_card_code == code && card.openid != openid);
    if taken { Err(Refusal::invalid("会员卡code已被使用")) } else { Ok(()) }
}

/// The place of the card that a call names: the newest, if the user had it more than once.
fn place(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let card_id = named(call, "card_id").unwrap_or_default();
    let at = state.world.card_member.brand_user_cards.iter().rposition(|card| {
        card.card_id == card_id
            && card.user_card_code == call.path("user_card_code")
            && card.state != BrandUserCardState::Failed
            && named(call, "openid").is_none_or(|openid| openid == card.openid)
    });
    at.ok_or_else(|| Refusal::not_found("用户会员卡不存在"))
}

/// The place of an effective card, for what only members can do.
pub(super) fn effective(state: &State, call: &Call<'_>, code: Option<&str>) -> Result<usize, Refusal> {
    let (card_id, openid) = (call.required("card_id"), call.required("openid"));
    let at = state.world.card_member.brand_user_cards.iter().rposition(|card| {
        card.card_id == card_id
            && card.openid == openid
            && card.state != BrandUserCardState::Failed
            && code.is_none_or(|code| code == card.user_card_code)
    });
    let at = at.ok_or_else(|| Refusal::not_found("用户会员卡不存在"))?;
    match current(&state.world.card_member.brand_user_cards[at], call.now) {
        BrandUserCardState::Effective => Ok(at),
        _ => Err(Refusal::invalid("用户会员卡未生效或已失效")),
    }
}

/// The card that the user has or is about to have.
fn live<'a>(state: &'a State, card_id: &str, openid: &str) -> Option<&'a BrandUserCard> {
    let now = state.clock.business();
    state.world.card_member.brand_user_cards.iter().find(|card| {
        card.card_id == card_id
            && card.openid == openid
            && matches!(current(card, now), BrandUserCardState::Unactivated | BrandUserCardState::Effective)
    })
}
