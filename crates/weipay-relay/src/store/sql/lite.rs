//! SQLite's statements: run at once, on the thread that asks.
//!
//! A statement of SQLite takes some microseconds; to hand each to another thread and back costs ten times as much.

use std::sync::Arc;

use rusqlite::types::{FromSql, ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::{CachedStatement, Connection};

use super::link::Value;
use crate::store::StoreError;

/// A row, taken out of its statement.
pub(crate) struct LiteRow {
    columns: Arc<[String]>,
    values: Vec<Owned>,
}

impl LiteRow {
    pub(crate) fn get<T: FromSql>(&self, column: &str) -> Result<T, StoreError> {
        let corrupt = |why: String| StoreError::Corrupt { column: column.to_owned(), why };
        let place = self.columns.iter().position(|name| name == column);
        let value = place.and_then(|place| self.values.get(place));
        let value = value.ok_or_else(|| corrupt("the statement has no such column".to_owned()))?;
        T::column_result(ValueRef::from(value)).map_err(|error| corrupt(error.to_string()))
    }
}

/// Runs a statement; answers how many rows it touched.
pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    values: &[Value<'_>],
) -> Result<u64, rusqlite::Error> {
    let mut statement = bound(connection, sql, values)?;
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    drop(rows);
    Ok(if statement.readonly() { 0 } else { connection.changes() })
}

/// The rows of a statement.
pub(crate) fn rows(
    connection: &Connection,
    sql: &str,
    values: &[Value<'_>],
) -> Result<Vec<LiteRow>, rusqlite::Error> {
    let mut statement = bound(connection, sql, values)?;
    let width = statement.column_count();
    let mut columns: Option<Arc<[String]>> = None;
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let names = || row.as_ref().column_names().into_iter().map(str::to_owned).collect();
        let columns = columns.get_or_insert_with(names).clone();
        let values = (0..width).map(|place| row.get(place)).collect::<Result<_, _>>()?;
        found.push(LiteRow { columns, values });
    }
    Ok(found)
}

/// With its values; `$2` means the second value here, as PostgreSQL has it, while SQLite counts by appearance.
fn bound<'c>(
    connection: &'c Connection,
    sql: &str,
    values: &[Value<'_>],
) -> Result<CachedStatement<'c>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    for place in 1..=statement.parameter_count() {
        let number = statement.parameter_name(place).and_then(|name| name.strip_prefix('$')?.parse().ok());
        let number: usize = number.unwrap_or(place);
        let value = number.checked_sub(1).and_then(|index| values.get(index));
        let value = value.ok_or(rusqlite::Error::InvalidParameterCount(values.len(), number))?;
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(statement)
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Int(value) => value.map(ValueRef::Integer),
            Self::Text(value) => value.as_deref().map(|text| ValueRef::Text(text.as_bytes())),
            Self::Bytes(value) => value.as_deref().map(ValueRef::Blob),
        };
        Ok(ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null)))
    }
}
