//! What a payment earned, and whether a user still waits for it.

use std::time::Duration;

use serde_json::json;

use super::{authorized, owned, permitted};
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;

/// The one text for whatever is wrong with points/notify (observed in the wild; misleading, and copied as it is).
const CATCH_ALL: &str = "参数校验错误,请检查商圈商户号,微信订单号,OPENID是否为空";
/// ASSUME: how far a time may lie ahead.
const AHEAD: Duration = Duration::from_secs(300);

fn catch_all() -> Refusal {
    Refusal::new(400, "PARAM_ERROR", CATCH_ALL)
}

/// Every refused member of points/notify gets the same text; the detail stays.
pub(super) fn words(refusal: Refusal) -> Refusal {
    if refusal.code == "PARAM_ERROR" && refusal.mistake.as_ref().is_none_or(|mistake| mistake.id != "Q10") {
        Refusal { message: CATCH_ALL.to_owned(), ..refusal }
    } else {
        refusal
    }
}

/// `POST /v3/businesscircle/points/notify` → 204: what an order earned.
///
/// DOC (merchant 4012534698, partner 4012474133): members and 204. Observed: whatever is malformed gets one and the same
/// text. ASSUME: the key is (mall, sub-mall, order); an identical repeat is 204, changed values win over older ones;
/// an unknown order, user or appid gets the same text; a time more than 5 minutes ahead too. The world can say otherwise
/// about the last three.
pub(super) fn notify(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
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
    let at = at.ok_or_else(|| unknown(state))?;
    if !authorized(state, &state.world.businesscircle.mall_orders[at]) {
        return Err(unknown(state));
    }
    let key = format!("{}/{}/{transaction_id}", call.caller.id, sub_mchid.unwrap_or("-"));
    let circle = &mut state.world.businesscircle;
    let what = match circle.mall_orders[at].increased_points {
        Some(before) if before == points => return Ok(Answer::no_content()),
        Some(_) if circle.strict => return Err(Refusal::invalid("订单积分已同步且参数不一致")),
        Some(_) => "changed",
        None => "notified",
    };
    circle.mall_orders[at].increased_points = Some(points);
    state.took_effect(call, what, key);
    Ok(Answer::no_content())
}

/// What an unknown order, user or appid gets.
fn unknown(state: &State) -> Refusal {
    if state.world.businesscircle.unknown_is_404 {
        Refusal::not_found("订单或用户不存在")
    } else {
        catch_all()
    }
}

/// `GET …/users/{openid}/points/commit_status` → 200 `PENDING` while a payment that the user flagged waits for its
/// points, else `FINISHED` (three SDKs agree on the 200; the pages say 204, which the world can choose). ASSUME: a foreign
/// brand is 403.
pub(super) fn commit_status(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = permitted(state, call)?;
    owned(state, call, call.query("brandid").unwrap_or_default())?;
    let pending = state.world.businesscircle.mall_orders.iter().any(|payment| {
        payment.mchid == call.caller.id
            && payment.sub_mchid.as_deref() == sub_mchid
            && payment.openid == call.path("openid")
            && Some(payment.appid.as_str()) == call.query("appid")
            && payment.commit_tag
            && payment.increased_points.is_none()
    });
    if state.world.businesscircle.commit_status_without_body {
        return Ok(Answer::no_content());
    }
    let status = if pending { "PENDING" } else { "FINISHED" };
    Ok(Answer::ok(json!({ "points_commit_status": status })))
}
