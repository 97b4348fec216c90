//! A user's coupon: its states, and what moves it from one to the next.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{number, page, product, stock};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::rules::brand::{brand, named, permitted};
use crate::state::State;
use crate::world::{Deactivation, ProductCouponState, Step, UserProductCoupon};

/// ASSUME: how far `use_time` may lie ahead.
const AHEAD: Duration = Duration::from_secs(300);

/// The state that a coupon shows at this moment.
pub(crate) fn current(coupon: &UserProductCoupon, now: Timestamp) -> ProductCouponState {
    use ProductCouponState::{Confirming, Effective, Expired, Pending};
    match coupon.state {
        Confirming | Pending | Effective if now >= coupon.valid_end_time => Expired,
        Pending | Effective if now < coupon.valid_begin_time => Pending,
        Pending => Effective,
        state => state,
    }
}

pub(super) fn confirm(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    step(state, call, "confirmed", |coupon, number, now| match current(coupon, now) {
        ProductCouponState::Confirming => {
            coupon.state = ProductCouponState::Effective;
            coupon.confirmed = Some(Step { request_no: number.to_owned(), time: now });
            Ok(())
        }
        _ => Err(Refusal::invalid("用户商品券状态不是待确认")),
    })
}

pub(super) fn use_(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let used = time::parse(call.required("use_time"));
    let used = used.ok_or_else(|| Refusal::member("/use_time", "not an RFC 3339 time with an offset"))?;
    if used > after(call.now, AHEAD) {
        return Err(Refusal::member("/use_time", "more than 5 minutes ahead"));
    }
    step(state, call, "used", |coupon, number, now| {
        match current(coupon, now) {
            ProductCouponState::Effective => {}
            ProductCouponState::Confirming => return Err(Refusal::invalid("用户商品券待确认发放，不可核销")),
            ProductCouponState::Pending => return Err(Refusal::invalid("用户商品券未到可用时间")),
            ProductCouponState::Used => return Err(Refusal::invalid("用户商品券已核销")),
            ProductCouponState::Expired => return Err(Refusal::invalid("用户商品券已过期")),
            _ => return Err(Refusal::invalid("用户商品券已删除或已失效")),
        }
        if used < coupon.valid_begin_time || used >= coupon.valid_end_time {
            return Err(Refusal::invalid("核销时间不在券有效期内"));
        }
        coupon.state = ProductCouponState::Used;
        coupon.used = Some(Step { request_no: number.to_owned(), time: used });
        coupon.order = call.body.get("associated_order_info").cloned();
        coupon.saved_amount = call.integer("saved_amount");
        Ok(())
    })
}

pub(super) fn return_(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    step(state, call, "returned", |coupon, number, now| {
        if coupon.state != ProductCouponState::Used {
            return Err(Refusal::invalid("用户商品券未核销"));
        }
        coupon.state = ProductCouponState::Effective;
        coupon.used = None;
        coupon.order = None;
        coupon.saved_amount = None;
        coupon.returned = Some(Step { request_no: number.to_owned(), time: now });
        Ok(())
    })
}

pub(super) fn deactivate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    step(state, call, "deactivated", |coupon, number, now| {
        use ProductCouponState::{Confirming, Effective, Pending};
        if !matches!(current(coupon, now), Confirming | Pending | Effective) {
            return Err(Refusal::invalid("用户商品券状态不允许失效"));
        }
        coupon.state = ProductCouponState::Deactivated;
        coupon.deactivated = Some(Deactivation {
            request_no: number.to_owned(),
            time: now,
            reason: call.required("deactivate_reason").to_owned(),
        });
        Ok(())
    })
}

/// One step under a request number: the number's answer of before, or the coupon changed.
fn step(
    state: &mut State,
    call: &Call<'_>,
    what: &'static str,
    change: impl FnOnce(&mut UserProductCoupon, &str, Timestamp) -> Result<(), Refusal>,
) -> Result<Answer, Refusal> {
    let number = number(state, call, "out_request_no")?;
    let at = place(state, call)?;
    let key = format!("{}/{number}", key(&state.world.product_coupon.coupons[at]));
    if let Some(answer) = state.replies.repeated(call, &key)? {
        return Ok(answer);
    }
    change(&mut state.world.product_coupon.coupons[at], number, call.now)?;
    let coupon = &state.world.product_coupon.coupons[at];
    let (answer, name) = (Answer::ok(show(state, coupon, call.now)), self::key(coupon));
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, what, name);
    Ok(answer)
}

