//! The store as an operator sees it: what stands where, and every act by hand, each with who did it and why.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weipay::Outcome;

use super::{Refusal, StoreError};
use crate::job::{Job, JobId, Kind, NewJob, State};

/// Who does something by hand, and why. Kept for ever in the same transaction as the act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The name of the person or token.
    pub who: String,
    /// Why; never personal data.
    pub note: Option<String>,
}

/// An act as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// When.
    pub at: Timestamp,
    /// What was done: redrive, resolve, hold, release, erase, purge.
    pub act: String,
    /// To what: a job as `merchant key`, a budget, a person's hash.
    pub target: String,
    /// Who and why.
    pub by: Act,
}

/// Which jobs. What is left out does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this merchant.
    pub merchant: Option<String>,
    /// With one of these keys.
    pub keys: Vec<String>,
    /// Of this case.
    pub case: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Of this name.
    pub name: Option<String>,
    /// In one of these states.
    pub states: Vec<State>,
    /// Ended at this moment or later.
    pub ended_from: Option<Timestamp>,
    /// Ended before this moment.
    pub ended_before: Option<Timestamp>,
    /// Stored after this job: the next page.
    pub after: Option<JobId>,
    /// At most so many, oldest first; 1,000 if not given.
    pub limit: Option<u32>,
}

/// Figures of the whole store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Jobs by merchant, kind, name and state; final ones only where they ended since the moment that was asked for,
    /// except parked and dead ones, which are always counted.
    pub counts: Vec<Count>,
    /// When the oldest job that is not final was stored.
    pub oldest: Option<Timestamp>,
    /// Its merchant and its key.
    pub oldest_job: Option<(String, String)>,
    /// Every budget with a pace or with work.
    pub budgets: Vec<Backlog>,
    /// What is held.
    pub held: Vec<Held>,
    /// What failed verification and waits to be verified again.
    pub refused: u64,
}

/// How many jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Of this merchant,
    pub merchant: String,
    /// of this kind,
    pub kind: Kind,
    /// of this name,
    pub name: String,
    /// in this state.
    pub state: State,
    /// So many.
    pub jobs: u64,
}

/// What waits for a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// The budget.
    pub budget: String,
    /// Jobs that are not final.
    pub jobs: u64,
    /// Their earliest last moment, if one has one.
    pub first_not_after: Option<Timestamp>,
    /// Between two slots at present; none without a pace.
    pub interval: Option<std::time::Duration>,
    /// The next slot that could be had; none without a pace.
    pub next_slot: Option<Timestamp>,
    /// When the last of them would be sent at the present pace.
    pub drained: Option<Timestamp>,
}

/// What an operator stops: nothing of it is handed out until it is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    All,
    /// A merchant's jobs.
    Merchant(String),
    /// The jobs of a budget.
    Budget(String),
    /// A merchant's calls to WeChat Pay; its hook is still asked. The relay itself holds this when WeChat Pay answers 401.
    Effects(String),
}

/// What is held, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What.
    pub scope: Scope,
    /// Since when.
    pub since: Timestamp,
    /// By whom, and why; `relay` is the relay itself.
    pub by: Act,
    /// When the relay tries one call by itself; none for what an operator holds.
    pub probe: Option<Timestamp>,
}

/// What a person found out about a parked job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The operation took place.
    Happened,
    /// It did not, and will not.
    NotHappened,
}

/// What a redrive does, or would do, to a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redriven {
    /// The merchant.
    pub merchant: String,
    /// The job's key.
    pub key: String,
    /// Where it stood.
    pub from: State,
    /// Where it stands now: ready, or superseded where a newer absolute value went out meanwhile.
    pub to: State,
}

/// What was removed of a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Notifications whose headers and body are gone.
    pub notifications: u64,
    /// Jobs whose payload and result are gone.
    pub jobs: u64,
    /// Jobs that are not final yet and keep their payload: erase again when they are.
    pub unfinished: u64,
}

/// What may go. Unfinished, parked and dead jobs always stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Envelopes, payloads and results of jobs that ended before this moment go; keys and outcomes stay.
    pub contents_before: Timestamp,
    /// Jobs that ended before this moment go altogether. A notification that comes again after that is new: keep them
    /// longer than anything is repeated.
    pub rows_before: Timestamp,
}

/// What went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Jobs without contents now.
    pub contents: u64,
    /// Jobs that are gone.
    pub rows: u64,
}

