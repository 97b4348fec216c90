//! How processes tell each other that there is work: NOTIFY, and a look every second in case one is lost.
//!
//! The notice is sent beside the transaction, not in it: inside, PostgreSQL would let one such transaction commit at a time.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

const CHANNEL: &str = "weipay_relay";
/// After so long somebody looks, told or not: nobody may stop working because a connection was lost.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Between two notices, and between two tries to listen again.
const APART: Duration = Duration::from_millis(20);
const RECONNECT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Wake {
    changed: Arc<Notify>,
    tell: Arc<Notify>,
    tasks: [JoinHandle<()>; 2],
}

impl Wake {
    pub(crate) fn start(pool: &PgPool) -> Self {
        let changed = Arc::new(Notify::new());
        let tell = Arc::new(Notify::new());
        let tasks = [
            tokio::spawn(listen(pool.clone(), changed.clone())),
            tokio::spawn(notify(pool.clone(), tell.clone())),
        ];
        Self { changed, tell, tasks }
    }

    pub(crate) fn wake(&self) {
        here(&self.changed);
        self.tell.notify_one();
    }

    pub(crate) async fn changed(&self) {
        let _ = tokio::time::timeout(LONGEST_WAIT, self.changed.notified()).await;
    }

    pub(crate) fn stop(&self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.stop();
    }
}

fn here(changed: &Notify) {
    changed.notify_waiters();
    // And one permit for whoever looks away at this moment.
    changed.notify_one();
}

async fn listen(pool: PgPool, changed: Arc<Notify>) {
    loop {
        if let Err(error) = hear(&pool, &changed).await {
            tracing::warn!(%error, "PostgreSQL's notices are not heard for now; looking every second instead");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn hear(pool: &PgPool, changed: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // None: the connection was lost and is there again; something may have been missed.
        listener.try_recv().await?;
        here(changed);
    }
}

async fn notify(pool: PgPool, tell: Arc<Notify>) {
    loop {
        tell.notified().await;
        if let Err(error) = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&pool).await {
            tracing::debug!(%error, "the notice was not sent; other processes look every second");
        }
        tokio::time::sleep(APART).await;
    }
}
