//! Card templates: created, shown, changed, deleted, and the rights that they open.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::family::{Family, assumed, documented, rule};
use super::{own, owns, page, visible};
use crate::Error;
use crate::call::{Answer, Call};
use crate::json;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CardStatus, CardValidity, MemberCard, MemberCodeMode};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_membercard_open_cards_create",
            create,
            "2026-11-21",
            &[
                documented("merchant 4012545584: members; the appid is bound to the brand"),
                assumed(
                    "approved at once unless the world says that templates are reviewed; the brand is the caller's",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_list",
            list,
            "2026-11-21",
            &[
                documented("merchant 4012547108: members"),
                assumed("the caller's own templates, oldest first"),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_get_by_card_id",
            get,
            "2026-11-21",
            &[
                documented("merchant 4012547650: members"),
                assumed("an unknown template is 404, a foreign one 403"),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_update_by_card_id",
            update,
            "2026-11-21",
            &[
                documented("merchant 4012549567: members and 204"),
                assumed(
                    "a member that is left out stays; no limit below the number of cards that users have",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_delete_by_card_id",
            delete,
            "2026-11-21",
            &[
                documented("merchant 4012549682: 204"),
                assumed("nobody can take the card any more, cards that users have stay; a repeat is 204"),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_rights_update",
            rights,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012551219: members; show_bonus opens the right that bonus/prepare needs",
                ),
                assumed("a right that is shown for the first time needs its object"),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_upgrade",
            upgrade,
            "2026-11-21",
            &[
                documented("merchant 4012545673: members and 204"),
                assumed("an older template gets brand and appid; a repeat is 204, another brand 400"),
            ],
        ),
    ],
    deeds: &[],
};

/// Members of a template that the sandbox judges and shows from its state.
const JUDGED: [&str; 4] = ["code_mode", "total_quantity", "date_information", "init_level"];

/// Takes over what a body says of a template; what it leaves out stays.
fn apply(card: &mut MemberCard, body: &Value) -> Result<(), Refusal> {
    if let Some(information) = body.get("date_information") {
        card.validity = validity(information)?;
    }
    let modes = [MemberCodeMode::SystemAllocate, MemberCodeMode::MerchantDeposit, MemberCodeMode::RealTime];
    if let Some(mode) = modes.into_iter().find(|mode| body["code_mode"] == mode.as_str()) {
        card.code_mode = mode;
    }
    if let Some(quantity) = body["total_quantity"].as_i64() {
        let quantity = u64::try_from(quantity).ok().filter(|quantity| *quantity > 0);
        card.total_quantity =
            Some(quantity.ok_or_else(|| Refusal::member("/total_quantity", "less than 1"))?);
    }
    if let Some(level) = body["init_level"].as_str() {
        card.init_level = Some(level.to_owned());
    }
    let mut shown = body.clone();
    if let Value::Object(members) = &mut shown {
        members.retain(|name, _| !JUDGED.contains(&name.as_str()));
    }
    json::merge(&mut card.shown, &shown);
    Ok(())
}

fn validity(information: &Value) -> Result<CardValidity, Refusal> {
    const POINTER: &str = "/date_information";
    let moment = |name: &str| {
        let moment = information[name].as_str().and_then(time::parse);
        moment.ok_or_else(|| Refusal::member(&json::join(POINTER, name), "required with FIX_TIME_RANGE"))
    };
    match information["type"].as_str() {
        Some("FIX_TIME_RANGE") => {
            let available_begin_time = moment("available_begin_time")?;
            let available_end_time = moment("available_end_time")?;
            if available_begin_time < available_end_time {
                Ok(CardValidity::Range { available_begin_time, available_end_time })
            } else {
                Err(Refusal::member(
                    &json::join(POINTER, "available_end_time"),
                    "not after available_begin_time",
                ))
            }
        }
        Some("FIX_TERM") => {
            let count = |name: &str| information[name].as_u64().and_then(|days| u16::try_from(days).ok());
            let days = count("available_day_after_receive").filter(|days| *days > 0);
            let pointer = json::join(POINTER, "available_day_after_receive");
            let days =
                days.ok_or_else(|| Refusal::member(&pointer, "a number of days, required with FIX_TERM"))?;
            Ok(CardValidity::Term {
                available_day_after_receive: days,
                wait_days_after_receive: count("wait_days_after_receive").unwrap_or_default(),
            })
        }
        _ => Ok(CardValidity::Permanent),
    }
}

fn show_validity(validity: CardValidity) -> Value {
    match validity {
        CardValidity::Permanent => json!({ "type": "PERMANENT" }),
        CardValidity::Range { available_begin_time, available_end_time } => json!({
            "type": "FIX_TIME_RANGE",
            "available_begin_time": time::print(available_begin_time),
            "available_end_time": time::print(available_end_time),
        }),
        CardValidity::Term { available_day_after_receive, wait_days_after_receive } => json!({
            "type": "FIX_TERM",
            "available_day_after_receive": available_day_after_receive,
            "wait_days_after_receive": wait_days_after_receive,
        }),
    }
}

/// How many users' cards came out of this template.
pub(super) fn taken(state: &State, card_id: &str) -> u64 {
    state.world.membercard.members.iter().filter(|member| member.card_id == card_id).count() as u64
}

/// A template without its rights.
fn show(state: &State, card: &MemberCard) -> Value {
    let mut shown = json!({
        "card_id": card.card_id,
        "create_time": time::print(card.create_time),
        "update_time": time::print(card.update_time),
        "status": card.status.as_str(),
        "code_mode": card.code_mode.as_str(),
        "date_information": show_validity(card.validity),
    });
    if card.shown.is_object() {
        json::merge(&mut shown, &card.shown);
    }
    if let Some(level) = &card.init_level {
        shown["init_level"] = json!(level);
    }
    let quantity = match card.code_mode {
        MemberCodeMode::MerchantDeposit => {
            Some((card.deposited.len() + card.used_codes.len(), card.deposited.len() as u64))
        }
        _ => card.total_quantity.map(|total| {
            let left = total.saturating_sub(taken(state, &card.card_id));
            (usize::try_from(total).unwrap_or(usize::MAX), left)
        }),
    };
    if let Some((total, left)) = quantity {
        shown["total_quantity"] = json!(total);
        shown["remain_quantity"] = json!(left);
    }
    shown
}

/// `POST …/cards` (DOC: merchant 4012545584). ASSUME: approved at once, unless templates are reviewed.
fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let brand_id = call.body["brand"]["brand_id"].as_str().unwrap_or_default();
    owns(state, call, brand_id, call.required("appid"))?;
    let number = call.required("out_request_no");
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    let merchant = state.world.merchant(&call.caller.id);
    let mut card = MemberCard {
        creator: call.caller.id.clone(),
        trade_mchids: merchant.map(|merchant| merchant.sub_mchids.clone()).unwrap_or_default(),
        status: if state.world.membercard.review { CardStatus::NotApprove } else { CardStatus::Approved },
        create_time: call.now,
        update_time: call.now,
        ..MemberCard::default()
    };
    apply(&mut card, &call.body)?;
    card.card_id = format!("p{}", state.ids.letters(27));
    let answer = Answer::ok(show(state, &card));
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "created", card.card_id.clone());
    state.world.membercard.member_cards.push(card);
    Ok(answer)
}

/// `GET …/cards` (DOC: merchant 4012547108).
fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let page = page(call)?;
    let wanted = |card: &&MemberCard| {
        card.creator == call.caller.id
            && call.query("brand_id").is_none_or(|brand_id| card.shown["brand"]["brand_id"] == brand_id)
            && call.query("appid").is_none_or(|appid| card.shown["appid"] == appid)
    };
    let all: Vec<Value> =
        state.world.membercard.member_cards.iter().filter(wanted).map(|card| show(state, card)).collect();
    Ok(Answer::ok(json!({
        "total_count": all.len(),
        "offset": page.offset,
        "limit": page.limit,
        "data": page.cut(all),
    })))
}

