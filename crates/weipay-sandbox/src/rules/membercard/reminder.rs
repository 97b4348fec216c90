//! Members who are known by their phone number, and are reminded of their card.

use serde_json::json;

use super::super::family::{Family, assumed, documented, rule};
use super::super::sensitive;
use crate::Error;
use crate::call::{Answer, Call};
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CardReminder, CardStatus, MemberCard, Secret, UserCardStatus};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_membercard_open_phonenumber_member_import",
            import,
            "2026-11-21",
            &[
                documented(
                    "merchant 4017166226: members and 204; the number is encrypted with the key of Wechatpay-Serial",
                ),
                assumed("the last import of a number counts"),
            ],
        ),
        rule(
            "marketing_membercard_open_phonenumber_member_search",
            search,
            "2026-11-21",
            &[
                documented("merchant 4017166232: members, UNSHOWED, UNRECEIVED and RECEIVED"),
                assumed("a number that was never imported is 404"),
            ],
        ),
    ],
    deeds: &[],
};

/// The template that a member or parameter names, if it is the caller's.
fn own<'a>(state: &'a State, call: &Call<'_>, card_id: &str) -> Result<&'a MemberCard, Refusal> {
    let card = state.member_card(card_id).ok_or_else(|| Refusal::invalid("会员卡id不合法"))?;
    if card.creator == call.caller.id {
        Ok(card)
    } else {
        Err(Refusal::invalid("会员卡的创建方不是该商户"))
    }
}

/// `POST …/phonenumber-member/import` → 204 (DOC: merchant 4017166226).
fn import(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let phone = sensitive::open(call, "/encrypted_phone_number", call.required("encrypted_phone_number"))?;
    let information = &call.body["member_information"];
    let text = |name: &str| information[name].as_str().map(str::to_owned);
    let card_id = text("card_id").unwrap_or_default();
    if own(state, call, &card_id)?.status != CardStatus::Approved {
        return Err(Refusal::invalid("会员卡模板未通过审核或已删除"));
    }
    let registered = information["registration_time"].as_str().and_then(time::parse);
    let reminders = &mut state.world.membercard.reminders;
    reminders.retain(|known| known.card_id != card_id || known.phone_number != phone);
    reminders.push(CardReminder {
        card_id: card_id.clone(),
        phone_number: phone,
        code: text("code"),
        membership_number: text("membership_number"),
        registration_time: registered.unwrap_or_default(),
        outer_str: call.text("outer_str").map(str::to_owned),
        shown: false,
    });
    state.took_effect(call, "to be reminded", card_id);
    Ok(Answer::no_content())
}

/// `GET …/phonenumber-member/search`: whether the reminder was seen, and followed (DOC: merchant 4017166232).
fn search(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    const NAME: &str = "encrypted_phone_number";
    let phone = sensitive::open(call, NAME, call.query(NAME).unwrap_or_default())?;
    let card_id = call.query("card_id").unwrap_or_default();
    let card = own(state, call, card_id)?;
    let mut reminders = state.world.membercard.reminders.iter();
    let reminder = reminders.find(|known| known.card_id == card_id && known.phone_number == phone);
    let reminder = reminder.ok_or_else(|| Refusal::not_found("手机号未导入"))?;
    let openid = state.world.owner_of(&phone);
    let member = state.world.membercard.members.iter().find(|member| {
        member.card_id == card_id
            && Some(member.openid.as_str()) == openid
            && member.status != UserCardStatus::Delete
    });
    let Some(member) = member else {
        let status = if reminder.shown { "UNRECEIVED" } else { "UNSHOWED" };
        return Ok(Answer::ok(json!({ "receive_status": status })));
    };
    Ok(Answer::ok(json!({
        "receive_status": "RECEIVED",
        "user_card_information": {
            "code": member.code,
            "openid": member.openid,
            "receive_time": time::print(member.receive_time),
            "card_appid": card.shown["appid"].as_str().unwrap_or_default(),
            "card_id": member.card_id,
        },
    })))
}

/// The user with this phone number sees the reminder.
pub(crate) fn show(state: &mut State, card_id: &str, phone_number: &str) -> Result<(), Error> {
    let phone = Secret::from(phone_number);
    let mut reminders = state.world.membercard.reminders.iter_mut();
    let reminder = reminders.find(|known| known.card_id == card_id && known.phone_number == phone);
    // The number itself is no one's business in an error.
    let unknown =
        || Error::State(format!("no reminder of the card {card_id} was imported for this phone number"));
    reminder.ok_or_else(unknown)?.shown = true;
    Ok(())
}