/// Something that failed verification, as it was kept.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its number.
    pub id: i64,
    /// When it came.
    pub received: Timestamp,
    /// What came.
    pub refusal: Refusal,
}

/// Something in the life of a case.
#[derive(Debug, Clone)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A notification came in.
    Received {
        /// Its id.
        notification_id: String,
        /// Its event.
        event_type: String,
        /// How often it came again since.
        duplicates: u64,
    },
    /// A job was stored.
    Stored {
        /// As it stands now.
        job: Box<Job>,
    },
    /// An attempt was begun.
    Attempt {
        /// At which job.
        key: String,
        /// By whom.
        worker: String,
        /// When it was to be sent.
        slot: Option<Timestamp>,
        /// When it ended; none for one that never did.
        ended: Option<Timestamp>,
        /// What it may have done.
        outcome: Option<Outcome>,
        /// HTTP status.
        status: Option<u16>,
        /// The API's error code.
        code: Option<String>,
        /// `Request-ID` of the answer.
        request_id: Option<String>,
        /// What happened, in a line.
        note: Option<String>,
    },
    /// A job came to a final state.
    Ended {
        /// Which one.
        key: String,
        /// How.
        state: State,
        /// Why.
        reason: Option<String>,
    },
    /// Somebody did something by hand.
    Acted(Audited),
}

/// What operators do with a store.
#[async_trait]
pub trait Operate: Send + Sync {
    /// Figures of the whole store; final jobs count where they ended at `since` or later.
    async fn status(&self, since: Timestamp, now: Timestamp) -> Result<Status, StoreError>;

    /// Everything of one case, in the order of time.
    async fn timeline(&self, merchant: &str, case: &str) -> Result<Vec<Moment>, StoreError>;

    /// Jobs, oldest first. With the kind effect, final states and a day's limits it is that day's settlement.
    async fn list(&self, filter: &Filter) -> Result<Vec<Job>, StoreError>;

    /// Lets parked and dead jobs of the filter run again, with the same number and body, or only tells what would be done
    /// (`dry_run`). A last moment that has passed does not count any more. What was refused stays: the merchant was told so,
    /// and gave points back by it.
    async fn redrive(
        &self,
        filter: &Filter,
        by: &Act,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Vec<Redriven>, StoreError>;

    /// Ends a parked or dead job by what a person found out: settled, or refused. The jobs that follow (telling the
    /// merchant) are stored in the same transaction.
    async fn resolve(
        &self,
        merchant: &str,
        key: &str,
        fact: Fact,
        follow: Vec<NewJob>,
        by: &Act,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Stops handing work out. What is under way goes on.
    async fn hold(&self, scope: &Scope, by: &Act, now: Timestamp) -> Result<(), StoreError>;

    /// Hands work out again. `false` when it was not held.
    async fn release(&self, scope: &Scope, by: &Act, now: Timestamp) -> Result<bool, StoreError>;

    /// Removes what is stored of a person (the keyed hash of an openid): envelopes, payloads, results. Keys and outcomes
    /// stay.
    async fn erase(&self, person: &str, by: &Act, now: Timestamp) -> Result<Erased, StoreError>;

    /// What failed verification, oldest first.
    async fn refused(&self, merchant: &str, limit: u32) -> Result<Vec<Refused>, StoreError>;

    /// Forgets one that was verified and received after all, or that never will be. `false` when it is not there.
    async fn forget_refused(&self, id: i64) -> Result<bool, StoreError>;

    /// Keeps an act that changes nothing in the store, such as a look at personal data.
    async fn record(&self, act: &str, target: &str, by: &Act, now: Timestamp) -> Result<(), StoreError>;

    /// What was done by hand, newest first.
    async fn audit(&self, limit: u32) -> Result<Vec<Audited>, StoreError>;

    /// Removes what has been kept long enough, a few thousand jobs at a time: repeat until nothing goes.
    async fn purge(&self, retention: Retention, by: &Act, now: Timestamp) -> Result<Purged, StoreError>;

    /// Writes a copy of a SQLite store to a new file while work goes on. PostgreSQL has its own tools.
    async fn backup(&self, to: &Path) -> Result<(), StoreError>;

    /// Looks for what must not be: notifications without a job, ended jobs with a lease, and the like. Empty is good.
    async fn check(&self) -> Result<Vec<String>, StoreError>;
}
