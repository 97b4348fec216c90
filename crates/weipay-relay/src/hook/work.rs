//! An answer that is known at once, or that comes of work in the relay's own transaction.

use std::fmt;

use futures_util::future::BoxFuture;
use sqlx::error::DatabaseError;

use super::{HookError, Reply};
use crate::store::{StoreError, Tx};

/// What a [`Hook`](super::Hook) answers.
///
/// A reply that is known becomes an answer with `.into()`. A hook whose tables lie in the relay's database answers with
/// [`in_transaction`](Self::in_transaction) instead, and then needs to remember no id.
pub enum Answer<T> {
    /// The reply is known.
    Reply(Reply<T>),
    /// The reply comes of work in the transaction that ends the question.
    InTransaction(Work<T>),
}

/// Work of the merchant's own in the transaction that ends the question; it gives the reply.
pub type Work<T> = Box<
    dyn for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<Reply<T>, HookError>> + Send + 'static,
>;

impl<T> Answer<T> {
    /// The reply comes of `work`, which the relay runs in the transaction that ends the question: what it wrote, the end of
    /// the question and the effects that follow are stored together, or nothing is. So the merchant's side happens exactly
    /// once, and no id has to be kept.
    ///
    /// An error, a panic, or a reply that cannot be carried out undoes all of it, and the question is asked again. When this
    /// process lost the question to another meanwhile, the work does not run.
    ///
    /// **Limits.** The work may await nothing but its `tx`, and is given up after five seconds: on SQLite it holds the one
    /// writer that every acknowledgement waits for, on PostgreSQL a connection and its locks. Ask other systems before, in
    /// the hook's method, and bring what they said along.
    ///
    /// Make the tables with a connection of your own to the same database before the relay starts, and leave those that
    /// begin with `relay_` alone.
    ///
    /// ```
    /// use async_trait::async_trait;
    /// use weipay_relay::hook::*;
    ///
    /// #[derive(Debug)]
    /// struct Shop;
    ///
    /// #[async_trait]
    /// impl Hook for Shop {
    ///     async fn decide(&self, _: &About, exchange: &Exchange) -> Result<Answer<Decision>, HookError> {
    ///         let (member, points) = (exchange.openid.clone(), i64::try_from(exchange.deduct_points).unwrap_or(i64::MAX));
    ///         Ok(Answer::in_transaction(move |tx| {
    ///             Box::pin(async move {
    ///                 let set_aside = "UPDATE shop_member SET points = points - $2, aside = aside + $2 \
    ///                                  WHERE openid = $1 AND points >= $2";
    ///                 Ok(match tx.execute(set_aside, &[member.into(), points.into()]).await? {
    ///                     1 => Decision::Allow { coupon_code: None }.into(),
    ///                     _ => Decision::Reject { reason: "积分不足".to_owned() }.into(),
    ///                 })
    ///             })
    ///         }))
    ///     }
    ///
    ///     async fn settled(&self, _: &About, settled: &Settled) -> Result<Answer<Heard>, HookError> {
    ///         // … takes what was set aside when `settled.result` says issued, and gives it back when it says not issued.
    /// #       let _ = settled;
    ///         Ok(Heard {}.into())
    ///     }
    /// #     async fn points(&self, _: &About, _: &Payment) -> Result<Answer<Points>, HookError> {
    /// #         Err(HookError::failed("not asked here"))
    /// #     }
    /// #     async fn reverse(&self, _: &About, _: &Refund) -> Result<Answer<Heard>, HookError> { Ok(Heard {}.into()) }
    /// #     async fn balance(&self, _: &About, holder: &Holder) -> Result<Answer<Balance>, HookError> {
    /// #         let member = holder.openid.clone();
    /// #         Ok(Answer::in_transaction(move |tx| Box::pin(async move {
    /// #             let rows = tx.rows("SELECT points FROM shop_member WHERE openid = $1", &[member.into()]).await?;
    /// #             Ok(Balance { balance: u64::try_from(rows[0].get::<i64>("points")?).unwrap_or_default() }.into())
    /// #         })))
    /// #     }
    /// #     async fn card(&self, _: &About, _: &Card) -> Result<Answer<CardAnswer>, HookError> {
    /// #         Err(HookError::failed("not asked here"))
    /// #     }
    ///     // … and points, reverse, balance, card.
    /// }
    /// # use std::sync::Arc;
    /// # use weipay::{ApiV3Key, Client, PrivateKey, PublicKey};
    /// # use weipay_relay::job::State;
    /// # use weipay_relay::store::{SqliteOptions, SqliteStore, Store as _};
    /// # use weipay_relay::{ConfirmShape, Merchant, Relay, Vault};
    /// # use weipay_sandbox::{ExchangePoints, Sandbox};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// #     let sandbox = Sandbox::start().await?;
    /// #     let known = sandbox.credentials();
    /// #     let client = Client::builder()
    /// #         .merchant(known.mchid, known.merchant_serial, PrivateKey::from_pem(known.private_key_pem)?)
    /// #         .platform_public_key(known.platform_key_id, PublicKey::from_pem(known.platform_public_key_pem)?)
    /// #         .apiv3_key(ApiV3Key::new(known.apiv3_key)?)
    /// #         .base_url(sandbox.url())
    /// #         .build()?;
    /// #     let folder = tempfile::tempdir()?;
    /// #     let file = folder.path().join("relay.db");
    /// #     let store = Arc::new(SqliteStore::open(SqliteOptions::new(&file)).await?);
    /// #     let own = sqlx::SqlitePool::connect(&format!("sqlite:{}", file.display())).await?;
    /// #     sqlx::raw_sql("CREATE TABLE shop_member (openid TEXT PRIMARY KEY, points INTEGER, aside INTEGER)").execute(&own).await?;
    /// #     sqlx::raw_sql("INSERT INTO shop_member SELECT 'obLatjnx9gnqzS4myYGmLZ7LgLBA', 150, 0").execute(&own).await?;
    /// #     let merchant = Merchant::new("shop", client, ConfirmShape::B, Shop).brand("1004");
    /// #     let relay = Relay::builder(store.clone(), Vault::new(&[7; 32])).merchant(merchant).start().await?;
    /// #     sandbox.set_notify_url("1900000100", &relay.notify_url("shop"))?;
    /// #     let record = sandbox.exchange_points(ExchangePoints::default()).await?;
    /// #     let key = format!("exchange/{record}/sync");
    /// #     while store.job("shop", &key).await?.is_none_or(|job| job.state != State::Settled) {
    /// #         tokio::task::yield_now().await;
    /// #     }
    /// #     let left: (i64, i64) = sqlx::query_as("SELECT points, aside FROM shop_member").fetch_one(&own).await?;
    /// #     assert_eq!(left, (50, 100));
    /// #     relay.stop().await;
    /// #     Ok(())
    /// # }
    /// ```
    pub fn in_transaction<F>(work: F) -> Self
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<Reply<T>, HookError>> + Send + 'static,
    {
        Self::InTransaction(Box::new(work))
    }
}

