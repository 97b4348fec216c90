//! Smart business circle (智慧商圈): payments in the mall, the points they earn, refunds.

use std::time::Duration;

use serde_json::{Value, json};

use super::family::{Family, assumed, documented, observed, rule};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::notify::Event;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{AuthorizeState, MallOrder};

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        rule(
            "businesscircle_points_notify",
            points_notify,
            "2026-11-21",
            &[
                documented("merchant 4012534698, partner 4012474133: members and 204"),
                observed("whatever is malformed gets one and the same text"),
                assumed("the key is mall, sub-mall and order; changed values win; 150 calls a second"),
            ],
        )
        .words(words)
        .per_second(150),
        rule(
            "businesscircle_user_authorizations_get_by_openid",
            user_authorization,
            "2026-11-21",
            &[
                documented("merchant 4012534848: members and the rate"),
                assumed("a user who never came is UNAUTHORIZED, not an error"),
            ],
        )
        .per_second(150),
        rule(
            "businesscircle_users_points_commit_status_get",
            commit_status,
            "2026-11-21",
            &[
                documented("three SDKs answer 200 with a body, the pages say 204"),
                assumed("a foreign brand is 403"),
            ],
        ),
    ],
    deeds: &[],
};

/// The one text for whatever is wrong with points/notify (observed in the wild; misleading, and copied as it is).
const CATCH_ALL: &str = "参数校验错误,请检查商圈商户号,微信订单号,OPENID是否为空";
/// DOC: how long refunds are watched. ASSUME: counted from the payment.
const REFUND_WATCH: Duration = Duration::from_secs(30 * 24 * 3600);
/// ASSUME: how far a time may lie ahead.
const AHEAD: Duration = Duration::from_secs(300);

fn catch_all() -> Refusal {
    Refusal::new(400, "PARAM_ERROR", CATCH_ALL)
}

/// Every refused member of points/notify gets the same text; the detail stays.
pub(crate) fn words(refusal: Refusal) -> Refusal {
    if refusal.code == "PARAM_ERROR" && refusal.mistake.as_ref().is_none_or(|mistake| mistake.id != "Q10") {
        Refusal { message: CATCH_ALL.to_owned(), ..refusal }
    } else {
        refusal
    }
}

/// A user pays inside the mall.
///
/// The default is the user of [`World::documentation`](crate::World::documentation), paying 100 yuan.
#[derive(Debug, Clone)]
pub struct MallPayment {
    /// The merchant or partner that is told.
    pub mchid: String,
    /// The mall, when a partner acts for it.
    pub sub_mchid: Option<String>,
    /// The mini program.
    pub appid: String,
    /// The payer under that appid.
    pub openid: String,
    /// Fen.
    pub amount: i64,
    /// The user asks for the points by hand (`commit_tag`).
    pub commit_tag: bool,
}

impl Default for MallPayment {
    fn default() -> Self {
        Self {
            mchid: "1900000100".to_owned(),
            sub_mchid: Some("1234567890".to_owned()),
            appid: "wx1234567890abcdef".to_owned(),
            openid: "oWmnN4xxxxxxxxxxe92NHIGf1xd8".to_owned(),
            amount: 10_000,
            commit_tag: false,
        }
    }
}

/// A payment in the mall is given back, wholly or in part.
#[derive(Debug, Clone)]
pub struct MallRefund {
    /// The payment.
    pub transaction_id: String,
    /// Fen; at most what is left of the payment.
    pub amount: i64,
}

