//! Stocks: how many coupons there are, for whom, and for how long.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::coupon::show_deactivation;
use super::{number, page, product};
use crate::call::{Answer, Call};
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::rules::brand::{brand, named, partner, permitted};
use crate::state::State;
use crate::world::{
    ProductCouponCodeMode, ProductCouponStatus, ProductCouponStock, ProductCouponStockState,
    UserProductCoupon,
};

/// Members that are shown as they were sent. The last one cannot be changed.
const SHOWN: [&str; 6] = [
    "remark",
    "usage_rule_display_info",
    "coupon_display_info",
    "notify_config",
    "store_scope",
    "single_usage_rule",
];

/// ASSUME: the most codes in one upload.
const MAX_CODES: usize = 200;

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let number = number(state, call, "out_request_no")?;
    let at = product::find(state, call)?;
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    if state.world.product_coupon.products[at].state == ProductCouponStatus::Deactivated {
        return Err(Refusal::invalid("商品券已失效"));
    }
    let mut stock = parse(call, &call.body["stock"])?;
    stock.product_coupon_id = call.path("product_coupon_id").to_owned();
    stock.stock_id = state.ids.product_coupon();
    let answer = Answer::ok(show(state, &stock));
    state.took_effect(call, "created", stock.stock_id.clone());
    state.world.product_coupon.stocks.push(stock);
    state.replies.keep(call, number, &answer);
    Ok(answer)
}

/// Reads a new stock, which has no ids yet. It sends at once (ASSUME: without an audit).
pub(super) fn parse(call: &Call<'_>, sent: &Value) -> Result<ProductCouponStock, Refusal> {
    let wrong = |member: &str, issue: &str| Refusal::member(&format!("/stock/{member}"), issue);
    let code_mode = match sent["coupon_code_mode"].as_str().unwrap_or_default() {
        "WECHATPAY" => ProductCouponCodeMode::WechatPay,
        "UPLOAD" => ProductCouponCodeMode::Upload,
        "API_ASSIGN" => ProductCouponCodeMode::ApiAssign,
        _ => return Err(wrong("coupon_code_mode", "not one of WECHATPAY, UPLOAD, API_ASSIGN")),
    };
    let period = &sent["single_usage_rule"]["coupon_available_period"];
    let moment = |name: &str| {
        let moment = period[name].as_str().and_then(time::parse);
        let member = format!("single_usage_rule/coupon_available_period/{name}");
        moment.ok_or_else(|| wrong(&member, "required, but missing"))
    };
    let days = |name: &str| period[name].as_u64().and_then(|days| u32::try_from(days).ok());
    let rule = &sent["stock_send_rule"];
    Ok(ProductCouponStock {
        brand_id: brand(call).to_owned(),
        partner: partner(call),
        code_mode,
        max_count: rule["max_count"]
            .as_u64()
            .ok_or_else(|| wrong("stock_send_rule/max_count", "less than 0"))?,
        max_count_per_day: rule["max_count_per_day"].as_u64(),
        max_count_per_user: rule["max_count_per_user"].as_u64(),
        available_begin_time: moment("available_begin_time")?,
        available_end_time: moment("available_end_time")?,
        wait_days_after_receive: days("wait_days_after_receive").unwrap_or(0),
        available_days: days("available_days"),
        notify_appid: sent["notify_config"]["notify_appid"].as_str().map(str::to_owned),
        display: product::pick(sent, &SHOWN),
        ..ProductCouponStock::default()
    })
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    Ok(Answer::ok(show(state, &state.world.product_coupon.stocks[at])))
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    product::find(state, call)?;
    let stocks = state.world.product_coupon.stocks.iter().filter(|stock| {
        stock.product_coupon_id == call.path("product_coupon_id")
            && call.query("state").is_none_or(|wanted| wanted == name(stock.state))
    });
    let all = stocks.map(|stock| show(state, stock)).collect();
    Ok(Answer::ok(page(call, "stock_list", all)?))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    change(state, call, "updated", |stock, _| {
        stock.display.extend(product::pick(&call.body, &SHOWN[..5]));
        if let Some(appid) = call.body["notify_config"]["notify_appid"].as_str() {
            stock.notify_appid = Some(appid.to_owned());
        }
        Ok(())
    })
}

