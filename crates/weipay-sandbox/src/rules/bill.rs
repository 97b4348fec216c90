//! Daily bills, and the download of files by the token in their address.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::json;

use super::family::{Entry, Family, assumed, documented, observed, rule};
use super::payments::acting;
use super::statements::{self, TradeBill};
use crate::call::{Answer, Call};
use crate::ledger::Known;
use crate::offer;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;

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
                observed(
                    "bills as published: a byte order mark, CRLF, a backtick before every value, fees with five places",
                ),
                assumed(
                    "a fee of 0.60 % to the nearest fen; a reversal is a line REVOKED; a closed refund has no line; other bill \
                     types have no statement; days older than 3 months are refused as malformed",
                ),
            ],
        ),
        rule(
            "bill_fundflowbill_get",
            fund_bill,
            "2026-11-21",
            &[
                documented("merchant 4012791867: columns of the bill, hash as for the trade bill"),
                assumed("payments are settled at once; only the basic account has movements"),
            ],
        ),
        download("billdownload_file_get"),
        download("new_tax_control_fapiao_download"),
        download("transferdownload_elecvoucherfile_get"),
        download("transferdownload_signfile_get"),
    ],
    deeds: &[],
};

/// DOC: how many months bills are kept.
const MONTHS: i64 = 3;

fn trade_bill(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (day, sub_mchid) = (day(call)?, acting(state, call)?);
    let bill = match call.query("bill_type").unwrap_or("ALL") {
        "ALL" => Some(TradeBill::All),
        "SUCCESS" => Some(TradeBill::Success),
        "REFUND" => Some(TradeBill::Refund),
        _ => None,
    };
    let text = bill.and_then(|bill| statements::trade(state, &call.caller.id, sub_mchid, day, bill));
    offered(state, call, text)
}

fn fund_bill(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (day, sub_mchid) = (day(call)?, acting(state, call)?);
    let basic = matches!(call.query("account_type").unwrap_or("BASIC"), "BASIC" | "ALL");
    let text = basic.then(|| statements::fund(state, sub_mchid.unwrap_or(&call.caller.id), day));
    offered(state, call, text.flatten())
}

/// The day that is asked for, once its bill is made.
fn day(call: &Call<'_>) -> Result<Date, Refusal> {
    let text = call.query("bill_date").unwrap_or_default();
    let wrong = || Refusal::parameter("query", "bill_date", "not a day of the past 3 months as YYYY-MM-DD");
    let day: Date = text.parse().map_err(|_| wrong())?;
    let now = call.now.to_zoned(time::china());
    let first = now.date().checked_sub(MONTHS.months()).map_err(|_| wrong())?;
    if text.len() != 10 || day >= now.date() || day < first {
        return Err(wrong());
    }
    let made = day.checked_add(1.day()).map_err(|_| wrong())?.at(10, 0, 0, 0);
    if now.datetime() < made {
        return Err(Refusal::new(400, "STATEMENT_CREATING", "账单生成中"));
    }
    Ok(day)
}

fn offered(state: &mut State, call: &Call<'_>, text: Option<String>) -> Result<Answer, Refusal> {
    let text = text.ok_or_else(|| Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"))?;
    let gzip = call.query("tar_type") == Some("GZIP");
    let offered = offer::file(state, call, Bytes::from(text), "text/plain", gzip);
    Ok(Answer::ok(json!({
        "hash_type": "SHA1",
        "hash_value": offered.sha1,
        "download_url": offered.url,
    })))
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
