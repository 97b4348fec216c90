//! A user's card: shown, changed, made unavailable.

use serde_json::{Map, Value, json};

use super::super::family::{Family, assumed, documented, rule};
use super::{own, page, usable, visible};
use crate::call::{Answer, Call};
use crate::json;
use crate::refusal::Refusal;
use crate::state::State;
use crate::views::MemberView;
use crate::world::{Member, Secret, UserCardStatus};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_membercard_open_cards_codes_get_by_code",
            get,
            "2026-11-21",
            &[documented("merchant 4012547768: members"), assumed("an unknown card is 404")],
        ),
        rule(
            "marketing_membercard_open_user_cards_get",
            list,
            "2026-11-21",
            &[documented("merchant 4012549255: members"), assumed("without cards that the user deleted")],
        ),
        rule(
            "marketing_membercard_open_cards_codes_update_by_code",
            update,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012549292: members and 204; add_balance is what is between the balances",
                ),
                assumed(
                    "before_balance is an optimistic lock; the number is optional, with another body it is 400",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_codes_unavailable",
            unavailable,
            "2026-11-21",
            &[
                documented("merchant 4012549677: for good, 204"),
                assumed("a repeat is 204; a card that the user deleted is 400"),
            ],
        ),
    ],
    deeds: &[],
};

/// `GET …/codes/{code}` (DOC: merchant 4012547768). ASSUME: an unknown one is 404.
fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    visible(state, call)?;
    let at = state.member(call.path("card_id"), call.path("code"));
    let at = at.ok_or_else(|| Refusal::not_found("用户会员卡不存在"))?;
    let member = &state.world.membercard.members[at];
    let mut shown = json!({
        "card_id": member.card_id,
        "code": member.code,
        "openid": member.openid,
        "membership_number": member.membership_number.as_ref().unwrap_or(&member.code),
        "user_card_status": state.user_card_status(member, call.now).as_str(),
        "bonus_value": member.bonus_value,
        "balance": member.balance,
    });
    if let Some(level) = &member.level {
        shown["level"] = json!(level);
    }
    if !member.user_information.is_empty() {
        shown["user_information"] = information(&member.user_information);
    }
    if member.shown.is_object() {
        json::merge(&mut shown, &member.shown);
    }
    Ok(Answer::ok(shown))
}

/// The card as it is now, for the handle.
pub(crate) fn look(state: &State, card_id: &str, code: &str) -> Option<MemberView> {
    let member = &state.world.membercard.members[state.member(card_id, code)?];
    Some(MemberView {
        openid: member.openid.clone(),
        status: state.user_card_status(member, state.clock.business()),
        bonus_value: member.bonus_value,
        balance: member.balance,
    })
}

/// What a user filled in, as `user_information`.
pub(super) fn information(fields: &[(String, Secret)]) -> Value {
    let field = |(name, value): &(String, Secret)| json!({ "name": name, "value": value.expose() });
    json!({ "common_field_list": fields.iter().map(field).collect::<Value>() })
}

/// Keeps these members of a body for [`get`].
pub(super) fn show_also(member: &mut Member, body: &Value, names: &[&str]) {
    let kept = |name: &&str| Some(((*name).to_owned(), body.get(*name)?.clone()));
    let kept: Map<String, Value> = names.iter().filter_map(kept).collect();
    if !kept.is_empty() {
        json::merge(&mut member.shown, &Value::Object(kept));
    }
}

/// `GET …/user/cards`: the cards of one user (DOC: merchant 4012549255).
fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let page = page(call)?;
    let wanted = |member: &&Member| {
        let card = state.member_card(&member.card_id);
        Some(member.openid.as_str()) == call.query("openid")
            && member.status != UserCardStatus::Delete
            && card.is_some_and(|card| {
                card.creator == call.caller.id
                    && call.query("appid").is_none_or(|appid| card.shown["appid"] == appid)
            })
    };
    let members = state.world.membercard.members.iter().filter(wanted);
    let all: Vec<Value> =
        members.map(|member| json!({ "card_id": member.card_id, "code": member.code })).collect();
    Ok(Answer::ok(json!({
        "total_count": all.len(),
        "offset": page.offset,
        "limit": page.limit,
        "data": page.cut(all),
    })))
}

/// `PATCH …/codes/{code}` → 204: number, level, picture and stored value.
///
/// DOC (merchant 4012549292): members. ASSUME: `before_balance` is an optimistic lock.
fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    own(state, call)?;
    let number = call.text("out_request_no");
    let scope = format!("{}/{}/{}", call.path("card_id"), call.path("code"), number.unwrap_or_default());
    if number.is_some()
        && let Some(answer) = state.replies.repeated(call, &scope)?
    {
        return Ok(answer);
    }
    let at = usable(state, call)?;
    let balance = balance(&call.body["balance_information"], state.world.membercard.members[at].balance)?;
    let member = &mut state.world.membercard.members[at];
    if let Some(balance) = balance {
        member.balance = balance;
    }
    if let Some(number) = call.text("membership_number") {
        member.membership_number = Some(number.to_owned());
    }
    if let Some(level) = call.text("level") {
        member.level = Some(level.to_owned());
    }
    show_also(member, &call.body, &["background_picture_url"]);
    let answer = Answer::no_content();
    if number.is_some() {
        state.replies.keep(call, &scope, &answer);
    }
    state.took_effect(call, "changed", scope);
    Ok(answer)
}

/// The balance after a change that adds up and begins where the card stands.
fn balance(change: &Value, current: i64) -> Result<Option<i64>, Refusal> {
    if change.is_null() {
        return Ok(None);
    }
    let number = |name: &str| change[name].as_i64().unwrap_or_default();
    let (before, after) = (number("before_balance"), number("balance"));
    if before.checked_add(number("add_balance")) != Some(after) || after < 0 {
        let issue = "not balance less before_balance";
        return Err(Refusal::member("/balance_information/add_balance", issue));
    }
    if before != current {
        return Err(Refusal::invalid("更新前储值余额与当前余额不一致"));
    }
    Ok(Some(after))
}

/// `POST …/unavailable` → 204: for good (DOC: merchant 4012549677). ASSUME: a repeat is 204.
fn unavailable(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    own(state, call)?;
    let at = state.member(call.path("card_id"), call.path("code"));
    let at = at.ok_or_else(|| Refusal::invalid("会员卡code不存在"))?;
    match state.world.membercard.members[at].status {
        UserCardStatus::Unavailable => return Ok(Answer::no_content()),
        UserCardStatus::Delete => return Err(Refusal::invalid("用户会员卡无效或已删除")),
        _ => state.world.membercard.members[at].status = UserCardStatus::Unavailable,
    }
    state.took_effect(call, "made unavailable", format!("{}/{}", call.path("card_id"), call.path("code")));
    Ok(Answer::no_content())
}
