//! Profit sharing (分账): a payment whose money was frozen is divided, the rest set free, a share given back.

use std::time::Duration;

use serde_json::{Value, json};

use super::family::{Deed, Family, assumed, documented, rule};
use super::payments::{acting, bound};
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::ledger::Known;
use crate::notify::Event;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{
    Flow, FlowKind, Order, OrderState, Share, ShareOrder, ShareReceiver, ShareResult, ShareReturn,
};

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        rule("profitsharing_receivers_add", add, DATE, RECEIVERS),
        rule("profitsharing_receivers_delete", delete, DATE, RECEIVERS),
        rule("profitsharing_orders_create", create, DATE, ORDERS),
        rule("profitsharing_orders_unfreeze", unfreeze, DATE, ORDERS),
        rule("profitsharing_orders_get_by_out_order_no", query, DATE, QUERY),
        rule("profitsharing_return_orders_create", give_back, DATE, RETURNS),
        rule("profitsharing_return_orders_get_by_out_return_no", query_return, DATE, QUERY),
        rule("profitsharing_transactions_amounts_get", amounts, DATE, QUERY),
        rule("profitsharing_merchant_configs_get_by_sub_mchid", config, DATE, QUERY),
    ],
    deeds: DEEDS,
};

const DATE: &str = "2026-11-21";
const RECEIVERS: &[Known] = &[
    documented(
        "merchant 4012528995, 4012529000; partner 4012690944: members; a merchant needs its name, encrypted",
    ),
    assumed("adding or deleting again changes nothing; the name is not answered"),
];
const ORDERS: &[Known] = &[
    documented(
        "partner 4012691594 and its siblings: members; the same out_order_no counts once; RULE_LIMIT above the greatest \
         share, NOT_ENOUGH beyond what is frozen; only payments made with profit_sharing",
    ),
    assumed(
        "PROCESSING lasts 5 seconds of business time; a receiver that was not added ends as CLOSED with NO_RELATION; a \
         receiver that is a merchant of the world is told by TRANSACTION.SUCCESS with original_type profitsharing",
    ),
];
const RETURNS: &[Known] = &[
    documented(
        "merchant 4012529030: at once, within 180 days, only from merchants, at most what they got; NOT_ENOUGH",
    ),
    assumed("what comes back is the seller's to spend"),
];
const QUERY: &[Known] = &[
    documented("merchant 4012529012, 4012529037, 4012529044: members; 404 RESOURCE_NOT_EXISTS"),
    assumed("another merchant's order does not exist"),
];

const DEEDS: &[(&str, Deed)] = &[(SETTLES, settle)];
const SETTLES: &str = "profit_sharing.settle";
/// ASSUME: how long an order is PROCESSING.
const TAKES: Duration = Duration::from_secs(5);
/// DOC: how long shares can be given back.
const RETURNABLE: Duration = Duration::from_secs(180 * 24 * 3600);
/// DOC: the most receivers of one order.
const MOST: usize = 50;

/// The seller for whom the caller acts.
fn seller(state: &State, call: &Call<'_>) -> Result<String, Refusal> {
    Ok(acting(state, call)?.unwrap_or(&call.caller.id).to_owned())
}

fn named(call: &Call<'_>) -> (String, String) {
    (call.required("type").to_owned(), call.required("account").to_owned())
}

/// `POST /v3/profitsharing/receivers/add`.
fn add(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let seller = seller(state, call)?;
    bound(state, &call.caller.id, call.text("appid"))?;
    let (kind, account) = named(call);
    match call.text("name") {
        None if kind == "MERCHANT_ID" => return Err(Refusal::member("/name", "required for a merchant")),
        None => {}
        Some(name) => secret(call, name)?,
    }
    let mut body =
        json!({ "type": kind, "account": account, "relation_type": call.required("relation_type") });
    for member in ["sub_mchid", "custom_relation"] {
        if let Some(text) = call.text(member) {
            body[member] = json!(text);
        }
    }
    let receiver = ShareReceiver { seller, kind, account };
    if !state.world.profit_sharing.receivers.contains(&receiver) {
        let key = format!("{}/{}", receiver.seller, receiver.kind);
        state.world.profit_sharing.receivers.push(receiver);
        state.took_effect(call, "added", key);
    }
    Ok(Answer::ok(body))
}

