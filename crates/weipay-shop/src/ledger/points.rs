//! Points of payments, and of refunds, which may come first and several for one payment.

use serde_json::{Value, json};
use sqlx::Row as _;

use super::{Tx, breach, member, now, stored};
use crate::hook::{Payment, Reversal};
use crate::{Error, Merchant};

/// One point for every whole yuan.
const FEN_PER_POINT: u64 = 100;

/// Credits what a payment earned, and takes back at once what was refunded before it came.
pub(super) async fn paid(tx: &mut Tx, merchant: &Merchant, payment: &Payment) -> Result<Value, Error> {
    let points = payment.amount / FEN_PER_POINT;
    let inserted = sqlx::query(
        "INSERT OR IGNORE INTO payment (merchant, transaction_id, openid, amount, points, at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&merchant.name)
    .bind(&payment.transaction_id)
    .bind(&payment.openid)
    .bind(stored(payment.amount)?)
    .bind(stored(points)?)
    .bind(now())
    .execute(&mut **tx)
    .await?;
    if inserted.rows_affected() == 0 {
        breach(tx, "asked-under-two-ids", &payment.transaction_id).await?;
        return Ok(json!({ "earn": points > 0, "points": points }));
    }
    if points == 0 {
        return Ok(json!({ "earn": false, "points": 0, "remarks": "消费不足1元 less than 1 yuan" }));
    }
    let total = member::credit(tx, &merchant.name, &payment.openid, stored(points)?).await?;
    take_back(tx, merchant, &payment.transaction_id, &payment.openid).await?;
    Ok(json!({ "earn": true, "points": points, "total": total }))
}

/// Notes a refund, and takes its points back if its payment is known.
pub(super) async fn refunded(tx: &mut Tx, merchant: &Merchant, refund: &Reversal) -> Result<Value, Error> {
    let inserted = sqlx::query(
        "INSERT OR IGNORE INTO refund (merchant, refund_id, transaction_id, openid, pay_amount, refund_amount, at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&merchant.name)
    .bind(&refund.refund_id)
    .bind(&refund.transaction_id)
    .bind(&refund.openid)
    .bind(stored(refund.pay_amount)?)
    .bind(stored(refund.refund_amount)?)
    .bind(now())
    .execute(&mut **tx)
    .await?;
    if inserted.rows_affected() == 0 {
        breach(tx, "asked-under-two-ids", &refund.refund_id).await?;
    } else {
        take_back(tx, merchant, &refund.transaction_id, &refund.openid).await?;
    }
    Ok(json!({}))
}

/// What is left of a payment keeps its points, rounded down: so the order of refunds makes no difference.
async fn take_back(
    tx: &mut Tx,
    merchant: &Merchant,
    transaction_id: &str,
    openid: &str,
) -> Result<(), Error> {
    let row = sqlx::query(
        "SELECT amount, points, reversed,
                (SELECT COALESCE(SUM(refund_amount), 0) FROM refund
                 WHERE refund.merchant = payment.merchant AND refund.transaction_id = payment.transaction_id)
         FROM payment WHERE merchant = ? AND transaction_id = ?",
    )
    .bind(&merchant.name)
    .bind(transaction_id)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let (amount, points, reversed, refunded): (i64, i64, i64, i64) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let left = (amount - refunded).max(0);
    let keeps = i128::from(points) * i128::from(left) / i128::from(amount.max(1));
    let owed = points - i64::try_from(keeps).unwrap_or(points) - reversed;
    if owed <= 0 {
        return Ok(());
    }
    sqlx::query("UPDATE payment SET reversed = reversed + ? WHERE merchant = ? AND transaction_id = ?")
        .bind(owed)
        .bind(&merchant.name)
        .bind(transaction_id)
        .execute(&mut **tx)
        .await?;
    member::debit(tx, &merchant.name, openid, owed).await
}
