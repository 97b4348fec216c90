//! One file, one process: SQLite with one writer that commits in groups.

mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Notify;

use super::StoreError;
use super::sql::{Door, HasDoor, Link, ending, schema};
use writer::Writer;

/// Readers beside the writer.
const READERS: u32 = 4;
/// How long a reader that finds nothing new sleeps at most.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// For the moments when another program, such as a backup, holds the file.
const BUSY: Duration = Duration::from_secs(5);

/// How a SQLite store is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    path: PathBuf,
    queue: usize,
    synchronous: SqliteSynchronous,
}

impl SqliteOptions {
    /// The database's file; it is created if it is not there, its folder is not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), queue: 4096, synchronous: SqliteSynchronous::Full }
    }

    /// How many writes may wait before further ones are refused as [`StoreError::Busy`]; 4,096 if not set.
    pub fn queue(mut self, writes: usize) -> Self {
        self.queue = writes.max(1);
        self
    }

    /// Lets the file system lose what was acknowledged: it exists so that a test can show that the power-cut test notices.
    #[doc(hidden)]
    pub fn unsafe_for_tests_without_sync(mut self) -> Self {
        self.synchronous = SqliteSynchronous::Off;
        self
    }

    fn connect(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(self.synchronous)
            .busy_timeout(BUSY)
            // What is erased is overwritten, not only unlinked.
            .pragma("secure_delete", "ON")
            // 64 MB: keys come in no order, and their pages are touched again and again.
            .pragma("cache_size", "-65536")
            .statement_cache_capacity(256)
            .disable_statement_logging()
    }
}

/// The store in one file of this machine, owned by one process at a time.
///
/// It survives the end of the process, of the system, and a power cut, as far as the disk keeps what it says it synced
/// (`synchronous=FULL`). It does not survive the loss of the disk: back it up.
#[derive(Debug)]
pub struct SqliteStore {
    door: Sqlite,
}

#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: Writer,
    readers: SqlitePool,
    changed: Notify,
    path: PathBuf,
}

impl SqliteStore {
    /// Opens the store, creates it if there is none, and brings its schema up to date. Leases of an earlier life are void
    /// from here on, so that its work goes on at once.
    pub async fn open(options: SqliteOptions) -> Result<Self, StoreError> {
        let lock = own(&options.path)?;
        let created = !options.path.exists();
        let mut connection =
            options.connect().connect().await.map_err(|error| cannot_open(&options.path, &error))?;
        prepare(&mut connection).await?;
        if created {
            sync_folder(&options.path)?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options.connect().create_if_missing(false).pragma("query_only", "ON"));
        let writer = Writer::start(connection, lock, options.queue);
        Ok(Self { door: Sqlite { writer, readers, changed: Notify::new(), path: options.path } })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.door.path
    }
}

impl HasDoor for SqliteStore {
    type Door = Sqlite;

    fn door(&self) -> &Sqlite {
        &self.door
    }
}

impl Door for Sqlite {
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.writer.run(work).await
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let mut transaction = self.readers.begin().await?;
        let result = work(Link::Sqlite(&mut transaction)).await;
        transaction.rollback().await?;
        result
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        backup(&self.path, to).await
    }

    fn wake(&self) {
        self.changed.notify_waiters();
        // And one permit for whoever looks away at this moment.
        self.changed.notify_one();
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn changed(&self) {
        let _ = tokio::time::timeout(LONGEST_WAIT, self.changed.notified()).await;
    }
}

/// A consistent copy while work goes on, complete or not there.
async fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
    let cannot = |why: &dyn std::fmt::Display| {
        StoreError::Refused(format!(
            "the backup {} was not written: {why}; choose a new file in a folder that this user can write",
            to.display()
        ))
    };
    if to.exists() {
        return Err(cannot(&"there is a file of that name"));
    }
    let part = beside(to, ".part");
    let _ = std::fs::remove_file(&part);
    let mut connection = SqliteConnectOptions::new().filename(from).busy_timeout(BUSY).connect().await?;
    let copied =
        sqlx::query("VACUUM INTO $1").bind(part.to_string_lossy().as_ref()).execute(&mut connection).await;
    connection.close().await?;
    copied.map_err(|error| cannot(&error))?;
    File::open(&part)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&part, to))
        .map_err(|error| cannot(&error))?;
    sync_folder(to)
}

async fn prepare(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    schema::migrate(Link::Sqlite(&mut transaction)).await?;
    ending::void_leases(&mut Link::Sqlite(&mut transaction)).await?;
    transaction.commit().await?;
    Ok(())
}

/// The database belongs to whoever holds the lock on the file beside it; the system gives it back when the process ends.
fn own(path: &Path) -> Result<File, StoreError> {
    let lock = beside(path, ".lock");
    let cannot = |why: &dyn std::fmt::Display| {
        StoreError::Open(format!(
            "the lock file {} cannot be opened: {why}; make its folder exist and writable for this user",
            lock.display()
        ))
    };
    let file =
        File::options().create(true).truncate(false).write(true).open(&lock).map_err(|e| cannot(&e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Open(format!(
            "{} is in use by another relay process; stop that one first, or use PostgreSQL to run several",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(cannot(&error)),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A new file is durable only when its folder is.
fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| {
        StoreError::Open(format!("the folder {} cannot be synced: {error}", folder.display()))
    })
}

fn cannot_open(path: &Path, error: &sqlx::Error) -> StoreError {
    StoreError::Open(format!(
        "{} cannot be opened as a SQLite database: {error}; make its folder exist and writable for this user",
        path.display()
    ))
}
