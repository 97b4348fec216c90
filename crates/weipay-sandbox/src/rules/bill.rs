//! Daily bills, and the download of files by the token in their address.

use std::fmt::Write as _;
use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::family::{Entry, Family, assumed, documented, rule};
use crate::call::{Answer, Call};
use crate::ledger::Known;
use crate::offer;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::Trade;

const DOWNLOAD: &[Known] = &[
    documented(
        "merchant 4013071238: with Authorization, without a signature on the answer, only for the mchid that asked",
    ),
    documented("the field text of download_url: it can be used for 30 seconds"),
    assumed("an unknown token is 404, an expired one 401; an address can be used more than once"),
];

const fn download(operation: &'static str) -> Entry {
    rule(operation, fetch, "2026-11-21", DOWNLOAD)
}

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        rule(
            "bill_tradebill_get",
            trade_bill,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012791866: the hash is the SHA-1 of the file before compression; columns of the bill",
                ),
                documented(
                    "error table of the bill pages: NO_STATEMENT_EXIST, STATEMENT_CREATING before 10:00 of the next day",
                ),
                assumed("no fee is taken; bill types of which nothing is in the world have no statement"),
            ],
        ),
        rule(
            "bill_fundflowbill_get",
            fund_bill,
            "2026-11-21",
            &[
                documented("merchant 4012791867: columns of the bill, hash as for the trade bill"),
                assumed("the balance begins the day at 0; only the basic account has movements"),
            ],
        ),
        download("billdownload_file_get"),
        download("new_tax_control_fapiao_download"),
        download("transferdownload_elecvoucherfile_get"),
        download("transferdownload_signfile_get"),
    ],
    deeds: &[],
};

const TRADE_COLUMNS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const TRADE_SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
const FUND_COLUMNS: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const FUND_SUMMARY: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

fn trade_bill(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let kind = call.query("bill_type").unwrap_or("ALL");
    let trades: Vec<Trade> = of_day(state, call)?
        .filter(|trade| match kind {
            "ALL" => true,
            "SUCCESS" => trade.refund.is_none(),
            "REFUND" => trade.refund.is_some(),
            _ => false,
        })
        .cloned()
        .collect();
    statement(state, call, &trades, trade_text)
}

fn fund_bill(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let basic = matches!(call.query("account_type").unwrap_or("BASIC"), "BASIC" | "ALL");
    let trades: Vec<Trade> = of_day(state, call)?.filter(|_| basic).cloned().collect();
    statement(state, call, &trades, fund_text)
}

/// The caller's trades of the day that it asks for.
fn of_day<'a>(state: &'a State, call: &'a Call<'_>) -> Result<impl Iterator<Item = &'a Trade>, Refusal> {
    let text = call.query("bill_date").unwrap_or_default();
    let wrong = || Refusal::parameter("query", "bill_date", "not a day of the past as YYYY-MM-DD");
    let day: Date = text.parse().map_err(|_| wrong())?;
    let now = call.now.to_zoned(time::china());
    if text.len() != 10 || day >= now.date() {
        return Err(wrong());
    }
    let made = day.checked_add(1.day()).map_err(|_| wrong())?.at(10, 0, 0, 0);
    if now.datetime() < made {
        return Err(Refusal::new(400, "STATEMENT_CREATING", "账单生成中"));
    }
    let sub_mchid = call.query("sub_mchid");
    Ok(state.world.files.trades.iter().filter(move |trade| {
        trade.mchid == call.caller.id
            && trade.time.to_zoned(time::china()).date() == day
            && sub_mchid.is_none_or(|sub| trade.sub_mchid.as_deref() == Some(sub))
    }))
}