/// Makes a payment. `MALL_TRANSACTION.SUCCESS` goes out only while the user's authorisation stands (DOC: partner
/// 4012076414).
pub(crate) fn pay(state: &mut State, order: &MallPayment) -> Result<String, Error> {
    if state.world.merchant(&order.mchid).is_none() {
        return Err(Error::Unknown { what: "mchid", name: order.mchid.clone() });
    }
    if order.amount <= 0 {
        return Err(Error::State("a payment needs an amount of at least 1 fen".to_owned()));
    }
    let transaction_id = state.ids.transaction();
    let payment = MallOrder {
        mchid: order.mchid.clone(),
        sub_mchid: order.sub_mchid.clone(),
        transaction_id: transaction_id.clone(),
        appid: order.appid.clone(),
        openid: order.openid.clone(),
        amount: order.amount,
        paid: state.clock.business(),
        commit_tag: order.commit_tag,
        increased_points: None,
        refunded: 0,
    };
    if authorized(state, &payment) {
        let mut resource = shop(&payment);
        resource["time_end"] = json!(time::print(payment.paid));
        resource["amount"] = json!(payment.amount);
        resource["transaction_id"] = json!(transaction_id);
        if payment.commit_tag {
            resource["commit_tag"] = json!("WAIT_COMMIT");
        }
        state.raise(Event {
            name: "MALL_TRANSACTION.SUCCESS",
            original_type: "mall_transaction",
            summary: "商圈支付成功",
            receiver: payment.mchid.clone(),
            key: transaction_id.clone(),
            url: None,
            resource,
        });
    }
    state.world.businesscircle.mall_orders.push(payment);
    Ok(transaction_id)
}

/// Gives money back. `MALL_REFUND.SUCCESS` goes only to a merchant that called points/notify for the payment, and only
/// within 30 days (DOC: partner 4012076419).
pub(crate) fn refund(state: &mut State, order: &MallRefund) -> Result<String, Error> {
    let now = state.clock.business();
    let payment = state
        .world
        .businesscircle
        .mall_orders
        .iter_mut()
        .find(|known| known.transaction_id == order.transaction_id);
    let payment = payment
        .ok_or_else(|| Error::Unknown { what: "transaction_id", name: order.transaction_id.clone() })?;
    let left = payment.amount - payment.refunded;
    if order.amount <= 0 || order.amount > left {
        return Err(Error::State(format!(
            "a refund takes 1 to {left} fen of this payment, not {}",
            order.amount
        )));
    }
    payment.refunded += order.amount;
    let payment = payment.clone();
    let refund_id = state.ids.refund();
    let watched = payment.increased_points.is_some() && now < after(payment.paid, REFUND_WATCH);
    if watched && authorized(state, &payment) {
        let mut resource = shop(&payment);
        resource["refund_time"] = json!(time::print(now));
        resource["pay_amount"] = json!(payment.amount);
        resource["refund_amount"] = json!(order.amount);
        resource["transaction_id"] = json!(payment.transaction_id);
        resource["refund_id"] = json!(refund_id);
        state.raise(Event {
            name: "MALL_REFUND.SUCCESS",
            original_type: "mall_refund",
            summary: "商圈退款成功",
            receiver: payment.mchid,
            key: refund_id.clone(),
            url: None,
            resource,
        });
    }
    Ok(refund_id)
}

/// The members that both events share. ASSUME: in partner mode `mchid` is the mall's.
fn shop(payment: &MallOrder) -> Value {
    json!({
        "mchid": payment.sub_mchid.as_ref().unwrap_or(&payment.mchid),
        "merchant_name": "示例商圈",
        "shop_name": "示例门店",
        "shop_number": "123456",
        "appid": payment.appid,
        "openid": payment.openid,
    })
}

fn authorized(state: &State, payment: &MallOrder) -> bool {
    state.world.businesscircle.mall_users.iter().any(|user| {
        user.mchid == payment.mchid
            && user.sub_mchid == payment.sub_mchid
            && user.appid == payment.appid
            && user.openid == payment.openid
            && user.authorization.state == AuthorizeState::Authorized
    })
}

