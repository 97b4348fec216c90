//! Every exchange in both directions, bounded; what a test asks and what a console shows.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::mistake::Mistake;
use crate::shared::Shared;

/// Who opened the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A request to the sandbox.
    Received,
    /// A notification from the sandbox.
    Sent,
}

/// How an answer was made; the header `Weipay-Sandbox-Basis` says it to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// By the protocol's own checks or by a hand-written rule; the rule's documentation says what is assumed.
    Rule,
    /// By a rule of another operation whose objects this one shows.
    Linked,
    /// From the catalogue's schema alone: a refused member, or an operation that has no rule yet (501).
    Schema,
}

impl Basis {
    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Linked => "linked",
            Self::Schema => "schema",
        }
    }
}

/// One exchange. `Debug` shows neither headers nor bodies.
#[derive(Clone)]
#[non_exhaustive]
pub struct Entry {
    /// Counts from 1 and is never reused.
    pub number: u64,
    /// Who opened it.
    pub direction: Direction,
    /// When, in wire time (Unix seconds).
    pub at: i64,
    /// `GET`, `POST`, …
    pub method: String,
    /// The request target as it stood in the request line; of a notification, the whole address.
    pub target: String,
    /// Header names in lower case. The signature inside Authorization is shortened.
    pub request_headers: Vec<(String, String)>,
    /// The raw body.
    pub request_body: Bytes,
    /// The matched operation's id in the catalogue.
    pub operation: Option<&'static str>,
    /// The notification's event type.
    pub event: Option<String>,
    /// mchid or brand id of a request that was authenticated; the receiver of a notification.
    pub caller: Option<String>,
    /// What the server holds the signed string to be; the body is part of it.
    pub string_to_sign: Option<String>,
    /// What the client signed instead, where the signature is wrong and a known mistake explains it.
    pub signed_instead: Option<String>,
    /// Mistakes of the client that were recognised.
    pub mistakes: Vec<Mistake>,
    /// What was accepted but is worth knowing.
    pub notes: Vec<String>,
    /// The fault that was injected.
    pub fault: Option<&'static str>,
    /// How the answer was made.
    pub basis: Option<Basis>,
    /// None when the connection was reset instead, or when a notification got no answer.
    pub status: Option<u16>,
    /// The answer's headers, names in lower case.
    pub response_headers: Vec<(String, String)>,
    /// The answer's body as it was made, before a fault cut it.
    pub response_body: Bytes,
    /// From the arrival of the request to its answer.
    pub duration: Duration,
}

impl Entry {
    pub(crate) fn new(direction: Direction, method: &str, target: &str, at: i64) -> Self {
        Self {
            number: 0,
            direction,
            at,
            method: method.to_owned(),
            target: target.to_owned(),
            request_headers: Vec::new(),
            request_body: Bytes::new(),
            operation: None,
            event: None,
            caller: None,
            string_to_sign: None,
            signed_instead: None,
            mistakes: Vec::new(),
            notes: Vec::new(),
            fault: None,
            basis: None,
            status: None,
            response_headers: Vec::new(),
            response_body: Bytes::new(),
            duration: Duration::ZERO,
        }
    }

    /// The value of a request header, by its name in lower case.
    pub fn request_header(&self, name: &str) -> Option<&str> {
        find(&self.request_headers, name)
    }

    /// The value of an answer's header, by its name in lower case.
    pub fn response_header(&self, name: &str) -> Option<&str> {
        find(&self.response_headers, name)
    }

    /// Whether this mistake (such as `Q03`) was recognised.
    pub fn has_mistake(&self, id: &str) -> bool {
        self.mistakes.iter().any(|mistake| mistake.id == id)
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("number", &self.number)
            .field("direction", &self.direction)
            .field("method", &self.method)
            .field("operation", &self.operation)
            .field("event", &self.event)
            .field("status", &self.status)
            .field("fault", &self.fault)
            .field("mistakes", &self.mistakes)
            .finish_non_exhaustive()
    }
}

/// The bounded record inside the sandbox.
#[derive(Debug)]
pub(crate) struct Record {
    entries: VecDeque<Entry>,
    capacity: usize,
    pub(crate) count: u64,
}

impl Record {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: VecDeque::new(), capacity: capacity.max(1), count: 0 }
    }

    /// What is kept, oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn push(&mut self, mut entry: Entry) {
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.count += 1;
        entry.number = self.count;
        self.entries.push_back(entry);
    }
}

impl Default for Record {
    fn default() -> Self {
        Self::new(1)
    }
}

/// The journal of a running sandbox, oldest entry first. Cheap to clone.
#[derive(Clone)]
pub struct Journal(pub(crate) Arc<Shared>);

impl Journal {
    /// All entries that are still kept.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.state().journal.entries.iter().cloned().collect()
    }

    /// The newest entry.
    pub fn last(&self) -> Option<Entry> {
        self.0.state().journal.entries.back().cloned()
    }

    /// The kept requests to the operation with this catalogue id.
    pub fn for_operation(&self, id: &str) -> Vec<Entry> {
        let state = self.0.state();
        state.journal.entries.iter().filter(|entry| entry.operation == Some(id)).cloned().collect()
    }

    /// How many exchanges there were since the start, also those no longer kept.
    pub fn count(&self) -> u64 {
        self.0.state().journal.count
    }

    /// Waits until there were more exchanges than `seen`, and returns how many there were.
    pub async fn changed(&self, seen: u64) -> u64 {
        self.0.written_beyond(seen).await
    }

    /// Forgets the kept entries; the count goes on.
    pub fn clear(&self) {
        self.0.state().journal.entries.clear();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("count", &self.count()).finish_non_exhaustive()
    }
}