fn secret(call: &Call<'_>, name: &str) -> Result<(), Refusal> {
    let key = call.serial.and_then(|serial| call.keys.platform(call.caller.scheme, &call.caller.id, serial));
    if key.and_then(|key| key.private.decrypt(name)).is_some() {
        return Ok(());
    }
    let message = "请确认待处理的消息是否为加密后的密文";
    Err(Refusal { message: message.to_owned(), ..Refusal::member("/name", message) })
}

/// `POST /v3/profitsharing/receivers/delete`.
fn delete(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let seller = seller(state, call)?;
    bound(state, &call.caller.id, call.text("appid"))?;
    let (kind, account) = named(call);
    let mut body = json!({ "type": kind, "account": account });
    if let Some(sub_mchid) = call.text("sub_mchid") {
        body["sub_mchid"] = json!(sub_mchid);
    }
    let receiver = ShareReceiver { seller, kind, account };
    state.world.profit_sharing.receivers.retain(|known| *known != receiver);
    Ok(Answer::ok(body))
}

/// `POST /v3/profitsharing/orders`.
fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    bound(state, &call.caller.id, call.text("appid"))?;
    let listed = call.body["receivers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if listed.is_empty() || listed.len() > MOST {
        return Err(Refusal::member("/receivers", "not 1 to 50 receivers"));
    }
    let text = |listed: &Value, name: &str| listed[name].as_str().unwrap_or_default().to_owned();
    let mut shares = Vec::new();
    for (at, listed) in listed.iter().enumerate() {
        let amount = listed["amount"].as_i64().unwrap_or_default();
        if amount < 1 {
            return Err(Refusal::member(&format!("/receivers/{at}/amount"), "less than 1 fen"));
        }
        shares.push(Share {
            kind: text(listed, "type"),
            account: text(listed, "account"),
            amount,
            description: text(listed, "description"),
            detail_id: state.ids.order(),
            result: ShareResult::Pending,
            finish_time: call.now,
        });
    }
    let unfreeze = call.body["unfreeze_unsplit"].as_bool().unwrap_or(false);
    order(state, call, shares, unfreeze)
}

/// `POST /v3/profitsharing/orders/unfreeze`: nobody gets a share any more.
fn unfreeze(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    order(state, call, Vec::new(), true)
}

fn order(state: &mut State, call: &Call<'_>, shares: Vec<Share>, unfreeze: bool) -> Result<Answer, Refusal> {
    let sub_mchid = acting(state, call)?.map(str::to_owned);
    let out_order_no = call.required("out_order_no");
    let key = format!("{}/{}/{out_order_no}", call.caller.id, sub_mchid.as_deref().unwrap_or("-"));
    if let Some(known) = find(state, call, sub_mchid.as_deref(), out_order_no) {
        let same = state.replies.find(call, &key).is_some_and(|reply| reply.body == call.body);
        return if same {
            Ok(Answer::ok(show(known)))
        } else {
            Err(Refusal::invalid("商户分账单号已存在，且请求参数不一致"))
        };
    }
    let paid = payment(state, call, sub_mchid.as_deref(), call.required("transaction_id"))?;
    if !paid.profit_sharing || paid.state != OrderState::Success {
        return Err(Refusal::invalid("非分账订单不支持分账"));
    }
    let transaction_id = call.required("transaction_id").to_owned();
    within(state, paid, &transaction_id, shares.iter().map(|share| share.amount).sum())?;
    let order = ShareOrder {
        mchid: call.caller.id.clone(),
        sub_mchid,
        transaction_id,
        out_order_no: out_order_no.to_owned(),
        order_id: state.ids.order(),
        shares,
        unfreeze,
        finished: false,
        create_time: call.now,
    };
    state.schedule(after(call.now, TAKES), SETTLES, &order.order_id);
    let answer = Answer::ok(show(&order));
    state.world.profit_sharing.orders.push(order);
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, if unfreeze { "unfrozen" } else { "shared" }, key);
    Ok(answer)
}

