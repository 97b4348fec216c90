//! A piece of work and what became of it. The job's row is the queue: there is no second store and no dual write.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weipay::Outcome;

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A question to the merchant, whose answer becomes effects: decide, points, reverse, balance, card.
    Ask,
    /// A call to `WeChat` Pay.
    Effect,
    /// A result that the merchant has to hear: settled.
    Tell,
    /// What the relay does by itself: a query that may make something good, a look for gaps, retention.
    Upkeep,
}

/// What goes first when a budget is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// A customer stands at a till.
    Till,
    /// An exchange waits for its decision.
    Confirm,
    /// Points of a payment.
    Points,
    /// A balance to show.
    Sync,
    /// Everything else.
    Bulk,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for its time, its turn or its slot.
    Ready,
    /// Somebody holds its lease.
    Running,
    /// It happened, and the result is known.
    Settled,
    /// It definitely did not happen, and will not.
    Refused,
    /// Nobody knows, or nobody may guess: a person has to look.
    Parked,
    /// It brought the relay down again and again, or cannot be read.
    Dead,
    /// A later absolute value took its place before it was sent.
    Superseded,
}

impl State {
    /// Nothing will be done about it any more without a person.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Ready | Self::Running)
    }
}

/// The number of a job in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub i64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A job to be stored.
///
/// `Debug` shows keys, never the payload.
#[derive(Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The merchant's name in the relay's configuration.
    pub merchant: String,
    /// Unique per merchant, such as `exchange/R1/confirm`: storing it a second time changes nothing.
    pub key: String,
    /// The business key that all jobs of one case share, such as `exchange/R1`.
    pub case: String,
    /// What kind of work.
    pub kind: Kind,
    /// Which question, which effect: `decide`, `confirm`, or an operation's id.
    pub name: String,
    /// What goes first.
    pub lane: Lane,
    /// Jobs of one merchant with the same order are done one after the other, oldest first.
    pub order: Option<String>,
    /// It carries an absolute value: an older job of the same order and name of which nothing was sent is superseded.
    pub absolute: bool,
    /// The budget that it draws on, such as `1900000100/…_confirm`; none for work that needs no slot.
    pub pace: Option<String>,
    /// Who shares the budget fairly, such as a brand.
    pub share: Option<String>,
    /// Not before.
    pub due: Timestamp,
    /// After this nothing is sent any more.
    pub not_after: Option<Timestamp>,
    /// Whose data it carries: a keyed hash of an openid, so that it can be erased.
    pub person: Option<String>,
    /// The request number that is sent, on every attempt the same.
    pub request_no: Option<String>,
    /// What to ask, send or tell; sealed, because it holds personal data.
    pub payload: Vec<u8>,
}

impl fmt::Debug for NewJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewJob")
            .field("merchant", &self.merchant)
            .field("key", &self.key)
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

/// A stored job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// As it was stored.
    pub work: NewJob,
    /// Where it stands.
    pub state: State,
    /// How many attempts counted.
    pub attempts: u32,
    /// How often a process that held its lease disappeared, since an attempt ended by itself.
    pub crashes: u32,
    /// When it was stored.
    pub created: Timestamp,
    /// When it came to a final state.
    pub ended: Option<Timestamp>,
    /// Why it stands where it stands, in words for the operator; never personal data.
    pub reason: Option<String>,
    /// What came of it, sealed.
    pub result: Option<Vec<u8>>,
    /// The worst that an earlier attempt may have done: an attempt that never ended counts as unknown.
    pub earlier: Option<Outcome>,
}

/// One attempt, as it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempted {
    /// Whether the operation may have happened.
    pub outcome: Option<Outcome>,
    /// HTTP status, when there was one.
    pub status: Option<u16>,
    /// The API's error code.
    pub code: Option<String>,
    /// `Request-ID` of the answer: what support asks for.
    pub request_id: Option<String>,
    /// What happened, in a line; never personal data.
    pub note: Option<String>,
}

/// How an attempt leaves its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It happened. The jobs that follow are stored in the same transaction.
    Settled {
        /// Sealed.
        result: Option<Vec<u8>>,
        /// What follows.
        follow: Vec<NewJob>,
    },
    /// It definitely did not happen. The jobs that follow are stored in the same transaction.
    Refused {
        /// Why.
        reason: String,
        /// Sealed.
        result: Option<Vec<u8>>,
        /// What follows.
        follow: Vec<NewJob>,
    },
    /// Once more, the same.
    Again {
        /// Not before.
        due: Timestamp,
        /// Whether this was an attempt; a refusal for speed is none.
        counts: bool,
    },
    /// A person has to look. The jobs that follow (telling the merchant) are stored in the same transaction.
    Parked {
        /// Why.
        reason: String,
        /// What follows.
        follow: Vec<NewJob>,
    },
    /// Nothing can be done with it.
    Dead {
        /// Why.
        reason: String,
    },
}

impl Ending {
    /// The jobs that follow.
    pub fn follow(&self) -> &[NewJob] {
        match self {
            Self::Settled { follow, .. } | Self::Refused { follow, .. } | Self::Parked { follow, .. } => {
                follow
            }
            Self::Again { .. } | Self::Dead { .. } => &[],
        }
    }
}
