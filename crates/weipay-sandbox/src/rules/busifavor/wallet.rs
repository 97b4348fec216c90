//! Users' coupons as their queries show them.

use serde_json::{Value, json};

use super::super::family::{Family, assumed, documented, rule};
use super::{no_coupon, page, terms, validity};
use crate::call::{Answer, Call};
use crate::json;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Coupon, Stock};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_busifavor_users_coupons_get",
            list,
            "2026-11-21",
            &[
                documented("merchant 4012534963: one of the three merchant filters; offset counts pages"),
                assumed("20 to a page unless told, at most 100"),
            ],
        ),
        rule(
            "marketing_busifavor_users_coupons_appids_get_by_appid",
            one,
            "2026-11-21",
            &[
                documented("merchant 4012535011: members"),
                assumed("where two stocks have the same code, the newest coupon of the user is shown"),
            ],
        ),
    ],
    deeds: &[],
};

/// `GET …/users/{openid}/coupons/{coupon_code}/appids/{appid}` (DOC: merchant 4012535011). ASSUME: where two stocks have
/// the same code, the user's newest coupon is shown.
fn one(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (openid, code) = (call.path("openid"), call.path("coupon_code"));
    state.appid_bound(call.path("appid"), &[&call.caller.id])?;
    let coupon = state.world.busifavor.coupons.iter().rev().find(|coupon| {
        coupon.openid == openid && coupon.coupon_code == code && visible(state, call, coupon).is_some()
    });
    let shown = coupon.and_then(|coupon| Some(show(state, call, coupon, visible(state, call, coupon)?)));
    shown.map(Answer::ok).ok_or_else(no_coupon)
}

/// `GET …/users/{openid}/coupons` (DOC: merchant 4012534963): needs one of the three merchant filters; `offset` counts
/// pages. ASSUME: 20 to a page unless told, at most 100.
fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    state.appid_bound(call.query("appid").unwrap_or_default(), &[&call.caller.id])?;
    let merchants = ["creator_merchant", "belong_merchant", "sender_merchant"];
    if merchants.iter().all(|name| call.query(name).is_none()) {
        let issue = "one of creator_merchant, belong_merchant and sender_merchant is required";
        return Err(Refusal::parameter("query", "creator_merchant", issue));
    }
    let page = page(call)?;
    let passes = |coupon: &Coupon, stock: &Stock| {
        let merchant = |name: &str, known: &str| call.query(name).is_none_or(|wanted| wanted == known);
        coupon.openid == call.path("openid")
            && call.query("stock_id").is_none_or(|wanted| wanted == coupon.stock_id)
            && call
                .query("coupon_state")
                .is_none_or(|wanted| wanted == state.coupon_state(coupon, call.now).as_str())
            && merchant("creator_merchant", &stock.creator)
            && merchant("belong_merchant", &stock.belong_merchant)
            && merchant("sender_merchant", sender(coupon, stock))
    };
    let all: Vec<Value> = state
        .world
        .busifavor
        .coupons
        .iter()
        .filter_map(|coupon| Some((coupon, visible(state, call, coupon)?)))
        .filter(|(coupon, stock)| passes(coupon, stock))
        .map(|(coupon, stock)| brief(show(state, call, coupon, stock)))
        .collect();
    let total = all.len();
    Ok(Answer::ok(json!({
        "total_count": total,
        "offset": page.offset,
        "limit": page.limit,
        "data": page.cut(all),
    })))
}

/// The list leaves long texts out (DOC).
fn brief(mut shown: Value) -> Value {
    if let Some(Value::Object(display)) = shown.get_mut("display_pattern_info") {
        display.shift_remove("description");
    }
    shown
}

/// Who sent a coupon: its stock's owner unless another merchant did.
fn sender<'a>(coupon: &'a Coupon, stock: &'a Stock) -> &'a str {
    coupon.send_merchant.as_deref().unwrap_or(&stock.belong_merchant)
}

/// The coupon's stock, if the caller may see it.
fn visible<'a>(state: &'a State, call: &Call<'_>, coupon: &Coupon) -> Option<&'a Stock> {
    state.stock(&coupon.stock_id).filter(|stock| state.may_handle(&call.caller.id, stock))
}

/// One coupon as the queries of users and of uploaded codes show it.
pub(super) fn show(state: &State, call: &Call<'_>, coupon: &Coupon, stock: &Stock) -> Value {
    let (begin, end) = validity::window(stock, coupon.receive_time);
    let mut shown = terms::show(stock);
    let switch = |name: &str| stock.shown["stock_send_rule"][name].as_bool().unwrap_or(false);
    json::merge(
        &mut shown,
        &json!({
            "transferable": switch("transferable"),
            "shareable": switch("shareable"),
            "coupon_state": state.coupon_state(coupon, call.now).as_str(),
            "coupon_code": coupon.coupon_code,
            "available_start_time": time::print(begin),
            "expire_time": time::print(end),
            "receive_time": time::print(coupon.receive_time),
        }),
    );
    for (name, text) in [
        ("send_request_no", &coupon.send_request_no),
        ("associate_out_trade_no", &coupon.associate_out_trade_no),
        ("use_request_no", &coupon.use_request_no),
        ("return_request_no", &coupon.return_request_no),
        ("deactivate_request_no", &coupon.deactivate_request_no),
        ("deactivate_reason", &coupon.deactivate_reason),
    ] {
        if let Some(text) = text {
            shown[name] = json!(text);
        }
    }
    for (name, moment) in [
        ("use_time", coupon.use_time),
        ("return_time", coupon.return_time),
        ("deactivate_time", coupon.deactivate_time),
    ] {
        if let Some(moment) = moment {
            shown[name] = json!(time::print(moment));
        }
    }
    shown
}
