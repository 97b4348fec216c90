//! The texts of daily bills: what the orders, refunds and movements of a day come to.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::protocol::time;
use crate::state::State;
use crate::world::{Flow, FlowKind, Order, Refund, RefundStatus};

/// Which lines and columns a trade bill has; `bill_type` of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TradeBill {
    /// Payments and refunds.
    All,
    /// Payments only, without the columns of refunds.
    Success,
    /// Refunds only, with two more columns.
    Refund,
}

/// The columns of the trade bills, in their order, and whether payments have them. Those of [`MOMENTS`] stand in refund
/// bills only.
const COLUMNS: [(&str, bool); 29] = [
    ("交易时间", true),
    ("公众账号ID", true),
    ("商户号", true),
    ("特约商户号", true),
    ("设备号", true),
    ("微信订单号", true),
    ("商户订单号", true),
    ("用户标识", true),
    ("交易类型", true),
    ("交易状态", true),
    ("付款银行", true),
    ("货币种类", true),
    ("应结订单金额", true),
    ("代金券金额", true),
    (MOMENTS[0], false),
    (MOMENTS[1], false),
    ("微信退款单号", false),
    ("商户退款单号", false),
    ("退款金额", false),
    ("充值券退款金额", false),
    ("退款类型", false),
    ("退款状态", false),
    ("商品名称", true),
    ("商户数据包", true),
    ("手续费", true),
    ("费率", true),
    ("订单金额", true),
    ("申请退款金额", false),
    ("费率备注", true),
];
const MOMENTS: [&str; 2] = ["退款申请时间", "退款成功时间"];
const TRADE_SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
const FUND_COLUMNS: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const FUND_SUMMARY: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";
/// What begins a bill, as those of the live system do.
const MARK: &str = "\u{feff}";

/// One line of a trade bill.
struct Line<'a> {
    at: Timestamp,
    order: &'a Order,
    state: &'static str,
    /// What the seller got, in fen.
    paid: i64,
    /// What went back.
    back: i64,
    fee: i64,
    refund: Option<&'a Refund>,
}

/// The trade bill of a merchant or partner for a day in China; none without a line.
pub(super) fn trade(
    state: &State,
    mchid: &str,
    sub_mchid: Option<&str>,
    day: Date,
    bill: TradeBill,
) -> Option<String> {
    let mut lines = lines(state, bill);
    lines.retain(|line| {
        let order = line.order;
        on(line.at, day)
            && (order.mchid == mchid || order.sub_mchid.as_deref() == Some(mchid))
            && sub_mchid.is_none_or(|sub| order.sub_mchid.as_deref() == Some(sub))
    });
    lines.sort_by_key(|line| line.at);
    if lines.is_empty() {
        return None;
    }
    let shown = |(name, payments): &(&str, bool)| match bill {
        TradeBill::All => !MOMENTS.contains(name),
        TradeBill::Success => *payments,
        TradeBill::Refund => true,
    };
    let names: Vec<&str> = COLUMNS.iter().filter(|column| shown(column)).map(|(name, _)| *name).collect();
    let mut text = format!("{MARK}{}\r\n", names.join(","));
    let rate = state.world.funds.fee_rate;
    for line in &lines {
        let values = COLUMNS.iter().filter(|column| shown(column)).map(|(name, _)| line.value(name, rate));
        write_line(&mut text, values);
    }
    let sum = |of: fn(&Line<'_>) -> i64| lines.iter().map(of).sum::<i64>();
    let (paid, back) = (yuan(sum(|line| line.paid)), yuan(sum(|line| line.back)));
    let fees = fee_text(sum(|line| line.fee));
    let _ = write!(text, "{TRADE_SUMMARY}\r\n");
    let summary = [lines.len().to_string(), paid.clone(), back.clone(), yuan(0), fees, paid, back];
    write_line(&mut text, summary);
    Some(text)
}

/// Every line that a bill of this type could have.
fn lines(state: &State, bill: TradeBill) -> Vec<Line<'_>> {
    let (payments, funds) = (&state.world.payments, &state.world.funds);
    let mut lines = Vec::new();
    if bill != TradeBill::Refund {
        let paid = payments.orders.iter().filter_map(|order| Some((order, order.success_time?)));
        lines.extend(paid.map(|(order, at)| {
            let fee = funds.fee(order.total);
            Line { at, order, state: "SUCCESS", paid: order.total, back: 0, fee, refund: None }
        }));
    }
    if bill != TradeBill::Success {
        let reversed = funds.flows.iter().filter(|flow| flow.kind == FlowKind::Reverse);
        let reversed = reversed.filter_map(|flow| Some((flow.at, payments.paid(&flow.business_id)?)));
        lines.extend(reversed.map(|(at, order)| {
            let fee = -funds.fee(order.total);
            Line { at, order, state: "REVOKED", paid: 0, back: order.total, fee, refund: None }
        }));
        let refunds = payments.refunds.iter().filter(|refund| refund.status != RefundStatus::Closed);
        let refunds = refunds.filter_map(|refund| Some((refund, payments.paid(&refund.transaction_id)?)));
        lines.extend(refunds.map(|(refund, order)| {
            let (at, back) = (refund.create_time, refund.refund);
            Line { at, order, state: "REFUND", paid: 0, back, fee: -refund.fee, refund: Some(refund) }
        }));
    }
    lines
}

