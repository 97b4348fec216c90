//! Why the store could not do it.

use std::fmt;
use std::sync::Arc;

/// Why the store could not do it. Nothing was changed.
///
/// One case is less certain: when a connection breaks while PostgreSQL commits, nobody knows whether it did. To repeat
/// the call is safe then too: keys, leases and the same notification id make the second one change nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The database could not be opened, with what to do about it.
    Open(String),
    /// Too many writes wait already: refuse this one, so that whoever sent it repeats it.
    Busy,
    /// The store was closed, or its writer is gone: open it again.
    Closed,
    /// What was asked makes no sense, with what to do instead.
    Refused(String),
    /// A row holds what no version of weipay wrote.
    Corrupt {
        /// The table's column.
        column: String,
        /// What is wrong with it.
        why: String,
    },
    /// PostgreSQL refused or did not answer.
    Database(sqlx::Error),
    /// SQLite refused; shared by all whose writes were undone with it.
    Sqlite(Arc<rusqlite::Error>),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(why) | Self::Refused(why) => f.write_str(why),
            Self::Busy => f.write_str("the store has too many writes waiting; repeat this later"),
            Self::Closed => f.write_str("the store is closed; open it again"),
            Self::Corrupt { column, why } => {
                write!(f, "the store's column {column} cannot be read: {why}; restore a backup")
            }
            Self::Database(error) => write!(f, "the store did not take it: {error}"),
            Self::Sqlite(error) => write!(f, "the store did not take it: {error}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Database(error) => Some(error),
            Self::Sqlite(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}
