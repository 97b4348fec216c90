//! Coupons come to their users: sent by the merchant, or taken in the app.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::calendar::day;
use super::super::family::{Family, assumed, documented, rule};
use super::permitted_stock;
use crate::Error;
use crate::call::{Answer, Call};
use crate::notify::Event;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::rules::user_card_state;
use crate::state::State;
use crate::world::{BrandUserCardState, CodeMode, Coupon, Stock, StockState, UserCardStatus};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_busifavor_coupons_send",
            send,
            "2026-11-21",
            &[
                documented(
                    "product introduction of merchant coupons: members; out_request_no is unique per stock and user; coupon_code belongs to MERCHANT_API; uploaded codes are drawn by the platform",
                ),
                assumed(
                    "the codes of the refusals for limits and states; uploaded codes are drawn in the order of their upload; COUPON.SEND goes out",
                ),
            ],
        ),
        rule(
            "marketing_busifavor_product_coupons_send",
            send_product_coupon,
            "2026-11-21",
            &[
                documented("merchant 4015594964: members"),
                assumed(
                    "as coupons/send; MEMBER needs the user's effective card of member_card_id, a member card or a brand membership card, else it is 403 RULELIMIT; the stock is a merchant coupon's, for the brand's product coupons have an operation of their own",
                ),
            ],
        ),
    ],
    deeds: &[],
};

/// One coupon for one user.
pub(super) struct Parcel<'a> {
    pub(super) stock_id: &'a str,
    pub(super) openid: &'a str,
    /// The code that the merchant chose.
    pub(super) coupon_code: Option<&'a str>,
    /// Who sends it, and under which number.
    pub(super) send_merchant: Option<&'a str>,
    pub(super) send_request_no: Option<&'a str>,
    /// `send_channel` without its common beginning.
    pub(super) channel: &'a str,
}

/// `POST …/coupons/send`: gives one user a coupon of a running stock.
///
/// DOC: members; `out_request_no` is unique per stock and user; `coupon_code` belongs to `MERCHANT_API`. ASSUME: the
/// codes of the refusals for limits and states.
fn send(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    deliver(state, call)
}

/// Whether the user has this card, a member card or a brand membership card, and it is good now.
fn is_member(state: &State, call: &Call<'_>, card_id: &str) -> bool {
    let openid = call.required("openid");
    let mut members = state.world.membercard.members.iter();
    let mut cards = state.world.card_member.brand_user_cards.iter();
    members.any(|member| {
        member.card_id == card_id
            && member.openid == openid
            && state.user_card_status(member, call.now) == UserCardStatus::Effective
    }) || cards.any(|card| {
        card.card_id == card_id
            && card.openid == openid
            && user_card_state(card, call.now) == BrandUserCardState::Effective
    })
}

/// `POST …/product-coupons/send`: the same, for members too (DOC: merchant 4015594964; its example of a card is a brand
/// membership card). ASSUME: `MEMBER` needs the user's effective card of `member_card_id`; the stock is a merchant coupon's,
/// since product coupons of the brand have an operation of their own.
fn send_product_coupon(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    if call.text("coupon_type") == Some("MEMBER") {
        let Some(card_id) = call.text("member_card_id") else {
            return Err(Refusal::member("/member_card_id", "required with coupon_type MEMBER"));
        };
        if !is_member(state, call, card_id) {
            return Err(state.rule_limit("用户不是该会员卡的会员"));
        }
    }
    deliver(state, call)
}

fn deliver(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let number = call.required("out_request_no");
    let spelled = |byte: u8| byte.is_ascii_alphanumeric() || b"|_*-".contains(&byte);
    if number.is_empty() || !number.bytes().all(spelled) {
        return Err(Refusal::member("/out_request_no", "only digits, letters and | _ * - are allowed"));
    }
    let stock = permitted_stock(state, call, call.required("stock_id"))?;
    state.appid_bound(call.required("appid"), &[&call.caller.id, &stock.belong_merchant])?;
    let openid = call.required("openid");
    state.user_exists(openid)?;
    let key = format!("{}/{openid}/{number}", stock.stock_id);
    if let Some(answer) = super::replayed(state, call, &key)? {
        return Ok(answer);
    }
    let parcel = Parcel {
        stock_id: &stock.stock_id,
        openid,
        coupon_code: call.text("coupon_code"),
        send_merchant: Some(&call.caller.id),
        send_request_no: Some(number),
        channel: "API",
    };
    let code = hand_over(state, &parcel, call.now)?;
    let body: Value = json!({ "stock_id": stock.stock_id, "coupon_code": code, "out_request_no": number });
    let answer = Answer::ok(body);
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, "sent", format!("{}/{code}", stock.stock_id));
    Ok(answer)
}

