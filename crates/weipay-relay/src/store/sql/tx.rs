//! A transaction lent to the merchant's own code.

use std::fmt;

use futures_util::future::BoxFuture;
use sqlx::AssertSqlSafe;

use super::link::{Link, Row, Value};
use crate::job::Ending;
use crate::store::StoreError;

/// The transaction that ends a job, for tables of the merchant's own in the same database.
///
/// It commits with the ending, or not at all. Statements that would end it are refused.
pub struct Tx<'c>(Link<'c>);

/// Work of the merchant's own inside the transaction that ends a job; it answers how the job ends.
///
/// ```
/// # use weipay_relay::{job::Ending, store::Work};
/// let work: Work = Box::new(|tx| {
///     Box::pin(async move {
///         let taken = tx
///             .execute(
///                 "UPDATE shop_points SET points = points - $1 WHERE member = $2 AND points >= $1",
///                 &[200.into(), "M1".into()],
///             )
///             .await?;
///         Ok(match taken {
///             1 => Ending::Settled { result: None, follow: Vec::new() },
///             _ => Ending::Refused { reason: "too few points".into(), result: None, follow: Vec::new() },
///         })
///     })
/// });
/// ```
pub type Work =
    Box<dyn for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<Ending, StoreError>> + Send + 'static>;

impl<'c> Tx<'c> {
    pub(crate) fn new(link: Link<'c>) -> Self {
        Self(link)
    }

    /// Runs a statement with the parameters `$1`, `$2` and so on; answers how many rows it touched.
    pub async fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.0.execute(AssertSqlSafe(checked(sql)?), values).await
    }

    /// The rows of a statement.
    pub async fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.0.rows(AssertSqlSafe(checked(sql)?), values).await
    }
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

/// One statement, and none that would end the transaction: what follows it would not belong to the job any more.
fn checked(sql: &str) -> Result<String, StoreError> {
    let statement = sql.trim().trim_end_matches(';').trim_end();
    let first: String = statement.chars().take_while(char::is_ascii_alphabetic).collect();
    let ends = ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE"];
    if ends.iter().any(|word| first.eq_ignore_ascii_case(word)) {
        return Err(StoreError::Refused(format!(
            "{} does not belong into a job's transaction: the relay commits it with the job's ending",
            first.to_ascii_uppercase()
        )));
    }
    if statement.contains(';') {
        return Err(StoreError::Refused(
            "one statement at a time, without a semicolon in it; pass text as a value ($1)".to_owned(),
        ));
    }
    Ok(statement.to_owned())
}
