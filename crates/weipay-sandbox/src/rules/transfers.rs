//! Transfers to users (商家转账) that the user confirms: money leaves the merchant's account and waits for its taker.

use std::time::Duration;

use serde_json::{Value, json};

use super::family::{Deed, Family, assumed, documented, rule};
use super::payments::{bound, openid_fits};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::ledger::Known;
use crate::notify::Event;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Flow, FlowKind, TransferBill, TransferState};

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        rule(
            "fund_app_mch_transfer_transfer_bills_create",
            create,
            DATE,
            &[
                documented(
                    "merchant 4012716434: members; WAIT_USER_CONFIRM; from 2000 yuan on the user's name is required",
                ),
                assumed(
                    "the money leaves the account at once; a number with another body is 400 INVALID_REQUEST; unconfirmed for 24 \
                     hours it fails with OVERDUE_CLOSE",
                ),
            ],
        ),
        rule("fund_app_mch_transfer_transfer_bills_get_by_out_bill_no", by_out_bill_no, DATE, QUERY),
        rule(
            "fund_app_mch_transfer_transfer_bills_get_by_transfer_bill_no",
            by_transfer_bill_no,
            DATE,
            QUERY,
        ),
        rule(
            "fund_app_mch_transfer_transfer_bills_out_bill_no_cancel",
            cancel,
            DATE,
            &[
                documented(
                    "merchant 4012716458: CANCELING, then CANCELLED; only before the user has confirmed",
                ),
                assumed(
                    "it is CANCELLED after 5 seconds of business time; anything that has ended is 400 INVALID_REQUEST",
                ),
            ],
        ),
    ],
    deeds: DEEDS,
};

const DATE: &str = "2026-11-21";
const QUERY: &[Known] = &[
    documented("merchant 4012716437, 4012716457: members"),
    assumed("404 RESOURCE_NOT_EXISTS; another merchant's transfer does not exist"),
];

const DEEDS: &[(&str, Deed)] = &[(OVERDUE, overdue), (CANCELLED, cancelled)];
const OVERDUE: &str = "transfers.overdue";
const CANCELLED: &str = "transfers.cancelled";
/// ASSUME: how long a transfer waits for the user.
const WAITS: Duration = Duration::from_secs(24 * 3600);
/// ASSUME: how long a withdrawal takes.
const CANCELS: Duration = Duration::from_secs(5);
/// DOC: from so many fen on the user's name is required; up to 30 fen it is not allowed.
const NAMED: i64 = 200_000;
const NAMELESS: i64 = 30;

/// `POST /v3/fund-app/mch-transfer/transfer-bills`.
fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let out_bill_no = call.required("out_bill_no");
    if out_bill_no.is_empty()
        || out_bill_no.len() > 32
        || !out_bill_no.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return Err(Refusal::member("/out_bill_no", "not 1 to 32 letters and digits"));
    }
    let amount = call.integer("transfer_amount").unwrap_or_default();
    if amount < 1 {
        return Err(Refusal::member("/transfer_amount", "less than 1 fen"));
    }
    let (appid, openid) = (call.required("appid"), call.required("openid"));
    bound(state, &call.caller.id, Some(appid))?;
    openid_fits(state, call, Some(appid), Some(openid))?;
    name(call, amount)?;
    if let Some(known) = find(state, &call.caller.id, out_bill_no) {
        let same = state.replies.find(call, out_bill_no).is_some_and(|reply| reply.body == call.body);
        return if same {
            Ok(Answer::ok(made(known)))
        } else {
            Err(Refusal::invalid("商户单号已存在，且请求参数不一致"))
        };
    }
    if state.spendable(&call.caller.id) < amount {
        return Err(Refusal::new(403, "NOT_ENOUGH", "商户账户资金不足"));
    }
    let bill = TransferBill {
        mchid: call.caller.id.clone(),
        out_bill_no: out_bill_no.to_owned(),
        transfer_bill_no: state.ids.order(),
        appid: appid.to_owned(),
        openid: openid.to_owned(),
        transfer_amount: amount,
        transfer_remark: call.required("transfer_remark").to_owned(),
        notify_url: call.text("notify_url").map(str::to_owned),
        package_info: state.ids.record(),
        state: TransferState::WaitUserConfirm,
        fail_reason: None,
        create_time: call.now,
        update_time: call.now,
    };
    book(state, &bill, FlowKind::Transfer, -amount);
    state.schedule(after(call.now, WAITS), OVERDUE, &key(&bill));
    let answer = Answer::ok(made(&bill));
    state.world.transfers.bills.push(bill);
    state.replies.keep(call, out_bill_no, &answer);
    state.took_effect(call, "transferred", format!("{}/{out_bill_no}", call.caller.id));
    Ok(answer)
}

/// The user's name, which has to be there, or not, and to be encrypted.
fn name(call: &Call<'_>, amount: i64) -> Result<(), Refusal> {
    let Some(name) = call.text("user_name") else {
        return if amount < NAMED {
            Ok(())
        } else {
            Err(Refusal::member("/user_name", "required from 2000 yuan on"))
        };
    };
    if amount < NAMELESS {
        return Err(Refusal::member("/user_name", "not allowed below 0.3 yuan"));
    }
    let key = call.serial.and_then(|serial| call.keys.platform(call.caller.scheme, &call.caller.id, serial));
    if key.and_then(|key| key.private.decrypt(name)).is_some() {
        return Ok(());
    }
    let message = "请确认待处理的消息是否为加密后的密文";
    Err(Refusal { message: message.to_owned(), ..Refusal::member("/user_name", message) })
}

fn key(bill: &TransferBill) -> String {
    format!("{}/{}", bill.mchid, bill.out_bill_no)
}

