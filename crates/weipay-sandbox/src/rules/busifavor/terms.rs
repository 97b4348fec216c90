//! A stock's terms: read from the body that creates it, and shown by the queries.

use serde_json::{Map, Value, json};

use crate::json;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::world::{CodeMode, DayTime, Discount, Stock};

/// The most that an amount may be, in fen (DOC: merchant 4012534855).
const MOST: i64 = 10_000_000;

/// Reads a create request that fits the schema, without its id, state and creator.
pub(super) fn read(body: &Value) -> Result<Stock, Refusal> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (use_rule, send_rule) = (&body["coupon_use_rule"], &body["stock_send_rule"]);
    let mut stock = Stock {
        stock_name: text(&body["stock_name"]),
        goods_name: text(&body["goods_name"]),
        belong_merchant: text(&body["belong_merchant"]),
        discount: discount(text(&body["stock_type"]).as_str(), use_rule)?,
        code_mode: code_mode(&body["coupon_code_mode"])?,
        max_coupons: send_rule["max_coupons"].as_u64().unwrap_or_default(),
        max_coupons_per_user: within(send_rule, "/stock_send_rule", "max_coupons_per_user", 1, 100)?
            .unsigned_abs(),
        max_coupons_by_day: send_rule["max_coupons_by_day"].as_u64().filter(|most| *most > 0),
        notify_appid: body["notify_config"]["notify_appid"].as_str().map(str::to_owned),
        subsidy: body["subsidy"].as_bool().unwrap_or(false),
        shown: shown(body),
        ..Stock::default()
    };
    available(&mut stock, &use_rule["coupon_available_time"])?;
    jumps(use_rule)?;
    entrance(body)?;
    Ok(stock)
}

/// One number, if it is within its limits.
fn within(object: &Value, pointer: &str, name: &str, least: i64, most: i64) -> Result<i64, Refusal> {
    let pointer = json::join(pointer, name);
    match object[name].as_i64() {
        Some(number) if (least..=most).contains(&number) => Ok(number),
        Some(_) => Err(Refusal::member(&pointer, format!("not {least} to {most}"))),
        None => Err(Refusal::member(&pointer, "required, but missing")),
    }
}

/// Each type has a rule of its own in `coupon_use_rule`.
fn discount(stock_type: &str, use_rule: &Value) -> Result<Discount, Refusal> {
    let member = match stock_type {
        "NORMAL" => "fixed_normal_coupon",
        "DISCOUNT" => "discount_coupon",
        _ => "exchange_coupon",
    };
    let (rule, pointer) = (&use_rule[member], format!("/coupon_use_rule/{member}"));
    if rule.is_null() {
        return Err(Refusal::member(&pointer, format!("required with stock_type {stock_type}")));
    }
    let number = |name: &str, least: i64, most: i64| within(rule, &pointer, name, least, most);
    let transaction_minimum = number("transaction_minimum", 0, MOST)?;
    Ok(match stock_type {
        "NORMAL" => {
            Discount::Normal { discount_amount: number("discount_amount", 1, MOST)?, transaction_minimum }
        }
        "DISCOUNT" => {
            Discount::Discount { discount_percent: number("discount_percent", 1, 100)?, transaction_minimum }
        }
        _ => Discount::Exchange { exchange_price: number("exchange_price", 0, MOST)?, transaction_minimum },
    })
}

fn code_mode(mode: &Value) -> Result<CodeMode, Refusal> {
    let modes = [CodeMode::WechatPay, CodeMode::MerchantApi, CodeMode::MerchantUpload];
    let known = modes.into_iter().find(|known| mode == known.as_str());
    known.ok_or_else(|| Refusal::member("/coupon_code_mode", "not one of the three modes"))
}

