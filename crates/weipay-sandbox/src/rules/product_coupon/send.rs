//! How a user gets a coupon, and that the merchant is told.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::{coupon, notify_config, number, stock};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::notify::Event;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{
    PreSent, ProductCouponCodeMode, ProductCouponState, ProductCouponStock, ProductCouponStockState,
    SendChannel, UserProductCoupon,
};

const DAY: u64 = 24 * 3600;
/// ASSUME: how long a token of pre-send is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

/// What a user is to get.
pub(in crate::rules) struct Gift<'a> {
    pub(in crate::rules) openid: &'a str,
    /// The appid under which the openid stands; the stock's own if not said.
    pub(in crate::rules) appid: Option<&'a str>,
    pub(in crate::rules) channel: SendChannel,
    /// `send_request_no`
    pub(in crate::rules) number: String,
    /// The merchant's code.
    pub(in crate::rules) code: Option<String>,
    pub(in crate::rules) attach: Option<String>,
    /// Usable at once, and nobody is told.
    pub(in crate::rules) ready: bool,
}

/// Why this stock cannot give this user a coupon now.
pub(in crate::rules) fn obstacle(state: &State, at: usize, openid: &str) -> Option<&'static str> {
    let (stock, now) = (&state.world.product_coupon.stocks[at], state.clock.business());
    let given =
        || state.world.product_coupon.coupons.iter().filter(|coupon| coupon.stock_id == stock.stock_id);
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let today = || count(given().filter(|coupon| stock::same_day(coupon.receive_time, now)).count());
    let had = || count(given().filter(|coupon| coupon.openid == openid).count());
    match stock.state {
        ProductCouponStockState::Sending => {}
        ProductCouponStockState::Paused => return Some("批次已暂停"),
        _ => return Some("批次不在发放状态"),
    }
    if now >= stock.available_end_time {
        return Some("批次已过期");
    }
    if count(given().count()) >= stock.max_count
        || stock.code_mode == ProductCouponCodeMode::Upload && stock.codes.is_empty()
    {
        return Some("券库存不足");
    }
    if stock.max_count_per_day.is_some_and(|most| today() >= most) {
        return Some("当日发放已达上限");
    }
    stock.max_count_per_user.is_some_and(|most| had() >= most).then_some("用户领券已达上限")
}

/// Gives a coupon and tells the merchant. Returns the code.
pub(in crate::rules) fn issue(state: &mut State, at: usize, gift: Gift<'_>) -> Result<String, Refusal> {
    // To the second, as it is told: whoever uses the coupon at once repeats that second.
    let now = Timestamp::from_second(state.clock.business().as_second()).unwrap_or_default();
    let code = code(state, at, gift.code)?;
    let stock = &state.world.product_coupon.stocks[at];
    let (valid_begin_time, valid_end_time) = validity(stock, now);
    let coupon = UserProductCoupon {
        coupon_code: code.clone(),
        stock_id: stock.stock_id.clone(),
        product_coupon_id: stock.product_coupon_id.clone(),
        brand_id: stock.brand_id.clone(),
        appid: gift.appid.or(stock.notify_appid.as_deref()).unwrap_or_default().to_owned(),
        openid: gift.openid.to_owned(),
        state: if gift.ready { ProductCouponState::Effective } else { ProductCouponState::Confirming },
        receive_time: now,
        valid_begin_time,
        valid_end_time,
        send_request_no: gift.number,
        send_channel: gift.channel,
        attach: gift.attach,
        ..UserProductCoupon::default()
    };
    if !gift.ready {
        let partner = stock.partner.clone();
        tell(state, &coupon, partner);
    }
    state.world.product_coupon.coupons.push(coupon);
    Ok(code)
}

/// `PRODUCT_COUPON_SP.SEND` (DOC: partner 4015780862). ASSUME: what the unionid looks like.
fn tell(state: &mut State, coupon: &UserProductCoupon, partner: Option<String>) {
    let name = if partner.is_some() { "PRODUCT_COUPON_SP.SEND" } else { "PRODUCT_COUPON.SEND" };
    let receiver = partner.unwrap_or_else(|| coupon.brand_id.clone());
    let mut resource = json!({
        "brand_id": coupon.brand_id,
        "coupon_code": coupon.coupon_code,
        "product_coupon_id": coupon.product_coupon_id,
        "stock_id": coupon.stock_id,
        "appid": coupon.appid,
        "openid": coupon.openid,
        "unionid": format!("union-{}", coupon.openid),
        "receive_time": time::print(coupon.receive_time),
        "send_request_no": coupon.send_request_no,
        "send_channel": coupon.send_channel.as_str(),
        "valid_begin_time": time::print(coupon.valid_begin_time),
        "valid_end_time": time::print(coupon.valid_end_time),
    });
    if let Some(attach) = &coupon.attach {
        resource["attach"] = json!(attach);
    }
    state.raise(Event {
        name,
        original_type: "product_coupon",
        summary: "商品券领券通知",
        url: notify_config::address(state, &receiver),
        receiver,
        key: coupon.coupon_code.clone(),
        resource,
    });
}

