//! Codes of a merchant's own making, uploaded before they are sent.

use std::collections::HashSet;

use serde_json::{Value, json};
use weipay_catalog::reference::{Reference, Schema};

use super::super::family::{Family, assumed, documented, rule};
use super::{page, permitted_stock, replayed, wallet};
use crate::call::{Answer, Call};
use crate::json;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CodeMode, Stock, UploadedCode};

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_busifavor_stocks_couponcodes_create",
            upload,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012487038: members, characters; a 200 may carry fail_codes (LENGTH_LIMIT), exist_codes and duplicate_codes",
                ),
                assumed(
                    "only in MERCHANT_UPLOAD mode; other characters fail as CHARACTER_LIMIT; more codes than max_coupons are refused as a whole",
                ),
            ],
        )
        .shape(lenient),
        rule(
            "marketing_busifavor_stocks_couponcodes_list",
            list,
            "2026-11-21",
            &[documented("product introduction of merchant coupons: members"), assumed("offset counts pages")],
        ),
        rule(
            "marketing_busifavor_stocks_couponcodes_get_by_coupon_code",
            get,
            "2026-11-21",
            &[
                documented("product introduction of merchant coupons: members"),
                assumed("coupon_information from the moment at which a user has the code"),
            ],
        ),
        rule(
            "marketing_busifavor_stocks_couponcodes_delete_by_coupon_code",
            delete,
            "2026-11-21",
            &[
                documented("product introduction of merchant coupons: members"),
                assumed("only while the code is AVAILABLE; the same number gives the first answer"),
            ],
        ),
    ],
    deeds: &[],
};

/// The most codes of one upload (DOC).
const MOST: usize = 200;

/// A code that is wrong fails by itself (DOC: `fail_codes`), so that the schema's limits must not refuse them all.
#[expect(clippy::unnecessary_wraps, reason = "the form of a shape")]
fn lenient(_: &State, _: &Call<'_>, _: &'static Reference) -> Result<Option<&'static Schema>, Refusal> {
    Ok(None)
}

/// The members that the schema would have checked.
fn codes<'a>(call: &'a Call<'_>) -> Result<Vec<&'a str>, Refusal> {
    let number = call.text("upload_request_no").filter(|number| (1..=128).contains(&number.chars().count()));
    if number.is_none() {
        return Err(Refusal::member("/upload_request_no", "not a text of 1 to 128 characters"));
    }
    let list = call.body.get("coupon_code_list").and_then(Value::as_array);
    let list = list.filter(|list| (1..=MOST).contains(&list.len()));
    let list = list.ok_or_else(|| Refusal::member("/coupon_code_list", "not a list of 1 to 200 codes"))?;
    let code = |(at, code): (usize, &'a Value)| {
        let pointer = format!("/coupon_code_list/{at}");
        code.as_str().ok_or_else(|| Refusal::member(&pointer, "not a string"))
    };
    list.iter().enumerate().map(code).collect()
}

/// What is wrong with one code, as `code` and `message` of `fail_codes`.
fn fault(code: &str) -> Option<(&'static str, &'static str)> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b" -_\\/=|".contains(&byte);
    match code.chars().count() {
        0 => Some(("LENGTH_LIMIT", "长度小于最小值1位")),
        1..=32 if code.bytes().all(known) => None,
        1..=32 => Some(("CHARACTER_LIMIT", "包含不支持的字符")),
        _ => Some(("LENGTH_LIMIT", "长度超过最大值32位")),
    }
}

