//! Subsidies (营销补差): paid for redeemed coupons, and given back.

use serde_json::{Value, json};

use super::super::family::{Family, assumed, documented, rule};
use super::{find, permitted, permitted_stock, replayed, wrong_state};
use crate::call::{Answer, Call};
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CouponState, Discount, PayReceipt, PayStatus, ReturnReceipt, Stock};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_busifavor_subsidy_pay_receipts_create",
            pay,
            "2026-11-21",
            &[
                documented(
                    "merchant 4017147321, older page chapter9_2_16: a redeemed coupon of a NORMAL stock; the payer created or owns it, the payee owns it; at most its discount and 5000 yuan; a number can be repeated",
                ),
                assumed(
                    "settled at once; too much, a second subsidy for one coupon and a lack of money are receipts that failed, all else is refused; brand chains are not known",
                ),
            ],
        ),
        rule(
            "marketing_busifavor_subsidy_pay_receipts_get_by_subsidy_receipt_id",
            pay_receipt,
            "2026-11-21",
            &[documented("merchant 4017147336: members"), assumed("an unknown one is 404")],
        ),
        rule(
            "marketing_busifavor_subsidy_pay_receipts_list",
            pay_receipts,
            "2026-11-21",
            &[documented("merchant 4017147338: members"), assumed("oldest first; none is an empty list")],
        ),
        rule(
            "marketing_busifavor_subsidy_return_receipts_create",
            give_back,
            "2026-11-21",
            &[
                documented("merchant 4017147332: members, the states of the receipt that is given back"),
                assumed(
                    "settled at once; more than is left is 400; the payee's lack of money is a receipt that failed",
                ),
            ],
        ),
        rule(
            "marketing_busifavor_subsidy_return_receipts_get_by_subsidy_return_receipt_id",
            return_receipt,
            "2026-11-21",
            &[documented("merchant 4017147344: members"), assumed("an unknown one is 404")],
        ),
    ],
    deeds: &[],
};

/// The most that a subsidy may be, in fen (DOC).
const MOST: i64 = 500_000;

/// `POST …/subsidy/pay-receipts` (DOC: merchant 4017147321). A 200 may carry `PAY_RECEIPT_FAIL`.
fn pay(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let amount = call.integer("amount").filter(|amount| *amount > 0);
    let amount = amount.ok_or_else(|| Refusal::member("/amount", "less than 1"))?;
    let at = find(state, call)?;
    let (coupon, stock) = permitted(state, call, at)?;
    let number = call.required("out_subsidy_no");
    if let Some(answer) = replayed(state, call, number)? {
        return Ok(answer);
    }
    let Discount::Normal { discount_amount, .. } = stock.discount else {
        return Err(Refusal::invalid("仅支持满减券批次"));
    };
    if !stock.subsidy {
        return Err(Refusal::invalid("批次不允许营销补差"));
    }
    parties(&stock, call)?;
    if coupon.state != CouponState::Used {
        return Err(wrong_state("券未核销，无法补差"));
    }
    let fail_reason = if amount > discount_amount.min(MOST) {
        Some("PAY_RECEIPT_EXCEED_SUBSIDY_AMOUNT_QUOTA")
    } else if paid(state, &stock.stock_id, &coupon.coupon_code) {
        Some("PAY_RECEIPT_EXCEED_SUBSIDY_COUNT_QUOTA")
    } else if !transfer(state, call.required("payer_merchant"), call.required("payee_merchant"), amount) {
        Some("PAY_RECEIPT_INSUFFICIENT_BALANCE")
    } else {
        None
    };
    let text = |name: &str| call.required(name).to_owned();
    let receipt = PayReceipt {
        subsidy_receipt_id: format!("1{}", state.ids.digits(27)),
        stock_id: stock.stock_id,
        coupon_code: coupon.coupon_code,
        transaction_id: text("transaction_id"),
        payer_merchant: text("payer_merchant"),
        payee_merchant: text("payee_merchant"),
        amount,
        description: text("description"),
        out_subsidy_no: number.to_owned(),
        status: if fail_reason.is_some() { PayStatus::Fail } else { PayStatus::Success },
        fail_reason: fail_reason.map(str::to_owned),
        create_time: call.now,
    };
    let answer = Answer::ok(show(&receipt));
    let what = if fail_reason.is_some() { "failed" } else { "paid" };
    state.took_effect(call, what, receipt.subsidy_receipt_id.clone());
    state.world.busifavor.pay_receipts.push(receipt);
    state.replies.keep(call, number, &answer);
    Ok(answer)
}

