//! Payments by code (付款码支付): the merchant scans the payer's code; there is no session and no notification.

use std::time::Duration;

use serde_json::{Value, json};

use super::orders::{find, show};
use super::paying::{book, settle};
use super::prepay::{LIFE, number};
use super::{acting, bound, number_used, order_paid};
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CodeDoes, FlowKind, Order, OrderState, TradeType};

/// DOC: above 1000 yuan the payer is asked for the password.
const WITHOUT_PASSWORD: i64 = 100_000;
/// DOC: how long a payment can be reversed.
const REVERSIBLE: Duration = Duration::from_secs(7 * 24 * 3600);

/// `POST …/transactions/codepay`.
pub(super) fn pay(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let order = read(state, call)?;
    if let Some(answer) = repeated(state, call, &order)? {
        return Ok(answer);
    }
    let auth_code = order.auth_code.clone();
    let does = state.world.payments.codes.iter().find(|code| Some(&code.auth_code) == auth_code.as_ref());
    let does = does.map(|code| code.does);
    let spent = state.world.payments.orders.iter().any(|known| known.auth_code == auth_code);
    if spent || does == Some(CodeDoes::Expired) {
        return Err(Refusal::new(403, "AUTH_CODE_EXPIRE", "付款码已失效，请刷新后重新扫码"));
    }
    let (key, asks) = (order.key(), order.total > WITHOUT_PASSWORD);
    state.world.payments.orders.push(order);
    let at = state.world.payments.orders.len() - 1;
    match does {
        Some(CodeDoes::NotEnough) => {
            state.world.payments.orders[at].state = OrderState::PayError;
            state.replies.keep(call, &key, &Answer::no_content());
            return Err(Refusal::new(403, "NOT_ENOUGH", "用户账号余额不足"));
        }
        Some(CodeDoes::Fail) => state.world.payments.orders[at].state = OrderState::PayError,
        Some(CodeDoes::AskPassword) => {}
        None if asks => call.note("more than 1000 yuan: the payer is asked for the password"),
        _ => {
            settle(state, at, call.now);
            state.took_effect(call, "paid", key.clone());
        }
    }
    let order = &state.world.payments.orders[at];
    if order.state == OrderState::UserPaying {
        call.note(format!("the payer's page is {}/sandbox/pay/{}", call.pages, order.out_trade_no));
    }
    let answer = Answer::ok(show(state, order));
    state.replies.keep(call, &key, &answer);
    Ok(answer)
}

fn read(state: &State, call: &Call<'_>) -> Result<Order, Refusal> {
    let auth_code = call.body["payer"]["auth_code"].as_str().unwrap_or_default();
    let spelled = auth_code.len() == 18 && auth_code.bytes().all(|byte| byte.is_ascii_digit());
    if !spelled || !("10".."16").contains(&&auth_code[..2]) {
        return Err(Refusal::new(400, "AUTH_CODE_INVALID", "授权码检验错误"));
    }
    let total = call.body["amount"]["total"].as_i64().unwrap_or_default();
    if total < 1 {
        return Err(Refusal::member("/amount/total", "less than 1 fen"));
    }
    let text = |name: &str| call.text(name).map(str::to_owned);
    let out_trade_no = number(call.required("out_trade_no"), "/out_trade_no", 6)?.to_owned();
    let sub_mchid = acting(state, call)?.map(str::to_owned);
    let (appid, sub_appid) = (text("appid").or_else(|| text("sp_appid")), text("sub_appid"));
    bound(state, &call.caller.id, appid.as_deref())?;
    if let Some(sub_mchid) = &sub_mchid {
        bound(state, sub_mchid, sub_appid.as_deref())?;
    }
    Ok(Order {
        mchid: call.caller.id.clone(),
        sub_mchid,
        appid,
        sub_appid,
        out_trade_no,
        description: call.required("description").to_owned(),
        attach: text("attach"),
        notify_url: None,
        total,
        trade_type: TradeType::Code,
        openid: None,
        sub_openid: None,
        profit_sharing: call.body["settle_info"]["profit_sharing"].as_bool().unwrap_or(false),
        frozen: 0,
        created: call.now,
        expires: after(call.now, LIFE),
        prepay_id: None,
        prepay_expires: after(call.now, LIFE),
        auth_code: Some(auth_code.to_owned()),
        combined: None,
        state: OrderState::UserPaying,
        transaction_id: None,
        success_time: None,
    })
}

/// Answers a number that was used before.
fn repeated(state: &State, call: &Call<'_>, order: &Order) -> Result<Option<Answer>, Refusal> {
    let mut orders = state.world.payments.orders.iter();
    let known = orders.find(|known| known.is(&order.mchid, order.sub_mchid.as_deref(), &order.out_trade_no));
    let Some(known) = known else { return Ok(None) };
    match known.state_at(call.now) {
        OrderState::Success => return Err(order_paid(state)),
        OrderState::Revoked => return Err(Refusal::new(400, "ORDER_REVERSED", "订单已撤销")),
        _ => {}
    }
    match state.replies.find(call, &order.key()) {
        Some(reply) if reply.body == call.body => Ok(Some(Answer::ok(show(state, known)))),
        _ => Err(number_used(state)),
    }
}

/// `POST …/out-trade-no/{out_trade_no}/reverse`.
pub(super) fn reverse(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = find(state, call)?;
    let order = state.world.payments.orders[at].clone();
    if order.trade_type != TradeType::Code {
        return Err(Refusal::invalid("仅付款码支付的订单可以撤销"));
    }
    match (order.state, order.success_time, &order.transaction_id) {
        (OrderState::Revoked, ..) => return Ok(Answer::ok(reversed(&order))),
        (OrderState::Success, Some(paid), Some(transaction_id)) => {
            if after(paid, REVERSIBLE) <= call.now {
                return Err(Refusal::invalid("订单已超过可撤销的期限"));
            }
            if state.world.payments.refunded(transaction_id) > 0 {
                return Err(Refusal::invalid("订单已退款，无法撤销"));
            }
            let fee = state.world.funds.fee(order.total);
            book(state, &order, FlowKind::Reverse, fee - order.total);
        }
        _ => {}
    }
    let known = &mut state.world.payments.orders[at];
    known.state = OrderState::Revoked;
    known.frozen = 0;
    state.took_effect(call, "reversed", order.key());
    Ok(Answer::ok(reversed(&order)))
}

fn reversed(order: &Order) -> Value {
    let mut body = super::orders::parties(order);
    body["out_trade_no"] = json!(order.out_trade_no);
    body
}
