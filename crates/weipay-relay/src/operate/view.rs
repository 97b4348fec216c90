//! What an operator is answered, as JSON has it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use weipay::Outcome;

use crate::job::{Job, Kind, State};
use crate::store::{Backlog, Count, Held, Moment, What};

/// How the relay stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Overview {
    /// When this was so.
    pub at: Timestamp,
    /// Jobs that are not final.
    pub unsettled: u64,
    /// When the oldest of them was stored.
    pub oldest: Option<Timestamp>,
    /// Its merchant and its key.
    #[serde(default)]
    pub oldest_job: Option<(String, String)>,
    /// Parked and dead jobs: a person has to look.
    pub to_look_at: u64,
    /// Points of exchanges that are neither issued nor given back; none where too many are open to add them up.
    pub points_in_reserve: Option<u64>,
    /// Notifications that failed verification and are kept.
    pub refused: u64,
    /// Every budget with a limit or with work.
    pub budgets: Vec<Budget>,
    /// What is held.
    pub held: Vec<Held>,
    /// Checks for what was missed; none where too many ended in the last 24 hours to add them up.
    pub checks: Option<Checks>,
    /// Jobs by merchant, kind, name and state; final ones of the last 24 hours.
    pub counts: Vec<Count>,
}

/// Checks for what was missed: those that are open, and what the others found in the last 24 hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// Not answered yet.
    pub open: u64,
    /// Answered.
    pub answered: u64,
    /// Of these: what was missed was made good.
    pub made_good: u64,
    /// Of these: a parked effect was settled.
    pub settled: u64,
    /// Of these: a person has to look.
    pub to_look_at: u64,
    /// Refused, and parked.
    pub failed: u64,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// The merchant.
    pub merchant: String,
    /// The gap.
    pub gap: String,
    /// Which of the things that were named, from 0; none for what the store gave reason to check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<usize>,
    /// What it is about, without personal data.
    pub about: String,
    /// The operation that is asked.
    pub query: String,
    /// The key of its job; none for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `would_be_asked`, `pending`, or what was found: `present`, `nothing_missing`, `made_good`, `settled`,
    /// `to_look_at`, `unclear`, `failed`.
    pub result: String,
    /// In words, or the keys of the jobs that made it good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// States, times and numbers of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<Value>,
}

/// What waits for one budget.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Budget {
    /// The budget.
    pub budget: String,
    /// Jobs that wait for it.
    pub jobs: u64,
    /// Calls per second at present; none without a limit.
    pub per_second: Option<f64>,
    /// When the next of them could be sent; none without a limit.
    #[serde(default)]
    pub next_slot: Option<Timestamp>,
    /// When the last of them will have been sent at that pace.
    pub drained: Option<Timestamp>,
    /// The first last moment among them.
    pub first_not_after: Option<Timestamp>,
    /// Whether the backlog outlasts that moment: some may come too late.
    pub late: bool,
}

impl From<Backlog> for Budget {
    fn from(backlog: Backlog) -> Self {
        let late = backlog.drained.zip(backlog.first_not_after).is_some_and(|(drained, end)| drained > end);
        Self {
            budget: backlog.budget,
            jobs: backlog.jobs,
            per_second: backlog.interval.map(|interval| 1.0 / interval.as_secs_f64().max(1e-6)),
            next_slot: backlog.next_slot,
            drained: backlog.drained,
            first_not_after: backlog.first_not_after,
            late,
        }
    }
}

/// A job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Standing {
    /// The merchant.
    pub merchant: String,
    /// Its key.
    pub key: String,
    /// A question, a call, or a result to tell.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// How many attempts counted.
    pub attempts: u32,
    /// How often a process disappeared over it.
    pub crashes: u32,
    /// When it was stored.
    pub created: Timestamp,
    /// Not before.
    pub due: Timestamp,
    /// After this nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// When it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The request number that is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_no: Option<String>,
    /// Why it stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&Job> for Standing {
    fn from(job: &Job) -> Self {
        Self {
            merchant: job.work.merchant.clone(),
            key: job.work.key.clone(),
            kind: job.work.kind,
            state: job.state,
            attempts: job.attempts,
            crashes: job.crashes,
            created: job.created,
            due: job.work.due,
            not_after: job.work.not_after,
            ended: job.ended,
            request_no: job.work.request_no.clone(),
            reason: job.reason.clone(),
        }
    }
}

/// Jobs, a thousand at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Page {
    /// Oldest first.
    pub jobs: Vec<Standing>,
    /// Pass it as `after` for the next page; none at the end.
    pub next: Option<i64>,
}

