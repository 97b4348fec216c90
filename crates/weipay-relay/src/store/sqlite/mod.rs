//! One file, one process: SQLite with one writer that commits in groups.

mod checkpoint;
mod readers;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Notify;

use super::StoreError;
use super::sql::{Door, HasDoor, Link, ending, schema};
use checkpoint::Checkpoints;
use readers::Readers;
use writer::Writer;

/// How long a reader that finds nothing new sleeps at most.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// For the moments when another program, such as a backup, holds the file.
const BUSY: Duration = Duration::from_secs(5);
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

/// How a SQLite store is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    path: PathBuf,
    queue: usize,
    synchronous: bool,
}

impl SqliteOptions {
    /// The database's file; it is created if it is not there, its folder is not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), queue: 4096, synchronous: true }
    }

    /// How many writes may wait before further ones are refused as [`StoreError::Busy`]; 4,096 if not set.
    pub fn queue(mut self, writes: usize) -> Self {
        self.queue = writes.max(1);
        self
    }

    /// Lets the file system lose what was acknowledged: it exists so that a test can show that the power-cut test notices.
    #[doc(hidden)]
    pub fn unsafe_for_tests_without_sync(mut self) -> Self {
        self.synchronous = false;
        self
    }

    fn connect(&self, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
        let connection = Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", if self.synchronous { "FULL" } else { "OFF" })?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is erased is overwritten, not only unlinked.
        connection.pragma_update(None, "secure_delete", true)?;
        // 64 MB: keys come in no order, and their pages are touched again and again.
        connection.pragma_update(None, "cache_size", -65_536)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // By a thread of its own.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        Ok(connection)
    }

    fn writer(&self) -> Result<Connection, rusqlite::Error> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    fn beside(&self) -> Result<Connection, rusqlite::Error> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn reader(&self) -> Result<Connection, rusqlite::Error> {
        let connection = self.beside()?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    /// Opens what there is to open; on a thread that may wait for the disk.
    fn open(self) -> Result<(Connection, Connection, File), StoreError> {
        let lock = own(&self.path)?;
        let created = !self.path.exists();
        let mut connection = self.writer().map_err(|error| cannot_open(&self.path, &error))?;
        prepare(&mut connection)?;
        if created {
            sync_folder(&self.path)?;
        }
        Ok((connection, self.beside()?, lock))
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
    readers: Readers,
    changed: Notify,
    path: PathBuf,
}

impl SqliteStore {
    /// Opens the store, creates it if there is none, and brings its schema up to date. Leases of an earlier life are void
    /// from here on, so that its work goes on at once.
    pub async fn open(options: SqliteOptions) -> Result<Self, StoreError> {
        let (opened, readers) = (options.clone(), Readers::new(options.clone()));
        let opened = tokio::task::spawn_blocking(move || opened.open()).await;
        let (connection, beside, lock) = opened.unwrap_or(Err(StoreError::Closed))?;
        let no_thread =
            |error: std::io::Error| StoreError::Open(format!("the store's thread cannot start: {error}"));
        let checkpoints = Checkpoints::start(beside).map_err(no_thread)?;
        let writer = Writer::start(connection, checkpoints, lock, options.queue).map_err(no_thread)?;
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
        self.writer.run(true, work).await
    }

    async fn keep<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.writer.run(false, work).await
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.readers.run(work).await
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let (from, to) = (self.path.clone(), to.to_owned());
        tokio::task::spawn_blocking(move || backup(&from, &to)).await.unwrap_or(Err(StoreError::Closed))
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
fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
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
    let connection = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY)?;
    let copied = connection.execute("VACUUM INTO ?1", [part.to_string_lossy()]);
    drop(connection);
    copied.map_err(|error| cannot(&error))?;
    File::open(&part)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&part, to))
        .map_err(|error| cannot(&error))?;
    sync_folder(to)
}

fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let prepared = async {
        schema::migrate(Link::Sqlite(connection)).await?;
        ending::void_leases(&mut Link::Sqlite(connection)).await
    };
    // Nothing in it waits for anything but this connection.
    prepared.now_or_never().unwrap_or(Err(StoreError::Closed))?;
    connection.execute_batch("COMMIT")?;
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

fn cannot_open(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Open(format!(
        "{} cannot be opened as a SQLite database: {error}; make its folder exist and writable for this user",
        path.display()
    ))
}
