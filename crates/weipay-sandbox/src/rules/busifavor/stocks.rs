//! Stocks: created, shown, changed, and their budget.

use serde_json::{Value, json};

use super::super::calendar::day;
use super::super::family::{Family, assumed, documented, rule};
use super::{permitted_stock, replayed, terms};
use crate::call::{Answer, Call};
use crate::json;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CodeMode, Discount, Stock};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_busifavor_stocks_create",
            create,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012534855: members, limits, one rule for each stock_type; a number that was used is 400 RESOURCE_ALREADY_EXISTS 批次已存在",
                ),
                assumed(
                    "a stock runs at once; it belongs to the caller or to a sub-merchant, an unknown merchant is MCH_NOT_EXISTS",
                ),
            ],
        ),
        rule(
            "marketing_busifavor_stocks_get_by_stock_id",
            get,
            "2026-11-21",
            &[
                documented("merchant 4012534928: members"),
                assumed("creator and owner may look, anybody else is refused with NOAUTH"),
            ],
        ),
        rule(
            "marketing_busifavor_stocks_update_by_stock_id",
            update,
            "2026-11-21",
            &[
                documented("merchant 4012535020: members and 204; before the stock's end"),
                assumed("a member that is left out stays; a number with another body is 400"),
            ],
        ),
        rule(
            "marketing_busifavor_stocks_budget_update",
            budget,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012465739: one of the two targets, where 0 is none, with its current_ member; before the stock's end",
                ),
                assumed("a current_ member that is not current is 400; a target below what was sent too"),
            ],
        ),
    ],
    deeds: &[],
};

/// `POST …/stocks`: a new stock (DOC: merchant 4012534855). ASSUME: it runs at once.
fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut stock = terms::read(&call.body)?;
    let owner = stock.belong_merchant.as_str();
    if owner != call.caller.id && !state.world.acts_for(&call.caller.id, owner) {
        return Err(match state.world.merchant(owner) {
            Some(_) => state.coupon_no_auth(),
            None => Refusal::new(400, "MCH_NOT_EXISTS", "商户号不存在"),
        });
    }
    let number = call.required("out_request_no");
    if state.replies.find(call, number).is_some() {
        return Err(Refusal::new(400, "RESOURCE_ALREADY_EXISTS", "批次已存在"));
    }
    stock.stock_id = format!("1{}", state.ids.digits(15));
    stock.creator = call.caller.id.clone();
    let answer = Answer::ok(json!({ "stock_id": stock.stock_id, "create_time": time::print(call.now) }));
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "created", stock.stock_id.clone());
    state.world.busifavor.stocks.push(stock);
    Ok(answer)
}

/// `GET …/stocks/{stock_id}` (DOC: merchant 4012534928).
fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let stock = permitted_stock(state, call, call.path("stock_id"))?;
    let mut shown = terms::show(&stock);
    let mut send_rule = json!({
        "max_coupons": stock.max_coupons,
        "max_coupons_per_user": stock.max_coupons_per_user,
    });
    if let Some(most) = stock.max_coupons_by_day {
        send_rule["max_coupons_by_day"] = json!(most);
    }
    json::merge(&mut send_rule, stock.shown.get("stock_send_rule").unwrap_or(&json!({})));
    shown["stock_send_rule"] = send_rule;
    shown["stock_state"] = json!(stock.state.as_str());
    shown["coupon_code_mode"] = json!(stock.code_mode.as_str());
    shown["send_count_information"] = sent(state, call, &stock);
    shown["subsidy"] = json!(stock.subsidy);
    if let Some(appid) = &stock.notify_appid {
        shown["notify_config"] = json!({ "notify_appid": appid });
    }
    if stock.code_mode == CodeMode::MerchantUpload {
        let codes = state.world.busifavor.codes.iter().filter(|code| code.stock_id == stock.stock_id);
        let available = codes.clone().filter(|code| code.dispatched.is_none()).count();
        shown["coupon_code_count"] = json!({ "total_count": codes.count(), "available_count": available });
    }
    Ok(Answer::ok(shown))
}

/// How much was sent; amounts only where a coupon has one.
fn sent(state: &State, call: &Call<'_>, stock: &Stock) -> Value {
    let all = state.world.busifavor.coupons.iter().filter(|coupon| coupon.stock_id == stock.stock_id);
    let today = all.clone().filter(|coupon| day(coupon.receive_time) == day(call.now)).count();
    let mut shown = json!({ "total_send_num": all.clone().count(), "today_send_num": today });
    if let Discount::Normal { discount_amount, .. } = stock.discount {
        let amount = |count: usize| i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(discount_amount);
        shown["total_send_amount"] = json!(amount(all.count()));
        shown["today_send_amount"] = json!(amount(today));
    }
    shown
}