/// DOC: at most 365 days good, and 30 days to wait. ASSUME: less than a day of seconds.
fn available(stock: &mut Stock, rule: &Value) -> Result<(), Refusal> {
    const POINTER: &str = "/coupon_use_rule/coupon_available_time";
    let moment = |value: &Value| value.as_str().and_then(time::parse);
    let optional = |name: &str, most: i64| match rule.get(name) {
        None => Ok(None),
        Some(_) => {
            within(rule, POINTER, name, 0, most).map(|number| Some(number).filter(|number| *number > 0))
        }
    };
    stock.available_begin_time = moment(&rule["available_begin_time"]).unwrap_or_default();
    stock.available_end_time = moment(&rule["available_end_time"]).unwrap_or_default();
    if stock.available_end_time <= stock.available_begin_time {
        return Err(Refusal::member(
            &format!("{POINTER}/available_end_time"),
            "not after available_begin_time",
        ));
    }
    let days = |number: Option<i64>| number.and_then(|number| u16::try_from(number).ok());
    stock.available_day_after_receive = days(optional("available_day_after_receive", 365)?);
    stock.wait_days_after_receive = days(optional("wait_days_after_receive", 30)?);
    stock.available_second_after_receive =
        optional("available_second_after_receive", 86_399)?.and_then(|number| u32::try_from(number).ok());
    week(stock, &rule["available_week"])?;
    for (at, item) in list(&rule["irregulary_avaliable_time"]).enumerate() {
        match (moment(&item["begin_time"]), moment(&item["end_time"])) {
            (Some(begin), Some(end)) if begin < end => stock.irregular_times.push((begin, end)),
            _ => {
                let pointer = format!("{POINTER}/irregulary_avaliable_time/{at}");
                return Err(Refusal::member(&pointer, "needs a begin_time before its end_time"));
            }
        }
    }
    Ok(())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn week(stock: &mut Stock, rule: &Value) -> Result<(), Refusal> {
    const POINTER: &str = "/coupon_use_rule/coupon_available_time/available_week";
    for (at, day) in list(&rule["week_day"]).enumerate() {
        let day = day.as_u64().and_then(|day| u8::try_from(day).ok()).filter(|day| *day <= 6);
        let pointer = format!("{POINTER}/week_day/{at}");
        stock.week_days.push(day.ok_or_else(|| Refusal::member(&pointer, "not 0 (Sunday) to 6"))?);
    }
    let second = |value: &Value| {
        value.as_u64().and_then(|second| u32::try_from(second).ok()).filter(|at| *at < 86_400)
    };
    for (at, time) in list(&rule["available_day_time"]).enumerate() {
        let pointer = format!("{POINTER}/available_day_time/{at}");
        match (second(&time["begin_time"]), second(&time["end_time"])) {
            _ if at == 2 => return Err(Refusal::member(&pointer, "more than two periods a day")),
            (Some(begin_time), Some(end_time)) if begin_time <= end_time => {
                stock.day_times.push(DayTime { begin_time, end_time });
            }
            _ => return Err(Refusal::member(&pointer, "needs a begin_time before its end_time, 0 to 86399")),
        }
    }
    Ok(())
}

/// Coupons that are used in a mini program name it.
fn jumps(use_rule: &Value) -> Result<(), Refusal> {
    let missing =
        ["mini_programs_appid", "mini_programs_path"].into_iter().find(|name| use_rule[*name].is_null());
    match missing {
        Some(name) if use_rule["use_method"] == "MINI_PROGRAMS" => {
            let pointer = format!("/coupon_use_rule/{name}");
            Err(Refusal::member(&pointer, "required with use_method MINI_PROGRAMS"))
        }
        _ => Ok(()),
    }
}

/// DOC: five and six characters.
pub(super) fn entrance(body: &Value) -> Result<(), Refusal> {
    const POINTER: &str = "/custom_entrance/mini_programs_info";
    let info = &body["custom_entrance"]["mini_programs_info"];
    for (name, most) in [("entrance_words", 5), ("guiding_words", 6)] {
        if info[name].as_str().is_some_and(|words| words.chars().count() > most) {
            let pointer = json::join(POINTER, name);
            return Err(Refusal::member(&pointer, format!("longer than {most} characters")));
        }
    }
    Ok(())
}

/// What of a body is shown and not judged.
pub(super) fn shown(body: &Value) -> Value {
    let mut shown = Map::new();
    for name in ["comment", "custom_entrance", "display_pattern_info"] {
        if let Some(member) = body.get(name) {
            shown.insert(name.to_owned(), member.clone());
        }
    }
    for (rule, names) in [
        ("coupon_use_rule", &["use_method", "mini_programs_appid", "mini_programs_path"][..]),
        (
            "stock_send_rule",
            &[
                "max_amount",
                "max_amount_by_day",
                "natural_person_limit",
                "prevent_api_abuse",
                "transferable",
                "shareable",
            ],
        ),
    ] {
        let member = |name: &&str| Some(((*name).to_owned(), body.get(rule)?.get(*name)?.clone()));
        let members: Map<String, Value> = names.iter().filter_map(member).collect();
        if !members.is_empty() {
            shown.insert(rule.to_owned(), Value::Object(members));
        }
    }
    Value::Object(shown)
}

/// What the queries of stocks and of coupons have in common.
pub(super) fn show(stock: &Stock) -> Value {
    let (member, rule) = match stock.discount {
        Discount::Normal { discount_amount, transaction_minimum } => (
            "fixed_normal_coupon",
            json!({ "discount_amount": discount_amount, "transaction_minimum": transaction_minimum }),
        ),
        Discount::Discount { discount_percent, transaction_minimum } => (
            "discount_coupon",
            json!({ "discount_percent": discount_percent, "transaction_minimum": transaction_minimum }),
        ),
        Discount::Exchange { exchange_price, transaction_minimum } => (
            "exchange_coupon",
            json!({ "exchange_price": exchange_price, "transaction_minimum": transaction_minimum }),
        ),
    };
    let mut shown = json!({
        "stock_id": stock.stock_id,
        "stock_name": stock.stock_name,
        "belong_merchant": stock.belong_merchant,
        "goods_name": stock.goods_name,
        "stock_type": stock.discount.stock_type(),
        "coupon_use_rule": {
            "coupon_available_time": show_available(stock),
            "use_method": "OFF_LINE",
        },
    });
    shown["coupon_use_rule"][member] = rule;
    for name in ["comment", "coupon_use_rule", "custom_entrance", "display_pattern_info"] {
        if let Some(over) = stock.shown.get(name) {
            json::merge(&mut shown[name], over);
        }
    }
    shown
}

fn show_available(stock: &Stock) -> Value {
    let mut shown = json!({
        "available_begin_time": time::print(stock.available_begin_time),
        "available_end_time": time::print(stock.available_end_time),
    });
    for (name, number) in [
        ("available_day_after_receive", stock.available_day_after_receive.map(u32::from)),
        ("wait_days_after_receive", stock.wait_days_after_receive.map(u32::from)),
        ("available_second_after_receive", stock.available_second_after_receive),
    ] {
        if let Some(number) = number {
            shown[name] = json!(number);
        }
    }
    if !stock.week_days.is_empty() {
        shown["available_week"]["week_day"] = json!(stock.week_days);
    }
    if !stock.day_times.is_empty() {
        let period = |time: &DayTime| json!({ "begin_time": time.begin_time, "end_time": time.end_time });
        shown["available_week"]["available_day_time"] = stock.day_times.iter().map(period).collect();
    }
    if !stock.irregular_times.is_empty() {
        let times = stock.irregular_times.iter();
        let period = times
            .map(|(begin, end)| json!({ "begin_time": time::print(*begin), "end_time": time::print(*end) }));
        shown["irregulary_avaliable_time"] = period.collect();
    }
    shown
}
