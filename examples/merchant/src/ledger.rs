//! The points, in tables beside the relay's.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use weipay_relay::hook::{Decision, Exchange, HookError, Payment, Points, Refund, Settled, Settlement};
use weipay_relay::store::Tx;

/// One point for every whole yuan.
const FEN_PER_POINT: u64 = 100;

/// The shop's tables, outside the relay's transactions: to make them, and to look.
#[derive(Debug, Clone)]
pub struct Ledger(SqlitePool);

/// One member's points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// What the member owns; below zero when points were spent whose payment was refunded.
    pub points: i64,
    /// What is set aside for exchanges that are not settled; part of `points`.
    pub aside: i64,
}

impl Ledger {
    /// The tables in the relay's database, made if there are none. Open the relay's store first.
    pub async fn open(database: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new().filename(database);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        sqlx::raw_sql(include_str!("schema.sql")).execute(&pool).await?;
        Ok(Self(pool))
    }

    /// A member's points, none for somebody who is no member.
    pub async fn account(&self, openid: &str) -> Result<Account, sqlx::Error> {
        let row = sqlx::query_as("SELECT points, aside FROM shop_member WHERE openid = $1").bind(openid);
        let (points, aside) = row.fetch_optional(&self.0).await?.unwrap_or_default();
        Ok(Account { points, aside })
    }

    /// A new member with the points that he brings along.
    pub async fn welcome(&self, openid: &str, points: i64) -> Result<(), sqlx::Error> {
        let insert = sqlx::query("INSERT INTO shop_member (openid, points) VALUES ($1, $2)");
        insert.bind(openid).bind(points).execute(&self.0).await.map(drop)
    }
}

/// Sets the points aside and allots a coupon of the shop's own, or says why not.
pub(crate) async fn decide(tx: &mut Tx<'_>, exchange: &Exchange) -> Result<Decision, HookError> {
    let (openid, points) = (exchange.openid.as_str(), stored(exchange.deduct_points)?);
    let set_aside = "UPDATE shop_member SET aside = aside + $2 WHERE openid = $1 AND points - aside >= $2";
    if tx.execute(set_aside, &[openid.into(), points.into()]).await? == 0 {
        return Ok(Decision::Reject { reason: "积分不足".to_owned() });
    }
    let allot =
        "INSERT INTO shop_exchange (record_id, openid, points) VALUES ($1, $2, $3) RETURNING number AS value";
    let record_id = exchange.record_id.as_str();
    let number = value(tx, allot, &[record_id.into(), openid.into(), points.into()]).await?;
    Ok(Decision::Allow { coupon_code: Some(format!("SHOP{number:08}")) })
}

/// Takes the points that were set aside, or gives them back with the coupon withdrawn.
pub(crate) async fn settled(tx: &mut Tx<'_>, settled: &Settled) -> Result<(), HookError> {
    // The till hears of its coupons by itself.
    let Some(exchange) = &settled.exchange else { return Ok(()) };
    let (state, taken) = match &settled.result {
        Settlement::Issued { .. } => ("issued", 1),
        Settlement::NotIssued { .. } | Settlement::Refused { .. } => ("given_back", 0),
        // Nobody knows yet: points and coupon stay aside, and a person's finding is told later.
        Settlement::Parked { .. } | Settlement::Happened {} => return Ok(()),
    };
    let close = "UPDATE shop_exchange SET state = $2 WHERE record_id = $1 AND state = 'open' RETURNING openid, points";
    for row in tx.rows(close, &[exchange.record_id.as_str().into(), state.into()]).await? {
        let (openid, points): (String, i64) = (row.get("openid")?, row.get("points")?);
        let release = "UPDATE shop_member SET aside = aside - $2, points = points - $3 WHERE openid = $1";
        tx.execute(release, &[openid.into(), points.into(), (points * taken).into()]).await?;
    }
    Ok(())
}

