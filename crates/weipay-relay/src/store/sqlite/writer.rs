//! The one writer: a thread that owns the connection, takes what waits, and commits it as one group.
//!
//! A sync of the disk costs the same for one write and for a thousand. Nobody is answered before the group is durable.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

use super::checkpoint::{Checkpoints, Log};
use crate::store::StoreError;
use crate::store::sql::Link;

/// At most so many writes in one commit.
const GROUP: usize = 1024;

#[derive(Debug)]
pub(crate) struct Writer {
    commands: Mutex<Option<mpsc::Sender<Box<dyn Command>>>>,
    ended: watch::Receiver<bool>,
}

/// A write that waits for its turn.
trait Command: Send {
    /// Whether it may fail alone, so that what it did has to be undone alone.
    fn may_fail(&self) -> bool;

    /// Does it inside the group's transaction. `false` when it failed.
    fn run<'c>(&'c mut self, link: Link<'c>) -> BoxFuture<'c, bool>;

    /// Answers whoever waits: with what came of it, or with what became of the group.
    fn answer(self: Box<Self>, group: Result<(), Arc<rusqlite::Error>>);
}

struct Write<F, T> {
    may_fail: bool,
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Command for Write<F, T>
where
    T: Send,
    F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send,
{
    fn may_fail(&self) -> bool {
        self.may_fail
    }

    fn run<'c>(&'c mut self, link: Link<'c>) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            self.result.insert(work(link).await).is_ok()
        })
    }

    fn answer(self: Box<Self>, group: Result<(), Arc<rusqlite::Error>>) {
        let answer = match (self.result, group) {
            // Its own error says more than that of the group.
            (Some(Err(error)), _) => Err(error),
            (Some(result), Ok(())) => result,
            (_, Err(error)) => Err(StoreError::Sqlite(error)),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        let _ = self.reply.send(answer);
    }
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        checkpoints: Checkpoints,
        lock: File,
        queue: usize,
    ) -> std::io::Result<Self> {
        let (commands, waiting) = mpsc::channel(queue);
        let (end, ended) = watch::channel(false);
        let runtime = Handle::current();
        std::thread::Builder::new().name("weipay store".to_owned()).spawn(move || {
            runtime.block_on(write(connection, waiting, checkpoints));
            drop(lock);
            end.send_replace(true);
        })?;
        Ok(Self { commands: Mutex::new(Some(commands)), ended })
    }

    /// Waits until the work is durable. A full queue refuses it at once.
    pub(crate) async fn run<T, F>(&self, may_fail: bool, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let command = Box::new(Write { may_fail, work: Some(work), result: None, reply });
        {
            let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
            let commands = commands.as_ref().ok_or(StoreError::Closed)?;
            commands.try_send(command).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?;
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Lets what waits finish, and closes the file.
    pub(crate) async fn close(&self) {
        drop(self.commands.lock().unwrap_or_else(PoisonError::into_inner).take());
        // An error means that the thread is gone.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }
}

async fn write(
    mut connection: Connection,
    mut waiting: mpsc::Receiver<Box<dyn Command>>,
    checkpoints: Checkpoints,
) {
    let log = Log::watch(&connection);
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let outcome = commit(&mut connection, &mut group).await.map_err(Arc::new);
        if let Err(error) = &outcome {
            tracing::error!(%error, writes = group.len(), "the store could not commit; nothing of these writes is left");
            // The database may have undone the transaction itself; whatever is left of it goes.
            let _ = execute(&connection, "ROLLBACK");
        }
        for command in group.drain(..) {
            command.answer(outcome.clone());
        }
        checkpoints.tend(&connection, &log);
    }
    checkpoints.stop();
    let _ = connection.close();
}

async fn commit(connection: &mut Connection, group: &mut [Box<dyn Command>]) -> Result<(), rusqlite::Error> {
    execute(connection, "BEGIN IMMEDIATE")?;
    for command in group {
        if !command.may_fail() {
            if !command.run(Link::Sqlite(connection)).await {
                let abort = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT);
                let why = "another write of the same commit failed".to_owned();
                return Err(rusqlite::Error::SqliteFailure(abort, Some(why)));
            }
            continue;
        }
        execute(connection, "SAVEPOINT command")?;
        if !command.run(Link::Sqlite(connection)).await {
            // Fails when the database gave the whole transaction up, as it does on a full disk: then so do we.
            execute(connection, "ROLLBACK TO command")?;
        }
        execute(connection, "RELEASE command")?;
    }
    execute(connection, "COMMIT")
}

fn execute(connection: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(sql)?.raw_execute().map(drop)
}
