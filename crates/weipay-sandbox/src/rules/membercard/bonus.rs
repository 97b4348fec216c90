//! Points: shown after a payment, and those of the member.

use super::super::family::{Family, assumed, documented, rule};
use super::{own, usable, user_card};
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Bonus, BonusState};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_membercard_open_cards_codes_bonus_prepare",
            prepare,
            "2026-11-21",
            &[
                documented("merchant 4012595808: members, the order of errors, no balance moves"),
                assumed(
                    "the key is trade mchid and out_trade_no; another value before commit replaces, after it is refused",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_codes_bonus_commit",
            commit,
            "2026-11-21",
            &[
                documented("merchant 4012551350: 204, no balance moves"),
                assumed("without prepare, or with another value, 400; a repeat is 204"),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_codes_rights_update",
            rights,
            "2026-11-21",
            &[
                documented("merchant 4012551213: members, add = bonus - before"),
                assumed("before is an optimistic lock; a number with another body is 400"),
            ],
        ),
    ],
    deeds: &[],
};

/// Where the card and the order of a bonus stand.
struct Order<'a> {
    card_id: &'a str,
    code: &'a str,
    trade_mchid: &'a str,
    out_trade_no: &'a str,
    bonus_value: i64,
}

/// The checks that prepare and commit share, in the order in which the prepare page lists its errors (DOC: merchant
/// 4012595808; ASSUME the same for commit).
fn order<'a>(state: &State, call: &'a Call<'_>) -> Result<Order<'a>, Refusal> {
    let (card_id, code) = (call.path("card_id"), call.path("code"));
    let bonus_value = call.integer("bonus_value").filter(|value| *value > 0);
    let bonus_value = bonus_value.ok_or_else(|| Refusal::member("/bonus_value", "not a positive integer"))?;
    let sub_mchid = call.text("sub_mchid");
    // Partner mode names the sub-merchant; with both, as on the pages' sample, it is the sub-merchant that counts.
    let trade_mchid = sub_mchid.or_else(|| call.text("mchid")).unwrap_or(&call.caller.id);
    if sub_mchid.is_some_and(|sub_mchid| !state.world.acts_for(&call.caller.id, sub_mchid)) {
        return Err(Refusal::no_auth("服务商与子商户无授权关系"));
    }
    let card = &state.world.membercard.member_cards[own(state, call)?];
    if !card.bonus_right {
        return Err(Refusal::invalid("会员卡模板未开通积分权益"));
    }
    if trade_mchid != card.creator && !card.trade_mchids.iter().any(|known| known == trade_mchid) {
        return Err(Refusal::invalid("商户与品牌的关系校验失败"));
    }
    usable(state, call)?;
    Ok(Order { card_id, code, trade_mchid, out_trade_no: call.required("out_trade_no"), bonus_value })
}

impl Order<'_> {
    fn find(&self, state: &State) -> Option<usize> {
        state.world.membercard.bonuses.iter().position(|bonus| {
            bonus.trade_mchid == self.trade_mchid && bonus.out_trade_no == self.out_trade_no
        })
    }

    fn key(&self) -> String {
        format!("{}/{}", self.trade_mchid, self.out_trade_no)
    }
}

/// `POST …/bonus/prepare` → 204: the payment-result page shows points to come. It moves no balance (DOC).
///
/// ASSUME: the key is (trade mchid, `out_trade_no`); the same value again is 204, another value before commit replaces,
/// after commit it is refused.
fn prepare(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let order = order(state, call)?;
    match order.find(state) {
        None => state.world.membercard.bonuses.push(Bonus {
            trade_mchid: order.trade_mchid.to_owned(),
            out_trade_no: order.out_trade_no.to_owned(),
            card_id: order.card_id.to_owned(),
            code: order.code.to_owned(),
            bonus_value: order.bonus_value,
            state: BonusState::Prepared,
        }),
        Some(at) => {
            let bonus = &mut state.world.membercard.bonuses[at];
            if bonus.card_id != order.card_id || bonus.code != order.code {
                return Err(Refusal::invalid("该订单已用于其他会员卡"));
            }
            if bonus.bonus_value == order.bonus_value {
                return Ok(Answer::no_content());
            }
            if bonus.state == BonusState::Committed {
                return Err(Refusal::invalid("积分已到账，无法修改"));
            }
            bonus.bonus_value = order.bonus_value;
        }
    }
    state.took_effect(call, "prepared", order.key());
    Ok(Answer::no_content())
}

/// `POST …/bonus/commit` → 204: the same line now says that the points are credited. It moves no balance (DOC).
///
/// ASSUME: without prepare, or with another value, 400; a repeat is 204.
fn commit(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let order = order(state, call)?;
    let at = order.find(state).ok_or_else(|| Refusal::invalid("该订单未设置支付后展示积分"))?;
    let bonus = &mut state.world.membercard.bonuses[at];
    if bonus.card_id != order.card_id || bonus.code != order.code {
        return Err(Refusal::invalid("该订单已用于其他会员卡"));
    }
    if bonus.bonus_value != order.bonus_value {
        return Err(Refusal::invalid("积分值与支付后展示积分不一致"));
    }
    if bonus.state == BonusState::Prepared {
        bonus.state = BonusState::Committed;
        state.took_effect(call, "committed", order.key());
    }
    Ok(Answer::no_content())
}

/// `PATCH …/codes/{code}/rights` → 204: moves the member's points.
///
/// DOC (merchant 4012551213): members, `add = bonus − before`. ASSUME: `before` is an optimistic lock; the same number
/// with the same body is 204, with another body 400.
fn rights(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (card_id, code) = (call.path("card_id"), call.path("code"));
    let bonus_right = state.world.membercard.member_cards[own(state, call)?].bonus_right;
    let number = call.required("out_request_no");
    let scope = format!("{card_id}/{code}/{number}");
    if let Some(answer) = state.replies.repeated(call, &scope)? {
        return Ok(answer);
    }
    let at = usable(state, call)?;
    let given = ["before_bonus_value", "bonus_value", "add_bonus_value"].map(|name| call.integer(name));
    match given {
        [None, None, None] => {}
        _ if !bonus_right => return Err(Refusal::invalid("会员卡模板未开通积分权益")),
        [Some(before), Some(bonus), Some(add)] => {
            if before.checked_add(add) != Some(bonus) || bonus < 0 {
                return Err(Refusal::member("/add_bonus_value", "not bonus_value less before_bonus_value"));
            }
            let member = &mut state.world.membercard.members[at];
            if member.bonus_value != before {
                return Err(Refusal::invalid("变更前的会员积分值与当前积分不一致"));
            }
            member.bonus_value = bonus;
        }
        _ => {
            let issue = "before_bonus_value, bonus_value and add_bonus_value belong together";
            return Err(Refusal::member("/bonus_value", issue));
        }
    }
    user_card::show_also(&mut state.world.membercard.members[at], &call.body, &["fapiao_jump_word", "guide"]);
    let answer = Answer::no_content();
    state.replies.keep(call, &scope, &answer);
    state.took_effect(call, "credited", scope);
    Ok(answer)
}
