//! Coupons for new members: an activity gives product coupons to everybody whose card is opened while it runs.

use serde_json::{Value, json};

use super::{count, template_of};
use crate::call::{Answer, Call};
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::rules::brand::{brand, permitted};
use crate::rules::product_coupon::{self, Gift};
use crate::state::State;
use crate::world::{BrandCard, MembershipActivity, SendChannel, StockName};

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    template_of(state, call)?;
    let number = call.required("out_request_no");
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    if call.required("activity_channel") != "MECHANT_APP_COMPONENT" {
        return Err(Refusal::member("/activity_channel", "not MECHANT_APP_COMPONENT, spelled so by the API"));
    }
    let total = call.integer("apply_total").and_then(|total| u64::try_from(total).ok());
    let total = total.filter(|total| *total > 0);
    let total = total.ok_or_else(|| Refusal::member("/apply_total", "less than 1"))?;
    let (begin_time, end_time) = period(call)?;
    let mut activity = MembershipActivity {
        activity_id: String::new(),
        out_request_no: number.to_owned(),
        brand_id: brand(call).to_owned(),
        card_id: call.required("card_id").to_owned(),
        title: call.required("title").to_owned(),
        sub_title: call.required("sub_title").to_owned(),
        begin_time,
        end_time,
        apply_total: total,
        apply_available: total,
        stocks: stocks(state, call)?,
        terminated: false,
        create_time: call.now,
        modify_time: call.now,
    };
    activity.activity_id = state.ids.activity();
    let answer = Answer::ok(show(&activity, call.now));
    state.took_effect(call, "created", activity.activity_id.clone());
    state.world.card_member.activities.push(activity);
    state.replies.keep(call, number, &answer);
    Ok(answer)
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    let (offset, limit) = (count(call, "offset", 0)?, count(call, "limit", 20)?.min(100));
    let activities = state.world.card_member.activities.iter().filter(|activity| {
        activity.brand_id == brand(call)
            && call.query("card_id").is_none_or(|wanted| wanted == activity.card_id)
            && call.query("activity_state").is_none_or(|wanted| wanted == current(activity, call.now))
    });
    let all: Vec<Value> = activities.map(|activity| show(activity, call.now)).collect();
    let total = all.len();
    let data: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
    Ok(Answer::ok(json!({ "data": data, "offset": offset, "limit": limit, "total_count": total })))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = place(state, call)?;
    Ok(Answer::ok(show(&state.world.card_member.activities[at], call.now)))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = place(state, call)?;
    let (begin_time, end_time) = period(call)?;
    let activity = &mut state.world.card_member.activities[at];
    if matches!(current(activity, call.now), TERMINATED | EXPIRED) {
        return Err(Refusal::invalid("活动已结束，不可修改"));
    }
    activity.title = call.required("title").to_owned();
    activity.sub_title = call.required("sub_title").to_owned();
    (activity.begin_time, activity.end_time) = (begin_time, end_time);
    activity.modify_time = call.now;
    let (shown, key) = (show(activity, call.now), activity.activity_id.clone());
    state.took_effect(call, "updated", key);
    Ok(Answer::ok(shown))
}

pub(super) fn terminate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = place(state, call)?;
    let activity = &mut state.world.card_member.activities[at];
    match current(activity, call.now) {
        TERMINATED => return Ok(Answer::ok(show(activity, call.now))),
        EXPIRED => return Err(Refusal::invalid("活动已过期")),
        _ => {}
    }
    activity.terminated = true;
    activity.modify_time = call.now;
    let (shown, key) = (show(activity, call.now), activity.activity_id.clone());
    state.took_effect(call, "terminated", key);
    Ok(Answer::ok(shown))
}