fn find<'a>(
    state: &'a State,
    call: &Call<'_>,
    sub_mchid: Option<&str>,
    out_order_no: &str,
) -> Option<&'a ShareOrder> {
    state.world.profit_sharing.orders.iter().find(|order| {
        order.mchid == call.caller.id
            && order.sub_mchid.as_deref() == sub_mchid
            && order.out_order_no == out_order_no
    })
}

/// The caller's payment.
fn payment<'a>(
    state: &'a State,
    call: &Call<'_>,
    sub_mchid: Option<&str>,
    transaction_id: &str,
) -> Result<&'a Order, Refusal> {
    let paid = state.world.payments.paid(transaction_id);
    let paid = paid.filter(|order| order.mchid == call.caller.id && order.sub_mchid.as_deref() == sub_mchid);
    paid.ok_or_else(|| Refusal::not_found("订单不存在"))
}

/// The fen that orders under way will take from a payment.
fn pending(state: &State, transaction_id: &str) -> i64 {
    let orders = state.world.profit_sharing.orders.iter();
    let under_way = orders.filter(|order| order.transaction_id == transaction_id && !order.finished);
    under_way.flat_map(|order| &order.shares).map(|share| share.amount).sum()
}

fn within(state: &State, paid: &Order, transaction_id: &str, wanted: i64) -> Result<(), Refusal> {
    let shared =
        state.world.profit_sharing.orders.iter().filter(|order| order.transaction_id == transaction_id);
    let shared =
        shared.flat_map(|order| &order.shares).filter(|share| share.result != ShareResult::NoRelation);
    let shared: i64 = shared.map(|share| share.amount).sum();
    if wanted > 0 && (shared + wanted) * 10_000 > paid.total * state.world.profit_sharing.max_ratio {
        return Err(Refusal::new(403, "RULE_LIMIT", "分账金额超出最大分账比例"));
    }
    if wanted > paid.frozen - pending(state, transaction_id) {
        return Err(Refusal::new(403, "NOT_ENOUGH", "分账金额不足"));
    }
    Ok(())
}

/// An order under way is carried out.
fn settle(state: &mut State, order_id: &str) {
    let now = state.clock.business();
    let mut orders = state.world.profit_sharing.orders.iter();
    let Some(at) = orders.position(|order| order.order_id == order_id && !order.finished) else { return };
    let mut order = state.world.profit_sharing.orders[at].clone();
    let seller = order.sub_mchid.clone().unwrap_or_else(|| order.mchid.clone());
    let mut gone = 0;
    for share in &mut order.shares {
        let known = state.world.profit_sharing.receivers.iter().any(|receiver| {
            receiver.seller == seller && receiver.kind == share.kind && receiver.account == share.account
        });
        share.result = if known { ShareResult::Success } else { ShareResult::NoRelation };
        share.finish_time = now;
        if known {
            gone += share.amount;
            book(state, &seller, &order.order_id, &order.out_order_no, -share.amount);
            if share.kind == "MERCHANT_ID" {
                book(state, &share.account, &order.order_id, &order.out_order_no, share.amount);
            }
        }
    }
    order.finished = true;
    if let Some(paid) = state.world.payments.paid_mut(&order.transaction_id) {
        paid.frozen = if order.unfreeze { 0 } else { (paid.frozen - gone).max(0) };
    }
    state.world.profit_sharing.orders[at] = order.clone();
    for share in order.shares.iter().filter(|share| share.result == ShareResult::Success) {
        tell(state, &order, share);
    }
}

fn book(state: &mut State, mchid: &str, business_id: &str, voucher: &str, amount: i64) {
    let flow_id = state.ids.order();
    state.world.funds.book(Flow {
        mchid: mchid.to_owned(),
        at: state.clock.business(),
        business_id: business_id.to_owned(),
        flow_id,
        kind: FlowKind::ProfitSharing,
        amount,
        balance: 0,
        voucher: voucher.to_owned(),
        remark: String::new(),
    });
}

