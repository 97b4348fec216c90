//! Refunds (退款): asked for, on their way, arrived or stuck.

use std::time::Duration;

use serde_json::{Value, json};

use super::family::{Deed, Family, assumed, documented, observed, rule};
use super::payments::{acting, number};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::notify::Event;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Flow, FlowKind, Order, OrderState, Refund, RefundStatus};

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        rule(
            "refund_domestic_refunds_create",
            create,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012791862, partner 4012739034: members; the same out_refund_no refunds once; at most 50 refunds \
                     of an order; not after a year; NOT_ENOUGH, USER_ACCOUNT_ABNORMAL, RESOURCE_NOT_EXISTS",
                ),
                observed("the texts for amounts that do not fit and for orders that are too old"),
                assumed(
                    "the refund leaves the account at once; NOT_ENOUGH when the account, with the fee that comes back, has less; \
                     PROCESSING lasts 5 seconds of business time; two refunds of an order within a minute are accepted and noted",
                ),
            ],
        ),
        rule(
            "refund_domestic_refunds_get_by_out_refund_no",
            query,
            "2026-11-21",
            &[
                documented("merchant 4012791863, partner 4012739043: members; 404 RESOURCE_NOT_EXISTS"),
                assumed("another merchant's refund does not exist"),
            ],
        ),
        rule(
            "refund_domestic_refunds_apply_abnormal_refund",
            apply_abnormal,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012791864, partner 4013335389: members; only of an ABNORMAL refund; a user's card needs bank, \
                     account and name, encrypted",
                ),
                assumed(
                    "it is PROCESSING again and then SUCCESS; asking again while it is under way is answered as the first time; \
                     any other status is 400 INVALID_REQUEST",
                ),
            ],
        ),
    ],
    deeds: DEEDS,
};

const DEEDS: &[(&str, Deed)] = &[(ARRIVES, arrive)];
/// The deed that ends a refund on its way.
const ARRIVES: &str = "refunds.arrive";
/// DOC: an order can be refunded for a year.
const REFUNDABLE: Duration = Duration::from_secs(365 * 24 * 3600);
/// DOC: how many refunds an order can have.
const MOST: usize = 50;
/// DOC: the least time between two refunds of an order.
const BETWEEN: Duration = Duration::from_secs(60);

/// `POST /v3/refund/domestic/refunds`.
fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let out_refund_no = refund_number(call.required("out_refund_no"))?;
    let sub_mchid = acting(state, call)?;
    let order = order(state, call, sub_mchid)?;
    let key = format!("{}/{}/{out_refund_no}", call.caller.id, sub_mchid.unwrap_or("-"));
    if let Some(known) = find(state, call, out_refund_no)? {
        let same = state.replies.find(call, &key).is_some_and(|reply| reply.body == call.body);
        return if same { Ok(Answer::ok(show(state, &known))) } else { Err(mismatch()) };
    }
    let (transaction_id, paid) = match (order.state, &order.transaction_id, order.success_time) {
        (OrderState::Success, Some(transaction_id), Some(paid)) => (transaction_id.clone(), paid),
        _ => return Err(Refusal::invalid("订单状态错误，未支付的订单不能退款")),
    };
    if after(paid, REFUNDABLE) <= call.now {
        return Err(Refusal::invalid("订单已超过可退款的最大期限"));
    }
    let refund = amounts(state, call, &order, &transaction_id)?;
    funded(state, &order, refund)?;
    let refund = Refund {
        mchid: call.caller.id.clone(),
        sub_mchid: sub_mchid.map(str::to_owned),
        transaction_id,
        out_trade_no: order.out_trade_no.clone(),
        out_refund_no: out_refund_no.to_owned(),
        refund_id: state.ids.refund(),
        refund,
        fee: fee_back(state, &order, refund),
        notify_url: call.text("notify_url").map(str::to_owned),
        status: RefundStatus::Processing,
        channel: "ORIGINAL".to_owned(),
        received_account: "支付用户零钱".to_owned(),
        create_time: call.now,
        success_time: None,
    };
    book(state, &order, &refund, -1);
    let due = after(call.now, state.world.payments.refund_takes);
    state.schedule(due, ARRIVES, &refund.refund_id);
    let answer = Answer::ok(show(state, &refund));
    state.world.payments.refunds.push(refund);
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, "refunded", key);
    Ok(answer)
}