/// Credits what a payment earned.
pub(crate) async fn paid(tx: &mut Tx<'_>, payment: &Payment) -> Result<Points, HookError> {
    let (openid, transaction_id) = (payment.openid.as_str(), payment.transaction_id.as_str());
    let points = payment.amount / FEN_PER_POINT;
    let insert = "INSERT INTO shop_payment (transaction_id, openid, amount, points) VALUES ($1, $2, $3, $4)";
    let (amount, earned) = (stored(payment.amount)?, stored(points)?);
    tx.execute(insert, &[transaction_id.into(), openid.into(), amount.into(), earned.into()]).await?;
    join(tx, openid).await?;
    credit(tx, openid, earned).await?;
    take_back(tx, transaction_id).await?;
    let remarks = (points == 0).then(|| "消费不足1元".to_owned());
    Ok(Points { earn: points > 0, points, total: Some(free(tx, openid).await?), remarks })
}

/// Takes back what a refunded payment earned, in proportion.
pub(crate) async fn refunded(tx: &mut Tx<'_>, refund: &Refund) -> Result<(), HookError> {
    let insert = "INSERT INTO shop_refund (refund_id, transaction_id, amount) VALUES ($1, $2, $3)";
    let (refund_id, transaction_id) = (refund.refund_id.as_str(), refund.transaction_id.as_str());
    tx.execute(insert, &[refund_id.into(), transaction_id.into(), stored(refund.refund_amount)?.into()])
        .await?;
    take_back(tx, transaction_id).await
}

/// What is left of a payment keeps its points, rounded down: so the order of payment and refunds makes no difference.
async fn take_back(tx: &mut Tx<'_>, transaction_id: &str) -> Result<(), HookError> {
    let find = "SELECT openid, amount, points, reversed, (SELECT coalesce(sum(r.amount), 0) FROM shop_refund r \
                WHERE r.transaction_id = p.transaction_id) AS refunded FROM shop_payment p WHERE transaction_id = $1";
    let rows = tx.rows(find, &[transaction_id.into()]).await?;
    // Refunded before the payment is known: that takes it back itself.
    let Some(row) = rows.first() else { return Ok(()) };
    let (amount, points): (i64, i64) = (row.get("amount")?, row.get("points")?);
    let left = (amount - row.get::<i64>("refunded")?).max(0);
    let kept = i128::from(points) * i128::from(left) / i128::from(amount.max(1));
    let reversed = points - i64::try_from(kept).unwrap_or(points);
    let update = "UPDATE shop_payment SET reversed = $2 WHERE transaction_id = $1";
    tx.execute(update, &[transaction_id.into(), reversed.into()]).await?;
    credit(tx, &row.get::<String>("openid")?, row.get::<i64>("reversed")? - reversed).await
}

/// The member's number; somebody new becomes a member.
pub(crate) async fn join(tx: &mut Tx<'_>, openid: &str) -> Result<i64, HookError> {
    let insert = "INSERT INTO shop_member (openid) VALUES ($1) ON CONFLICT (openid) DO NOTHING";
    tx.execute(insert, &[openid.into()]).await?;
    value(tx, "SELECT number AS value FROM shop_member WHERE openid = $1", &[openid.into()]).await
}

/// What the member can spend.
pub(crate) async fn free(tx: &mut Tx<'_>, openid: &str) -> Result<u64, HookError> {
    let sum = "SELECT coalesce(sum(points - aside), 0) AS value FROM shop_member WHERE openid = $1";
    Ok(u64::try_from(value(tx, sum, &[openid.into()]).await?).unwrap_or(0))
}

async fn credit(tx: &mut Tx<'_>, openid: &str, points: i64) -> Result<(), HookError> {
    let update = "UPDATE shop_member SET points = points + $2 WHERE openid = $1";
    tx.execute(update, &[openid.into(), points.into()]).await?;
    Ok(())
}

/// The number that a statement gives as `value`.
async fn value(
    tx: &mut Tx<'_>,
    sql: &str,
    values: &[weipay_relay::store::Value<'_>],
) -> Result<i64, HookError> {
    let rows = tx.rows(sql, values).await?;
    Ok(rows.first().ok_or_else(|| HookError::failed("a row of the ledger is missing"))?.get("value")?)
}

/// As SQLite keeps numbers.
fn stored(number: u64) -> Result<i64, HookError> {
    i64::try_from(number).map_err(|_| HookError::failed("a number is beyond all amounts"))
}