fn statement(
    state: &mut State,
    call: &Call<'_>,
    trades: &[Trade],
    text: fn(&[Trade]) -> String,
) -> Result<Answer, Refusal> {
    if trades.is_empty() {
        return Err(Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"));
    }
    let gzip = call.query("tar_type") == Some("GZIP");
    let offered = offer::file(state, call, Bytes::from(text(trades)), "text/plain", gzip);
    Ok(Answer::ok(json!({
        "hash_type": "SHA1",
        "hash_value": offered.sha1,
        "download_url": offered.url,
    })))
}

/// The trade bill (`ALL`): every value after a backtick, the summary last.
fn trade_text(trades: &[Trade]) -> String {
    let mut text = format!("{TRADE_COLUMNS}\r\n");
    let (mut paid, mut given_back) = (0, 0);
    for trade in trades {
        let refund = trade.refund.clone();
        let amount = if refund.is_none() { trade.amount } else { 0 };
        let back = refund.as_ref().map_or(0, |refund| refund.amount);
        paid += amount;
        given_back += back;
        let of =
            |field: fn(&crate::world::TradeRefund) -> &str| refund.as_ref().map_or("0", field).to_owned();
        let state = if refund.is_some() { "REFUND" } else { "SUCCESS" };
        let columns = [
            moment(trade.time),
            trade.appid.clone(),
            trade.mchid.clone(),
            trade.sub_mchid.clone().unwrap_or_else(|| "0".to_owned()),
            String::new(),
            trade.transaction_id.clone(),
            trade.out_trade_no.clone(),
            trade.openid.clone(),
            trade.trade_type.clone(),
            state.to_owned(),
            "OTHERS".to_owned(),
            "CNY".to_owned(),
            yuan(amount),
            yuan(0),
            of(|refund| &refund.refund_id),
            of(|refund| &refund.out_refund_no),
            yuan(back),
            yuan(0),
            if refund.is_some() { "ORIGINAL" } else { "" }.to_owned(),
            if refund.is_some() { "SUCCESS" } else { "" }.to_owned(),
            trade.description.replace(',', " "),
            trade.attach.replace(',', " "),
            "0.00000".to_owned(),
            "0.60%".to_owned(),
            yuan(amount),
            yuan(back),
            String::new(),
        ];
        line(&mut text, &columns);
    }
    let _ = write!(text, "{TRADE_SUMMARY}\r\n");
    line(
        &mut text,
        &[
            trades.len().to_string(),
            yuan(paid),
            yuan(given_back),
            yuan(0),
            "0.00000".to_owned(),
            yuan(paid),
            yuan(given_back),
        ],
    );
    text
}

/// The fund bill of the basic account.
fn fund_text(trades: &[Trade]) -> String {
    let mut text = format!("{FUND_COLUMNS}\r\n");
    let (mut balance, mut incoming, mut outgoing) = (0, (0, 0), (0, 0));
    for trade in trades {
        let (number, business, direction, amount, voucher) = match &trade.refund {
            None => (&trade.transaction_id, "交易", "收入", trade.amount, &trade.out_trade_no),
            Some(refund) => (&refund.refund_id, "退款", "支出", refund.amount, &refund.out_refund_no),
        };
        let (side, sign) = if trade.refund.is_none() { (&mut incoming, 1) } else { (&mut outgoing, -1) };
        *side = (side.0 + 1, side.1 + amount);
        balance += sign * amount;
        line(
            &mut text,
            &[
                moment(trade.time),
                trade.transaction_id.clone(),
                number.clone(),
                business.to_owned(),
                business.to_owned(),
                direction.to_owned(),
                yuan(amount),
                yuan(balance),
                trade.mchid.clone(),
                trade.description.replace(',', " "),
                voucher.clone(),
            ],
        );
    }
    let _ = write!(text, "{FUND_SUMMARY}\r\n");
    line(
        &mut text,
        &[
            trades.len().to_string(),
            incoming.0.to_string(),
            yuan(incoming.1),
            outgoing.0.to_string(),
            yuan(outgoing.1),
        ],
    );
    text
}

fn line(text: &mut String, columns: &[String]) {
    text.push('`');
    text.push_str(&columns.join(",`"));
    text.push_str("\r\n");
}

fn yuan(fen: i64) -> String {
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
}

fn moment(at: Timestamp) -> String {
    at.to_zoned(time::china()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `GET …?token=…`: the file, as long as its address can be used.
fn fetch(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let token = call.query("token").unwrap_or_default();
    let file = state.world.files.offered.iter().find(|file| file.token == token);
    let file = file.ok_or_else(|| Refusal::not_found("文件不存在"))?;
    if file.owner != call.caller.id {
        return Err(Refusal::no_auth("商户号无权下载该文件"));
    }
    if call.now >= file.expires {
        return Err(Refusal::new(401, "INVALID_REQUEST", "下载地址已过期"));
    }
    if !file.gzip {
        return Ok(Answer::file(file.bytes.clone(), file.media_type));
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packed.write_all(&file.bytes).and_then(|()| packed.finish());
    let packed = packed.map_err(|_| Refusal::new(500, "SYSTEM_ERROR", "系统错误"))?;
    Ok(Answer::file(Bytes::from(packed), "application/x-gzip"))
}