/// A stock whose time is not over (DOC: both changes are possible before the end).
fn changeable(state: &State, call: &Call<'_>) -> Result<Stock, Refusal> {
    let stock = permitted_stock(state, call, call.path("stock_id"))?;
    if call.now > stock.available_end_time {
        return Err(Refusal::invalid("批次已过期，无法修改"));
    }
    Ok(stock)
}

/// `PATCH …/stocks/{stock_id}` → 204 (DOC: merchant 4012535020). ASSUME: a member that is left out stays as it is.
fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    terms::entrance(&call.body)?;
    let stock = changeable(state, call)?;
    let scope = format!("{}/{}", stock.stock_id, call.required("out_request_no"));
    if let Some(answer) = replayed(state, call, &scope)? {
        return Ok(answer);
    }
    let Some(stock) = state.world.busifavor.stocks.iter_mut().find(|known| known.stock_id == stock.stock_id)
    else {
        return Err(Refusal::not_found("批次不存在"));
    };
    for (name, member) in [("stock_name", &mut stock.stock_name), ("goods_name", &mut stock.goods_name)] {
        if let Some(text) = call.text(name) {
            *member = text.to_owned();
        }
    }
    if let Some(appid) = call.body["notify_config"]["notify_appid"].as_str() {
        stock.notify_appid = Some(appid.to_owned());
    }
    if let Some(subsidy) = call.body["subsidy"].as_bool() {
        stock.subsidy = subsidy;
    }
    json::merge(&mut stock.shown, &terms::shown(&call.body));
    let answer = Answer::no_content();
    state.replies.keep(call, &scope, &answer);
    state.took_effect(call, "changed", scope);
    Ok(answer)
}

/// `PATCH …/stocks/{stock_id}/budget`: another maximum, in all or by day.
///
/// DOC (merchant 4012465739): one of the two, with its current value. The page's sample sends 0 for the other target,
/// and says that `current_` is needed for a target above 0: 0 is none. ASSUME: `current_` is an optimistic lock.
fn budget(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let target = |name: &str| call.integer(name).filter(|target| *target != 0);
    let (name, target) = match (target("target_max_coupons"), target("target_max_coupons_by_day")) {
        (Some(all), None) => ("max_coupons", all),
        (None, Some(by_day)) => ("max_coupons_by_day", by_day),
        _ => {
            let issue = "one of target_max_coupons and target_max_coupons_by_day, not both";
            return Err(Refusal::member("/target_max_coupons", issue));
        }
    };
    let target =
        u64::try_from(target).map_err(|_| Refusal::member(&format!("/target_{name}"), "less than 1"))?;
    let pointer = format!("current_{name}");
    let current = call.integer(&pointer);
    let current =
        current.ok_or_else(|| Refusal::member(&format!("/{pointer}"), "required with its target"))?;
    let stock = changeable(state, call)?;
    let scope = format!("{}/{}", stock.stock_id, call.required("modify_budget_request_no"));
    if let Some(answer) = replayed(state, call, &scope)? {
        return Ok(answer);
    }
    let known =
        if name == "max_coupons" { stock.max_coupons } else { stock.max_coupons_by_day.unwrap_or_default() };
    if u64::try_from(current) != Ok(known) {
        return Err(Refusal::invalid(format!("{pointer}与批次当前预算不一致")));
    }
    let sent =
        state.world.busifavor.coupons.iter().filter(|coupon| coupon.stock_id == stock.stock_id).count();
    if name == "max_coupons" && target < sent as u64 {
        return Err(Refusal::invalid("目标预算小于已发放数量"));
    }
    let Some(stock) = state.world.busifavor.stocks.iter_mut().find(|known| known.stock_id == stock.stock_id)
    else {
        return Err(Refusal::not_found("批次不存在"));
    };
    match name {
        "max_coupons" => stock.max_coupons = target,
        _ => stock.max_coupons_by_day = Some(target),
    }
    let mut body = json!({ "max_coupons": stock.max_coupons });
    if let Some(most) = stock.max_coupons_by_day {
        body["max_coupons_by_day"] = json!(most);
    }
    let answer = Answer::ok(body);
    state.replies.keep(call, &scope, &answer);
    state.took_effect(call, "budgeted", scope);
    Ok(answer)
}
