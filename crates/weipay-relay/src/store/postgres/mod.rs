//! Several processes: PostgreSQL.

mod wake;

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Row as _};
use tokio::sync::Semaphore;

use super::StoreError;
use super::sql::{Door, HasDoor, Link, schema};
use wake::Wake;

/// How long to wait for a connection before the write is refused.
const ACQUIRE: Duration = Duration::from_secs(5);

/// How a PostgreSQL store is opened.
#[derive(Clone)]
pub struct PostgresOptions {
    connect: PgConnectOptions,
    connections: u32,
    queue: usize,
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may carry a password.
        f.debug_struct("PostgresOptions")
            .field("connections", &self.connections)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

impl PostgresOptions {
    /// The database's address, such as `postgres://relay@db.internal/shop`. It has to exist; the relay's tables in it all
    /// begin with `relay_`.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let unreadable = |why: &dyn fmt::Display| {
            StoreError::Open(format!(
                "the PostgreSQL address cannot be read: {why}; write postgres://user@host/database"
            ))
        };
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(unreadable(&"it does not begin with postgres://"));
        }
        let connect = PgConnectOptions::from_str(url).map_err(|error| unreadable(&error))?;
        Ok(Self { connect, connections: 16, queue: 4096 })
    }

    /// How many connections this process uses at most; 16 if not set.
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(3);
        self
    }

    /// How many writes may wait before further ones are refused as [`StoreError::Busy`]; 4,096 if not set.
    pub fn queue(mut self, writes: usize) -> Self {
        self.queue = writes.max(1);
        self
    }
}

/// The store in a PostgreSQL database that several relay processes share.
///
/// It survives what the server survives: its processes may end at any moment, and those of the relay too. Work of a relay
/// that is gone goes on when its leases have run out.
pub struct PostgresStore {
    door: Postgres,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
    waiting: Semaphore,
    wake: Wake,
}

impl PostgresStore {
    /// Connects, sees that the server does not lose what it acknowledges, and brings the schema up to date.
    pub async fn open(options: PostgresOptions) -> Result<Self, StoreError> {
        let connect = options.connect.application_name("weipay relay").disable_statement_logging().options([
            // A process that stops in the middle of a transaction must not stop the others.
            ("idle_in_transaction_session_timeout", "15s"),
            ("lock_timeout", "10s"),
            ("statement_timeout", "60s"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(ACQUIRE)
            .connect_with(connect)
            .await
            .map_err(|error| cannot_open(&error))?;
        for setting in ["synchronous_commit", "fsync", "full_page_writes"] {
            let value: String = sqlx::query("SELECT current_setting($1) AS value")
                .bind(setting)
                .fetch_one(&pool)
                .await?
                .try_get("value")?;
            if value == "off" {
                return Err(StoreError::Open(format!(
                    "PostgreSQL runs with {setting}=off and would lose acknowledged notifications in a crash; set it to \
                     on, for this database or user at least"
                )));
            }
        }
        let mut transaction = pool.begin().await?;
        schema::migrate(Link::Postgres(&mut transaction)).await?;
        transaction.commit().await?;
        let wake = Wake::start(&pool);
        Ok(Self { door: Postgres { pool, waiting: Semaphore::new(options.queue), wake } })
    }
}

impl HasDoor for PostgresStore {
    type Door = Postgres;

    fn door(&self) -> &Postgres {
        &self.door
    }
}

impl Door for Postgres {
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let _place = self.waiting.try_acquire().map_err(|_| StoreError::Busy)?;
        let mut transaction = self.pool.begin().await.map_err(closed)?;
        match work(Link::Postgres(&mut transaction)).await {
            Ok(done) => {
                transaction.commit().await?;
                Ok(done)
            }
            Err(error) => {
                // Dropping it would do as well, but later.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let mut transaction =
            self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(closed)?;
        let result = work(Link::Postgres(&mut transaction)).await;
        transaction.rollback().await?;
        result
    }

    async fn backup(&self, _to: &Path) -> Result<(), StoreError> {
        Err(StoreError::Refused(
            "a PostgreSQL store is backed up with PostgreSQL's own tools: pg_dump --format=custom, or base backups with \
             WAL archiving for a point in time"
                .to_owned(),
        ))
    }

    fn wake(&self) {
        self.wake.wake();
    }

    async fn close(&self) {
        self.wake.stop();
        self.pool.close().await;
    }

    async fn changed(&self) {
        self.wake.changed().await;
    }
}

fn closed(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolClosed => StoreError::Closed,
        error => StoreError::Database(error),
    }
}

fn cannot_open(error: &sqlx::Error) -> StoreError {
    StoreError::Open(format!(
        "PostgreSQL cannot be reached: {error}; see that the server runs, and that host, user, password and database of \
         the address are right"
    ))
}