/// A refund's number: as an order's, but up to 64 characters (DOC).
fn refund_number(text: &str) -> Result<&str, Refusal> {
    if text.is_empty() || text.len() > 64 {
        return Err(Refusal::member("/out_refund_no", "not 1 to 64 characters long"));
    }
    for part in text.as_bytes().chunks(32) {
        number(std::str::from_utf8(part).unwrap_or("?!"), "/out_refund_no", 1)?;
    }
    Ok(text)
}

/// The order that is named by one of its two numbers.
fn order(state: &State, call: &Call<'_>, sub_mchid: Option<&str>) -> Result<Order, Refusal> {
    let (transaction_id, out_trade_no) = (call.text("transaction_id"), call.text("out_trade_no"));
    if transaction_id.is_none() && out_trade_no.is_none() {
        return Err(Refusal::member("/transaction_id", "transaction_id or out_trade_no is required"));
    }
    let mut orders = state.world.payments.orders.iter();
    let order = orders.find(|order| {
        order.mchid == call.caller.id
            && order.sub_mchid.as_deref() == sub_mchid
            && transaction_id.is_none_or(|wanted| order.transaction_id.as_deref() == Some(wanted))
            && out_trade_no.is_none_or(|wanted| order.out_trade_no == wanted)
    });
    order.cloned().ok_or_else(|| Refusal::not_found("订单不存在"))
}

fn mismatch() -> Refusal {
    let refusal = Refusal::invalid("订单金额或退款金额与之前请求不一致，请核实后再试");
    Refusal { internal: 268_578_927, ..refusal }
}

/// The fen to give back, if they fit to what the order is and what was given back before.
fn amounts(state: &State, call: &Call<'_>, order: &Order, transaction_id: &str) -> Result<i64, Refusal> {
    let amount = &call.body["amount"];
    let (refund, total) = (amount["refund"].as_i64(), amount["total"].as_i64());
    let refund = refund.filter(|refund| *refund >= 1);
    let refund = refund.ok_or_else(|| Refusal::member("/amount/refund", "less than 1 fen"))?;
    if amount["currency"] != "CNY" {
        return Err(Refusal::member("/amount/currency", "not CNY"));
    }
    if total != Some(order.total) {
        return Err(mismatch());
    }
    let left = order.total - state.world.payments.refunded(transaction_id);
    if left == 0 {
        return Err(Refusal::invalid("订单已全额退款"));
    }
    if refund > left {
        return Err(Refusal::invalid("申请退款金额大于订单可退金额"));
    }
    let same_order =
        || state.world.payments.refunds.iter().filter(|known| known.transaction_id == transaction_id);
    if same_order().count() >= MOST {
        return Err(Refusal::invalid("订单的退款次数已达上限50次"));
    }
    if same_order().any(|known| after(known.create_time, BETWEEN) > call.now) {
        call.note("another refund of this order is less than a minute old; the real server may refuse that");
    }
    Ok(refund)
}