fn find<'a>(state: &'a State, mchid: &str, out_bill_no: &str) -> Option<&'a TransferBill> {
    state.world.transfers.bills.iter().find(|bill| bill.mchid == mchid && bill.out_bill_no == out_bill_no)
}

fn book(state: &mut State, bill: &TransferBill, kind: FlowKind, amount: i64) {
    let flow_id = state.ids.order();
    state.world.funds.book(Flow {
        mchid: bill.mchid.clone(),
        at: state.clock.business(),
        business_id: bill.transfer_bill_no.clone(),
        flow_id,
        kind,
        amount,
        balance: 0,
        voucher: bill.out_bill_no.clone(),
        remark: bill.transfer_remark.clone(),
    });
}

/// The answer to the one who made it.
fn made(bill: &TransferBill) -> Value {
    let mut shown = json!({
        "out_bill_no": bill.out_bill_no,
        "transfer_bill_no": bill.transfer_bill_no,
        "create_time": time::print(bill.create_time),
        "state": bill.state.as_str(),
    });
    if bill.state == TransferState::WaitUserConfirm {
        shown["package_info"] = json!(bill.package_info);
    }
    if let Some(reason) = &bill.fail_reason {
        shown["fail_reason"] = json!(reason);
    }
    shown
}

fn by_out_bill_no(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    show(find(state, &call.caller.id, call.path("out_bill_no")))
}

fn by_transfer_bill_no(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let wanted = call.path("transfer_bill_no");
    let mut bills = state.world.transfers.bills.iter();
    show(bills.find(|bill| bill.mchid == call.caller.id && bill.transfer_bill_no == wanted))
}

fn show(bill: Option<&TransferBill>) -> Result<Answer, Refusal> {
    let bill = bill.ok_or_else(|| Refusal::not_found("转账单不存在"))?;
    let mut shown = made(bill);
    shown["mch_id"] = json!(bill.mchid);
    shown["appid"] = json!(bill.appid);
    shown["openid"] = json!(bill.openid);
    shown["transfer_amount"] = json!(bill.transfer_amount);
    shown["transfer_remark"] = json!(bill.transfer_remark);
    shown["update_time"] = json!(time::print(bill.update_time));
    Ok(Answer::ok(shown))
}

/// `POST …/out-bill-no/{out_bill_no}/cancel`.
fn cancel(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let out_bill_no = call.path("out_bill_no");
    let mut bills = state.world.transfers.bills.iter_mut();
    let bill = bills.find(|bill| bill.mchid == call.caller.id && bill.out_bill_no == out_bill_no);
    let bill = bill.ok_or_else(|| Refusal::not_found("转账单不存在"))?;
    let fresh = match bill.state {
        TransferState::WaitUserConfirm => true,
        TransferState::Canceling | TransferState::Cancelled => false,
        TransferState::Success | TransferState::Fail => {
            return Err(Refusal::invalid("转账单当前状态不支持撤销"));
        }
    };
    if fresh {
        bill.state = TransferState::Canceling;
        bill.update_time = call.now;
    }
    let bill = bill.clone();
    if fresh {
        state.schedule(after(call.now, CANCELS), CANCELLED, &key(&bill));
        state.took_effect(call, "cancelled", key(&bill));
    }
    Ok(Answer::ok(json!({
        "out_bill_no": bill.out_bill_no,
        "transfer_bill_no": bill.transfer_bill_no,
        "state": bill.state.as_str(),
        "update_time": time::print(bill.update_time),
    })))
}

fn overdue(state: &mut State, key: &str) {
    end(state, key, TransferState::WaitUserConfirm, TransferState::Fail, Some("OVERDUE_CLOSE"));
}

fn cancelled(state: &mut State, key: &str) {
    end(state, key, TransferState::Canceling, TransferState::Cancelled, None);
}

/// The user takes the money. `out_bill_no` is the merchant's number of the transfer.
pub(crate) fn confirm(state: &mut State, mchid: &str, out_bill_no: &str) -> Result<(), Error> {
    let bill = find(state, mchid, out_bill_no);
    let bill = bill.ok_or_else(|| Error::Unknown { what: "out_bill_no", name: out_bill_no.to_owned() })?;
    let (key, now) = (key(bill), bill.state);
    if end(state, &key, TransferState::WaitUserConfirm, TransferState::Success, None) {
        return Ok(());
    }
    Err(Error::State(format!("transfer {out_bill_no} is {} and waits for nobody", now.as_str())))
}

/// Ends a transfer that stands where it is expected, and tells the merchant. What did not arrive comes back.
fn end(
    state: &mut State,
    wanted: &str,
    from: TransferState,
    to: TransferState,
    fail_reason: Option<&'static str>,
) -> bool {
    let now = state.clock.business();
    let mut bills = state.world.transfers.bills.iter_mut();
    let Some(bill) = bills.find(|bill| key(bill) == wanted && bill.state == from) else { return false };
    bill.state = to;
    bill.update_time = now;
    bill.fail_reason = fail_reason.map(str::to_owned);
    let bill = bill.clone();
    if to != TransferState::Success {
        book(state, &bill, FlowKind::TransferReturn, bill.transfer_amount);
    }
    let mut resource = made(&bill);
    resource["mch_id"] = json!(bill.mchid);
    resource["transfer_amount"] = json!(bill.transfer_amount);
    resource["openid"] = json!(bill.openid);
    resource["update_time"] = json!(time::print(now));
    state.raise(Event {
        name: "MCHTRANSFER.BILL.FINISHED",
        original_type: "mch_payment",
        summary: "商家转账单据终态通知",
        receiver: bill.mchid,
        key: bill.transfer_bill_no,
        url: bill.notify_url,
        resource,
    });
    true
}