pub(super) fn deactivate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    change(state, call, "deactivated", |stock, _| {
        stock.state = ProductCouponStockState::Deactivated;
        stock.deactivated = Some(product::deactivation(call));
        Ok(())
    })
}

/// `POST …/update-budget`: what the merchant takes the limit to be is an optimistic lock (ASSUME).
pub(super) fn budget(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let count = |name: &str| {
        let count = call.integer(name).and_then(|count| u64::try_from(count).ok());
        count
            .ok_or_else(|| Refusal::member(&format!("/{name}"), "required with this update_mode, at least 0"))
    };
    let stale = || Refusal::invalid("当前预算与实际不一致");
    match call.required("update_mode") {
        "MAX_COUNT" => {
            let (current, target) = (count("current_max_count")?, count("target_max_count")?);
            change(state, call, "budgeted", |stock, given| {
                if stock.max_count != current {
                    return Err(stale());
                }
                if target < given {
                    return Err(Refusal::invalid("目标预算小于已发放数量"));
                }
                stock.max_count = target;
                Ok(())
            })
        }
        "MAX_COUNT_PER_DAY" => {
            let (current, target) = (count("current_max_count_per_day")?, count("target_max_count_per_day")?);
            change(state, call, "budgeted", |stock, _| {
                if stock.max_count_per_day != Some(current) {
                    return Err(stale());
                }
                stock.max_count_per_day = Some(target);
                Ok(())
            })
        }
        _ => Err(Refusal::member("/update_mode", "not one of MAX_COUNT, MAX_COUNT_PER_DAY")),
    }
}

/// Changes a stock that is not deactivated under a request number; the closure learns how many coupons it has given.
fn change(
    state: &mut State,
    call: &Call<'_>,
    what: &'static str,
    change: impl FnOnce(&mut ProductCouponStock, u64) -> Result<(), Refusal>,
) -> Result<Answer, Refusal> {
    let number = number(state, call, "out_request_no")?;
    let at = find(state, call)?;
    let key = format!("{}/{number}", call.path("stock_id"));
    if let Some(answer) = state.replies.repeated(call, &key)? {
        return Ok(answer);
    }
    let given = given(state, &state.world.product_coupon.stocks[at]).count() as u64;
    let stock = &mut state.world.product_coupon.stocks[at];
    if stock.state == ProductCouponStockState::Deactivated {
        return Err(Refusal::invalid("商品券批次已失效"));
    }
    change(stock, given)?;
    let stock = &state.world.product_coupon.stocks[at];
    let (answer, name) = (Answer::ok(show(state, stock)), stock.stock_id.clone());
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, what, name);
    Ok(answer)
}

/// `POST …/upload-coupon-codes`: some codes may be taken, others not, all in one 200 (DOC).
pub(super) fn upload(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let number = number(state, call, "out_request_no")?;
    let at = find(state, call)?;
    let key = format!("{}/{number}", call.path("stock_id"));
    if let Some(answer) = state.replies.repeated(call, &key)? {
        return Ok(answer);
    }
    let stock = &state.world.product_coupon.stocks[at];
    if stock.code_mode != ProductCouponCodeMode::Upload {
        return Err(Refusal::invalid("券code分配模式不支持上传"));
    }
    let list: Vec<&str> =
        call.body["code_list"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if list.is_empty() || list.len() > MAX_CODES {
        return Err(Refusal::member("/code_list", "1 to 200 codes are needed"));
    }
    let known: HashSet<&str> = given(state, stock)
        .map(|coupon| coupon.coupon_code.as_str())
        .chain(stock.codes.iter().map(String::as_str))
        .collect();
    let (mut seen, mut taken) = (HashSet::new(), Vec::new());
    let (mut failed, mut exist, mut twice) = (Vec::new(), Vec::new(), Vec::new());
    for code in list {
        let fits = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !seen.insert(code) {
            twice.push(code);
        } else if code.is_empty() || code.len() > 40 || !fits {
            let message = "1 to 40 letters, digits, _ and - are needed";
            failed.push(json!({ "coupon_code": code, "code": "PARAM_ERROR", "message": message }));
        } else if known.contains(code) {
            exist.push(code);
        } else {
            taken.push(code.to_owned());
        }
    }
    let answer = Answer::ok(json!({
        "total_count": seen.len(),
        "success_code_list": taken,
        "failed_code_list": failed,
        "already_exist_code_list": exist,
        "duplicate_code_list": twice,
    }));
    let stock = &mut state.world.product_coupon.stocks[at];
    stock.uploaded += taken.len() as u64;
    stock.codes.extend(taken);
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, "uploaded", key);
    Ok(answer)
}