/// Whether the seller has the money and the payer can take it.
fn funded(state: &State, order: &Order, refund: i64) -> Result<(), Refusal> {
    let payer = order.openid.as_deref().or(order.sub_openid.as_deref());
    let payer = payer.and_then(|openid| state.world.payments.payer(openid));
    if payer.is_some_and(|payer| payer.account_closed) {
        return Err(Refusal::new(403, "USER_ACCOUNT_ABNORMAL", "用户账户异常或注销"));
    }
    let back = fee_back(state, order, refund);
    if state.spendable(order.seller()) + order.frozen + back < refund {
        return Err(Refusal::new(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起"));
    }
    Ok(())
}

/// The part of the fee that comes back with so much; together never more than the fee.
fn fee_back(state: &State, order: &Order, refund: i64) -> i64 {
    let before = order.transaction_id.as_deref().map_or(0, |id| state.world.payments.refunded(id));
    let fee = |amount: i64| state.world.funds.fee(order.total) - state.world.funds.fee(order.total - amount);
    fee(before + refund) - fee(before)
}

/// Takes the money from the seller (-1), or puts it back (1).
fn book(state: &mut State, order: &Order, refund: &Refund, sign: i64) {
    let fee = refund.fee;
    let flow_id = state.ids.order();
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);
    if let Some(known) = state.world.payments.paid_mut(&refund.transaction_id)
        && known.frozen > 0
    {
        known.frozen = (known.frozen + sign * (refund.refund - fee)).max(0);
    }
    state.world.funds.book(Flow {
        mchid: order.seller().to_owned(),
        at: state.clock.business(),
        business_id: refund.refund_id.clone(),
        flow_id,
        kind: FlowKind::Refund,
        amount: sign * (refund.refund - fee),
        balance: 0,
        voucher: refund.out_refund_no.clone(),
        remark: format!("退款总金额{}元;含手续费{}元", yuan(refund.refund), yuan(fee)),
    });
}

/// The caller's refund with this number.
fn find(state: &State, call: &Call<'_>, out_refund_no: &str) -> Result<Option<Refund>, Refusal> {
    let sub_mchid = acting(state, call)?;
    let mut refunds = state.world.payments.refunds.iter();
    let found = refunds.find(|refund| {
        refund.mchid == call.caller.id
            && refund.sub_mchid.as_deref() == sub_mchid
            && refund.out_refund_no == out_refund_no
    });
    Ok(found.cloned())
}

/// `GET /v3/refund/domestic/refunds/{out_refund_no}`.
fn query(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    match find(state, call, call.path("out_refund_no"))? {
        Some(refund) => Ok(Answer::ok(show(state, &refund))),
        None => Err(Refusal::not_found("退款单不存在")),
    }
}

fn show(state: &State, refund: &Refund) -> Value {
    let total = total(state, refund);
    let mut shown = json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": refund.transaction_id,
        "out_trade_no": refund.out_trade_no,
        "channel": refund.channel,
        "user_received_account": refund.received_account,
        "create_time": time::print(refund.create_time),
        "status": refund.status.as_str(),
        "funds_account": "AVAILABLE",
        "amount": {
            "total": total,
            "refund": refund.refund,
            "from": [],
            "payer_total": total,
            "payer_refund": refund.refund,
            "settlement_refund": refund.refund,
            "settlement_total": total,
            "discount_refund": 0,
            "currency": "CNY",
        },
        "promotion_detail": [],
    });
    if let Some(at) = refund.success_time {
        shown["success_time"] = json!(time::print(at));
    }
    shown
}

fn total(state: &State, refund: &Refund) -> i64 {
    state.world.payments.paid(&refund.transaction_id).map_or(refund.refund, |order| order.total)
}

/// A refund on its way arrives, unless the tester ended it otherwise.
fn arrive(state: &mut State, refund_id: &str) {
    // An error means that it has ended.
    let _ = end(state, refund_id, RefundStatus::Success);
}

/// Ends a refund that is on its way, and tells the merchant: `REFUND.SUCCESS`, `REFUND.ABNORMAL`, `REFUND.CLOSED`.
pub(crate) fn end(state: &mut State, refund_id: &str, status: RefundStatus) -> Result<(), Error> {
    let now = state.clock.business();
    let refunds = &mut state.world.payments.refunds;
    let at = refunds.iter().position(|refund| refund.refund_id == refund_id);
    let at = at.ok_or_else(|| Error::Unknown { what: "refund_id", name: refund_id.to_owned() })?;
    let refund = &mut refunds[at];
    if refund.status != RefundStatus::Processing {
        return Err(Error::State(format!(
            "refund {refund_id} has ended as {}; only one that is PROCESSING can end",
            refund.status.as_str()
        )));
    }
    refund.status = status;
    let (name, summary) = match status {
        RefundStatus::Processing => return Ok(()),
        RefundStatus::Success => {
            refund.success_time = Some(now);
            ("REFUND.SUCCESS", "退款成功")
        }
        RefundStatus::Closed => ("REFUND.CLOSED", "退款关闭"),
        RefundStatus::Abnormal => ("REFUND.ABNORMAL", "退款异常"),
    };
    let refund = refund.clone();
    if status == RefundStatus::Closed
        && let Some(order) = state.world.payments.paid(&refund.transaction_id).cloned()
    {
        book(state, &order, &refund, 1);
    }
    let resource = resource(state, &refund);
    state.raise(Event {
        name,
        original_type: "refund",
        summary,
        receiver: refund.mchid,
        key: refund.refund_id,
        url: refund.notify_url,
        resource,
    });
    Ok(())
}