/// The code of the next coupon, by the stock's mode. ASSUME: a code is unique in its stock.
fn code(state: &mut State, at: usize, given: Option<String>) -> Result<String, Refusal> {
    let stock = &state.world.product_coupon.stocks[at];
    match (stock.code_mode, given) {
        (_, Some(code))
            if state
                .world
                .product_coupon
                .coupons
                .iter()
                .any(|coupon| coupon.stock_id == stock.stock_id && coupon.coupon_code == code) =>
        {
            Err(Refusal::invalid("券code已被使用"))
        }
        (ProductCouponCodeMode::ApiAssign, Some(code)) => Ok(code),
        (ProductCouponCodeMode::ApiAssign, None) => {
            Err(Refusal::member("/coupon_code", "required with API_ASSIGN"))
        }
        (ProductCouponCodeMode::Upload, Some(code)) => {
            let codes = &mut state.world.product_coupon.stocks[at].codes;
            let place = codes.iter().position(|known| *known == code);
            place.map(|place| codes.remove(place)).ok_or_else(|| Refusal::invalid("券code未上传"))
        }
        (ProductCouponCodeMode::Upload, None) => {
            let codes = &mut state.world.product_coupon.stocks[at].codes;
            if codes.is_empty() { Err(Refusal::invalid("券库存不足")) } else { Ok(codes.remove(0)) }
        }
        (ProductCouponCodeMode::WechatPay, Some(_)) => Err(Refusal::invalid("发券模式不合法")),
        (ProductCouponCodeMode::WechatPay, None) => Ok(state.ids.coupon()),
    }
}

/// From when until when a coupon that is received now can be used.
fn validity(stock: &ProductCouponStock, now: Timestamp) -> (Timestamp, Timestamp) {
    let days = |days: u32| Duration::from_secs(u64::from(days) * DAY);
    let begin = after(now, days(stock.wait_days_after_receive)).max(stock.available_begin_time);
    let end = stock.available_days.map_or(Timestamp::MAX, |available| after(begin, days(available)));
    (begin, end.min(stock.available_end_time))
}

/// `POST …/users/{openid}/coupons`: the merchant gives a coupon.
pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let number = number(state, call, "send_request_no")?;
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    let (at, gift) = order(state, call, number)?;
    let code = issue(state, at, gift)?;
    let coupons = &state.world.product_coupon.coupons;
    let coupon = coupons.last().map(|coupon| coupon::show(state, coupon, call.now));
    let answer = Answer::ok(coupon.unwrap_or_default());
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "sent", format!("{}/{code}", call.required("stock_id")));
    Ok(answer)
}

/// `POST …/users/{openid}/pre-send-coupon`: a token, with which the user takes the coupon.
pub(super) fn pre_send(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let number = number(state, call, "send_request_no")?;
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    let (at, gift) = order(state, call, number)?;
    let stock_id = state.world.product_coupon.stocks[at].stock_id.clone();
    let sent = PreSent {
        token: String::new(),
        stock_id,
        appid: gift.appid.unwrap_or_default().to_owned(),
        openid: gift.openid.to_owned(),
        send_request_no: gift.number,
        coupon_code: gift.code,
        attach: gift.attach,
        expire_time: after(call.now, TOKEN_LIFETIME),
        taken: false,
    };
    let token = state.ids.token();
    state.world.product_coupon.pre_sent.push(PreSent { token: token.clone(), ..sent });
    let answer = Answer::ok(json!({ "token": token }));
    state.replies.keep(call, number, &answer);
    Ok(answer)
}

/// What the merchant wants to give, if the stock can.
fn order<'a>(state: &State, call: &'a Call<'_>, number: &str) -> Result<(usize, Gift<'a>), Refusal> {
    let at = stock::find(state, call)?;
    if let Some(obstacle) = obstacle(state, at, call.path("openid")) {
        return Err(Refusal::invalid(obstacle));
    }
    let gift = Gift {
        openid: call.path("openid"),
        appid: call.text("appid"),
        channel: SendChannel::Api,
        number: number.to_owned(),
        code: call.text("coupon_code").map(str::to_owned),
        attach: call.text("attach").map(str::to_owned),
        ready: false,
    };
    Ok((at, gift))
}

/// A user takes the coupon of a token in the merchant's mini program. Returns its code.
pub(crate) fn take(state: &mut State, token: &str) -> Result<String, Error> {
    let now = state.clock.business();
    let mut sent = state.world.product_coupon.pre_sent.iter_mut();
    let sent = sent.find(|sent| sent.token == token);
    let sent = sent.ok_or_else(|| Error::Unknown { what: "token", name: token.to_owned() })?;
    if sent.taken || now >= sent.expire_time {
        return Err(Error::State("the token was used, or has expired".to_owned()));
    }
    let before = sent.clone();
    let at = stock::place(state, &before.stock_id);
    let at = at.ok_or_else(|| Error::Unknown { what: "stock_id", name: before.stock_id.clone() })?;
    if let Some(obstacle) = obstacle(state, at, &before.openid) {
        return Err(Error::State(format!("the stock gives nothing: {obstacle}")));
    }
    let gift = Gift {
        openid: &before.openid,
        appid: Some(&before.appid),
        channel: SendChannel::ReceiveComponent,
        number: before.send_request_no.clone(),
        code: before.coupon_code.clone(),
        attach: before.attach.clone(),
        ready: false,
    };
    let code = issue(state, at, gift).map_err(|refusal| Error::State(refusal.message))?;
    if let Some(sent) = state.world.product_coupon.pre_sent.iter_mut().find(|sent| sent.token == token) {
        sent.taken = true;
    }
    Ok(code)
}
