//! Merchant coupons (商家券): send, use, return, deactivate.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::family::{Family, assumed, documented, observed, rule};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CodeMode, Coupon, CouponState, Stock, StockState};

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
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
            "marketing_busifavor_coupons_send",
            send_coupon,
            "2026-11-21",
            &[
                documented(
                    "product introduction of merchant coupons: members; out_request_no is unique per stock and user; coupon_code belongs to MERCHANT_API",
                ),
                assumed("the codes of the refusals for limits and states"),
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
    ],
    deeds: &[],
};

/// ASSUME: how far a time of use may lie ahead.
const AHEAD: Duration = Duration::from_secs(300);

impl State {
    /// 403 in the family's older or newer spelling.
    fn coupon_no_auth(&self) -> Refusal {
        let code = if self.world.busifavor.newer_spelling { "NO_AUTH" } else { "NOAUTH" };
        Refusal::new(403, code, "商户无权限操作该批次")
    }

    /// 403 for a rule of the stock, in the family's older or newer spelling.
    fn rule_limit(&self, message: &str) -> Refusal {
        let code = if self.world.busifavor.newer_spelling { "RULE_LIMIT" } else { "RULELIMIT" };
        Refusal { internal: 272_755_715, ..Refusal::new(403, code, message) }
    }

    pub(super) fn stock(&self, stock_id: &str) -> Option<&Stock> {
        self.world.busifavor.stocks.iter().find(|stock| stock.stock_id == stock_id)
    }

    /// The state that a coupon shows now: an unused one expires with its stock.
    pub(crate) fn coupon_state(&self, coupon: &Coupon, now: Timestamp) -> CouponState {
        let over = self.stock(&coupon.stock_id).is_some_and(|stock| now > stock.available_end_time);
        if coupon.state == CouponState::Sended && over { CouponState::Expired } else { coupon.state }
    }

    /// Whether the caller created or owns the stock, itself or through a sub-merchant.
    pub(super) fn may_handle(&self, mchid: &str, stock: &Stock) -> bool {
        let owners = [&stock.creator, &stock.belong_merchant];
        owners.into_iter().any(|owner| owner == mchid || self.world.acts_for(mchid, owner))
    }

    /// Whether an appid is bound to the caller or to the stock's owner.
    fn bound(&self, appid: &str, mchid: &str, stock: &Stock) -> bool {
        [mchid, &stock.belong_merchant].into_iter().any(|mchid| {
            let merchant = self.world.merchant(mchid);
            merchant.is_some_and(|merchant| merchant.appids.iter().any(|known| known == appid))
        })
    }
}

/// Finds a coupon by code and stock. Codes of merchants are unique only within their stock, so that `stock_id` is then
/// required (DOC).
fn find(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let code = call.required("coupon_code");
    let coupons =
        || state.world.busifavor.coupons.iter().enumerate().filter(|(_, coupon)| coupon.coupon_code == code);
    let missing = || Refusal { internal: 268_578_851, ..Refusal::not_found("券不存在") };
    if let Some(stock_id) = call.text("stock_id") {
        let found = coupons().find(|(_, coupon)| coupon.stock_id == stock_id);
        return found.map(|(at, _)| at).ok_or_else(missing);
    }
    let by_platform = |coupon: &Coupon| {
        state.stock(&coupon.stock_id).is_some_and(|stock| stock.code_mode == CodeMode::WechatPay)
    };
    let found = coupons().find(|(_, coupon)| by_platform(coupon));
    match found {
        Some((at, _)) => Ok(at),
        None if coupons().next().is_some() => {
            Err(Refusal::member("/stock_id", "required, because this code comes from the merchant"))
        }
        None => Err(missing()),
    }
}

/// The coupon with its stock, if the caller may handle it.
fn permitted(state: &State, call: &Call<'_>, at: usize) -> Result<(Coupon, Stock), Refusal> {
    let coupon = state.world.busifavor.coupons[at].clone();
    let stock = state.stock(&coupon.stock_id).cloned().ok_or_else(|| Refusal::not_found("批次不存在"))?;
    if state.may_handle(&call.caller.id, &stock) { Ok((coupon, stock)) } else { Err(state.coupon_no_auth()) }
}

/// Answers a number that was used before: the same coupon gets the first answer, another one is refused (ASSUME).
fn replayed(state: &State, call: &Call<'_>, number: &str) -> Result<Option<Answer>, Refusal> {
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
pub(crate) fn use_coupon(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let use_time = time::parse(call.required("use_time"));
    let use_time =
        use_time.ok_or_else(|| Refusal::member("/use_time", "not an RFC 3339 time with an offset"))?;
    if use_time > after(call.now, AHEAD) {
        return Err(Refusal::member("/use_time", "lies in the future"));
    }
    let at = find(state, call)?;
    let (coupon, stock) = permitted(state, call, at)?;
    if !state.bound(call.required("appid"), &call.caller.id, &stock) {
        return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "商户号与AppID不匹配"));
    }
    let number = call.required("use_request_no");
    if let Some(answer) = replayed(state, call, number)? {
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
            return Err(Refusal { internal: 268_578_367, ..Refusal::invalid("券状态不合法") });
        }
    }
    usable(state, &stock, use_time, call.now)?;
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

