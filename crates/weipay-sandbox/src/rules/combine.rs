//! Combined orders (合单): one payment for several merchants' orders.

use serde_json::{Value, json};

use super::family::{Entry, Family, assumed, documented, rule};
use super::payments::{
    Session, acting_for, bound, close_order, expires, new_session, number, number_used, openid_fits,
    order_closed, order_missing, session_answer, session_end, success, trade_type,
};
use crate::call::{Answer, Call};
use crate::ledger::Known;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Combined, Order, OrderState, TradeType};

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        prepaid("combine_transactions_jsapi"),
        prepaid("combine_transactions_app"),
        prepaid("combine_transactions_h5"),
        prepaid("combine_transactions_native"),
        prepaid("combine_transactions_miniprogram"),
        rule("combine_transactions_out_trade_no_get_by_combine_out_trade_no", query, DATE, QUERY),
        rule("combine_transactions_out_trade_no_close", close, DATE, CLOSE),
    ],
    deeds: &[],
};

const DATE: &str = "2026-11-21";

const fn prepaid(operation: &'static str) -> Entry {
    rule(operation, prepay, DATE, PREPAY)
}

const PREPAY: &[Known] = &[
    documented(
        "merchant 4012556926, 4012556944, 4012556961; partner 4012757938, 4012760633: members; 2 to 50 parts; each part is \
         an order of its own",
    ),
    assumed(
        "a part belongs to the caller or to one of its sub-merchants; the numbers of the parts and of the whole are \
         refused as those of single orders",
    ),
];

const QUERY: &[Known] = &[
    documented("merchant 4012557006; partner 4012761057: members, the parts with their trade_state"),
    assumed("before the payment combine_transaction_id is empty, because the schema requires it"),
];

const CLOSE: &[Known] = &[
    documented("merchant 4012577452; partner 4012761079: 204; all parts have to be named"),
    assumed("a list that is not all parts is 400 INVALID_REQUEST"),
];

/// DOC: how many parts there may be.
const PARTS: std::ops::RangeInclusive<usize> = 2..=50;

/// `POST /v3/combine-transactions/{jsapi,app,h5,native,miniprogram}`.
fn prepay(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let combine_out_trade_no = number(call.required("combine_out_trade_no"), "/combine_out_trade_no", 2)?;
    if call.required("combine_mchid") != call.caller.id {
        return Err(Refusal::member("/combine_mchid", "not the merchant that signed"));
    }
    let appid = call.required("combine_appid");
    bound(state, &call.caller.id, Some(appid))?;
    let payer = &call.body["combine_payer_info"];
    openid_fits(state, call, Some(appid), payer["openid"].as_str())?;
    let trade_type = trade_type(call.operation.id);
    if trade_type == TradeType::Jsapi && payer["openid"].is_null() && payer["sub_openid"].is_null() {
        return Err(Refusal::member("/combine_payer_info/openid", "required, but missing"));
    }
    if let Some(answer) = repeated(state, call, trade_type, combine_out_trade_no)? {
        return Ok(answer);
    }
    let combined = Combined {
        combine_mchid: call.caller.id.clone(),
        combine_appid: appid.to_owned(),
        combine_out_trade_no: combine_out_trade_no.to_owned(),
        combine_transaction_id: None,
    };
    let mut parts = parts(state, call, &combined, trade_type)?;
    let prepay_id = new_session(state, call.now);
    for part in &mut parts {
        part.prepay_id = Some(prepay_id.clone());
    }
    state.world.payments.orders.append(&mut parts);
    let answer = session_answer(call, trade_type, &prepay_id);
    state.replies.keep(call, combine_out_trade_no, &answer);
    state.took_effect(call, "ordered", format!("{}/{combine_out_trade_no}", call.caller.id));
    Ok(answer)
}