/// A card was opened: its running activities give what they have (ASSUME: to everybody, whichever way the card was
/// taken). A stock that cannot give counts as given nothing.
pub(super) fn welcome(state: &mut State, card: &BrandCard, openid: &str) {
    let now = state.clock.business();
    for at in 0..state.world.card_member.activities.len() {
        let activity = &mut state.world.card_member.activities[at];
        let running = activity.card_id == card.card_id && current(activity, now) == EFFECTIVE;
        if !running || activity.apply_available == 0 {
            continue;
        }
        activity.apply_available -= 1;
        let (stocks, id) = (activity.stocks.clone(), activity.activity_id.clone());
        for (number, stock) in stocks.iter().enumerate() {
            let gift = Gift {
                openid,
                appid: None,
                channel: SendChannel::Member,
                number: format!("{id}_{}_{number}", activity_count(state, at)),
                code: None,
                attach: None,
                ready: false,
            };
            if let Some(stock) = product_coupon::stock_place(state, &stock.stock_id)
                && product_coupon::obstacle(state, stock, openid).is_none()
            {
                // What is in the way was asked before.
                let _ = product_coupon::issue(state, stock, gift);
            }
        }
    }
}

/// The how many-th member it is.
fn activity_count(state: &State, at: usize) -> u64 {
    let activity = &state.world.card_member.activities[at];
    activity.apply_total.saturating_sub(activity.apply_available)
}

const CREATED: &str = "MEMBERSHIP_ACTIVITY_CREATED";
const EFFECTIVE: &str = "MEMBERSHIP_ACTIVITY_EFFECTIVE";
const TERMINATED: &str = "MEMBERSHIP_ACTIVITY_TERMINATED";
const EXPIRED: &str = "MEMBERSHIP_ACTIVITY_EXPIRED";

fn current(activity: &MembershipActivity, now: jiff::Timestamp) -> &'static str {
    if activity.terminated {
        TERMINATED
    } else if now < activity.begin_time {
        CREATED
    } else if now < activity.end_time {
        EFFECTIVE
    } else {
        EXPIRED
    }
}

fn period(call: &Call<'_>) -> Result<(jiff::Timestamp, jiff::Timestamp), Refusal> {
    let moment = |name: &str| {
        let pointer = format!("/{name}");
        time::parse(call.required(name))
            .ok_or_else(|| Refusal::member(&pointer, "not an RFC 3339 time with an offset"))
    };
    let (begin, end) = (moment("begin_time")?, moment("end_time")?);
    if end <= begin {
        return Err(Refusal::member("/end_time", "not after begin_time"));
    }
    Ok((begin, end))
}

fn stocks(state: &State, call: &Call<'_>) -> Result<Vec<StockName>, Refusal> {
    let list = call.body["product_coupon_stock_list"].as_array().into_iter().flatten();
    let stocks = list.map(|item| {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = StockName { product_coupon_id: text("product_coupon_id"), stock_id: text("stock_id") };
        let known = state.world.product_coupon.stocks.iter().any(|stock| {
            stock.stock_id == name.stock_id
                && stock.product_coupon_id == name.product_coupon_id
                && stock.brand_id == brand(call)
        });
        if known { Ok(name) } else { Err(Refusal::not_found("商品券批次不存在")) }
    });
    let stocks: Vec<StockName> = stocks.collect::<Result<_, _>>()?;
    if stocks.is_empty() {
        return Err(Refusal::member("/product_coupon_stock_list", "too few items"));
    }
    Ok(stocks)
}

fn place(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    permitted(state, call)?;
    let at = state.world.card_member.activities.iter().position(|activity| {
        activity.activity_id == call.path("activity_id") && activity.brand_id == brand(call)
    });
    at.ok_or_else(|| Refusal::not_found("活动不存在"))
}

fn show(activity: &MembershipActivity, now: jiff::Timestamp) -> Value {
    let stocks = activity.stocks.iter();
    let stocks = stocks
        .map(|stock| json!({ "product_coupon_id": stock.product_coupon_id, "stock_id": stock.stock_id }));
    json!({
        "out_request_no": activity.out_request_no,
        "brand_id": activity.brand_id,
        "card_id": activity.card_id,
        "activity_channel": "MECHANT_APP_COMPONENT",
        "title": activity.title,
        "sub_title": activity.sub_title,
        "begin_time": time::print(activity.begin_time),
        "end_time": time::print(activity.end_time),
        "apply_total": activity.apply_total,
        "apply_available": activity.apply_available,
        "product_coupon_stock_list": stocks.collect::<Vec<_>>(),
        "activity_id": activity.activity_id,
        "activity_state": current(activity, now),
        "create_time": time::print(activity.create_time),
        "modify_time": time::print(activity.modify_time),
    })
}