/// One case from beginning to end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timeline {
    /// The merchant.
    pub merchant: String,
    /// The case.
    pub case: String,
    /// In the order of time.
    pub moments: Vec<Happened>,
}

/// Something that happened, with its moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happening {
    /// A notification came in.
    Received {
        /// Its id.
        notification_id: String,
        /// Its event.
        event_type: String,
        /// How often it came again.
        duplicates: u64,
    },
    /// A job was stored.
    Stored {
        /// As it stands now.
        job: Standing,
        /// What it is about, masked unless it was to be revealed.
        work: Value,
        /// What came of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<Value>,
    },
    /// An attempt was begun.
    Attempt {
        /// At which job.
        key: String,
        /// By which process.
        worker: String,
        /// When it ended; none for one that never did.
        ended: Option<Timestamp>,
        /// What it may have done.
        outcome: Option<String>,
        /// HTTP status.
        status: Option<u16>,
        /// The API's error code.
        code: Option<String>,
        /// What WeChat Pay's support asks for.
        request_id: Option<String>,
        /// What happened, in a line.
        note: Option<String>,
    },
    /// A job came to its end.
    Ended {
        /// Which.
        key: String,
        /// How.
        state: State,
        /// Why.
        reason: Option<String>,
    },
    /// Somebody did something by hand.
    Acted {
        /// What.
        act: String,
        /// Who.
        who: String,
        /// Why.
        note: Option<String>,
    },
}

impl Happened {
    /// `shown` gives what a job is about, and what came of it.
    pub(super) fn of(moment: Moment, shown: impl Fn(&Job) -> (Value, Option<Value>)) -> Self {
        let what = match moment.what {
            What::Received { notification_id, event_type, duplicates } => {
                Happening::Received { notification_id, event_type, duplicates }
            }
            What::Stored { job } => {
                let (work, result) = shown(&job);
                Happening::Stored { job: Standing::from(&*job), work, result }
            }
            What::Attempt { key, worker, slot: _, ended, outcome, status, code, request_id, note } => {
                let outcome = outcome.map(|outcome| outcome_word(outcome).to_owned());
                Happening::Attempt { key, worker, ended, outcome, status, code, request_id, note }
            }
            What::Ended { key, state, reason } => Happening::Ended { key, state, reason },
            What::Acted(audited) => {
                Happening::Acted { act: audited.act, who: audited.by.who, note: audited.by.note }
            }
        };
        Self { at: moment.at, what }
    }
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotSent => "not_sent",
        Outcome::Rejected => "rejected",
        Outcome::Accepted => "accepted",
        Outcome::Unknown => "unknown",
    }
}

/// Effects that ended on a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settlements {
    /// Oldest first.
    pub rows: Vec<Settlement>,
    /// Pass it as `after` for the next page; none at the end.
    pub next: Option<i64>,
}

/// One effect at its end: a row of the daily settlement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settlement {
    /// When it ended.
    pub ended: Timestamp,
    /// The merchant.
    pub merchant: String,
    /// The case, such as `exchange/R1`.
    pub case: String,
    /// The effect, such as `confirm`.
    pub effect: String,
    /// The operation of the catalogue.
    pub operation: Option<String>,
    /// How it ended. What is parked on its day may be settled on a later one.
    pub state: State,
    /// Of an exchange: `issued` or `not_issued`.
    pub result: Option<String>,
    /// Of an exchange: what it cost.
    pub points: Option<u64>,
    /// Of an exchange: the coupon.
    pub coupon_code: Option<String>,
    /// Of an exchange: the stock.
    pub stock_id: Option<String>,
    /// The request number that was sent.
    pub request_no: Option<String>,
    /// How many attempts counted.
    pub attempts: u32,
    /// The member, masked unless it was to be revealed.
    pub openid: Option<String>,
    /// Why it ended so.
    pub reason: Option<String>,
}

/// A parked job that was ended by hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Resolved {
    /// The merchant.
    pub merchant: String,
    /// Its key.
    pub key: String,
    /// What the merchant's hook will be told; none where it asks nothing.
    pub tells: Option<String>,
}

/// A notification that failed verification.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// The merchant.
    pub merchant: String,
    /// When it came.
    pub received: Timestamp,
    /// Why it was refused.
    pub reason: String,
}

/// What verifying it again gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reverified {
    /// Its number.
    pub id: i64,
    /// The merchant.
    pub merchant: String,
    /// `taken`, `duplicate`, or `refused`, which stays where it is.
    pub result: String,
    /// The case that it belongs to.
    pub case: Option<String>,
    /// Why it was refused again.
    pub reason: Option<String>,
}
