//! The payer's side: what is paid or given up, on the payer's page or by the handle.

use jiff::Timestamp;
use serde_json::Value;

use super::orders::show;
use crate::Error;
use crate::notify::Event;
use crate::rules::combine;
use crate::state::State;
use crate::world::{Flow, FlowKind, Order, OrderState};

/// What waits for a payer: one order, or the parts of a combined one.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Their places among the orders.
    pub(crate) parts: Vec<usize>,
}

/// Finds what to pay by what the merchant got for it: a `prepay_id`, a `code_url` or an `h5_url`; or, for a payment by
/// code, by its `out_trade_no`.
pub(crate) fn session(state: &State, what: &str) -> Result<Session, Error> {
    let orders = &state.world.payments.orders;
    let token = what.split_once("/sandbox/pay/").map_or(what, |(_, rest)| rest);
    let token = token.split(['?', '&', '#', '/']).next().unwrap_or_default();
    let code = what.strip_prefix("weixin://").and_then(|rest| rest.split_once("pr=")).map(|(_, code)| code);
    let named = |order: &Order| match (&order.prepay_id, code) {
        (Some(prepay_id), Some(code)) => !code.is_empty() && prepay_id.ends_with(code),
        (Some(prepay_id), None) => prepay_id == token,
        (None, _) => order.auth_code.is_some() && order.out_trade_no == token,
    };
    let parts: Vec<usize> = (0..orders.len()).filter(|at| named(&orders[*at])).collect();
    if parts.is_empty() {
        return Err(Error::Unknown { what: "payment session", name: what.to_owned() });
    }
    Ok(Session { parts })
}

/// Pays. Returns the `transaction_id`, of a combined order the `combine_transaction_id`.
pub(crate) fn pay(state: &mut State, session: &Session) -> Result<String, Error> {
    let now = state.clock.business();
    for at in &session.parts {
        payable(&state.world.payments.orders[*at], now)?;
    }
    let mut last = String::new();
    for at in &session.parts {
        last = settle(state, *at, now);
    }
    let Some(first) = session.parts.first().map(|at| state.world.payments.orders[*at].clone()) else {
        return Ok(last);
    };
    if first.combined.is_some() {
        return Ok(combine::paid(state, session));
    }
    if first.auth_code.is_none() {
        state.raise(success(&first, show(state, &first), last.clone()));
    }
    Ok(last)
}

fn payable(order: &Order, now: Timestamp) -> Result<(), Error> {
    let why = match order.state_at(now) {
        OrderState::NotPay if order.prepay_expires <= now => {
            "its payment session is over; make the order again"
        }
        OrderState::NotPay | OrderState::UserPaying => return Ok(()),
        OrderState::Success => "it is paid",
        OrderState::Closed => "it is closed",
        OrderState::Revoked => "it was reversed",
        OrderState::PayError => "its payment failed",
    };
    Err(Error::State(format!("order {} cannot be paid: {why}", order.out_trade_no)))
}

/// Moves the money of one order.
pub(super) fn settle(state: &mut State, at: usize, now: Timestamp) -> String {
    let transaction_id = state.ids.transaction();
    let somebody = state.ids.openid();
    let order = &mut state.world.payments.orders[at];
    if order.openid.is_none() && order.sub_openid.is_none() {
        let appid = order.appid.as_deref();
        let known = state.world.payments.payers.iter().find(|payer| Some(payer.appid.as_str()) == appid);
        order.openid = Some(known.map_or(somebody, |payer| payer.openid.clone()));
    }
    order.state = OrderState::Success;
    order.transaction_id = Some(transaction_id.clone());
    order.success_time = Some(now);
    let fee = state.world.funds.fee(order.total);
    if order.profit_sharing {
        order.frozen = order.total - fee;
    }
    let order = order.clone();
    book(state, &order, FlowKind::Trade, order.total);
    if fee > 0 {
        book(state, &order, FlowKind::Fee, -fee);
    }
    transaction_id
}

/// Writes a movement of the seller's money down that an order caused.
pub(super) fn book(state: &mut State, order: &Order, kind: FlowKind, amount: i64) {
    let flow_id = state.ids.order();
    state.world.funds.book(Flow {
        mchid: order.seller().to_owned(),
        at: state.clock.business(),
        business_id: order.transaction_id.clone().unwrap_or_default(),
        flow_id,
        kind,
        amount,
        balance: 0,
        voucher: order.out_trade_no.clone(),
        remark: String::new(),
    });
}

/// `TRANSACTION.SUCCESS` for the merchant or partner that made the order.
pub(in crate::rules) fn success(order: &Order, resource: Value, key: String) -> Event {
    Event {
        name: "TRANSACTION.SUCCESS",
        original_type: "transaction",
        summary: "支付成功",
        receiver: order.combined.as_ref().map_or(&order.mchid, |combined| &combined.combine_mchid).clone(),
        key,
        url: order.notify_url.clone(),
        resource,
    }
}

/// The payer turns away. An order that waits stays as it is (DOC: it may be paid later); a payment by code has failed
/// (ASSUME).
pub(crate) fn cancel(state: &mut State, session: &Session) -> Result<(), Error> {
    let now = state.clock.business();
    for at in &session.parts {
        let order = &mut state.world.payments.orders[*at];
        payable(order, now)?;
        if order.state == OrderState::UserPaying {
            order.state = OrderState::PayError;
        }
    }
    Ok(())
}
