//! What happens to a user's coupon: used, returned, deactivated, associated with an order.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::super::family::{Family, assumed, documented, observed, rule};
use super::{find, permitted, validity, wrong_state};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Coupon, CouponState, Stock};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_busifavor_coupons_use",
            use_coupon,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012465292, partner 4012465359, error table of the older pages: members, codes, the same number gives the first result",
                ),
                observed("another number on a used coupon: 400 RESOURCE_ALREADY_EXISTS 券已被其他订单核销"),
                assumed(
                    "the order of the checks: member, coupon, permission, appid, repeat, used, time, taken away, user",
                ),
            ],
        ),
        rule(
            "marketing_busifavor_coupons_return",
            return_coupon,
            "2026-11-21",
            &[
                documented("merchant 4012465845: only from USED, the same number gives the same answer"),
                assumed("anything else is 400; a coupon whose time is over comes back as EXPIRED"),
            ],
        ),
        rule(
            "marketing_busifavor_coupons_deactivate",
            deactivate_coupon,
            "2026-11-21",
            &[
                documented("merchant 4012465890: an unused coupon is taken away for good"),
                assumed("anything else is 400"),
            ],
        ),
        rule(
            "marketing_busifavor_coupons_associate",
            associate,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012465596: an unused coupon is associated with an order; the number can be repeated",
                ),
                assumed(
                    "one order to a coupon; another one has to wait for disassociate; it does not keep the coupon from being used",
                ),
            ],
        ),
        rule(
            "marketing_busifavor_coupons_disassociate",
            disassociate,
            "2026-11-21",
            &[
                documented("merchant 4012465673: members; the number can be repeated"),
                assumed("only of an unused coupon, and only from the order that it is associated with"),
            ],
        ),
    ],
    deeds: &[],
};

/// ASSUME: how far a time of use may lie ahead.
const AHEAD: Duration = Duration::from_secs(300);

/// Answers a number that was used before: the same coupon gets the first answer, another one is refused (ASSUME).
fn repeated(state: &State, call: &Call<'_>, number: &str) -> Result<Option<Answer>, Refusal> {
    let Some(reply) = state.replies.find(call, number) else { return Ok(None) };
    let same = |name: &str| {
        reply.body.get(name).is_none_or(|first| call.body.get(name).is_none_or(|now| now == first))
    };
    if !["coupon_code", "stock_id"].into_iter().all(same) {
        let refusal = Refusal::invalid("请求单据号已用于其他券");
        return Err(Refusal { internal: 268_498_688, ..refusal });
    }
    if reply.body != call.body {
        call.note("a repeat with other members than the first time; answered as the first time");
    }
    Ok(Some(reply.answer.clone()))
}

/// `POST …/coupons/use`: redeems one coupon of a user.
///
/// DOC (merchant 4012465292, partner 4012465359, error table of the older pages): members, codes, the same number gives
/// the first result. Observed: another number on a used coupon is 400 `RESOURCE_ALREADY_EXISTS` `券已被其他订单核销`.
/// ASSUME: the order of the checks: member, coupon, permission, appid, repeat, used, time, taken away, user.
fn use_coupon(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let use_time = time::parse(call.required("use_time"));
    let use_time =
        use_time.ok_or_else(|| Refusal::member("/use_time", "not an RFC 3339 time with an offset"))?;
    if use_time > after(call.now, AHEAD) {
        return Err(Refusal::member("/use_time", "lies in the future"));
    }
    let at = find(state, call)?;
    let (coupon, stock) = permitted(state, call, at)?;
    state.appid_bound(call.required("appid"), &[&call.caller.id, &stock.belong_merchant])?;
    let number = call.required("use_request_no");
    if let Some(answer) = repeated(state, call, number)? {
        return Ok(answer);
    }
    match state.coupon_state(&coupon, call.now) {
        CouponState::Sended => {}
        CouponState::Used => {
            let refusal = Refusal::new(400, "RESOURCE_ALREADY_EXISTS", "券已被其他订单核销");
            return Err(Refusal { internal: 272_756_745, ..refusal });
        }
        CouponState::Expired => return Err(state.rule_limit("券不在有效期")),
        CouponState::Deleted | CouponState::Deactivated => {
            return Err(wrong_state("券状态不合法"));
        }
    }
    usable(state, &stock, &coupon, use_time, call.now)?;
    right_user(state, call, &coupon)?;
    let coupon = &mut state.world.busifavor.coupons[at];
    coupon.state = CouponState::Used;
    coupon.use_request_no = Some(number.to_owned());
    coupon.use_time = Some(call.now);
    let key = format!("{}/{}", coupon.stock_id, coupon.coupon_code);
    let answer = Answer::ok(json!({
        "stock_id": coupon.stock_id,
        "openid": coupon.openid,
        "wechatpay_use_time": time::print(call.now),
    }));
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "used", key);
    Ok(answer)
}

/// Both the sale and the moment must lie in the coupon's time; the sale also on one of the stock's days.
fn usable(
    state: &State,
    stock: &Stock,
    coupon: &Coupon,
    sale: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (begin, end) = validity::window(stock, coupon.receive_time);
    let inside = |at: Timestamp| begin <= at && at <= end;
    if !inside(sale) || !inside(now) {
        return Err(state.rule_limit("券不在有效期"));
    }
    if validity::open(stock, sale) { Ok(()) } else { Err(state.rule_limit("券不在可用时段")) }
}

