//! Basic payments (基础支付): an order is made, paid, asked for and closed, by merchants and by partners.

mod code;
mod orders;
mod parties;
mod paying;
mod prepay;

use super::family::{Entry, Family, assumed, documented, observed, rule};
use crate::ledger::Known;
use crate::refusal::Refusal;
use crate::state::State;

pub(super) use orders::close_order;
pub(super) use parties::{acting, acting_for, bound, openid_fits};
pub(super) use paying::success;
pub(crate) use paying::{Session, cancel, pay, session};
pub(super) use prepay::{expires, new_session, number, session_answer, session_end, trade_type};

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        prepaid("pay_transactions_jsapi"),
        prepaid("pay_transactions_app"),
        prepaid("pay_transactions_h5"),
        prepaid("pay_transactions_native"),
        prepaid("pay_partner_transactions_jsapi"),
        prepaid("pay_partner_transactions_app"),
        prepaid("pay_partner_transactions_h5"),
        prepaid("pay_partner_transactions_native"),
        prepaid("pay_partner_transactions_miniprogram"),
        rule("pay_transactions_get_by_out_trade_no", orders::by_out_trade_no, DATE, QUERY),
        rule("pay_transactions_get_by_transaction_id", orders::by_transaction_id, DATE, QUERY),
        rule("pay_partner_transactions_get_by_out_trade_no", orders::by_out_trade_no, DATE, QUERY),
        rule("pay_partner_transactions_get_by_transaction_id", orders::by_transaction_id, DATE, QUERY),
        rule("pay_transactions_out_trade_no_close", orders::close, DATE, CLOSE),
        rule("pay_partner_transactions_out_trade_no_close", orders::close, DATE, CLOSE),
        rule("pay_transactions_codepay", code::pay, DATE, CODE),
        rule("pay_partner_transactions_codepay", code::pay, DATE, CODE),
        rule("pay_transactions_out_trade_no_reverse", code::reverse, DATE, REVERSE),
        rule("pay_partner_transactions_out_trade_no_reverse", code::reverse, DATE, REVERSE),
    ],
    deeds: &[],
};

const DATE: &str = "2026-11-21";

const fn prepaid(operation: &'static str) -> Entry {
    rule(operation, prepay::prepay, DATE, PREPAY)
}

const PREPAY: &[Known] = &[
    documented(
        "merchant 4012791856, 4013070347, 4012791834, 4012791877; partner 4012738519, 4012759974, 4012886115: members, \
         lengths, error tables; a prepay_id and a code_url last 2 hours, an h5_url 5 minutes",
    ),
    observed(
        "with observed_refusals: 400 INVALID_REQUEST for a number with other parameters, 400 ORDERPAID for a paid one",
    ),
    assumed(
        "the same number with the same body gets the same session while it lasts, then a new one; any other body is \
         403 OUT_TRADE_NO_USED; an order without time_expire closes after 7 days; an openid that nobody names exists",
    ),
];

const QUERY: &[Known] = &[
    documented(
        "merchant 4012791858, 4012791859; partner 4012738964, 4012739008: members; 404 ORDER_NOT_EXIST",
    ),
    assumed(
        "another merchant's order does not exist; what is not paid has no transaction_id, trade_type or payer",
    ),
];

const CLOSE: &[Known] = &[
    documented("merchant 4012791860; partner 4012739019: 204; a closed number is not used again"),
    assumed(
        "closing again is 204, a paid order is 400 ORDER_PAID; an unknown one is 404 ORDER_NOT_EXIST, of which one \
         report says 204",
    ),
];

const CODE: &[Known] = &[
    documented(
        "merchant 4012382150; partner 4012382179: members; codes are 18 digits from 10 to 15; above 1000 yuan the payer \
         is asked for the password; there is no notification",
    ),
    assumed(
        "USERPAYING and PAYERROR are 200 with trade_state; a code serves once; the same request gets the order as it \
         stands, once paid 400 ORDER_PAID, once reversed 400 ORDER_REVERSED; codes of refusals as the public list has them",
    ),
];

const REVERSE: &[Known] = &[
    documented(
        "merchant 4012382161; partner 4012382181: what is not paid is closed, what is paid goes back whole, within 7 days",
    ),
    assumed("again gets the same answer; orders of other kinds and refunded ones are 400 INVALID_REQUEST"),
];

/// 404: the caller has no such order.
pub(super) fn order_missing() -> Refusal {
    Refusal { internal: 268_512_771, ..Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在") }
}

/// The number stands for something else.
pub(super) fn number_used(state: &State) -> Refusal {
    if state.world.payments.observed_refusals {
        Refusal {
            internal: 268_578_927, ..Refusal::invalid("请求重入时，参数与首次请求时不一致")
        }
    } else {
        Refusal { internal: 268_578_927, ..Refusal::new(403, "OUT_TRADE_NO_USED", "商户订单号重复") }
    }
}

/// The order is paid, so that this comes too late.
fn order_paid(state: &State) -> Refusal {
    let code = if state.world.payments.observed_refusals { "ORDERPAID" } else { "ORDER_PAID" };
    Refusal::new(400, code, "该订单已支付")
}

pub(super) fn order_closed() -> Refusal {
    Refusal::new(400, "ORDER_CLOSED", "订单已关闭")
}
