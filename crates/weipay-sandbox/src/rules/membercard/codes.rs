//! Codes of users' cards: put in store, and given out.

use serde_json::{Value, json};

use super::super::family::{Family, assumed, documented, rule};
use super::own;
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::MemberCodeMode;

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[rule(
        "marketing_membercard_open_cards_codes_deposit",
        deposit,
        "2026-11-21",
        &[
            documented("merchant 4012545728: one result for each code: SUCCESS, DUPLICATE, FAIL"),
            assumed("only in MERCHANT_DEPOSIT mode; a code has 1 to 32 printable ASCII characters"),
        ],
    )],
    deeds: &[],
};

/// Whether a code can stand on a card.
fn spelled(code: &str) -> bool {
    (1..=32).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `POST …/codes/deposit`: partial success in a 200 (DOC: merchant 4012545728).
fn deposit(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let codes = call.body.get("code").and_then(Value::as_array).filter(|codes| !codes.is_empty());
    let codes = codes.ok_or_else(|| Refusal::member("/code", "not a list of codes"))?;
    let at = own(state, call)?;
    if state.world.membercard.member_cards[at].code_mode != MemberCodeMode::MerchantDeposit {
        return Err(Refusal::invalid("会员卡模板的code分配类型不是MERCHANT_DEPOSIT"));
    }
    let card_id = call.path("card_id");
    let mut data = Vec::new();
    for code in codes.iter().filter_map(Value::as_str) {
        let known = taken(state, at, code) || state.member(card_id, code).is_some();
        let result = match (spelled(code), known) {
            (false, _) => "FAIL",
            (true, true) => "DUPLICATE",
            (true, false) => {
                state.world.membercard.member_cards[at].deposited.push(code.to_owned());
                "SUCCESS"
            }
        };
        data.push(json!({ "code": code, "result": result }));
    }
    state.took_effect(call, "deposited", card_id.to_owned());
    Ok(Answer::ok(json!({ "data": data })))
}

fn taken(state: &State, at: usize, code: &str) -> bool {
    let card = &state.world.membercard.member_cards[at];
    card.deposited.iter().chain(&card.used_codes).any(|known| known == code)
}

/// The code of a new card: the chosen one, if it is free, or one as the template's mode has it. Says what is wrong in
/// words for the caller.
pub(super) fn allot(state: &mut State, at: usize, chosen: Option<&str>) -> Result<String, &'static str> {
    let card_id = state.world.membercard.member_cards[at].card_id.clone();
    if let Some(code) = chosen {
        if !spelled(code) {
            return Err("会员卡code不合法");
        }
        if state.member(&card_id, code).is_some() {
            return Err("会员卡code已被使用");
        }
    }
    let card = &mut state.world.membercard.member_cards[at];
    match (card.code_mode, chosen) {
        (MemberCodeMode::MerchantDeposit, chosen) => {
            let place = match chosen {
                Some(code) => card.deposited.iter().position(|known| known == code),
                None => (!card.deposited.is_empty()).then_some(0),
            };
            let place = place.ok_or("会员卡code未导入或库存不足")?;
            let code = card.deposited.remove(place);
            card.used_codes.push(code.clone());
            Ok(code)
        }
        (_, Some(code)) => Ok(code.to_owned()),
        (MemberCodeMode::SystemAllocate, None) => Ok(state.ids.digits(12)),
        (MemberCodeMode::RealTime, None) => Err("REAL_TIME模式需要商户指定会员卡code"),
    }
}