/// Tells a receiver that is a merchant of this world.
fn tell(state: &mut State, order: &ShareOrder, share: &Share) {
    if state.world.merchant(&share.account).is_none() {
        return;
    }
    let mut resource = match &order.sub_mchid {
        Some(sub_mchid) => json!({ "sp_mchid": order.mchid, "sub_mchid": sub_mchid }),
        None => json!({ "mchid": order.mchid }),
    };
    resource["transaction_id"] = json!(order.transaction_id);
    resource["order_id"] = json!(order.order_id);
    resource["out_order_no"] = json!(order.out_order_no);
    resource["receiver"] = json!({ "type": share.kind, "account": share.account, "amount": share.amount,
        "description": share.description });
    resource["success_time"] = json!(time::print(share.finish_time));
    state.raise(Event {
        name: "TRANSACTION.SUCCESS",
        original_type: "profitsharing",
        summary: "分账",
        receiver: share.account.clone(),
        key: order.order_id.clone(),
        url: None,
        resource,
    });
}

fn show(order: &ShareOrder) -> Value {
    let share = |share: &Share| {
        let mut shown = json!({
            "amount": share.amount,
            "description": share.description,
            "type": share.kind,
            "account": share.account,
            "result": match share.result {
                ShareResult::Pending => "PENDING",
                ShareResult::Success => "SUCCESS",
                ShareResult::NoRelation => "CLOSED",
            },
            "detail_id": share.detail_id,
            "create_time": time::print(order.create_time),
            "finish_time": time::print(share.finish_time),
        });
        if share.result == ShareResult::NoRelation {
            shown["fail_reason"] = json!("NO_RELATION");
        }
        shown
    };
    let mut shown = json!({
        "transaction_id": order.transaction_id,
        "out_order_no": order.out_order_no,
        "order_id": order.order_id,
        "state": if order.finished { "FINISHED" } else { "PROCESSING" },
        "receivers": order.shares.iter().map(share).collect::<Vec<_>>(),
    });
    if let Some(sub_mchid) = &order.sub_mchid {
        shown["sub_mchid"] = json!(sub_mchid);
    }
    shown
}

/// `GET /v3/profitsharing/orders/{out_order_no}`.
fn query(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = acting(state, call)?;
    let order = find(state, call, sub_mchid, call.path("out_order_no"));
    let order = order.filter(|order| call.query("transaction_id") == Some(&order.transaction_id));
    order.map(|order| Answer::ok(show(order))).ok_or_else(|| Refusal::not_found("分账单不存在"))
}

/// `GET /v3/profitsharing/transactions/{transaction_id}/amounts`.
fn amounts(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let transaction_id = call.path("transaction_id");
    let paid = state.world.payments.paid(transaction_id).filter(|order| order.mchid == call.caller.id);
    let paid = paid.ok_or_else(|| Refusal::not_found("订单不存在"))?;
    let left = (paid.frozen - pending(state, transaction_id)).max(0);
    Ok(Answer::ok(json!({ "transaction_id": transaction_id, "unsplit_amount": left })))
}

/// `GET /v3/profitsharing/merchant-configs/{sub_mchid}`.
fn config(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = call.path("sub_mchid");
    super::payments::acting_for(state, &call.caller.id, sub_mchid)?;
    let max_ratio = state.world.profit_sharing.max_ratio;
    Ok(Answer::ok(json!({ "sub_mchid": sub_mchid, "max_ratio": max_ratio })))
}

