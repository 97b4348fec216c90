//! What stands in the write-ahead log goes into the database beside the writer, not inside a commit.
//!
//! A second connection copies the long part while writes go on. What came meanwhile is little: the writer copies that
//! itself between two groups, and with the next write the log begins anew.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

/// So many pages in the log: 8 MB.
const PAGES: c_int = 2_000;

thread_local! {
    static IN_LOG: Cell<c_int> = const { Cell::new(0) };
}

/// How long the log is, as the connection of this thread leaves it with every commit.
pub(crate) struct Log(());

impl Log {
    /// The connection's own checkpoints end with this.
    pub(crate) fn watch(connection: &Connection) -> Self {
        connection.wal_hook(Some(|_: &Wal, pages| {
            IN_LOG.set(pages);
            Ok(())
        }));
        Self(())
    }

    #[expect(clippy::unused_self, reason = "whoever asks has a watched connection")]
    fn pages(&self) -> c_int {
        IN_LOG.get()
    }
}

/// The thread that copies.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    order: SyncSender<()>,
    copied: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    pub(crate) fn start(connection: Connection) -> std::io::Result<Self> {
        let (order, orders) = mpsc::sync_channel::<()>(1);
        let copied = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&copied);
        let thread = std::thread::Builder::new().name("weipay checkpoint".to_owned()).spawn(move || {
            while orders.recv().is_ok() {
                copy(&connection);
                done.store(true, Ordering::Release);
            }
        })?;
        Ok(Self { order, copied, thread })
    }

    /// Between two groups: orders the long part of a copy, or does the short one.
    pub(crate) fn tend(&self, connection: &Connection, log: &Log) {
        if log.pages() < PAGES {
            return;
        }
        if self.copied.swap(false, Ordering::Acquire) {
            copy(connection);
            // Until the next write says how long the log is then.
            IN_LOG.set(0);
        } else {
            // It is under way already if this is full.
            let _ = self.order.try_send(());
        }
    }

    pub(crate) fn stop(self) {
        drop(self.order);
        let _ = self.thread.join();
    }
}

/// As far as it goes without waiting for anybody.
fn copy(connection: &Connection) {
    let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = copied {
        tracing::warn!(%error, "the write-ahead log stays as it is for now; the next checkpoint takes it along");
    }
}