/// `POST /v3/businesscircle/points/notify` → 204: what an order earned.
///
/// DOC (merchant 4012534698, partner 4012474133): members and 204. Observed: whatever is malformed gets one and the same
/// text. ASSUME: the key is (mall, sub-mall, order); an identical repeat is 204, changed values win over older ones;
/// an unknown order, user or appid gets the same text; a time more than 5 minutes ahead too.
pub(crate) fn points_notify(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let updated = time::parse(call.required("points_update_time")).ok_or_else(catch_all)?;
    let points = call.integer("increased_points").filter(|points| *points >= 0).ok_or_else(catch_all)?;
    if updated > after(call.now, AHEAD) {
        return Err(catch_all());
    }
    let sub_mchid = call.text("sub_mchid");
    if sub_mchid.is_some_and(|sub_mchid| !state.world.acts_for(&call.caller.id, sub_mchid)) {
        return Err(Refusal::no_auth("服务商与商圈商户无授权关系"));
    }
    let earn = call.body["earn_points"].as_bool().unwrap_or(false);
    if earn && call.body.get("no_points_remarks").is_some() {
        call.note("/no_points_remarks does not fit earn_points true; accepted, because the page's own sample does so");
    }
    if !earn && points != 0 {
        call.note("/increased_points is not 0 although earn_points is false; accepted");
    }
    let transaction_id = call.required("transaction_id");
    let at = state.world.businesscircle.mall_orders.iter().position(|payment| {
        payment.transaction_id == transaction_id
            && payment.mchid == call.caller.id
            && payment.sub_mchid.as_deref() == sub_mchid
            && payment.appid == call.required("appid")
            && payment.openid == call.required("openid")
    });
    let at = at.ok_or_else(catch_all)?;
    if !authorized(state, &state.world.businesscircle.mall_orders[at]) {
        return Err(catch_all());
    }
    let key = format!("{}/{}/{transaction_id}", call.caller.id, sub_mchid.unwrap_or("-"));
    let what = match state.world.businesscircle.mall_orders[at].increased_points.replace(points) {
        Some(before) if before == points => return Ok(Answer::no_content()),
        Some(_) => "changed",
        None => "notified",
    };
    state.took_effect(call, what, key);
    Ok(Answer::no_content())
}

/// `GET …/user-authorizations/{openid}` → the user's authorisation (DOC: merchant 4012534848). ASSUME: a user who never
/// came is `UNAUTHORIZED`, not an error.
pub(crate) fn user_authorization(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = permitted(state, call)?;
    let openid = call.path("openid");
    let user = state.world.businesscircle.mall_users.iter().find(|user| {
        user.mchid == call.caller.id
            && user.sub_mchid.as_deref() == sub_mchid
            && user.openid == openid
            && Some(user.appid.as_str()) == call.query("appid")
    });
    let authorization = user.map(|user| user.authorization).unwrap_or_default();
    let name = match authorization.state {
        AuthorizeState::Unauthorized => "UNAUTHORIZED",
        AuthorizeState::Authorized => "AUTHORIZED",
        AuthorizeState::Deauthorized => "DEAUTHORIZED",
    };
    let mut body = json!({ "openid": openid, "authorize_state": name });
    for (name, moment) in [
        ("authorize_time", authorization.authorize_time),
        ("deauthorize_time", authorization.deauthorize_time),
    ] {
        if let Some(moment) = moment {
            body[name] = json!(time::print(moment));
        }
    }
    Ok(Answer::ok(body))
}

/// `GET …/users/{openid}/points/commit_status` → 200 `PENDING` while a payment that the user flagged waits for its
/// points, else `FINISHED` (three SDKs agree on the 200; the pages say 204). ASSUME: a foreign brand is 403.
pub(crate) fn commit_status(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = permitted(state, call)?;
    let brand = call.query("brandid").unwrap_or_default();
    let owned = state.world.merchant(&call.caller.id);
    if !owned.is_some_and(|merchant| merchant.brands.iter().any(|known| known == brand)) {
        return Err(Refusal::no_auth("品牌ID与商户无绑定关系"));
    }
    let pending = state.world.businesscircle.mall_orders.iter().any(|payment| {
        payment.mchid == call.caller.id
            && payment.sub_mchid.as_deref() == sub_mchid
            && payment.openid == call.path("openid")
            && Some(payment.appid.as_str()) == call.query("appid")
            && payment.commit_tag
            && payment.increased_points.is_none()
    });
    let status = if pending { "PENDING" } else { "FINISHED" };
    Ok(Answer::ok(json!({ "points_commit_status": status })))
}

/// The `sub_mchid` of a query, if the caller may act for it.
fn permitted<'a>(state: &State, call: &'a Call<'_>) -> Result<Option<&'a str>, Refusal> {
    let sub_mchid = call.query("sub_mchid");
    match sub_mchid {
        Some(sub) if !state.world.acts_for(&call.caller.id, sub) => {
            Err(Refusal::no_auth("服务商与商圈商户无授权关系"))
        }
        sub_mchid => Ok(sub_mchid),
    }
}
