//! The store in SQL, written once for both databases.
//!
//! [`Door`] is what differs: how a transaction comes about, and how others hear of it. Everything else is functions over a
//! [`Link`], one file per noun. Statements that differ between the two say both forms ([`Link::pick`]).

mod act;
pub(crate) mod claim;
pub(crate) mod ending;
mod filter;
mod hold;
pub(crate) mod inbox;
pub(crate) mod jobs;
mod link;
mod lite;
mod operate;
pub(crate) mod pace;
pub(crate) mod schema;
mod status;
mod timeline;
mod tx;
pub(crate) mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

pub(crate) use link::Link;
pub use link::{Column, Row, Value};
pub use tx::{Tx, Work};

use super::{Arrival, Claimed, Lease, Pace, Receipt, Refusal, Store, StoreError, Want};
use crate::job::{Attempted, Ending, Job, JobId, NewJob};

/// How long the merchant's own work may hold a transaction.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);

/// The way into one kind of database.
pub(crate) trait Door: fmt::Debug + Send + Sync + 'static {
    /// Does the work in a transaction, and returns when it is durable. After an error nothing of it is left.
    fn write<T, F>(&self, work: F) -> impl Future<Output = Result<T, StoreError>> + Send
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static;

    /// The same, for work that fails only when the database does: then every write that would have been made durable with it
    /// fails as well.
    fn keep<T, F>(&self, work: F) -> impl Future<Output = Result<T, StoreError>> + Send
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.write(work)
    }

    /// Reads one consistent state.
    fn read<T, F>(&self, work: F) -> impl Future<Output = Result<T, StoreError>> + Send
    where
        T: Send + 'static,
        F: for<'c> FnOnce(Link<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static;

    /// Writes a copy that can be opened as a store.
    fn backup(&self, to: &Path) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Tells everybody that there may be work.
    fn wake(&self);

    /// Lets what is under way finish, and closes.
    fn close(&self) -> impl Future<Output = ()> + Send;

    /// Returns after somebody's [`wake`](Self::wake), or after a while.
    fn changed(&self) -> impl Future<Output = ()> + Send;
}

/// The door of a store: what a store consists of.
pub(crate) trait HasDoor: fmt::Debug + Send + Sync + 'static {
    type Door: Door;
    fn door(&self) -> &Self::Door;
}

/// Lets the merchant's own code work; what goes wrong in it is an error like any other.
async fn answer(work: Work, mut tx: Tx<'_>) -> Result<Ending, StoreError> {
    let work = AssertUnwindSafe(async { work(&mut tx).await }).catch_unwind();
    let refused = |why: &str| {
        StoreError::Refused(format!("the work in the job's transaction {why}; nothing was stored"))
    };
    match tokio::time::timeout(WORK_TIMEOUT, work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_panic)) => Err(refused("panicked")),
        Err(_elapsed) => Err(refused("took more than five seconds")),
    }
}

#[async_trait]
impl<S: HasDoor> Store for S {
    async fn receive(&self, arrival: Arrival, now: Timestamp) -> Result<Receipt, StoreError> {
        jobs::usable(&arrival.job)?;
        let receipt = self
            .door()
            .keep(move |mut link| Box::pin(async move { inbox::receive(&mut link, &arrival, now).await }))
            .await?;
        self.door().wake();
        Ok(receipt)
    }

    async fn refuse(&self, refusal: Refusal, bound: u32, now: Timestamp) -> Result<(), StoreError> {
        self.door()
            .write(move |mut link| {
                Box::pin(async move { inbox::refuse(&mut link, &refusal, bound, now).await })
            })
            .await
    }

    async fn submit(&self, jobs: Vec<NewJob>, now: Timestamp) -> Result<Vec<Job>, StoreError> {
        let stored = self
            .door()
            .write(move |mut link| {
                Box::pin(async move {
                    jobs::insert_all(&mut link, &jobs, None, now).await?;
                    let mut stored = Vec::with_capacity(jobs.len());
                    for job in &jobs {
                        stored.extend(jobs::find(&mut link, &job.merchant, &job.key).await?);
                    }
                    Ok(stored)
                })
            })
            .await?;
        self.door().wake();
        Ok(stored)
    }