/// The stock that a call names.
pub(super) fn find(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    permitted(state, call)?;
    let at = state.world.product_coupon.stocks.iter().position(|stock| {
        Some(stock.stock_id.as_str()) == named(call, "stock_id")
            && Some(stock.product_coupon_id.as_str()) == named(call, "product_coupon_id")
            && stock.brand_id == brand(call)
    });
    at.ok_or_else(|| Refusal::not_found("商品券批次不存在"))
}

/// The place of a stock by its id.
pub(in crate::rules) fn place(state: &State, stock_id: &str) -> Option<usize> {
    state.world.product_coupon.stocks.iter().position(|stock| stock.stock_id == stock_id)
}

/// The coupons that a stock has given.
fn given<'a>(state: &'a State, stock: &ProductCouponStock) -> impl Iterator<Item = &'a UserProductCoupon> {
    let id = stock.stock_id.clone();
    state.world.product_coupon.coupons.iter().filter(move |coupon| coupon.stock_id == id)
}

/// Whether two moments are on one day in China.
pub(super) fn same_day(one: Timestamp, other: Timestamp) -> bool {
    let day = |moment: Timestamp| moment.to_zoned(time::china()).date();
    day(one) == day(other)
}

/// The stock of a user's coupon, as it is shown beside it.
pub(super) fn of(state: &State, coupon: &UserProductCoupon) -> Value {
    place(state, &coupon.stock_id)
        .map_or_else(|| json!({}), |at| show(state, &state.world.product_coupon.stocks[at]))
}

pub(super) fn show(state: &State, stock: &ProductCouponStock) -> Value {
    let now = state.clock.business();
    let (total, today) = given(state, stock).fold((0, 0), |(total, today), coupon| {
        (total + 1, today + u64::from(same_day(coupon.receive_time, now)))
    });
    let mut shown = json!({
        "usage_rule_display_info": { "coupon_usage_method_list": ["OFFLINE"], "usage_description": "到店使用" },
        "coupon_display_info": { "code_display_mode": "QRCODE" },
        "store_scope": "NONE",
        "single_usage_rule": { "coupon_available_period": {
            "available_begin_time": time::print(stock.available_begin_time),
            "available_end_time": time::print(stock.available_end_time),
        } },
    });
    for (name, value) in &stock.display {
        shown[name] = value.clone();
    }
    shown["product_coupon_id"] = json!(stock.product_coupon_id);
    shown["stock_id"] = json!(stock.stock_id);
    shown["brand_id"] = json!(stock.brand_id);
    shown["coupon_code_mode"] = json!(match stock.code_mode {
        ProductCouponCodeMode::WechatPay => "WECHATPAY",
        ProductCouponCodeMode::Upload => "UPLOAD",
        ProductCouponCodeMode::ApiAssign => "API_ASSIGN",
    });
    shown["state"] = json!(name(stock.state));
    let mut rule = json!({ "max_count": stock.max_count });
    for (name, count) in
        [("max_count_per_day", stock.max_count_per_day), ("max_count_per_user", stock.max_count_per_user)]
    {
        if let Some(count) = count {
            rule[name] = json!(count);
        }
    }
    shown["stock_send_rule"] = rule;
    shown["sent_count_info"] = json!({ "total_count": total, "today_count": today });
    if stock.code_mode == ProductCouponCodeMode::Upload {
        shown["coupon_code_count_info"] =
            json!({ "total_count": stock.uploaded, "available_count": stock.codes.len() });
    }
    show_deactivation(&mut shown, stock.deactivated.as_ref());
    shown
}

fn name(state: ProductCouponStockState) -> &'static str {
    match state {
        ProductCouponStockState::Auditing => "AUDITING",
        ProductCouponStockState::Sending => "SENDING",
        ProductCouponStockState::Paused => "PAUSED",
        ProductCouponStockState::Stopped => "STOPPED",
        ProductCouponStockState::Deactivated => "DEACTIVATED",
    }
}
