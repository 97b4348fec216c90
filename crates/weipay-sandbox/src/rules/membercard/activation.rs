//! How users come to a card: QR codes and tokens, and activation by the merchant's own page.

use serde_json::json;

use super::super::family::{Family, assumed, documented, rule};
use super::{notice, own, user_card, visible};
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CardStatus, Invitation, UserCardStatus};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_membercard_open_cards_qrcode",
            qrcode,
            "2026-11-21",
            &[
                documented("merchant 4012550605: members"),
                assumed(
                    "JUMP_ACTIVATE needs an address, or an appid with its path; each call makes another QR code",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_permission_tokens",
            permission_token,
            "2026-11-21",
            &[
                documented("merchant 4012550867: members"),
                assumed("as a QR code; the token does not expire and serves any number of users"),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_decrypt_code_get",
            decrypt_code,
            "2026-11-21",
            &[
                documented("merchant 4012550742: members"),
                assumed(
                    "an encrypt_code that is not of this template is 400, as one whose + was not escaped",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_activate_informations_get_by_activate_ticket",
            information,
            "2026-11-21",
            &[
                documented("merchant 4012550779: members"),
                assumed("an unknown ticket is 404, a foreign one 403"),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_codes_activate",
            activate,
            "2026-11-21",
            &[
                documented("merchant 4012550809: members and 204"),
                assumed("ACTIVATE_CARD goes out once; a repeat is 204, any other status 400"),
            ],
        ),
    ],
    deeds: &[],
};

/// Keeps an invitation under the key that was made for it.
fn invite(state: &mut State, call: &Call<'_>, key: String) -> Result<(), Refusal> {
    let jump = match call.text("activate_type") {
        Some("AUTO_ACTIVATE") => false,
        Some("JUMP_ACTIVATE") => true,
        _ => return Err(Refusal::member("/activate_type", "not AUTO_ACTIVATE or JUMP_ACTIVATE")),
    };
    let program = call.text("activate_appid").is_some() && call.text("activate_path").is_some();
    if jump && !program && call.text("activate_url").is_none() {
        let issue = "required with JUMP_ACTIVATE, unless activate_appid and activate_path are given";
        return Err(Refusal::member("/activate_url", issue));
    }
    let at = own(state, call)?;
    if state.world.membercard.member_cards[at].status != CardStatus::Approved {
        return Err(Refusal::invalid("会员卡模板未通过审核或已删除"));
    }
    state.took_effect(call, "invited", key.clone());
    state.world.membercard.invitations.push(Invitation {
        key,
        card_id: call.path("card_id").to_owned(),
        jump,
        outer_str: call.text("outer_str").map(str::to_owned),
    });
    Ok(())
}

/// `POST …/qrcode` → the address behind the QR code (DOC: merchant 4012550605).
fn qrcode(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let url = format!("https://w.url.cn/s/{}", state.ids.letters(7));
    invite(state, call, url.clone())?;
    Ok(Answer::ok(json!({ "url": url })))
}

/// `POST …/permission-tokens` → a token for the merchant's page (DOC: merchant 4012550867).
fn permission_token(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let token = state.ids.letters(108);
    invite(state, call, token.clone())?;
    Ok(Answer::ok(json!({ "permission_token": token })))
}

/// `GET …/decrypt-code`: the code behind the `encrypt_code` that the merchant's page got (DOC: merchant 4012550742).
fn decrypt_code(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let card = visible(state, call)?;
    let mut members = state.world.membercard.members.iter();
    let member = members.find(|member| {
        member.card_id == card.card_id && member.encrypt_code.as_deref() == call.query("encrypt_code")
    });
    let member = member.ok_or_else(|| Refusal::invalid("encrypt_code不合法"))?;
    Ok(Answer::ok(json!({ "code": member.code })))
}

/// `GET …/activate-informations/{activate_ticket}`: what the user filled in (DOC: merchant 4012550779).
fn information(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut members = state.world.membercard.members.iter();
    let ticket = Some(call.path("activate_ticket"));
    let member = members.find(|member| member.activate_ticket.as_deref() == ticket);
    let member = member.ok_or_else(|| Refusal::not_found("activate_ticket不存在"))?;
    if state.member_card(&member.card_id).is_none_or(|card| card.creator != call.caller.id) {
        return Err(Refusal::no_auth("会员卡的创建方不是该商户"));
    }
    Ok(Answer::ok(json!({ "user_information": user_card::information(&member.user_information) })))
}

/// `POST …/activate` → 204: the merchant's page is done, the card is good (DOC: merchant 4012550809).
fn activate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    own(state, call)?;
    let at = state.member(call.path("card_id"), call.path("code"));
    let at = at.ok_or_else(|| Refusal::invalid("会员卡code不存在"))?;
    let member = &mut state.world.membercard.members[at];
    match member.status {
        UserCardStatus::NotActivate => {}
        UserCardStatus::Effective => return Ok(Answer::no_content()),
        _ => return Err(Refusal::invalid("用户会员卡无效或已删除")),
    }
    member.status = UserCardStatus::Effective;
    if let Some(number) = call.text("membership_number") {
        member.membership_number = Some(number.to_owned());
    }
    let member = member.clone();
    notice::activated(state, &member);
    state.took_effect(call, "activated", format!("{}/{}", member.card_id, member.code));
    Ok(Answer::no_content())
}
