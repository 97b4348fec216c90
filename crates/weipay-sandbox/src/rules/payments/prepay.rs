//! The making of an order that the payer pays later: JSAPI, APP, H5, Native.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::{acting, bound, number_used, openid_fits, order_closed, order_paid};
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Order, OrderState, TradeType};

/// DOC: how long a `prepay_id` and a `code_url` last.
const SESSION: Duration = Duration::from_secs(2 * 3600);
/// DOC: how long an `h5_url` lasts.
const H5_SESSION: Duration = Duration::from_secs(300);
/// ASSUME: when an order without `time_expire` closes.
pub(in crate::rules) const LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// DOC: the least time between the order and its `time_expire`.
const SHORTEST: Duration = Duration::from_secs(60);

/// `POST /v3/pay/transactions/{jsapi,app,h5,native}` and their partner forms (the table has the pages).
pub(super) fn prepay(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let trade_type = trade_type(call.operation.id);
    let mut order = read(call, trade_type)?;
    order.sub_mchid = acting(state, call)?.map(str::to_owned);
    bound(state, &call.caller.id, order.appid.as_deref())?;
    if let Some(sub_mchid) = &order.sub_mchid {
        bound(state, sub_mchid, order.sub_appid.as_deref())?;
    }
    openid_fits(state, call, order.appid.as_deref(), order.openid.as_deref())?;
    openid_fits(state, call, order.sub_appid.as_deref(), order.sub_openid.as_deref())?;
    if let Some(answer) = repeated(state, call, &order)? {
        return Ok(answer);
    }
    let prepay_id = new_session(state, call.now);
    order.prepay_id = Some(prepay_id.clone());
    let key = order.key();
    state.world.payments.orders.push(order);
    let answer = session_answer(call, trade_type, &prepay_id);
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, "ordered", key);
    Ok(answer)
}

pub(in crate::rules) fn trade_type(operation: &str) -> TradeType {
    match operation.rsplit('_').next() {
        Some("app") => TradeType::App,
        Some("h5") => TradeType::H5,
        Some("native") => TradeType::Native,
        _ => TradeType::Jsapi,
    }
}

/// What the body says, member by member.
fn read(call: &Call<'_>, trade_type: TradeType) -> Result<Order, Refusal> {
    let out_trade_no = number(call.required("out_trade_no"), "/out_trade_no", 6)?.to_owned();
    fits(call, "description", 127)?;
    fits(call, "attach", 128)?;
    fits(call, "notify_url", 256)?;
    let amount = &call.body["amount"];
    let total = amount["total"].as_i64().unwrap_or_default();
    if total < 1 {
        return Err(Refusal::member("/amount/total", "less than 1 fen"));
    }
    if amount["currency"].as_str().is_some_and(|currency| currency != "CNY") {
        return Err(Refusal::member("/amount/currency", "not CNY"));
    }
    let payer = |name: &str| call.body["payer"][name].as_str().map(str::to_owned);
    let (openid, sub_openid) = (payer("openid").or_else(|| payer("sp_openid")), payer("sub_openid"));
    let text = |name: &str| call.text(name).map(str::to_owned);
    let (appid, sub_appid) = (text("appid").or_else(|| text("sp_appid")), text("sub_appid"));
    if trade_type == TradeType::Jsapi {
        if openid.is_none() && sub_openid.is_none() {
            return Err(Refusal::member("/payer", "sp_openid or sub_openid is required"));
        }
        if sub_openid.is_some() && sub_appid.is_none() {
            return Err(Refusal::member("/sub_appid", "required with sub_openid"));
        }
    }
    Ok(Order {
        mchid: call.caller.id.clone(),
        sub_mchid: None,
        appid,
        sub_appid,
        out_trade_no,
        description: call.required("description").to_owned(),
        attach: text("attach"),
        notify_url: text("notify_url"),
        total,
        trade_type,
        openid,
        sub_openid,
        profit_sharing: call.body["settle_info"]["profit_sharing"].as_bool().unwrap_or(false),
        frozen: 0,
        created: call.now,
        expires: expires(call)?,
        prepay_id: None,
        prepay_expires: session_end(trade_type, call.now),
        auth_code: None,
        combined: None,
        state: OrderState::NotPay,
        transaction_id: None,
        success_time: None,
    })
}

