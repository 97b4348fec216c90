//! Orders as their queries and notifications show them, and their closing.

use serde_json::{Value, json};

use super::{acting, order_missing, order_paid};
use crate::call::{Answer, Call};
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Order, OrderState};

/// `GET …/out-trade-no/{out_trade_no}`.
pub(super) fn by_out_trade_no(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    Ok(Answer::ok(show(state, &state.world.payments.orders[at])))
}

/// `GET …/id/{transaction_id}`.
pub(super) fn by_transaction_id(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = acting(state, call)?;
    let wanted = call.path("transaction_id");
    let order = state.world.payments.orders.iter().find(|order| {
        order.transaction_id.as_deref() == Some(wanted)
            && order.mchid == call.caller.id
            && order.sub_mchid.as_deref() == sub_mchid
    });
    order.map(|order| Answer::ok(show(state, order))).ok_or_else(order_missing)
}

/// `POST …/out-trade-no/{out_trade_no}/close` → 204.
pub(super) fn close(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    if close_order(state, call, at)? {
        let key = state.world.payments.orders[at].key();
        state.took_effect(call, "closed", key);
    }
    Ok(Answer::no_content())
}

/// Closes one order; says whether it was open.
pub(in crate::rules) fn close_order(state: &mut State, call: &Call<'_>, at: usize) -> Result<bool, Refusal> {
    match state.world.payments.orders[at].state_at(call.now) {
        OrderState::Success => Err(order_paid(state)),
        OrderState::Closed | OrderState::Revoked => Ok(false),
        OrderState::NotPay | OrderState::UserPaying | OrderState::PayError => {
            state.world.payments.orders[at].state = OrderState::Closed;
            Ok(true)
        }
    }
}

/// The caller's order that the path names.
pub(super) fn find(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let sub_mchid = acting(state, call)?;
    let out_trade_no = call.path("out_trade_no");
    let mut orders = state.world.payments.orders.iter();
    orders.position(|order| order.is(&call.caller.id, sub_mchid, out_trade_no)).ok_or_else(order_missing)
}

/// An order as queries and `TRANSACTION.SUCCESS` show it, in the merchant's or the partner's members.
pub(super) fn show(state: &State, order: &Order) -> Value {
    let (trade_state, description) = state.world.payments.trade_state(order, state.clock.business());
    let mut shown = parties(order);
    shown["out_trade_no"] = json!(order.out_trade_no);
    shown["trade_state"] = json!(trade_state);
    shown["trade_state_desc"] = json!(description);
    shown["amount"] = show_amount(order);
    shown["promotion_detail"] = json!([]);
    if let Some(attach) = &order.attach {
        shown["attach"] = json!(attach);
    }
    if let (Some(transaction_id), Some(at)) = (&order.transaction_id, order.success_time) {
        shown["transaction_id"] = json!(transaction_id);
        shown["trade_type"] = json!(order.trade_type.as_str());
        shown["bank_type"] = json!("OTHERS");
        shown["success_time"] = json!(time::print(at));
        shown["payer"] = payer(order);
    }
    shown
}

pub(super) fn parties(order: &Order) -> Value {
    let names = match order.sub_mchid {
        Some(_) => ["sp_appid", "sp_mchid", "sub_appid", "sub_mchid"],
        None => ["appid", "mchid", "sub_appid", "sub_mchid"],
    };
    let values =
        [order.appid.as_ref(), Some(&order.mchid), order.sub_appid.as_ref(), order.sub_mchid.as_ref()];
    let members = names.into_iter().zip(values);
    members
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn payer(order: &Order) -> Value {
    let name = if order.sub_mchid.is_some() { "sp_openid" } else { "openid" };
    let mut payer = json!({});
    if let Some(openid) = &order.openid {
        payer[name] = json!(openid);
    }
    if let Some(openid) = &order.sub_openid {
        payer["sub_openid"] = json!(openid);
    }
    payer
}

fn show_amount(order: &Order) -> Value {
    let mut amount = json!({ "total": order.total, "currency": "CNY", "payer_currency": "CNY" });
    if order.transaction_id.is_some() {
        amount["payer_total"] = json!(order.total);
    }
    amount
}
