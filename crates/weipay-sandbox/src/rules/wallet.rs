//! Merchant coupons (商家券) as their queries show them.

use serde_json::{Value, json};

use super::family::{Family, assumed, documented, rule};
use crate::call::{Answer, Call};
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Coupon, Stock};

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
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
pub(crate) fn one(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (openid, code) = (call.path("openid"), call.path("coupon_code"));
    bound(state, call, call.path("appid"))?;
    let coupon = state.world.busifavor.coupons.iter().rev().find(|coupon| {
        coupon.openid == openid && coupon.coupon_code == code && visible(state, call, coupon).is_some()
    });
    let shown = coupon.and_then(|coupon| Some(show(state, call, coupon, visible(state, call, coupon)?)));
    shown
        .map(Answer::ok)
        .ok_or_else(|| Refusal { internal: 268_578_851, ..Refusal::not_found("券不存在") })
}

/// `GET …/users/{openid}/coupons` (DOC: merchant 4012534963): needs one of the three merchant filters; `offset` counts
/// pages. ASSUME: 20 to a page unless told, at most 100.
pub(crate) fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    bound(state, call, call.query("appid").unwrap_or_default())?;
    let merchants = ["creator_merchant", "belong_merchant", "sender_merchant"];
    if merchants.iter().all(|name| call.query(name).is_none()) {
        let issue = "one of creator_merchant, belong_merchant and sender_merchant is required";
        return Err(Refusal::parameter("query", "creator_merchant", issue));
    }
    let number = |name: &str, usual: usize| match call.query(name) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| Refusal::parameter("query", name, "not a count")),
    };
    let (page, size) = (number("offset", 0)?, number("limit", 20)?.min(100));
    let passes = |coupon: &Coupon, stock: &Stock| {
        let merchant = |name: &str, known: &str| call.query(name).is_none_or(|wanted| wanted == known);
        coupon.openid == call.path("openid")
            && call.query("stock_id").is_none_or(|wanted| wanted == coupon.stock_id)
            && call
                .query("coupon_state")
                .is_none_or(|wanted| wanted == state.coupon_state(coupon, call.now).as_str())
            && merchant("creator_merchant", &stock.creator)
            && merchant("belong_merchant", &stock.belong_merchant)
            && merchant("sender_merchant", &stock.belong_merchant)
    };
    let all: Vec<Value> = state
        .world
        .busifavor
        .coupons
        .iter()
        .filter_map(|coupon| Some((coupon, visible(state, call, coupon)?)))
        .filter(|(coupon, stock)| passes(coupon, stock))
        .map(|(coupon, stock)| show(state, call, coupon, stock))
        .collect();
    let total = all.len();
    let data: Vec<Value> = all.into_iter().skip(page.saturating_mul(size)).take(size).collect();
    Ok(Answer::ok(json!({ "total_count": total, "offset": page, "limit": size, "data": data })))
}

fn bound(state: &State, call: &Call<'_>, appid: &str) -> Result<(), Refusal> {
    let merchant = state.world.merchant(&call.caller.id);
    if merchant.is_some_and(|merchant| merchant.appids.iter().any(|known| known == appid)) {
        Ok(())
    } else {
        Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "商户号与AppID不匹配"))
    }
}

/// The coupon's stock, if the caller may see it.
fn visible<'a>(state: &'a State, call: &Call<'_>, coupon: &Coupon) -> Option<&'a Stock> {
    state.stock(&coupon.stock_id).filter(|stock| state.may_handle(&call.caller.id, stock))
}

fn show(state: &State, call: &Call<'_>, coupon: &Coupon, stock: &Stock) -> Value {
    let mut shown = json!({
        "stock_name": stock.stock_name,
        "belong_merchant": stock.belong_merchant,
        "goods_name": stock.goods_name,
        "stock_type": "NORMAL",
        "transferable": false,
        "shareable": false,
        "coupon_state": state.coupon_state(coupon, call.now).as_str(),
        "stock_id": coupon.stock_id,
        "coupon_code": coupon.coupon_code,
        "available_start_time": time::print(stock.available_begin_time),
        "expire_time": time::print(stock.available_end_time),
        "receive_time": time::print(coupon.receive_time),
        "coupon_use_rule": {
            "coupon_available_time": {
                "available_begin_time": time::print(stock.available_begin_time),
                "available_end_time": time::print(stock.available_end_time),
            },
            "fixed_normal_coupon": { "discount_amount": 100, "transaction_minimum": 100 },
            "use_method": "OFF_LINE",
        },
    });
    for (name, text) in [
        ("send_request_no", &coupon.send_request_no),
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
