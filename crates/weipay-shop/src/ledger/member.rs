//! Members, their points, and their cards.

use serde_json::{Value, json};
use sqlx::{Row as _, Sqlite, SqliteExecutor};

use super::{Tx, now, stored};
use crate::hook::{CardChange, Holder};
use crate::{Card, Error, Member, Merchant};

/// Adds a member that is not known yet.
pub(super) async fn add(tx: &mut Tx, member: &Member) -> Result<(), Error> {
    let card = member.card.as_ref().map(|card| serde_json::to_string(card).unwrap_or_default());
    let points = stored(member.points)?;
    let inserted = sqlx::query(
        "INSERT OR IGNORE INTO member (merchant, openid, name, points, reserved, card) VALUES (?, ?, ?, ?, 0, ?)",
    )
    .bind(&member.merchant)
    .bind(&member.openid)
    .bind(&member.name)
    .bind(points)
    .bind(card)
    .execute(&mut **tx)
    .await?;
    if inserted.rows_affected() == 1 {
        entry(tx, &member.merchant, &member.openid, "opened", points).await?;
    }
    Ok(())
}

/// Somebody who paid and was no member: now one, without a name.
async fn join(tx: &mut Tx, merchant: &str, openid: &str) -> Result<(), Error> {
    sqlx::query(
        "INSERT OR IGNORE INTO member (merchant, openid, name, points, reserved) VALUES (?, ?, '', 0, 0)",
    )
    .bind(merchant)
    .bind(openid)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Points that the member can spend; none when this is no member.
pub(super) async fn free(tx: &mut Tx, merchant: &str, openid: &str) -> Result<Option<u64>, Error> {
    spendable(&mut **tx, merchant, openid).await
}

async fn spendable(db: impl SqliteExecutor<'_>, merchant: &str, openid: &str) -> Result<Option<u64>, Error> {
    let row = sqlx::query("SELECT points - reserved FROM member WHERE merchant = ? AND openid = ?")
        .bind(merchant)
        .bind(openid)
        .fetch_optional(db)
        .await?;
    Ok(match row {
        Some(row) => Some(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default()),
        None => None,
    })
}

pub(super) async fn balance(
    db: impl sqlx::Executor<'_, Database = Sqlite>,
    merchant: &str,
    holder: &Holder,
) -> Result<Value, Error> {
    Ok(json!({ "balance": spendable(db, merchant, &holder.openid).await?.unwrap_or_default() }))
}

pub(super) async fn reserve(tx: &mut Tx, merchant: &str, openid: &str, points: i64) -> Result<(), Error> {
    sqlx::query("UPDATE member SET reserved = reserved + ? WHERE merchant = ? AND openid = ?")
        .bind(points)
        .bind(merchant)
        .bind(openid)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends a reservation; `taken` of it are gone.
pub(super) async fn release(
    tx: &mut Tx,
    merchant: &str,
    openid: &str,
    points: i64,
    taken: i64,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE member SET reserved = reserved - ?, points = points - ? WHERE merchant = ? AND openid = ?",
    )
    .bind(points)
    .bind(taken)
    .bind(merchant)
    .bind(openid)
    .execute(&mut **tx)
    .await?;
    if taken > 0 { entry(tx, merchant, openid, "exchanged", -taken).await } else { Ok(()) }
}

/// Credits what a payment earned; debts are paid first. Answers what can be spent now.
pub(super) async fn credit(tx: &mut Tx, merchant: &str, openid: &str, points: i64) -> Result<u64, Error> {
    join(tx, merchant, openid).await?;
    let debt = debt(tx, merchant, openid).await?;
    let paid_off = debt.min(points);
    change(tx, merchant, openid, points - paid_off, -paid_off).await?;
    entry(tx, merchant, openid, "earned", points - paid_off).await?;
    Ok(free(tx, merchant, openid).await?.unwrap_or_default())
}

/// Takes earned points back; what was spent or is set aside becomes a debt.
pub(super) async fn debit(tx: &mut Tx, merchant: &str, openid: &str, points: i64) -> Result<(), Error> {
    join(tx, merchant, openid).await?;
    let free = stored(free(tx, merchant, openid).await?.unwrap_or_default())?;
    let taken = free.min(points);
    change(tx, merchant, openid, -taken, points - taken).await?;
    entry(tx, merchant, openid, "reversed", -taken).await
}

async fn debt(tx: &mut Tx, merchant: &str, openid: &str) -> Result<i64, Error> {
    let row = sqlx::query("SELECT debt FROM member WHERE merchant = ? AND openid = ?")
        .bind(merchant)
        .bind(openid)
        .fetch_one(&mut **tx)
        .await?;
    Ok(row.try_get(0)?)
}

async fn change(tx: &mut Tx, merchant: &str, openid: &str, points: i64, debt: i64) -> Result<(), Error> {
    sqlx::query("UPDATE member SET points = points + ?, debt = debt + ? WHERE merchant = ? AND openid = ?")
        .bind(points)
        .bind(debt)
        .bind(merchant)
        .bind(openid)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn entry(tx: &mut Tx, merchant: &str, openid: &str, what: &str, points: i64) -> Result<(), Error> {
    sqlx::query("INSERT INTO entry (merchant, openid, what, points, at) VALUES (?, ?, ?, ?, ?)")
        .bind(merchant)
        .bind(openid)
        .bind(what)
        .bind(points)
        .bind(now())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A card was asked for, or given up.
pub(super) async fn card(tx: &mut Tx, merchant: &Merchant, change: &CardChange) -> Result<Value, Error> {
    join(tx, &merchant.name, &change.openid).await?;
    if change.change == "deleted" {
        keep_card(tx, &merchant.name, &change.openid, None).await?;
        return Ok(json!({}));
    }
    let mut answer = json!({ "open": true });
    let user_card_code = match &change.user_card_code {
        Some(code) => code.clone(),
        None => {
            let row =
                sqlx::query("SELECT 880000000000 + COUNT(*) FROM answered").fetch_one(&mut **tx).await?;
            let code = row.try_get::<i64, _>(0)?.to_string();
            answer["user_card_code"] = json!(code);
            code
        }
    };
    let card = Card {
        brand_id: change.brand_id.clone().unwrap_or_default(),
        card_id: change.card_id.clone(),
        user_card_code,
    };
    keep_card(tx, &merchant.name, &change.openid, Some(&card)).await?;
    Ok(answer)
}

async fn keep_card(tx: &mut Tx, merchant: &str, openid: &str, card: Option<&Card>) -> Result<(), Error> {
    sqlx::query("UPDATE member SET card = ? WHERE merchant = ? AND openid = ?")
        .bind(card.map(|card| serde_json::to_string(card).unwrap_or_default()))
        .bind(merchant)
        .bind(openid)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
