//! One connection inside a transaction, whichever database it is: the statements above it are written once.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::types::FromSql;
use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::{AssertSqlSafe, Decode, Row as _, SqlSafeStr, Type};

use super::lite::{self, LiteRow};
use crate::store::StoreError;

/// A connection, borrowed for one piece of work.
#[derive(Debug)]
pub(crate) enum Link<'c> {
    Sqlite(&'c mut rusqlite::Connection),
    Postgres(&'c mut PgConnection),
}

/// A parameter of a statement: `$1`, `$2` and so on. What is absent still has a type.
#[derive(Clone)]
pub enum Value<'v> {
    /// A whole number.
    Int(Option<i64>),
    /// Text.
    Text(Option<Cow<'v, str>>),
    /// Bytes.
    Bytes(Option<Cow<'v, [u8]>>),
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Int(_) => "Int",
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
        })
    }
}

/// A row of an answer.
pub struct Row(Either);

enum Either {
    Sqlite(LiteRow),
    Postgres(PgRow),
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").finish_non_exhaustive()
    }
}

/// What a column can be read as: `i64`, `String`, `Vec<u8>` and their `Option`s.
pub trait Column: FromSql + for<'r> Decode<'r, Postgres> + Type<Postgres> {}

impl<T> Column for T where T: FromSql + for<'r> Decode<'r, Postgres> + Type<Postgres> {}

impl Row {
    /// A column by its name.
    pub fn get<T: Column>(&self, column: &str) -> Result<T, StoreError> {
        match &self.0 {
            Either::Sqlite(row) => row.get(column),
            Either::Postgres(row) => row
                .try_get(column)
                .map_err(|error| StoreError::Corrupt { column: column.to_owned(), why: error.to_string() }),
        }
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        Ok(time(self.get(column)?))
    }

    pub(crate) fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(time))
    }
}

/// Microseconds since 1970 as a time; what lies outside the calendar becomes its end.
pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn bound<'v>(
    sql: impl SqlSafeStr,
    values: &'v [Value<'v>],
) -> sqlx::query::Query<'v, Postgres, sqlx::postgres::PgArguments> {
    values.iter().fold(sqlx::query::<Postgres>(sql), |query, value| match value {
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_deref()),
        Value::Bytes(value) => query.bind(value.as_deref()),
    })
}

impl Link<'_> {
    /// The same connection, for a shorter time.
    pub(crate) fn again(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(connection) => Link::Sqlite(connection),
            Self::Postgres(connection) => Link::Postgres(connection),
        }
    }

    /// Runs a statement; answers how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(connection) => Ok(lite::execute(connection, sql.into_sql_str().as_str(), values)?),
            Self::Postgres(connection) => {
                Ok(bound(sql, values).execute(&mut **connection).await?.rows_affected())
            }
        }
    }

    /// Runs an `INSERT` of one row; answers the number of the row, or none when there was nothing to insert.
    pub(crate) async fn insert(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<i64>, StoreError> {
        match self {
            // SQLite makes a table of what RETURNING answers, which costs more than the row itself.
            Self::Sqlite(connection) => {
                let inserted = lite::execute(connection, sql, values)?;
                Ok((inserted == 1).then(|| connection.last_insert_rowid()))
            }
            Self::Postgres(_) => {
                let row = self.row(AssertSqlSafe(format!("{sql} RETURNING id")), values).await?;
                row.map(|row| row.get("id")).transpose()
            }
        }
    }

    /// The rows of a statement.
    pub(crate) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(connection) => {
                let rows = lite::rows(connection, sql.into_sql_str().as_str(), values)?;
                rows.into_iter().map(|row| Row(Either::Sqlite(row))).collect()
            }
            Self::Postgres(connection) => {
                let rows = bound(sql, values).fetch_all(&mut **connection).await?;
                rows.into_iter().map(|row| Row(Either::Postgres(row))).collect()
            }
        })
    }

    /// The first row of a statement.
    pub(crate) async fn row(
        &mut self,
        sql: impl SqlSafeStr,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, StoreError> {
        // All rows are fetched: a statement with RETURNING that is dropped half read may be undone half.
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Several statements at once, without values.
    pub(crate) async fn script(&mut self, sql: String) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(&sql)?,
            Self::Postgres(connection) => {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **connection).await?;
            }
        }
        Ok(())
    }

    /// The statement's form for this database, where the two differ.
    pub(crate) fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(Some(value.as_microsecond()))
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Int(value.map(Timestamp::as_microsecond))
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(value: &'v String) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl<'v> From<&'v Option<String>> for Value<'v> {
    fn from(value: &'v Option<String>) -> Self {
        Self::Text(value.as_deref().map(Cow::Borrowed))
    }
}

impl<'v> From<Option<&'v str>> for Value<'v> {
    fn from(value: Option<&'v str>) -> Self {
        Self::Text(value.map(Cow::Borrowed))
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(value: &'v [u8]) -> Self {
        Self::Bytes(Some(value.into()))
    }
}

impl<'v> From<&'v Vec<u8>> for Value<'v> {
    fn from(value: &'v Vec<u8>) -> Self {
        Self::Bytes(Some(value.into()))
    }
}

impl<'v> From<&'v Option<Vec<u8>>> for Value<'v> {
    fn from(value: &'v Option<Vec<u8>>) -> Self {
        Self::Bytes(value.as_deref().map(Cow::Borrowed))
    }
}

/// The values of a statement, each as it is.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::sql::Value::from($value)),*] };
}
pub(crate) use values;
