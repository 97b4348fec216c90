//! What is durable, behind one trait: SQLite for one process, PostgreSQL for several.
//!
//! Every method that changes something returns only when the change is durable: after it, no crash of the process, and
//! with the default settings no power cut, undoes it.

mod error;
mod operate;
mod postgres;
mod sql;
mod sqlite;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub use error::StoreError;
pub use operate::{
    Act, Audited, Backlog, Count, Erased, Fact, Filter, Held, Moment, Operate, Purged, Redriven, Refused,
    Retention, Scope, Status, What,
};
pub use postgres::{PostgresOptions, PostgresStore};
pub use sql::{Column, Row, Tx, Value, Work};
pub use sqlite::{SqliteOptions, SqliteStore};

use crate::job::{Attempted, Ending, Job, JobId, NewJob};

/// A notification as it came in: encrypted as it is, with nothing but its business key in clear.
#[derive(Clone)]
pub struct Arrival {
    /// The merchant's name in the relay's configuration.
    pub merchant: String,
    /// The notification's id.
    pub notification_id: String,
    /// Such as `BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON`.
    pub event_type: String,
    /// The business key: two notifications of one case and event are one.
    pub case: String,
    /// The `Wechatpay-*` headers, as JSON.
    pub headers: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// Whose data it carries: a keyed hash of an openid.
    pub person: Option<String>,
    /// What to do about it. Its key makes a duplicate by business key visible.
    pub job: NewJob,
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("merchant", &self.merchant)
            .field("notification_id", &self.notification_id)
            .field("event_type", &self.event_type)
            .field("case", &self.case)
            .finish_non_exhaustive()
    }
}

/// What the store says to an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Stored, with its job.
    New(JobId),
    /// Known by its id, or by its business key; counted.
    Duplicate,
}

/// Something that failed verification and is kept apart, to be verified again after a key was put right.
#[derive(Clone)]
pub struct Refusal {
    /// The merchant's name in the relay's configuration.
    pub merchant: String,
    /// Why, in words for the operator.
    pub reason: String,
    /// The `Wechatpay-*` headers, as JSON.
    pub headers: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("merchant", &self.merchant)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Work to claim, by the places that are free for it: calls and questions have places of their own, so that neither waits
/// for the other.
#[derive(Debug, Clone)]
pub struct Want {
    /// Who claims; a name of this process, for the operator.
    pub worker: String,
    /// At most so many calls to WeChat Pay.
    pub calls: u32,
    /// At most so many questions to hooks, and results to tell them.
    pub questions: u32,
    /// At most so many questions to one merchant's hook, so that a slow one leaves places to the others.
    pub per_hook: u32,
    /// The room at hooks that are asked already, or do not answer; a hook that is not named has room for `per_hook`.
    pub rooms: BTreeMap<String, u32>,
    /// How long the lease lasts unless it is renewed.
    pub lease: Duration,
    /// How far ahead a slot may lie.
    pub ahead: Duration,
}

/// The right to work on a job. Whoever lost it cannot end the job: its token is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// Grows with every claim of any job.
    pub token: i64,
}

/// A job that is now ours to do. Its attempt is recorded as begun before this is returned.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The job, with `earlier` telling what former attempts may have done.
    pub job: Job,
    /// The right to end it.
    pub lease: Lease,
    /// When it may be sent; none for work without a budget.
    pub slot: Option<Timestamp>,
    /// The merchant's calls are paused, and this one finds out whether WeChat Pay hears them again.
    pub probe: bool,
}

/// The pace of one budget: a slot every so often, shared by all processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two slots while all is well.
    pub interval: Duration,
    /// Between two slots after refusals for speed, at most.
    pub slowest: Duration,
}