fn resource(state: &State, refund: &Refund) -> Value {
    let total = total(state, refund);
    let mut resource = match &refund.sub_mchid {
        Some(sub_mchid) => json!({ "sp_mchid": refund.mchid, "sub_mchid": sub_mchid }),
        None => json!({ "mchid": refund.mchid }),
    };
    for (name, value) in [
        ("transaction_id", &refund.transaction_id),
        ("out_trade_no", &refund.out_trade_no),
        ("refund_id", &refund.refund_id),
        ("out_refund_no", &refund.out_refund_no),
    ] {
        resource[name] = json!(value);
    }
    resource["refund_status"] = json!(refund.status.as_str());
    if let Some(at) = refund.success_time {
        resource["success_time"] = json!(time::print(at));
    }
    resource["user_received_account"] = json!(refund.received_account);
    resource["amount"] = json!({ "total": total, "refund": refund.refund, "payer_total": total, "payer_refund": refund.refund });
    resource
}

/// `POST …/{refund_id}/apply-abnormal-refund`: another way for a refund that the payer's card did not take.
fn apply_abnormal(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let found = find(state, call, call.required("out_refund_no"))?;
    let found = found.filter(|refund| refund.refund_id == call.path("refund_id"));
    let found = found.ok_or_else(|| Refusal::not_found("退款单不存在"))?;
    let to_user = call.required("type") == "USER_BANK_CARD";
    if to_user {
        card(call)?;
    }
    if let Some(reply) = state.replies.find(call, &found.refund_id)
        && reply.body == call.body
        && found.status != RefundStatus::Abnormal
    {
        return Ok(Answer::ok(show(state, &found)));
    }
    if found.status != RefundStatus::Abnormal {
        return Err(Refusal::invalid("退款单状态不是退款异常，不能发起异常退款"));
    }
    let refunds = &mut state.world.payments.refunds;
    let Some(refund) = refunds.iter_mut().find(|refund| refund.refund_id == found.refund_id) else {
        return Err(Refusal::not_found("退款单不存在"));
    };
    refund.status = RefundStatus::Processing;
    refund.channel = "OTHER_BANKCARD".to_owned();
    refund.received_account = if to_user { "用户银行卡" } else { "商户结算银行账户" }.to_owned();
    let refund = refund.clone();
    let due = after(call.now, state.world.payments.refund_takes);
    state.schedule(due, ARRIVES, &refund.refund_id);
    let answer = Answer::ok(show(state, &refund));
    state.replies.keep(call, &refund.refund_id, &answer);
    state.took_effect(call, "redirected", refund.refund_id);
    Ok(answer)
}

/// The members of a user's bank card; the two secret ones must open.
fn card(call: &Call<'_>) -> Result<(), Refusal> {
    for name in ["bank_type", "bank_account", "real_name"] {
        let pointer = format!("/{name}");
        let Some(value) = call.text(name) else {
            return Err(Refusal::member(&pointer, "required with USER_BANK_CARD"));
        };
        if name == "bank_type" {
            continue;
        }
        let key =
            call.serial.and_then(|serial| call.keys.platform(call.caller.scheme, &call.caller.id, serial));
        if key.and_then(|key| key.private.decrypt(value)).is_none() {
            let message = "请确认待处理的消息是否为加密后的密文";
            return Err(Refusal { message: message.to_owned(), ..Refusal::member(&pointer, message) });
        }
    }
    Ok(())
}