/// `GET …/cards/{card_id}` (DOC: merchant 4012547650).
fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let card = visible(state, call)?;
    let mut shown = show(state, card);
    if card.rights.is_object() {
        json::merge(&mut shown, &card.rights);
    }
    if !card.service_modules.is_empty() {
        let module =
            |(id, jump): &(String, Value)| json!({ "service_module_id": id, "jump_miniprogram": jump });
        shown["service_modules"] = card.service_modules.iter().map(module).collect();
    }
    Ok(Answer::ok(shown))
}

/// `PATCH …/cards/{card_id}` → 204 (DOC: merchant 4012549567). ASSUME: a member that is left out stays.
fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = own(state, call)?;
    let mut card = state.world.membercard.member_cards[at].clone();
    if card.status == CardStatus::Deleted {
        return Err(Refusal::invalid("会员卡模板已删除"));
    }
    apply(&mut card, &call.body)?;
    if card.total_quantity.is_some_and(|total| total < taken(state, &card.card_id)) {
        return Err(Refusal::invalid("总库存小于已领取数量"));
    }
    changed(state, call, at, card);
    Ok(Answer::no_content())
}

fn changed(state: &mut State, call: &Call<'_>, at: usize, card: MemberCard) {
    let key = card.card_id.clone();
    state.world.membercard.member_cards[at] = MemberCard { update_time: call.now, ..card };
    state.took_effect(call, "changed", key);
}