impl Line<'_> {
    fn value(&self, column: &str, rate: i64) -> String {
        let order = self.order;
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        let refund = |field: fn(&Refund) -> String, otherwise: &str| {
            self.refund.map_or_else(|| otherwise.to_owned(), field)
        };
        match column {
            "交易时间" => moment(self.at),
            "公众账号ID" => text(order.appid.as_ref()),
            "商户号" => order.mchid.clone(),
            "特约商户号" => order.sub_mchid.clone().unwrap_or_else(|| "0".to_owned()),
            "微信订单号" => text(order.transaction_id.as_ref()),
            "商户订单号" => order.out_trade_no.clone(),
            "用户标识" => text(order.openid.as_ref().or(order.sub_openid.as_ref())),
            "交易类型" => order.trade_type.as_str().to_owned(),
            "交易状态" => self.state.to_owned(),
            "付款银行" => "OTHERS".to_owned(),
            "货币种类" => "CNY".to_owned(),
            "应结订单金额" | "订单金额" => yuan(self.paid),
            "退款金额" | "申请退款金额" => yuan(self.back),
            "代金券金额" | "充值券退款金额" => yuan(0),
            "退款申请时间" => moment(self.at),
            "退款成功时间" => refund(|refund| refund.success_time.map(moment).unwrap_or_default(), ""),
            "微信退款单号" => refund(|refund| refund.refund_id.clone(), "0"),
            "商户退款单号" => refund(|refund| refund.out_refund_no.clone(), "0"),
            "退款类型" => refund(|refund| refund.channel.clone(), ""),
            "退款状态" => refund(|refund| status(refund.status).to_owned(), ""),
            "商品名称" => plain(&order.description),
            "商户数据包" => plain(order.attach.as_deref().unwrap_or_default()),
            "手续费" => fee_text(self.fee),
            "费率" => format!("{}.{:02}%", rate / 100, rate % 100),
            _ => String::new(),
        }
    }
}

/// 退款状态 in bills, whose words are not those of the API.
fn status(status: RefundStatus) -> &'static str {
    match status {
        RefundStatus::Processing => "PROCESSING",
        RefundStatus::Success => "SUCCESS",
        RefundStatus::Closed => "FAIL",
        RefundStatus::Abnormal => "CHANGE",
    }
}

/// The fund bill of a merchant's basic account for a day in China; none without a movement.
pub(super) fn fund(state: &State, mchid: &str, day: Date) -> Option<String> {
    let flows = state.world.funds.flows.iter().filter(|flow| flow.mchid == mchid && on(flow.at, day));
    let flows: Vec<&Flow> = flows.collect();
    if flows.is_empty() {
        return None;
    }
    let mut text = format!("{MARK}{FUND_COLUMNS}\r\n");
    let (mut income, mut expense) = ((0, 0), (0, 0));
    for flow in &flows {
        let (side, name) = if flow.amount < 0 { (&mut expense, "支出") } else { (&mut income, "收入") };
        *side = (side.0 + 1, side.1 + flow.amount.abs());
        let by = if flow.kind == FlowKind::Trade { "system".to_owned() } else { format!("{mchid}API") };
        let values = [
            moment(flow.at),
            flow.business_id.clone(),
            flow.flow_id.clone(),
            flow.kind.name().to_owned(),
            flow.kind.name().to_owned(),
            name.to_owned(),
            yuan(flow.amount.abs()),
            yuan(flow.balance),
            by,
            plain(&flow.remark),
            flow.voucher.clone(),
        ];
        write_line(&mut text, values);
    }
    let _ = write!(text, "{FUND_SUMMARY}\r\n");
    let (count, incomes, expenses) = (flows.len(), income.0, expense.0);
    let summary =
        [count.to_string(), incomes.to_string(), yuan(income.1), expenses.to_string(), yuan(expense.1)];
    write_line(&mut text, summary);
    Some(text)
}

fn on(at: Timestamp, day: Date) -> bool {
    at.to_zoned(time::china()).date() == day
}

/// Every value stands behind a backtick, so that spreadsheets keep long numbers.
fn write_line(text: &mut String, values: impl IntoIterator<Item = String>) {
    let mut before = "`";
    for value in values {
        text.push_str(before);
        text.push_str(&value);
        before = ",`";
    }
    text.push_str("\r\n");
}

/// A text that cannot be taken for two columns or lines (ASSUME: the live bills do not quote either).
fn plain(text: &str) -> String {
    text.replace([',', '\r', '\n'], " ")
}

fn yuan(fen: i64) -> String {
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
}

/// Fees are printed with five places.
fn fee_text(fen: i64) -> String {
    format!("{}000", yuan(fen))
}

fn moment(at: Timestamp) -> String {
    at.to_zoned(time::china()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
