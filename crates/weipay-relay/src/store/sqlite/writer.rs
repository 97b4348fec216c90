//! The one writer: it owns the connection, takes what waits, and commits it as one group.
//!
//! A sync of the disk costs the same for one write and for two hundred. Every write is a savepoint of its own, so that one
//! that fails takes nothing else with it; nobody is answered before the group is durable.

use std::fs::File;

use futures_util::future::BoxFuture;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::store::StoreError;
use crate::store::sql::Link;

/// At most so many writes in one commit.
const GROUP: usize = 256;

#[derive(Debug)]
pub(crate) struct Writer {
    commands: std::sync::Mutex<Option<mpsc::Sender<Box<dyn Command>>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// A write that waits for its turn.
trait Command: Send {
    /// Does it inside the group's transaction. `false` when it failed and has to be undone.
    fn run<'c>(&'c mut self, link: Link<'c>) -> BoxFuture<'c, bool>;

    /// Answers whoever waits: with what came of it, or with what became of the group.
    fn answer(self: Box<Self>, group: Result<(), GroupError>);
}

/// The whole group was undone.
#[derive(Debug, Clone)]
struct GroupError(std::sync::Arc<str>);

struct Write<F, T> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Command for Write<F, T>
where
    T: Send,
    F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send,
{
    fn run<'c>(&'c mut self, link: Link<'c>) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            self.result.insert(work(link).await).is_ok()
        })
    }

    fn answer(self: Box<Self>, group: Result<(), GroupError>) {
        let answer = match (self.result, group) {
            // Its own error says more than that of the group.
            (Some(Err(error)), _) => Err(error),
            (Some(result), Ok(())) => result,
            (_, Err(GroupError(why))) => Err(StoreError::Database(sqlx::Error::Protocol(why.to_string()))),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        let _ = self.reply.send(answer);
    }
}

impl Writer {
    pub(crate) fn start(connection: SqliteConnection, lock: File, queue: usize) -> Self {
        let (commands, waiting) = mpsc::channel(queue);
        let task = tokio::spawn(write(connection, waiting, lock));
        Self { commands: std::sync::Mutex::new(Some(commands)), task: Mutex::new(Some(task)) }
    }

    /// Waits until the work is durable. A full queue refuses it at once.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let command = Box::new(Write { work: Some(work), result: None, reply });
        {
            let commands = self.commands.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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
        drop(self.commands.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }
}

async fn write(mut connection: SqliteConnection, mut waiting: mpsc::Receiver<Box<dyn Command>>, lock: File) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let outcome = commit(&mut connection, &mut group).await;
        if let Err(error) = &outcome {
            tracing::error!(%error, writes = group.len(), "the store could not commit; nothing of these writes is left");
            // The database may have undone the transaction itself; whatever is left of it goes.
            let _ = execute(&mut connection, "ROLLBACK").await;
        }
        let outcome = outcome.map_err(|error| GroupError(error.to_string().into()));
        for command in group.drain(..) {
            command.answer(outcome.clone());
        }
    }
    let _ = connection.close().await;
    drop(lock);
}

async fn commit(
    connection: &mut SqliteConnection,
    group: &mut [Box<dyn Command>],
) -> Result<(), sqlx::Error> {
    execute(connection, "BEGIN IMMEDIATE").await?;
    for command in group {
        execute(connection, "SAVEPOINT command").await?;
        if !command.run(Link::Sqlite(connection)).await {
            // Fails when the database gave the whole transaction up, as it does on a full disk: then so do we.
            execute(connection, "ROLLBACK TO command").await?;
        }
        execute(connection, "RELEASE command").await?;
    }
    execute(connection, "COMMIT").await
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}
