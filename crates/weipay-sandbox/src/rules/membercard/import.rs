//! Members of old, whose cards are activated without their doing.

use serde_json::json;

use super::super::family::{Family, assumed, documented, rule};
use super::super::sensitive;
use super::{codes, journey, own};
use crate::call::{Answer, Call, Content};
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CardStatus, UserCardStatus};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_membercard_open_cards_users_import",
            by_openid,
            "2026-11-21",
            &[
                documented("merchant 4012549739: members; the card is activated silently"),
                assumed(
                    "no event goes out; who has the card gets the code that is known; another code is 400",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_phone_membercard_import",
            by_phone,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012550535: members; the number is encrypted with the key of Wechatpay-Serial",
                ),
                assumed("as by openid; a number that the world does not know is 400"),
            ],
        ),
    ],
    deeds: &[],
};

/// `POST …/users/import` (DOC: merchant 4012549739).
fn by_openid(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let openid = call.required("openid");
    if !state.world.knows_user(openid) {
        return Err(Refusal::invalid("用户openid不存在"));
    }
    import(state, call, openid)
}

/// `POST …/phone-membercard/import` (DOC: merchant 4012550535).
fn by_phone(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    const POINTER: &str = "/encrypted_phone_number";
    let phone = sensitive::open(call, POINTER, call.required("encrypted_phone_number"))?;
    let openid = state.world.owner_of(&phone).map(str::to_owned);
    import(state, call, &openid.ok_or_else(|| Refusal::invalid("手机号未绑定用户"))?)
}

fn import(state: &mut State, call: &Call<'_>, openid: &str) -> Result<Answer, Refusal> {
    let at = own(state, call)?;
    let scope = format!("{}/{}", call.path("card_id"), call.required("out_request_no"));
    // A phone number is encrypted otherwise each time: a repeat is known by its user.
    if let Some(reply) = state.replies.find(call, &scope) {
        let Content::Json(answered) = &reply.answer.content else { return Ok(reply.answer.clone()) };
        let given = state.member(call.path("card_id"), answered["code"].as_str().unwrap_or_default());
        let same_user = given.is_some_and(|at| state.world.membercard.members[at].openid == openid);
        return if same_user && reply.body.get("code") == call.body.get("code") {
            Ok(reply.answer.clone())
        } else {
            Err(Refusal::invalid("out_request_no已使用且参数不一致"))
        };
    }
    if state.world.membercard.member_cards[at].status != CardStatus::Approved {
        return Err(Refusal::invalid("会员卡模板未通过审核或已删除"));
    }
    let card_id = call.path("card_id");
    let mut members = state.world.membercard.members.iter();
    let known = members.find(|member| member.card_id == card_id && member.openid == openid);
    let code = match known.map(|member| (member.code.clone(), member.status)) {
        Some((_, UserCardStatus::Delete | UserCardStatus::Unavailable)) => {
            return Err(Refusal::invalid("用户会员卡无效或已删除"));
        }
        Some((code, _)) if call.text("code").is_none_or(|wanted| wanted == code) => code,
        Some(_) => return Err(Refusal::invalid("用户已有会员卡，code不一致")),
        None => {
            let code = codes::allot(state, at, call.text("code")).map_err(Refusal::invalid)?;
            let member = journey::member(state, at, &code, openid);
            state.world.membercard.members.push(member);
            state.took_effect(call, "imported", format!("{card_id}/{code}"));
            code
        }
    };
    let answer = Answer::ok(json!({ "code": code }));
    state.replies.keep(call, &scope, &answer);
    Ok(answer)
}