/// DOC: the payer created or owns the stock, the payee owns it.
fn parties(stock: &Stock, call: &Call<'_>) -> Result<(), Refusal> {
    let payer = call.required("payer_merchant");
    if payer != stock.creator && payer != stock.belong_merchant {
        return Err(Refusal::member("/payer_merchant", "neither created nor owns the stock"));
    }
    if call.required("payee_merchant") != stock.belong_merchant {
        return Err(Refusal::member("/payee_merchant", "does not own the stock"));
    }
    Ok(())
}

fn paid(state: &State, stock_id: &str, code: &str) -> bool {
    state.world.busifavor.pay_receipts.iter().any(|receipt| {
        receipt.stock_id == stock_id
            && receipt.coupon_code == code
            && !matches!(receipt.status, PayStatus::Fail | PayStatus::FullReturn)
    })
}

/// Moves money between the funds that are counted; false if there is not enough.
fn transfer(state: &mut State, from: &str, to: &str, amount: i64) -> bool {
    let funds = &mut state.world.busifavor.subsidy_funds;
    match funds.get_mut(from) {
        Some(left) if *left < amount => return false,
        Some(left) => *left -= amount,
        None => {}
    }
    if let Some(left) = funds.get_mut(to) {
        *left = left.saturating_add(amount);
    }
    true
}

fn show(receipt: &PayReceipt) -> Value {
    let mut shown = json!({
        "subsidy_receipt_id": receipt.subsidy_receipt_id,
        "stock_id": receipt.stock_id,
        "coupon_code": receipt.coupon_code,
        "transaction_id": receipt.transaction_id,
        "payer_merchant": receipt.payer_merchant,
        "payee_merchant": receipt.payee_merchant,
        "amount": receipt.amount,
        "description": receipt.description,
        "status": receipt.status.as_str(),
        "out_subsidy_no": receipt.out_subsidy_no,
        "create_time": time::print(receipt.create_time),
    });
    match &receipt.fail_reason {
        Some(reason) => shown["fail_reason"] = json!(reason),
        None => shown["success_time"] = json!(time::print(receipt.create_time)),
    }
    shown
}

/// `GET …/subsidy/pay-receipts/{subsidy_receipt_id}` (DOC: merchant 4017147336).
fn pay_receipt(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut receipts = state.world.busifavor.pay_receipts.iter();
    let receipt = receipts.find(|receipt| receipt.subsidy_receipt_id == call.path("subsidy_receipt_id"));
    let receipt = receipt.ok_or_else(|| Refusal::not_found("补差付款单不存在"))?;
    permitted_stock(state, call, &receipt.stock_id)?;
    Ok(Answer::ok(show(receipt)))
}

/// `GET …/subsidy/pay-receipts` (DOC: merchant 4017147338).
fn pay_receipts(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted_stock(state, call, call.query("stock_id").unwrap_or_default())?;
    let wanted = |receipt: &&PayReceipt| {
        call.query("stock_id") == Some(&receipt.stock_id)
            && call.query("coupon_code") == Some(&receipt.coupon_code)
            && call.query("out_subsidy_no").is_none_or(|number| number == receipt.out_subsidy_no)
    };
    let list: Value = state.world.busifavor.pay_receipts.iter().filter(wanted).map(show).collect();
    Ok(Answer::ok(json!({ "pay_receipt_list": list })))
}