/// A user takes a coupon in the app, from the merchant's page or mini program.
pub(crate) fn take(state: &mut State, stock_id: &str, openid: &str) -> Result<String, Error> {
    if state.stock(stock_id).is_none() {
        return Err(Error::Unknown { what: "stock_id", name: stock_id.to_owned() });
    }
    let now = state.clock.business();
    let parcel = Parcel {
        stock_id,
        openid,
        coupon_code: None,
        send_merchant: None,
        send_request_no: None,
        channel: "MINIAPP",
    };
    hand_over(state, &parcel, now).map_err(|refusal| Error::State(refusal.message))
}

/// Puts a coupon of the stock into the user's wallet, and tells the stock's creator. Returns its code.
pub(super) fn hand_over(state: &mut State, parcel: &Parcel<'_>, now: Timestamp) -> Result<String, Refusal> {
    let stock = state.stock(parcel.stock_id).cloned().ok_or_else(|| Refusal::not_found("批次不存在"))?;
    chosen_code(state, &stock, parcel.coupon_code)?;
    within_limits(state, &stock, parcel.openid, now)?;
    let code = match (stock.code_mode, parcel.coupon_code) {
        (CodeMode::MerchantUpload, _) => {
            let codes = &mut state.world.busifavor.codes;
            let next =
                codes.iter_mut().find(|code| code.stock_id == stock.stock_id && code.dispatched.is_none());
            let Some(next) = next else { return Err(state.rule_limit("批次可用code不足")) };
            next.dispatched = Some((now, parcel.openid.to_owned()));
            next.code.clone()
        }
        (_, Some(code)) => code.to_owned(),
        (_, None) => state.ids.coupon(),
    };
    let mut coupon = Coupon::sended(&stock.stock_id, &code, parcel.openid, now);
    coupon.send_merchant = parcel.send_merchant.map(str::to_owned);
    coupon.send_request_no = parcel.send_request_no.map(str::to_owned);
    announce(state, &stock, &coupon, parcel.channel);
    state.world.busifavor.coupons.push(coupon);
    Ok(code)
}

/// Only in `MERCHANT_API` mode the merchant chooses the code, and then it has to.
pub(super) fn chosen_code(state: &State, stock: &Stock, code: Option<&str>) -> Result<(), Refusal> {
    match (stock.code_mode, code) {
        (CodeMode::MerchantApi, Some(code)) => {
            let mut taken = state.world.busifavor.coupons.iter();
            if taken.any(|coupon| coupon.stock_id == stock.stock_id && coupon.coupon_code == code) {
                return Err(Refusal::new(400, "RESOURCE_ALREADY_EXISTS", "券code已存在"));
            }
            Ok(())
        }
        (CodeMode::MerchantApi, None) | (_, Some(_)) => Err(Refusal::invalid("发券模式不合法")),
        (_, None) => Ok(()),
    }
}

fn within_limits(state: &State, stock: &Stock, openid: &str, now: Timestamp) -> Result<(), Refusal> {
    if stock.state != StockState::Running {
        return Err(state.rule_limit("批次不在发放状态"));
    }
    if now > stock.available_end_time {
        return Err(state.rule_limit("批次已过期"));
    }
    let issued = || state.world.busifavor.coupons.iter().filter(|coupon| coupon.stock_id == stock.stock_id);
    if issued().count() as u64 >= stock.max_coupons {
        return Err(state.rule_limit("批次库存不足"));
    }
    let today = || issued().filter(|coupon| day(coupon.receive_time) == day(now)).count() as u64;
    if stock.max_coupons_by_day.is_some_and(|most| today() >= most) {
        return Err(state.rule_limit("批次当天发放已达上限"));
    }
    if issued().filter(|coupon| coupon.openid == openid).count() as u64 >= stock.max_coupons_per_user {
        return Err(Refusal { internal: 272_756_740, ..state.rule_limit("用户领券已达上限") });
    }
    Ok(())
}

/// `COUPON.SEND` to the stock's creator (DOC: merchant 4012285279; the openid only with `notify_appid`). ASSUME: a
/// creator without a callback address of its own gets it where its other notifications go; the sandbox has one openid
/// for a user, whatever the appid.
fn announce(state: &mut State, stock: &Stock, coupon: &Coupon, channel: &str) {
    let mut resource = json!({
        "event_type": "EVENT_TYPE_BUSICOUPON_SEND",
        "coupon_code": coupon.coupon_code,
        "stock_id": coupon.stock_id,
        "send_time": time::print(coupon.receive_time),
        "send_channel": format!("BUSICOUPON_SEND_CHANNEL_{channel}"),
        "send_merchant": coupon.send_merchant.as_ref().unwrap_or(&stock.belong_merchant),
    });
    if stock.notify_appid.is_some() {
        resource["openid"] = json!(coupon.openid);
    }
    let mut callbacks = state.world.busifavor.callbacks.iter();
    let url = callbacks
        .find(|callback| callback.mchid == stock.creator)
        .map(|callback| callback.notify_url.clone());
    state.raise(Event {
        name: "COUPON.SEND",
        original_type: "coupon",
        summary: "商家券领券通知",
        receiver: stock.creator.clone(),
        key: format!("{}/{}", coupon.stock_id, coupon.coupon_code),
        url,
        resource,
    });
}
