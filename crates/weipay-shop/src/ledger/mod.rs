//! The books: one SQLite file, one writer, every commit on the disk before anybody hears of it.

mod dump;
mod exchange;
mod member;
mod points;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row as _, Sqlite, Transaction};

pub use dump::{Account, Breach, Coupon, CouponState, Dump, Exchange, ExchangeState, Payment, Refund};

use crate::hook::{Ask, Question};
use crate::{Config, Coupons, Error, Merchant, fail};

type Tx = Transaction<'static, Sqlite>;

/// The ledger of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger(Arc<Books>);

#[derive(Debug)]
struct Books {
    /// One connection: whoever writes waits for the one before.
    writer: SqlitePool,
    reader: SqlitePool,
    merchants: Vec<Merchant>,
    forgetful: bool,
}

impl Ledger {
    /// Opens the ledger, makes it if there is none, and adds the members that it does not know yet.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        for merchant in &config.merchants {
            if let Coupons::Own { prefix } = &merchant.coupons
                && (prefix.len() > 20 || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            {
                let name = &merchant.name;
                return Err(Error::Config(format!(
                    "merchants, {name}: a prefix has at most 20 letters and digits"
                )));
            }
        }
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options(&config.database)).await?;
        sqlx::raw_sql(include_str!("schema.sql")).execute(&writer).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options(&config.database).create_if_missing(false).read_only(true))
            .await?;
        let (merchants, forgetful) = (config.merchants.clone(), config.forgetful);
        let ledger = Self(Arc::new(Books { writer, reader, merchants, forgetful }));
        let mut tx = ledger.begin().await?;
        for member in &config.members {
            member::add(&mut tx, member).await?;
        }
        tx.commit().await?;
        Ok(ledger)
    }

    /// Answers a question: once. The answer is stored with what it did, and a repetition gets the stored answer.
    pub async fn answer(&self, question: &Question) -> Result<Value, Error> {
        let merchant = self.0.merchants.iter().find(|merchant| merchant.name == question.merchant);
        let merchant = merchant.ok_or_else(|| {
            Error::Question("it is about a merchant that this shop does not serve".to_owned())
        })?;
        if let Ask::Balance(holder) = &question.ask {
            // A balance is read, not decided: a repetition shall get the newest.
            return member::balance(&self.0.reader, &merchant.name, holder).await;
        }
        let mut tx = self.begin().await?;
        if !self.0.forgetful
            && let Some(answer) = answered(&mut tx, &question.id).await?
        {
            tx.commit().await?;
            return Ok(answer);
        }
        let answer = self.decide(&mut tx, merchant, question).await?;
        sqlx::query("INSERT OR REPLACE INTO answered (question, kind, answer) VALUES (?, ?, ?)")
            .bind(&question.id)
            .bind(&question.kind)
            .bind(answer.to_string())
            .execute(&mut *tx)
            .await?;
        fail::point("before-commit");
        tx.commit().await?;
        fail::point("after-commit");
        Ok(answer)
    }

    async fn decide(&self, tx: &mut Tx, merchant: &Merchant, question: &Question) -> Result<Value, Error> {
        match &question.ask {
            Ask::Decide(wish) => exchange::decide(tx, merchant, wish, self.0.forgetful).await,
            Ask::Settled(settled) => exchange::settled(tx, merchant, settled).await,
            Ask::Points(payment) => points::paid(tx, merchant, payment).await,
            Ask::Reverse(refund) => points::refunded(tx, merchant, refund).await,
            Ask::Card(change) => member::card(tx, merchant, change).await,
            Ask::Balance(holder) => member::balance(&mut **tx, &merchant.name, holder).await,
        }
    }

    /// Notes that an exchange was heard of, before it is decided. `false` when that is old news, or no exchange.
    pub(crate) async fn take_note(&self, question: &Question) -> Result<bool, Error> {
        let Ask::Decide(wish) = &question.ask else { return Ok(false) };
        let mut tx = self.begin().await?;
        let new = exchange::receive(&mut tx, &question.merchant, wish).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Everything, as of one moment.
    pub async fn dump(&self) -> Result<Dump, Error> {
        dump::read(&self.0.reader).await
    }

    async fn begin(&self) -> Result<Tx, Error> {
        Ok(self.0.writer.begin().await?)
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
}

async fn answered(tx: &mut Tx, question: &str) -> Result<Option<Value>, Error> {
    let row = sqlx::query("UPDATE answered SET repeats = repeats + 1 WHERE question = ? RETURNING answer")
        .bind(question)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let text: String = row.try_get(0)?;
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|_| Error::Question("its stored answer cannot be read".to_owned()))
}

/// Notes something that the relay may never do.
async fn breach(tx: &mut Tx, name: &str, detail: &str) -> Result<(), Error> {
    sqlx::query("INSERT INTO breach (name, detail, at) VALUES (?, ?, ?)")
        .bind(name)
        .bind(detail)
        .bind(now())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn now() -> String {
    Timestamp::now().to_string()
}

/// What SQLite keeps of a number of points or fen.
fn stored(number: u64) -> Result<i64, Error> {
    i64::try_from(number).map_err(|_| Error::Question("a number is beyond all amounts".to_owned()))
}