/// `POST …/couponcodes`: partial success in a 200 (DOC: merchant 4012487038).
fn upload(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let codes = codes(call)?;
    let stock = permitted_stock(state, call, call.path("stock_id"))?;
    if stock.code_mode != CodeMode::MerchantUpload {
        return Err(Refusal::invalid("发券模式不合法"));
    }
    let scope = format!("{}/{}", stock.stock_id, call.required("upload_request_no"));
    if let Some(answer) = replayed(state, call, &scope)? {
        return Ok(answer);
    }
    let stored = state.world.busifavor.codes.iter().filter(|code| code.stock_id == stock.stock_id);
    let known: HashSet<&str> = stored.map(|code| code.code.as_str()).collect();
    let mut sorted = Sorted::default();
    let mut seen = HashSet::new();
    for code in codes {
        if !seen.insert(code) {
            if !sorted.duplicate.contains(&code) {
                sorted.duplicate.push(code);
            }
        } else if let Some((name, message)) = fault(code) {
            sorted.failed.push(json!({ "coupon_code": code, "code": name, "message": message }));
        } else if known.contains(code) {
            sorted.exist.push(code);
        } else {
            sorted.success.push(code);
        }
    }
    if (known.len() + sorted.success.len()) as u64 > stock.max_coupons {
        return Err(Refusal::invalid("自定义code上传数量超过批次发放上限"));
    }
    let answer = Answer::ok(json!({
        "stock_id": stock.stock_id,
        "total_count": seen.len(),
        "success_count": sorted.success.len(),
        "success_codes": sorted.success,
        "success_time": time::print(call.now),
        "fail_count": sorted.failed.len(),
        "fail_codes": sorted.failed,
        "exist_codes": sorted.exist,
        "duplicate_codes": sorted.duplicate,
    }));
    let new = sorted.success.iter().map(|code| UploadedCode {
        stock_id: stock.stock_id.clone(),
        code: (*code).to_owned(),
        upload_time: call.now,
        dispatched: None,
    });
    let new: Vec<_> = new.collect();
    state.world.busifavor.codes.extend(new);
    state.replies.keep(call, &scope, &answer);
    state.took_effect(call, "uploaded", scope);
    Ok(answer)
}

/// The codes of one upload by what becomes of them.
#[derive(Default)]
struct Sorted<'a> {
    success: Vec<&'a str>,
    failed: Vec<Value>,
    exist: Vec<&'a str>,
    duplicate: Vec<&'a str>,
}

fn show(code: &UploadedCode) -> Value {
    let mut shown = json!({
        "code": code.code,
        "code_status": status(code),
        "upload_time": time::print(code.upload_time),
    });
    if let Some((at, openid)) = &code.dispatched {
        json::merge(
            &mut shown,
            &json!({ "dispatched_time": time::print(*at), "openid": openid, "coupon_code": code.code }),
        );
    }
    shown
}

fn status(code: &UploadedCode) -> &'static str {
    if code.dispatched.is_some() { "DISPATCHED" } else { "AVAILABLE" }
}

/// `GET …/couponcodes`: all codes of a stock, or those in one status.
fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let stock = permitted_stock(state, call, call.path("stock_id"))?;
    let page = page(call)?;
    let codes = state.world.busifavor.codes.iter().filter(|code| code.stock_id == stock.stock_id);
    let wanted = |code: &&UploadedCode| call.query("status").is_none_or(|wanted| wanted == status(code));
    let all: Vec<Value> = codes.filter(wanted).map(show).collect();
    Ok(Answer::ok(json!({
        "stock_id": stock.stock_id,
        "total_count": all.len(),
        "offset": page.offset,
        "limit": page.limit,
        "data": page.cut(all),
    })))
}

fn find(state: &State, call: &Call<'_>, stock: &Stock) -> Result<usize, Refusal> {
    let mut codes = state.world.busifavor.codes.iter();
    let at = codes.position(|code| code.stock_id == stock.stock_id && code.code == call.path("coupon_code"));
    at.ok_or_else(|| Refusal::not_found("券code不存在"))
}

/// `GET …/couponcodes/{coupon_code}`: the code, and the coupon that it has become.
fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let stock = permitted_stock(state, call, call.path("stock_id"))?;
    let code = &state.world.busifavor.codes[find(state, call, &stock)?];
    let mut body = json!({ "code_information": show(code) });
    let mut coupons = state.world.busifavor.coupons.iter();
    if let Some(coupon) =
        coupons.find(|coupon| coupon.stock_id == stock.stock_id && coupon.coupon_code == code.code)
    {
        body["coupon_information"] = wallet::show(state, call, coupon, &stock);
    }
    Ok(Answer::ok(body))
}

/// `DELETE …/couponcodes/{coupon_code}`. ASSUME: only while no user has it.
fn delete(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let stock = permitted_stock(state, call, call.path("stock_id"))?;
    let number = call.query("delete_request_no").unwrap_or_default();
    let scope = format!("{}/{}/{number}", stock.stock_id, call.path("coupon_code"));
    if let Some(answer) = replayed(state, call, &scope)? {
        return Ok(answer);
    }
    let at = find(state, call, &stock)?;
    if state.world.busifavor.codes[at].dispatched.is_some() {
        return Err(Refusal::invalid("券code已发放，无法删除"));
    }
    state.world.busifavor.codes.remove(at);
    let answer = Answer::ok(json!({ "stock_id": stock.stock_id, "delete_time": time::print(call.now) }));
    state.replies.keep(call, &scope, &answer);
    state.took_effect(call, "deleted", scope);
    Ok(answer)
}