/// `POST /v3/profitsharing/return-orders`.
fn give_back(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = acting(state, call)?.map(str::to_owned);
    let (order_id, out_order_no) = (call.text("order_id"), call.text("out_order_no"));
    if order_id.is_none() && out_order_no.is_none() {
        return Err(Refusal::member("/order_id", "order_id or out_order_no is required"));
    }
    let order = state.world.profit_sharing.orders.iter().find(|order| {
        order.mchid == call.caller.id
            && order.sub_mchid == sub_mchid
            && order_id.is_none_or(|wanted| order.order_id == wanted)
            && out_order_no.is_none_or(|wanted| order.out_order_no == wanted)
    });
    let order = order.cloned().ok_or_else(|| Refusal::not_found("分账单不存在"))?;
    let out_return_no = call.required("out_return_no");
    let key = format!("{}/{}/{out_return_no}", call.caller.id, sub_mchid.as_deref().unwrap_or("-"));
    if let Some(reply) = state.replies.find(call, &key) {
        return if reply.body == call.body {
            Ok(reply.answer.clone())
        } else {
            Err(Refusal::invalid("商户回退单号已存在，且请求参数不一致"))
        };
    }
    let (return_mchid, amount) = (call.required("return_mchid"), call.integer("amount").unwrap_or_default());
    let got: i64 = order
        .shares
        .iter()
        .filter(|share| share.account == return_mchid && share.result == ShareResult::Success)
        .map(|share| share.amount)
        .sum();
    let returned = state.world.profit_sharing.returns.iter();
    let returned =
        returned.filter(|known| known.order_id == order.order_id && known.return_mchid == return_mchid);
    let left = got - returned.map(|known| known.amount).sum::<i64>();
    if amount < 1 || amount > left {
        return Err(Refusal::invalid("回退金额超出可回退金额"));
    }
    if after(order.create_time, RETURNABLE) <= call.now {
        return Err(Refusal::invalid("分账单已超过可回退的期限"));
    }
    if state.spendable(return_mchid) < amount {
        return Err(Refusal::new(403, "NOT_ENOUGH", "回退方账户余额不足"));
    }
    let back = ShareReturn {
        mchid: call.caller.id.clone(),
        sub_mchid,
        order_id: order.order_id,
        out_order_no: order.out_order_no,
        out_return_no: out_return_no.to_owned(),
        return_id: state.ids.order(),
        return_mchid: return_mchid.to_owned(),
        amount,
        description: call.required("description").to_owned(),
        time: call.now,
    };
    let seller = back.sub_mchid.clone().unwrap_or_else(|| back.mchid.clone());
    for (mchid, amount) in [(return_mchid, -amount), (seller.as_str(), amount)] {
        let flow_id = state.ids.order();
        state.world.funds.book(Flow {
            mchid: mchid.to_owned(),
            at: call.now,
            business_id: back.return_id.clone(),
            flow_id,
            kind: FlowKind::ProfitSharingReturn,
            amount,
            balance: 0,
            voucher: back.out_return_no.clone(),
            remark: back.description.clone(),
        });
    }
    let answer = Answer::ok(show_return(&back));
    state.world.profit_sharing.returns.push(back);
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, "returned", key);
    Ok(answer)
}

/// `GET /v3/profitsharing/return-orders/{out_return_no}`.
fn query_return(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = acting(state, call)?;
    let mut returns = state.world.profit_sharing.returns.iter();
    let back = returns.find(|back| {
        back.mchid == call.caller.id
            && back.sub_mchid.as_deref() == sub_mchid
            && back.out_return_no == call.path("out_return_no")
            && Some(back.out_order_no.as_str()) == call.query("out_order_no")
    });
    back.map(|back| Answer::ok(show_return(back))).ok_or_else(|| Refusal::not_found("分账回退单不存在"))
}

fn show_return(back: &ShareReturn) -> Value {
    let mut shown = json!({
        "order_id": back.order_id,
        "out_order_no": back.out_order_no,
        "out_return_no": back.out_return_no,
        "return_id": back.return_id,
        "return_mchid": back.return_mchid,
        "amount": back.amount,
        "description": back.description,
        "result": "SUCCESS",
        "create_time": time::print(back.time),
        "finish_time": time::print(back.time),
    });
    if let Some(sub_mchid) = &back.sub_mchid {
        shown["sub_mchid"] = json!(sub_mchid);
    }
    shown
}