fn key(coupon: &UserProductCoupon) -> String {
    format!("{}/{}", coupon.stock_id, coupon.coupon_code)
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    let at = place(state, call)?;
    Ok(Answer::ok(show(state, &state.world.product_coupon.coupons[at], call.now)))
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    let wanted = |name: &str, known: &str| call.query(name).is_none_or(|wanted| wanted == known);
    let coupons = state.world.product_coupon.coupons.iter().filter(|coupon| {
        coupon.openid == call.path("openid")
            && coupon.brand_id == brand(call)
            && wanted("appid", &coupon.appid)
            && wanted("product_coupon_id", &coupon.product_coupon_id)
            && wanted("stock_id", &coupon.stock_id)
            && wanted("coupon_state", current(coupon, call.now).as_str())
    });
    let all = coupons.map(|coupon| show(state, coupon, call.now)).collect();
    Ok(Answer::ok(page(call, "user_coupon_list", all)?))
}

/// The coupon that a call names, under the appid that it names.
fn place(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let same = |name: &str, known: &str| named(call, name) == Some(known);
    let at = state.world.product_coupon.coupons.iter().position(|coupon| {
        coupon.brand_id == brand(call)
            && same("openid", &coupon.openid)
            && same("coupon_code", &coupon.coupon_code)
            && same("stock_id", &coupon.stock_id)
            && same("product_coupon_id", &coupon.product_coupon_id)
    });
    let at = at.ok_or_else(|| Refusal::not_found("用户商品券不存在"))?;
    if same("appid", &state.world.product_coupon.coupons[at].appid) {
        Ok(at)
    } else {
        Err(Refusal::invalid("appid与用户标识不匹配"))
    }
}

/// A user deletes a coupon in the app. The merchant is not told (DOC: official knowledge base).
pub(crate) fn delete(state: &mut State, stock_id: &str, code: &str) -> Result<(), Error> {
    use ProductCouponState::{Confirming, Effective, Expired, Pending};
    let now = state.clock.business();
    let mut coupons = state.world.product_coupon.coupons.iter_mut();
    let coupon = coupons.find(|coupon| coupon.stock_id == stock_id && coupon.coupon_code == code);
    let coupon = coupon.ok_or_else(|| Error::Unknown { what: "coupon_code", name: code.to_owned() })?;
    if !matches!(current(coupon, now), Confirming | Pending | Effective | Expired) {
        return Err(Error::State("the user cannot delete a coupon that was used or taken away".to_owned()));
    }
    coupon.state = ProductCouponState::Deleted;
    Ok(())
}

/// A coupon as its queries show it.
pub(super) fn show(state: &State, coupon: &UserProductCoupon, now: Timestamp) -> Value {
    let mut shown = json!({
        "coupon_code": coupon.coupon_code,
        "coupon_state": current(coupon, now).as_str(),
        "valid_begin_time": time::print(coupon.valid_begin_time),
        "valid_end_time": time::print(coupon.valid_end_time),
        "receive_time": time::print(coupon.receive_time),
        "send_request_no": coupon.send_request_no,
        "send_channel": coupon.send_channel.as_str(),
        "product_coupon": product::of(state, coupon),
        "stock": stock::of(state, coupon),
        "brand_id": coupon.brand_id,
    });
    if let Some(attach) = &coupon.attach {
        shown["attach"] = json!(attach);
    }
    if let Some(step) = &coupon.confirmed {
        shown["confirm_request_no"] = json!(step.request_no);
        shown["confirm_time"] = json!(time::print(step.time));
    }
    show_deactivation(&mut shown, coupon.deactivated.as_ref());
    let mut detail = json!({});
    for (what, step) in [("use", &coupon.used), ("return", &coupon.returned)] {
        if let Some(step) = step {
            detail[format!("{what}_request_no")] = json!(step.request_no);
            detail[format!("{what}_time")] = json!(time::print(step.time));
        }
    }
    if let Some(order) = &coupon.order {
        detail["associated_order_info"] = order.clone();
    }
    if let Some(saved) = coupon.saved_amount {
        detail["saved_amount"] = json!(saved);
    }
    if detail.as_object().is_some_and(|members| !members.is_empty()) {
        shown["single_usage_detail"] = detail;
    }
    shown
}

pub(super) fn show_deactivation(shown: &mut Value, deactivation: Option<&Deactivation>) {
    if let Some(deactivation) = deactivation {
        shown["deactivate_request_no"] = json!(deactivation.request_no);
        shown["deactivate_time"] = json!(time::print(deactivation.time));
        shown["deactivate_reason"] = json!(deactivation.reason);
    }
}