    async fn claim(&self, want: &Want, now: Timestamp) -> Result<Vec<Claimed>, StoreError> {
        let want = want.clone();
        self.door()
            .write(move |mut link| Box::pin(async move { claim::claim(&mut link, &want, now).await }))
            .await
    }

    async fn next_slot(
        &self,
        lease: Lease,
        ahead: Duration,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.door()
            .write(move |mut link| {
                Box::pin(async move { ending::next_slot(&mut link, lease, ahead, now).await })
            })
            .await
    }

    async fn renew(
        &self,
        leases: &[Lease],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Lease>, StoreError> {
        let leases = leases.to_vec();
        self.door()
            .write(move |mut link| {
                Box::pin(async move { ending::renew(&mut link, &leases, lease, now).await })
            })
            .await
    }

    async fn finish(
        &self,
        lease: Lease,
        attempted: Attempted,
        ending: Ending,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        ending.follow().iter().try_for_each(jobs::usable)?;
        let done = self
            .door()
            .keep(move |mut link| {
                Box::pin(async move {
                    let Some(held) = ending::held(&mut link, lease).await? else { return Ok(false) };
                    ending::finish(&mut link, &held, &attempted, &ending, now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.door().wake();
        Ok(done)
    }

    async fn finish_with(
        &self,
        lease: Lease,
        attempted: Attempted,
        work: Work,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = self
            .door()
            .write(move |mut link| {
                Box::pin(async move {
                    let Some(held) = ending::held(&mut link, lease).await? else { return Ok(false) };
                    let ending = answer(work, Tx::new(link.again())).await?;
                    ending::finish(&mut link, &held, &attempted, &ending, now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.door().wake();
        Ok(done)
    }

    async fn slow_down(&self, pace: &str, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let budget = pace.to_owned();
        self.door()
            .write(move |mut link| {
                Box::pin(async move { pace::slow_down(&mut link, &budget, until, now).await })
            })
            .await
    }

    async fn set_paces(&self, paces: &BTreeMap<String, Pace>, now: Timestamp) -> Result<(), StoreError> {
        let paces = paces.clone();
        self.door()
            .write(move |mut link| Box::pin(async move { pace::set(&mut link, &paces, now).await }))
            .await?;
        self.door().wake();
        Ok(())
    }

    async fn reclaim(&self, crashes: u32, now: Timestamp) -> Result<u64, StoreError> {
        let reclaimed = self
            .door()
            .write(move |mut link| Box::pin(async move { ending::reclaim(&mut link, crashes, now).await }))
            .await?;
        if reclaimed > 0 {
            self.door().wake();
        }
        Ok(reclaimed)
    }

    async fn next_due(&self, want: &Want, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let want = want.clone();
        self.door()
            .read(move |mut link| Box::pin(async move { claim::next_due(&mut link, &want, now).await }))
            .await
    }

    async fn pause(&self, merchant: &str, reason: &str, now: Timestamp) -> Result<bool, StoreError> {
        let (merchant, reason) = (merchant.to_owned(), reason.to_owned());
        self.door()
            .write(move |mut link| {
                Box::pin(async move { hold::pause(&mut link, &merchant, &reason, now).await })
            })
            .await
    }

    async fn resume(&self, merchant: &str, now: Timestamp) -> Result<bool, StoreError> {
        let merchant = merchant.to_owned();
        let resumed = self
            .door()
            .write(move |mut link| Box::pin(async move { hold::resume(&mut link, &merchant, now).await }))
            .await?;
        self.door().wake();
        Ok(resumed)
    }

    async fn changed(&self) {
        self.door().changed().await;
    }

    async fn close(&self) {
        self.door().close().await;
    }

    async fn arrival(&self, job: JobId) -> Result<Option<Arrival>, StoreError> {
        self.door().read(move |mut link| Box::pin(async move { inbox::arrival(&mut link, job).await })).await
    }

    async fn job(&self, merchant: &str, key: &str) -> Result<Option<Job>, StoreError> {
        let (merchant, key) = (merchant.to_owned(), key.to_owned());
        self.door()
            .read(move |mut link| Box::pin(async move { jobs::find(&mut link, &merchant, &key).await }))
            .await
    }
}