fn right_user(state: &State, call: &Call<'_>, coupon: &Coupon) -> Result<(), Refusal> {
    match call.text("openid") {
        Some(openid) if openid != coupon.openid && !state.world.knows_user(openid) => {
            Err(Refusal::new(404, "USER_NOT_EXISTS", "用户不存在"))
        }
        Some(openid) if openid != coupon.openid => Err(Refusal::invalid("券与用户不匹配")),
        _ => Ok(()),
    }
}

/// `POST …/coupons/return`: a used coupon becomes usable again, after the refund.
///
/// DOC (merchant 4012465845): only from USED, the same number gives the same answer. ASSUME: anything else is 400; a
/// coupon whose time is over comes back as EXPIRED.
fn return_coupon(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    permitted(state, call, at)?;
    let number = call.required("return_request_no");
    if let Some(answer) = repeated(state, call, number)? {
        return Ok(answer);
    }
    let coupon = &mut state.world.busifavor.coupons[at];
    if coupon.state != CouponState::Used {
        return Err(wrong_state("券未核销，无法退券"));
    }
    coupon.state = CouponState::Sended;
    coupon.use_request_no = None;
    coupon.use_time = None;
    coupon.return_request_no = Some(number.to_owned());
    coupon.return_time = Some(call.now);
    let key = format!("{}/{}", coupon.stock_id, coupon.coupon_code);
    let answer = Answer::ok(json!({ "wechatpay_return_time": time::print(call.now) }));
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "returned", key);
    Ok(answer)
}

/// `POST …/coupons/deactivate`: takes an unused coupon away, for good (DOC: merchant 4012465890).
fn deactivate_coupon(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    let (coupon, _) = permitted(state, call, at)?;
    let number = call.required("deactivate_request_no");
    if let Some(answer) = repeated(state, call, number)? {
        return Ok(answer);
    }
    if state.coupon_state(&coupon, call.now) != CouponState::Sended {
        return Err(wrong_state("券状态不合法"));
    }
    let coupon = &mut state.world.busifavor.coupons[at];
    coupon.state = CouponState::Deactivated;
    coupon.deactivate_request_no = Some(number.to_owned());
    coupon.deactivate_time = Some(call.now);
    coupon.deactivate_reason = call.text("deactivate_reason").map(str::to_owned);
    let key = format!("{}/{}", coupon.stock_id, coupon.coupon_code);
    let answer = Answer::ok(json!({ "wechatpay_deactivate_time": time::print(call.now) }));
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "deactivated", key);
    Ok(answer)
}

/// The user deletes a coupon that can be used. The merchant is told by no event (DOC); it sees `DELETED` when it asks.
pub(crate) fn delete(state: &mut State, stock_id: &str, coupon_code: &str) -> Result<(), Error> {
    let now = state.clock.business();
    let named = |coupon: &Coupon| coupon.stock_id == stock_id && coupon.coupon_code == coupon_code;
    let at = state.world.busifavor.coupons.iter().position(named);
    let at = at.ok_or_else(|| Error::Unknown { what: "coupon_code", name: coupon_code.to_owned() })?;
    if state.coupon_state(&state.world.busifavor.coupons[at], now) != CouponState::Sended {
        return Err(Error::State("only a coupon that can be used can be deleted by its user".to_owned()));
    }
    state.world.busifavor.coupons[at].state = CouponState::Deleted;
    Ok(())
}

/// `POST …/coupons/associate`: notes for which order an unused coupon is meant (DOC: merchant 4012465596).
fn associate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let order = call.required("out_trade_no").to_owned();
    connect(state, call, "wechatpay_associate_time", "associated", |coupon| {
        match &coupon.associate_out_trade_no {
            Some(known) if *known != order => return Err(wrong_state("券已关联其他订单")),
            _ => coupon.associate_out_trade_no = Some(order),
        }
        Ok(())
    })
}

/// `POST …/coupons/disassociate`: forgets it again (DOC: merchant 4012465673).
fn disassociate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let order = call.required("out_trade_no").to_owned();
    connect(state, call, "wechatpay_disassociate_time", "disassociated", |coupon| {
        if coupon.associate_out_trade_no.as_ref() != Some(&order) {
            return Err(wrong_state("券未关联该订单"));
        }
        coupon.associate_out_trade_no = None;
        Ok(())
    })
}

fn connect(
    state: &mut State,
    call: &Call<'_>,
    when: &str,
    what: &'static str,
    change: impl FnOnce(&mut Coupon) -> Result<(), Refusal>,
) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    let (coupon, _) = permitted(state, call, at)?;
    let number = call.required("out_request_no");
    if let Some(answer) = repeated(state, call, number)? {
        return Ok(answer);
    }
    if state.coupon_state(&coupon, call.now) != CouponState::Sended {
        return Err(wrong_state("券状态不合法"));
    }
    change(&mut state.world.busifavor.coupons[at])?;
    let answer = Answer::ok(json!({ when: time::print(call.now) }));
    state.replies.keep(call, number, &answer);
    state.took_effect(call, what, format!("{}/{}", coupon.stock_id, coupon.coupon_code));
    Ok(answer)
}
