//! Reading beside the writer: a few connections, on threads that may wait for the disk.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::SqliteOptions;
use crate::store::StoreError;
use crate::store::sql::Link;

/// At once.
const READERS: usize = 4;

#[derive(Debug)]
pub(crate) struct Readers {
    options: SqliteOptions,
    places: Semaphore,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(crate) fn new(options: SqliteOptions) -> Self {
        Self { options, places: Semaphore::new(READERS), idle: Arc::default() }
    }

    /// Reads one consistent state.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let _place = self.places.acquire().await.map_err(|_| StoreError::Closed)?;
        let (idle, options) = (Arc::clone(&self.idle), self.options.clone());
        let read = tokio::task::spawn_blocking(move || {
            let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match known {
                Some(connection) => connection,
                None => options.reader()?,
            };
            connection.execute_batch("BEGIN")?;
            // Nothing in it waits for anything but this connection.
            let result = work(Link::Sqlite(&mut connection)).now_or_never();
            connection.execute_batch("ROLLBACK")?;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result.unwrap_or(Err(StoreError::Closed))
        });
        read.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Lets what is being read finish, and closes.
    pub(crate) async fn close(&self) {
        let all = self.places.acquire_many(u32::try_from(READERS).unwrap_or(u32::MAX)).await;
        self.places.close();
        drop(all);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