impl<T> From<Reply<T>> for Answer<T> {
    fn from(reply: Reply<T>) -> Self {
        Self::Reply(reply)
    }
}

impl<T> From<T> for Answer<T> {
    fn from(answer: T) -> Self {
        Self::Reply(answer.into())
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(reply) => f.debug_tuple("Reply").field(reply).finish(),
            Self::InTransaction(_) => f.write_str("InTransaction"),
        }
    }
}

/// What the work could not do. The text stands in the timeline, so no value of a statement may be in it.
impl From<StoreError> for HookError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(sqlx::Error::Database(refused)) => {
                Self::failed(format!("the database did not take the work: {}", without_values(&*refused)))
            }
            StoreError::Sqlite(refused) => {
                let said = match &*refused {
                    rusqlite::Error::SqliteFailure(_, Some(said)) => said.clone(),
                    rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
                    refused => refused.to_string(),
                };
                Self::failed(format!("the database did not take the work: {said}"))
            }
            error => Self::failed(error.to_string()),
        }
    }
}

/// SQLite's messages name tables and columns only. PostgreSQL's may show what a value was, except where the statement
/// itself is wrong (class 42).
fn without_values(refused: &dyn DatabaseError) -> String {
    let code = refused.code().unwrap_or_default();
    if code.starts_with("42") {
        return refused.message().to_owned();
    }
    let of =
        |what: &str, name: Option<&str>| name.map_or_else(String::new, |name| format!(", {what} {name}"));
    format!("SQLSTATE {code}{}{}", of("table", refused.table()), of("constraint", refused.constraint()))
}