/// The store. One suite of tests holds every implementation to it.
#[async_trait]
pub trait Store: Operate + fmt::Debug + Send + Sync + 'static {
    /// Keeps a notification and its job, in one transaction.
    async fn receive(&self, arrival: Arrival, now: Timestamp) -> Result<Receipt, StoreError>;

    /// Keeps something that failed verification, and forgets the oldest beyond `bound` of that merchant.
    async fn refuse(&self, refusal: Refusal, bound: u32, now: Timestamp) -> Result<(), StoreError>;

    /// Stores jobs that nobody was asked about (the effects API), in one transaction; a known key is left as it is.
    /// Answers the jobs as they then stand, in the same order.
    async fn submit(&self, jobs: Vec<NewJob>, now: Timestamp) -> Result<Vec<Job>, StoreError>;

    /// Claims due work: first by lane, then fairly between merchants, budgets and shares, then by age; nothing whose order
    /// has an older unfinished job, nothing held, nothing without a slot within `want.ahead`, nothing that has no place.
    /// Takes the slots in the same transaction. What is past its last moment needs neither slot nor room at a hook.
    async fn claim(&self, want: &Want, now: Timestamp) -> Result<Vec<Claimed>, StoreError>;

    /// Gives a slot up that came too late and takes the next; none when that is further ahead than `ahead`, and then
    /// the job is ready again and its lease over, without an attempt.
    async fn next_slot(
        &self,
        lease: Lease,
        ahead: Duration,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// Keeps leases alive. Answers those that are lost.
    async fn renew(
        &self,
        leases: &[Lease],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Lease>, StoreError>;

    /// Ends an attempt, with all that follows, in one transaction. `false` when the lease was lost: then nothing changed.
    async fn finish(
        &self,
        lease: Lease,
        attempted: Attempted,
        ending: Ending,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Like [`finish`](Self::finish), with work of the merchant's own in the same transaction: its tables and the ending
    /// that it answers are stored together or not at all. The work does not run when the lease was lost.
    ///
    /// SQLite has one writer, and the work holds it: it must not wait for anything but the database, and is given up
    /// after five seconds. An error or a panic in it changes nothing.
    async fn finish_with(
        &self,
        lease: Lease,
        attempted: Attempted,
        work: Work,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Slows a budget down after a refusal for speed: nothing before `until`, and a longer interval that shrinks again
    /// with every success.
    async fn slow_down(&self, pace: &str, until: Timestamp, now: Timestamp) -> Result<(), StoreError>;

    /// The paces of these budgets from now on, all at once. Budgets without one are not limited.
    async fn set_paces(&self, paces: &BTreeMap<String, Pace>, now: Timestamp) -> Result<(), StoreError>;

    /// Leases that ran out: their jobs are ready again with one crash more, or dead after `crashes`. Answers how many.
    async fn reclaim(&self, crashes: u32, now: Timestamp) -> Result<u64, StoreError>;

    /// When this claim may find something again, unless [`changed`](Self::changed) tells before: work that becomes due, a
    /// slot that comes near, a lease that may run out. Work that is held, has no place, or waits for another of its order,
    /// does not count.
    async fn next_due(&self, want: &Want, now: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Pauses a merchant's calls, because WeChat Pay hears none of them: a hold of [`Scope::Effects`] by the relay itself.
    /// Every three minutes one call is handed out nevertheless, to find out whether that has changed ([`Claimed::probe`]).
    /// `false` when they were paused or held before.
    async fn pause(&self, merchant: &str, reason: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends a pause; not what an operator held. `false` when there was none.
    async fn resume(&self, merchant: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Returns when another process or task may have stored work; may return early, and does so at least every few
    /// seconds.
    async fn changed(&self);

    /// Lets what is under way finish and gives the database up. Every later call fails.
    async fn close(&self);

    /// The notification that a job came from, directly or through the jobs before it.
    async fn arrival(&self, job: JobId) -> Result<Option<Arrival>, StoreError>;

    /// A job by its key.
    async fn job(&self, merchant: &str, key: &str) -> Result<Option<Job>, StoreError>;
}