/// `POST …/subsidy/return-receipts`: after a refund, wholly or in part (DOC: merchant 4017147332).
fn give_back(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let amount = call.integer("amount").filter(|amount| *amount > 0);
    let amount = amount.ok_or_else(|| Refusal::member("/amount", "less than 1"))?;
    permitted_stock(state, call, call.required("stock_id"))?;
    let number = call.required("out_subsidy_return_no");
    if let Some(answer) = replayed(state, call, number)? {
        return Ok(answer);
    }
    let at = state.world.busifavor.pay_receipts.iter().position(|receipt| {
        let names = ["stock_id", "coupon_code", "transaction_id", "payer_merchant", "payee_merchant"];
        let known = [
            &receipt.stock_id,
            &receipt.coupon_code,
            &receipt.transaction_id,
            &receipt.payer_merchant,
            &receipt.payee_merchant,
        ];
        receipt.status != PayStatus::Fail
            && names.into_iter().zip(known).all(|(name, value)| call.required(name) == value)
    });
    let at = at.ok_or_else(|| Refusal::not_found("补差付款单不存在"))?;
    let receipt = state.world.busifavor.pay_receipts[at].clone();
    let before = returned(state, &receipt.subsidy_receipt_id);
    if amount > receipt.amount - before {
        return Err(Refusal::invalid("回退金额超过可回退金额"));
    }
    let moved = transfer(state, &receipt.payee_merchant, &receipt.payer_merchant, amount);
    let back = ReturnReceipt {
        subsidy_return_receipt_id: format!("2{}", state.ids.digits(27)),
        subsidy_receipt_id: receipt.subsidy_receipt_id.clone(),
        refund_id: call.required("refund_id").to_owned(),
        amount,
        description: call.required("description").to_owned(),
        out_subsidy_return_no: number.to_owned(),
        fail_reason: (!moved).then(|| "RETURN_RECEIPT_INSUFFICIENT_BALANCE".to_owned()),
        return_create_time: call.now,
    };
    if moved {
        let whole = before + amount == receipt.amount;
        state.world.busifavor.pay_receipts[at].status =
            if whole { PayStatus::FullReturn } else { PayStatus::PartialReturn };
    }
    let answer = Answer::ok(show_return(&back, &receipt));
    let what = if moved { "given back" } else { "failed" };
    state.took_effect(call, what, back.subsidy_return_receipt_id.clone());
    state.world.busifavor.return_receipts.push(back);
    state.replies.keep(call, number, &answer);
    Ok(answer)
}

fn returned(state: &State, subsidy_receipt_id: &str) -> i64 {
    let returns = state.world.busifavor.return_receipts.iter();
    let counted =
        returns.filter(|back| back.subsidy_receipt_id == subsidy_receipt_id && back.fail_reason.is_none());
    counted.map(|back| back.amount).sum()
}

fn show_return(back: &ReturnReceipt, receipt: &PayReceipt) -> Value {
    let mut shown = json!({
        "subsidy_return_receipt_id": back.subsidy_return_receipt_id,
        "stock_id": receipt.stock_id,
        "coupon_code": receipt.coupon_code,
        "transaction_id": receipt.transaction_id,
        "refund_id": back.refund_id,
        "payer_merchant": receipt.payer_merchant,
        "payee_merchant": receipt.payee_merchant,
        "amount": back.amount,
        "description": back.description,
        "status": if back.fail_reason.is_some() { "RETURN_RECEIPT_FAIL" } else { "RETURN_RECEIPT_SUCCESS" },
        "subsidy_receipt_id": receipt.subsidy_receipt_id,
        "out_subsidy_return_no": back.out_subsidy_return_no,
        "return_create_time": time::print(back.return_create_time),
    });
    match &back.fail_reason {
        Some(reason) => shown["fail_reason"] = json!(reason),
        None => shown["return_done_time"] = json!(time::print(back.return_create_time)),
    }
    shown
}

/// `GET …/subsidy/return-receipts/{subsidy_return_receipt_id}` (DOC: merchant 4017147344).
fn return_receipt(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let wanted = call.path("subsidy_return_receipt_id");
    let busifavor = &state.world.busifavor;
    let back = busifavor.return_receipts.iter().find(|back| back.subsidy_return_receipt_id == wanted);
    let found = back.and_then(|back| {
        let mut receipts = busifavor.pay_receipts.iter();
        Some((back, receipts.find(|receipt| receipt.subsidy_receipt_id == back.subsidy_receipt_id)?))
    });
    let (back, receipt) = found.ok_or_else(|| Refusal::not_found("补差回退单不存在"))?;
    permitted_stock(state, call, &receipt.stock_id)?;
    Ok(Answer::ok(show_return(back, receipt)))
}
