//! The schema and its versions: applied when the store is opened, each in one transaction.
//!
//! The versions stand in a table of our own, because the merchant's own tables may live in the same database and have
//! migrations of their own.

use super::link::{Link, values};
use crate::store::StoreError;

/// Never change one that was released: add another.
const VERSIONS: &[&str] = &[include_str!("schema.sql")];

/// Words of the scripts, in SQLite's spelling and in PostgreSQL's.
const WORDS: [(&str, &str, &str); 3] = [
    (
        "ROW_NUMBER_KEY",
        "INTEGER PRIMARY KEY AUTOINCREMENT",
        "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    ),
    ("ROW_KEY", "INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY"),
    ("BYTES", "BLOB", "BYTEA"),
];

/// Brings the schema up to date; the caller's transaction makes it all or nothing.
pub(crate) async fn migrate(mut link: Link<'_>) -> Result<(), StoreError> {
    // Several processes may open a PostgreSQL database at the same time.
    if matches!(link, Link::Postgres(_)) {
        link.rows("SELECT pg_advisory_xact_lock(7392164805)", &[]).await?;
    }
    link.script("CREATE TABLE IF NOT EXISTS relay_schema (version BIGINT PRIMARY KEY)".to_owned()).await?;
    let row = link.row("SELECT coalesce(max(version), 0) AS version FROM relay_schema", &[]).await?;
    let present = match row {
        Some(row) => row.get::<i64>("version")?,
        None => 0,
    };
    let known = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
    if present > known {
        return Err(StoreError::Open(format!(
            "the store has schema version {present}, and this weipay knows {known}: it was opened by a newer weipay; \
             run that one, or restore the backup made before the upgrade"
        )));
    }
    for (version, script) in (1i64..).zip(VERSIONS).filter(|(version, _)| *version > present) {
        let mut script = (*script).to_owned();
        for (word, sqlite, postgres) in WORDS {
            script = script.replace(word, link.pick(sqlite, postgres));
        }
        link.script(script).await?;
        link.execute("INSERT INTO relay_schema (version) VALUES ($1)", values![version]).await?;
    }
    Ok(())
}
