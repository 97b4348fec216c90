//! Points for a coupon: received → reserved | rejected, and reserved → taken | given back.

use serde_json::{Value, json};
use sqlx::Row as _;

use super::{Tx, breach, member, now, stored};
use crate::hook::{Settled, Wish};
use crate::{Coupons, Error, Merchant};

/// Notes an exchange that is not decided yet; `false` when it is known.
pub(super) async fn receive(tx: &mut Tx, merchant: &str, wish: &Wish) -> Result<bool, Error> {
    let inserted = sqlx::query(
        "INSERT OR IGNORE INTO exchange (merchant, record_id, openid, points, state, received)
         VALUES (?, ?, ?, ?, 'received', ?)",
    )
    .bind(merchant)
    .bind(&wish.record_id)
    .bind(&wish.openid)
    .bind(stored(wish.deduct_points)?)
    .bind(now())
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Sets the points aside and, where coupons are the shop's own, allots one; or says why not.
pub(super) async fn decide(
    tx: &mut Tx,
    merchant: &Merchant,
    wish: &Wish,
    forgetful: bool,
) -> Result<Value, Error> {
    receive(tx, &merchant.name, wish).await?;
    if !forgetful && let Some(answer) = decided(tx, merchant, wish).await? {
        // The question came under another id than the first time. Decide each exchange once all the same.
        breach(tx, "asked-under-two-ids", &wish.record_id).await?;
        return Ok(answer);
    }
    let free = member::free(tx, &merchant.name, &wish.openid).await?;
    let obstacle = match free {
        None => Some("not a member"),
        Some(free) if free < wish.deduct_points => Some("积分不足 not enough points"),
        Some(_) => None,
    };
    let answer = match obstacle {
        Some(reason) => {
            decision(tx, merchant, wish, "rejected", None, Some(reason)).await?;
            json!({ "decision": "reject", "reason": reason })
        }
        None => {
            member::reserve(tx, &merchant.name, &wish.openid, stored(wish.deduct_points)?).await?;
            let code = match &merchant.coupons {
                Coupons::Own { prefix } => Some(allot(tx, merchant, wish, prefix).await?),
                Coupons::WeChatPay => None,
            };
            decision(tx, merchant, wish, "reserved", code.as_deref(), None).await?;
            allowed(code)
        }
    };
    Ok(answer)
}

fn allowed(code: Option<String>) -> Value {
    match code {
        Some(code) => json!({ "decision": "allow", "coupon_code": code }),
        None => json!({ "decision": "allow" }),
    }
}

/// The answer that this exchange already got.
async fn decided(tx: &mut Tx, merchant: &Merchant, wish: &Wish) -> Result<Option<Value>, Error> {
    let row =
        sqlx::query("SELECT state, coupon_code, reason FROM exchange WHERE merchant = ? AND record_id = ?")
            .bind(&merchant.name)
            .bind(&wish.record_id)
            .fetch_one(&mut **tx)
            .await?;
    let (state, code, reason): (String, Option<String>, Option<String>) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(match state.as_str() {
        "received" => None,
        "rejected" => Some(json!({ "decision": "reject", "reason": reason.unwrap_or_default() })),
        _ if merchant.coupons == Coupons::WeChatPay => Some(allowed(None)),
        _ => Some(allowed(code)),
    })
}

async fn decision(
    tx: &mut Tx,
    merchant: &Merchant,
    wish: &Wish,
    state: &str,
    code: Option<&str>,
    reason: Option<&str>,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE exchange SET state = ?, coupon_code = ?, reason = ?, decided = ? WHERE merchant = ? AND record_id = ?",
    )
    .bind(state)
    .bind(code)
    .bind(reason)
    .bind(now())
    .bind(&merchant.name)
    .bind(&wish.record_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The next code: never one that was allotted before.
async fn allot(tx: &mut Tx, merchant: &Merchant, wish: &Wish, prefix: &str) -> Result<String, Error> {
    let row = sqlx::query("SELECT COALESCE(MAX(number), 0) + 1 FROM coupon").fetch_one(&mut **tx).await?;
    let number: i64 = row.try_get(0)?;
    let code = format!("{prefix}{number:08}");
    sqlx::query(
        "INSERT INTO coupon (code, number, merchant, record_id, state) VALUES (?, ?, ?, ?, 'allotted')",
    )
    .bind(&code)
    .bind(number)
    .bind(&merchant.name)
    .bind(&wish.record_id)
    .execute(&mut **tx)
    .await?;
    Ok(code)
}

/// Takes the points, or gives them back; keeps them aside while nobody knows.
pub(super) async fn settled(tx: &mut Tx, merchant: &Merchant, settled: &Settled) -> Result<Value, Error> {
    let heard = json!({});
    // What became of other effects is the relay's business: this shop has nothing to do about it.
    let Some(record) = &settled.exchange else { return Ok(heard) };
    let row = sqlx::query(
        "SELECT state, openid, points, coupon_code FROM exchange WHERE merchant = ? AND record_id = ?",
    )
    .bind(&merchant.name)
    .bind(&record.record_id)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else {
        breach(tx, "settled-unknown", &record.record_id).await?;
        return Ok(heard);
    };
    let (state, openid, points, code): (String, String, i64, Option<String>) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let end = match settled.result.as_str() {
        "issued" => "taken",
        "not_issued" | "refused" => "given_back",
        "parked" => {
            note_parked(tx, merchant, &record.record_id, settled.reason.as_deref()).await?;
            return Ok(heard);
        }
        _ => return Err(Error::Question("its result is none that this shop knows".to_owned())),
    };
    match (state.as_str(), end) {
        ("reserved", _) => {
            let taken = if end == "taken" { points } else { 0 };
            member::release(tx, &merchant.name, &openid, points, taken).await?;
            close(tx, merchant, &record.record_id, end, settled).await?;
            let (code, stands) = (code.or_else(|| settled.coupon_code.clone()), end == "taken");
            coupon(tx, code.as_deref(), if stands { "issued" } else { "withdrawn" }).await?;
        }
        // A rejection was confirmed: nothing was set aside.
        ("rejected", "given_back") => close(tx, merchant, &record.record_id, "rejected", settled).await?,
        (known, end) if known == end => breach(tx, "settled-twice", &record.record_id).await?,
        _ => breach(tx, "settled-otherwise", &record.record_id).await?,
    }
    Ok(heard)
}

async fn note_parked(
    tx: &mut Tx,
    merchant: &Merchant,
    record_id: &str,
    why: Option<&str>,
) -> Result<(), Error> {
    sqlx::query("UPDATE exchange SET parked = 1, reason = ? WHERE merchant = ? AND record_id = ?")
        .bind(why)
        .bind(&merchant.name)
        .bind(record_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn close(
    tx: &mut Tx,
    merchant: &Merchant,
    record_id: &str,
    end: &str,
    settled: &Settled,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE exchange SET state = ?, coupon_code = COALESCE(coupon_code, ?), reason = COALESCE(reason, ?),
                parked = 0, settled = ?
         WHERE merchant = ? AND record_id = ?",
    )
    .bind(end)
    .bind(&settled.coupon_code)
    .bind(&settled.reason)
    .bind(now())
    .bind(&merchant.name)
    .bind(record_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn coupon(tx: &mut Tx, code: Option<&str>, state: &str) -> Result<(), Error> {
    sqlx::query("UPDATE coupon SET state = ? WHERE code = ?")
        .bind(state)
        .bind(code)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