/// Both the sale and the moment must lie in the stock's time.
fn usable(state: &State, stock: &Stock, use_time: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let inside = |at: Timestamp| stock.available_begin_time <= at && at <= stock.available_end_time;
    if !inside(use_time) || !inside(now) {
        return Err(state.rule_limit("券不在有效期"));
    }
    let day = use_time.to_zoned(time::china()).weekday().to_sunday_zero_offset();
    let today =
        stock.week_days.is_empty() || stock.week_days.iter().any(|known| i16::from(*known) == i16::from(day));
    if today { Ok(()) } else { Err(state.rule_limit("券不在可用时段")) }
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
pub(crate) fn return_coupon(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    permitted(state, call, at)?;
    let number = call.required("return_request_no");
    if let Some(answer) = replayed(state, call, number)? {
        return Ok(answer);
    }
    let coupon = &mut state.world.busifavor.coupons[at];
    if coupon.state != CouponState::Used {
        return Err(Refusal { internal: 268_578_367, ..Refusal::invalid("券未核销，无法退券") });
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
pub(crate) fn deactivate_coupon(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    let (coupon, _) = permitted(state, call, at)?;
    let number = call.required("deactivate_request_no");
    if let Some(answer) = replayed(state, call, number)? {
        return Ok(answer);
    }
    if state.coupon_state(&coupon, call.now) != CouponState::Sended {
        return Err(Refusal { internal: 268_578_367, ..Refusal::invalid("券状态不合法") });
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

/// `POST …/coupons/send`: gives one user a coupon of a running stock.
///
/// DOC: members; `out_request_no` is unique per stock and user; `coupon_code` belongs to `MERCHANT_API`. ASSUME: the
/// codes of the refusals for limits and states; a stock in `MERCHANT_UPLOAD` mode gets a code of the platform's making,
/// because uploads have no rule yet.
pub(crate) fn send_coupon(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let number = call.required("out_request_no");
    let spelled = |byte: u8| byte.is_ascii_alphanumeric() || b"|_*-".contains(&byte);
    if number.is_empty() || !number.bytes().all(spelled) {
        return Err(Refusal::member("/out_request_no", "only digits, letters and | _ * - are allowed"));
    }
    let stock = state.stock(call.required("stock_id")).cloned();
    let stock = stock.ok_or_else(|| Refusal::not_found("批次不存在"))?;
    if !state.may_handle(&call.caller.id, &stock) {
        return Err(state.coupon_no_auth());
    }
    if !state.bound(call.required("appid"), &call.caller.id, &stock) {
        return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "商户号与AppID不匹配"));
    }
    let openid = call.required("openid");
    if !state.world.knows_user(openid) {
        return Err(Refusal::new(404, "USER_NOT_EXISTS", "用户不存在"));
    }
    let key = format!("{}/{openid}/{number}", stock.stock_id);
    if let Some(reply) = state.replies.find(call, &key) {
        return if reply.body == call.body {
            Ok(reply.answer.clone())
        } else {
            Err(Refusal::invalid("out_request_no已使用且参数不一致"))
        };
    }
    let code = new_code(state, call, &stock)?;
    within_limits(state, &stock, openid)?;
    let mut coupon = Coupon::sended(&stock.stock_id, &code, openid, call.now);
    coupon.send_request_no = Some(number.to_owned());
    state.world.busifavor.coupons.push(coupon);
    let body: Value = json!({ "stock_id": stock.stock_id, "coupon_code": code, "out_request_no": number });
    let answer = Answer::ok(body);
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, "sent", format!("{}/{code}", stock.stock_id));
    Ok(answer)
}

fn new_code(state: &mut State, call: &Call<'_>, stock: &Stock) -> Result<String, Refusal> {
    match (stock.code_mode, call.text("coupon_code")) {
        (CodeMode::MerchantApi, Some(code)) => {
            let taken = state.world.busifavor.coupons.iter();
            if taken.clone().any(|coupon| coupon.stock_id == stock.stock_id && coupon.coupon_code == code) {
                return Err(Refusal::new(400, "RESOURCE_ALREADY_EXISTS", "券code已存在"));
            }
            Ok(code.to_owned())
        }
        (CodeMode::MerchantApi, None) | (_, Some(_)) => Err(Refusal::invalid("发券模式不合法")),
        (_, None) => Ok(state.ids.coupon()),
    }
}

fn within_limits(state: &State, stock: &Stock, openid: &str) -> Result<(), Refusal> {
    if stock.state != StockState::Running {
        return Err(state.rule_limit("批次不在发放状态"));
    }
    let issued = || state.world.busifavor.coupons.iter().filter(|coupon| coupon.stock_id == stock.stock_id);
    if issued().count() as u64 >= stock.max_coupons {
        return Err(state.rule_limit("批次库存不足"));
    }
    if issued().filter(|coupon| coupon.openid == openid).count() as u64 >= stock.max_coupons_per_user {
        return Err(Refusal { internal: 272_756_740, ..state.rule_limit("用户领券已达上限") });
    }
    Ok(())
}