fn parts(
    state: &State,
    call: &Call<'_>,
    combined: &Combined,
    trade_type: TradeType,
) -> Result<Vec<Order>, Refusal> {
    let listed = call.body["sub_orders"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !PARTS.contains(&listed.len()) {
        return Err(Refusal::member("/sub_orders", "not 2 to 50 orders"));
    }
    let mut parts: Vec<Order> = Vec::new();
    for (at, listed) in listed.iter().enumerate() {
        let part = part(state, call, combined, trade_type, (at, listed))?;
        let taken = |known: &Order| known.key() == part.key();
        if parts.iter().any(taken) || state.world.payments.orders.iter().any(taken) {
            return Err(number_used(state));
        }
        parts.push(part);
    }
    Ok(parts)
}

fn part(
    state: &State,
    call: &Call<'_>,
    combined: &Combined,
    trade_type: TradeType,
    (at, listed): (usize, &Value),
) -> Result<Order, Refusal> {
    let pointer = |member: &str| format!("/sub_orders/{at}/{member}");
    let text = |name: &str| listed[name].as_str().map(str::to_owned);
    let mchid = text("mchid").unwrap_or_default();
    let sub_mchid = text("sub_mchid");
    if mchid != call.caller.id {
        acting_for(state, &call.caller.id, &mchid)?;
    }
    if let Some(sub_mchid) = &sub_mchid {
        acting_for(state, &mchid, sub_mchid)?;
    }
    let total = listed["amount"]["total_amount"].as_i64().unwrap_or_default();
    if total < 1 {
        return Err(Refusal::member(&pointer("amount/total_amount"), "less than 1 fen"));
    }
    if listed["amount"]["currency"].as_str().is_some_and(|currency| currency != "CNY") {
        return Err(Refusal::member(&pointer("amount/currency"), "not CNY"));
    }
    let out_trade_no = text("out_trade_no").unwrap_or_default();
    number(&out_trade_no, &pointer("out_trade_no"), 6)?;
    let payer = |name: &str| call.body["combine_payer_info"][name].as_str().map(str::to_owned);
    Ok(Order {
        mchid,
        sub_mchid,
        appid: Some(combined.combine_appid.clone()),
        sub_appid: text("sub_appid"),
        out_trade_no,
        description: text("description").unwrap_or_default(),
        attach: text("attach"),
        notify_url: call.text("notify_url").map(str::to_owned),
        total,
        trade_type,
        openid: payer("openid"),
        sub_openid: payer("sub_openid"),
        profit_sharing: listed["settle_info"]["profit_sharing"].as_bool().unwrap_or(false),
        frozen: 0,
        created: call.now,
        expires: expires(call)?,
        prepay_id: None,
        prepay_expires: session_end(trade_type, call.now),
        auth_code: None,
        combined: Some(combined.clone()),
        state: OrderState::NotPay,
        transaction_id: None,
        success_time: None,
    })
}

/// Answers a number of a combined order that was used before.
fn repeated(
    state: &mut State,
    call: &Call<'_>,
    trade_type: TradeType,
    number: &str,
) -> Result<Option<Answer>, Refusal> {
    let places = places(state, &call.caller.id, number);
    let Some(first) = places.first().map(|at| state.world.payments.orders[*at].clone()) else {
        return Ok(None);
    };
    match first.state_at(call.now) {
        OrderState::Closed => return Err(order_closed()),
        OrderState::NotPay => {}
        _ => return Err(number_used(state)),
    }
    if state.replies.find(call, number).is_none_or(|reply| reply.body != call.body) {
        return Err(number_used(state));
    }
    let prepay_id = match first.prepay_id {
        Some(prepay_id) if first.prepay_expires > call.now => prepay_id,
        _ => {
            let prepay_id = new_session(state, call.now);
            for at in places {
                let order = &mut state.world.payments.orders[at];
                order.prepay_id = Some(prepay_id.clone());
                order.prepay_expires = session_end(trade_type, call.now);
            }
            prepay_id
        }
    };
    Ok(Some(session_answer(call, trade_type, &prepay_id)))
}

/// Where the parts of a combined order are among the orders.
fn places(state: &State, combine_mchid: &str, number: &str) -> Vec<usize> {
    let orders = state.world.payments.orders.iter().enumerate();
    let parts = orders.filter(|(_, order)| {
        order.combined.as_ref().is_some_and(|combined| {
            combined.combine_mchid == combine_mchid && combined.combine_out_trade_no == number
        })
    });
    parts.map(|(at, _)| at).collect()
}

/// All parts are paid: one number and one notification for the whole.
pub(super) fn paid(state: &mut State, session: &Session) -> String {
    let id = state.ids.transaction();
    for at in &session.parts {
        if let Some(combined) = &mut state.world.payments.orders[*at].combined {
            combined.combine_transaction_id = Some(id.clone());
        }
    }
    let Some(first) = session.parts.first() else { return id };
    let order = state.world.payments.orders[*first].clone();
    state.raise(success(&order, show(state, &session.parts), id.clone()));
    id
}

/// `GET …/out-trade-no/{combine_out_trade_no}`.
fn query(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let places = places(state, &call.caller.id, call.path("combine_out_trade_no"));
    if places.is_empty() { Err(order_missing()) } else { Ok(Answer::ok(show(state, &places))) }
}

fn show(state: &State, places: &[usize]) -> Value {
    let orders: Vec<&Order> = places.iter().map(|at| &state.world.payments.orders[*at]).collect();
    let first = orders.first();
    let combined = first.and_then(|order| order.combined.as_ref());
    let mut shown = json!({
        "combine_appid": combined.map(|combined| &combined.combine_appid),
        "combine_mchid": combined.map(|combined| &combined.combine_mchid),
        "combine_out_trade_no": combined.map(|combined| &combined.combine_out_trade_no),
        "combine_transaction_id":
            combined.and_then(|combined| combined.combine_transaction_id.clone()).unwrap_or_default(),
        "sub_orders": orders.iter().map(|order| show_part(state, order)).collect::<Vec<_>>(),
    });
    if let Some(openid) =
        first.filter(|order| order.success_time.is_some()).and_then(|order| order.openid.as_ref())
    {
        shown["combine_payer_info"] = json!({ "openid": openid });
    }
    shown
}

fn show_part(state: &State, order: &Order) -> Value {
    let (trade_state, _) = state.world.payments.trade_state(order, state.clock.business());
    let mut shown = json!({
        "mchid": order.mchid,
        "out_trade_no": order.out_trade_no,
        "trade_type": order.trade_type.as_str(),
        "trade_state": trade_state,
        "attach": order.attach.clone().unwrap_or_default(),
        "amount": { "total_amount": order.total, "currency": "CNY", "payer_amount": order.total, "payer_currency": "CNY" },
    });
    let optional = [
        ("sub_mchid", order.sub_mchid.clone()),
        ("sub_appid", order.sub_appid.clone()),
        ("sub_openid", order.sub_openid.clone()),
        ("transaction_id", order.transaction_id.clone()),
        ("success_time", order.success_time.map(time::print)),
        ("bank_type", order.success_time.map(|_| "OTHERS".to_owned())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            shown[name] = json!(value);
        }
    }
    shown
}

/// `POST …/out-trade-no/{combine_out_trade_no}/close` → 204.
fn close(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let places = places(state, &call.caller.id, call.path("combine_out_trade_no"));
    if places.is_empty() {
        return Err(order_missing());
    }
    let listed = call.body["sub_orders"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = |order: &Order| {
        listed.iter().any(|part| {
            part["mchid"] == order.mchid.as_str()
                && part["out_trade_no"] == order.out_trade_no.as_str()
                && part["sub_mchid"].as_str() == order.sub_mchid.as_deref()
        })
    };
    if listed.len() != places.len() || !places.iter().all(|at| named(&state.world.payments.orders[*at])) {
        return Err(Refusal::invalid("子单信息与合单订单不一致"));
    }
    let mut changed = false;
    for at in places {
        changed |= close_order(state, call, at)?;
    }
    if changed {
        state.took_effect(
            call,
            "closed",
            format!("{}/{}", call.caller.id, call.path("combine_out_trade_no")),
        );
    }
    Ok(Answer::no_content())
}