/// A merchant's number: letters, digits and `_-|*@`, at most 32 (DOC).
pub(in crate::rules) fn number<'a>(text: &'a str, pointer: &str, least: usize) -> Result<&'a str, Refusal> {
    let spelled = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte);
    if !text.bytes().all(spelled) {
        return Err(Refusal::member(pointer, "only digits, letters and _ - | * @ are allowed"));
    }
    if text.len() < least || text.len() > 32 {
        return Err(Refusal::member(pointer, format!("not {least} to 32 characters long")));
    }
    Ok(text)
}

fn fits(call: &Call<'_>, name: &str, most: usize) -> Result<(), Refusal> {
    match call.text(name) {
        Some(text) if text.chars().count() > most => {
            Err(Refusal::member(&format!("/{name}"), format!("longer than {most} characters")))
        }
        Some("") => Err(Refusal::member(&format!("/{name}"), "empty")),
        _ => Ok(()),
    }
}

/// When the order closes by itself.
pub(in crate::rules) fn expires(call: &Call<'_>) -> Result<Timestamp, Refusal> {
    match call.text("time_expire").and_then(time::parse) {
        Some(expires) if expires < after(call.now, SHORTEST) => {
            Err(Refusal::member("/time_expire", "less than a minute ahead"))
        }
        Some(expires) => Ok(expires),
        None => Ok(after(call.now, LIFE)),
    }
}

/// Answers a number that was used before.
fn repeated(state: &mut State, call: &Call<'_>, order: &Order) -> Result<Option<Answer>, Refusal> {
    let orders = &state.world.payments.orders;
    let at = orders
        .iter()
        .position(|known| known.is(&order.mchid, order.sub_mchid.as_deref(), &order.out_trade_no));
    let Some(at) = at else { return Ok(None) };
    let known = &orders[at];
    match known.state_at(call.now) {
        OrderState::Closed => return Err(order_closed()),
        OrderState::Success if state.world.payments.observed_refusals => return Err(order_paid(state)),
        OrderState::NotPay => {}
        _ => return Err(number_used(state)),
    }
    let same = state.replies.find(call, &order.key()).is_some_and(|reply| reply.body == call.body);
    if !same {
        return Err(number_used(state));
    }
    let prepay_id = match known.prepay_id.clone() {
        Some(prepay_id) if known.prepay_expires > call.now => prepay_id,
        _ => {
            call.note("the first session is over; this is a new one for the same order");
            let prepay_id = new_session(state, call.now);
            let known = &mut state.world.payments.orders[at];
            known.prepay_id = Some(prepay_id.clone());
            known.prepay_expires = session_end(known.trade_type, call.now);
            prepay_id
        }
    };
    Ok(Some(session_answer(call, order.trade_type, &prepay_id)))
}

pub(in crate::rules) fn session_end(trade_type: TradeType, now: Timestamp) -> Timestamp {
    after(now, if trade_type == TradeType::H5 { H5_SESSION } else { SESSION })
}

pub(in crate::rules) fn new_session(state: &mut State, now: Timestamp) -> String {
    let made = now.to_zoned(time::china()).strftime("%Y%m%d%H%M%S").to_string();
    state.ids.prepay(&made)
}

/// What the caller gets for a session; where its payer's page is, goes to the journal.
///
/// The `h5_url` has a query, because merchants append `&redirect_url=…` to it (DOC).
pub(in crate::rules) fn session_answer(call: &Call<'_>, trade_type: TradeType, prepay_id: &str) -> Answer {
    let page = format!("{}/sandbox/pay/{prepay_id}", call.pages);
    call.note(format!("the payer's page is {page}"));
    Answer::ok(match trade_type {
        TradeType::H5 => json!({ "h5_url": format!("{page}?package=sandbox") }),
        TradeType::Native => {
            let code = &prepay_id[prepay_id.len().saturating_sub(9)..];
            json!({ "code_url": format!("weixin://wxpay/bizpayurl?pr={code}") })
        }
        _ => json!({ "prepay_id": prepay_id }),
    })
}