/// `DELETE …/cards/{card_id}` → 204 (DOC: merchant 4012549682). ASSUME: cards that users have stay; a repeat is 204.
fn delete(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = own(state, call)?;
    let card = state.world.membercard.member_cards[at].clone();
    if card.status != CardStatus::Deleted {
        changed(state, call, at, MemberCard { status: CardStatus::Deleted, ..card });
    }
    Ok(Answer::no_content())
}

/// `PATCH …/cards/{card_id}/rights` → 204: opens the bonus right (DOC: merchant 4012551219).
fn rights(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = own(state, call)?;
    let mut card = state.world.membercard.member_cards[at].clone();
    for (switch, object) in
        [("show_bonus", "bonus"), ("show_favor", "favor"), ("show_fapiao", "fapiao"), ("show_guide", "guide")]
    {
        match (call.body[switch].as_bool(), call.body.get(object)) {
            (Some(true), Some(right)) => json::merge(&mut card.rights[object], right),
            (Some(true), None)
                if card.rights.get(object).is_none() && !(object == "bonus" && card.bonus_right) =>
            {
                return Err(Refusal::member(&json::join("", object), format!("required with {switch} true")));
            }
            (Some(false), _) => {
                if let Value::Object(rights) = &mut card.rights {
                    rights.shift_remove(object);
                }
            }
            _ => {}
        }
    }
    card.bonus_right = call.body["show_bonus"].as_bool().unwrap_or(card.bonus_right);
    if let Some(points) = card.rights["bonus"]["init_bonus"].as_i64() {
        card.init_bonus = points;
    }
    changed(state, call, at, card);
    Ok(Answer::no_content())
}

/// `POST …/cards/{card_id}/upgrade` → 204: an older template gets a brand (DOC: merchant 4012545673).
fn upgrade(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (brand_id, appid) = (call.required("brand_id"), call.required("appid"));
    owns(state, call, brand_id, appid)?;
    let at = own(state, call)?;
    let mut card = state.world.membercard.member_cards[at].clone();
    match card.shown["brand"]["brand_id"].as_str() {
        Some(known) if known == brand_id && card.shown["appid"] == appid => return Ok(Answer::no_content()),
        Some(_) => return Err(Refusal::invalid("会员卡模板已归属其他品牌")),
        None => {}
    }
    let upgraded = json!({ "brand": { "brand_id": brand_id, "display_name": "示例品牌" }, "appid": appid });
    json::merge(&mut card.shown, &upgraded);
    changed(state, call, at, card);
    Ok(Answer::no_content())
}

/// The platform's decision about a template that waits for it.
pub(crate) fn review(state: &mut State, card_id: &str, approved: bool) -> Result<(), Error> {
    let now: Timestamp = state.clock.business();
    let mut cards = state.world.membercard.member_cards.iter_mut();
    let card = cards.find(|card| card.card_id == card_id);
    let card = card.ok_or_else(|| Error::Unknown { what: "card_id", name: card_id.to_owned() })?;
    if card.status != CardStatus::NotApprove {
        return Err(Error::State(format!(
            "the template is {}, it waits for no review",
            card.status.as_str()
        )));
    }
    card.status = if approved { CardStatus::Approved } else { CardStatus::ApproveFail };
    card.update_time = now;
    Ok(())
}
