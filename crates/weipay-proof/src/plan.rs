//! What is to be proved.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What is to be proved, and with what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The `weipay` binary: it runs as relay and as shop.
    pub program: PathBuf,
    /// How often a process dies.
    pub kills: u32,
    /// Decisions of the rate part over the line that delays them, 1000 and more of each of up to five partners.
    pub requests: u32,
    /// Where the relay keeps its work.
    pub store: Backend,
    /// The same seed chooses the same load, faults, victims, points and pauses. When a process reaches a point is its own
    /// affair.
    pub seed: u64,
    /// A planted mistake that the proof has to find.
    pub sabotage: Option<Sabotage>,
    /// Where databases and logs are kept: a fresh folder inside it, removed when everything held.
    pub folder: PathBuf,
}

impl Plan {
    /// How many relay processes share the store.
    pub fn relays(&self) -> usize {
        match self.store {
            Backend::Sqlite => 1,
            Backend::Postgres => 3,
        }
    }
}

/// Where the relay keeps its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// One process, one file.
    Sqlite,
    /// Three processes, one server, which is started for the proof and restarted once in it.
    Postgres,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite, one relay process",
            Self::Postgres => "PostgreSQL, three relay processes",
        })
    }
}

/// A planted mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// The relay acknowledges a notification before it is stored.
    AckBeforeCommit,
    /// The relay sends a repetition under a new request number.
    NewNumber,
    /// Every relay process keeps a pace of its own.
    OwnLimiter,
    /// The shop decides every repetition anew.
    Recompute,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AckBeforeCommit, Self::NewNumber, Self::OwnLimiter, Self::Recompute];

    /// Its name on the command line and in `WEIPAY_RELAY_SABOTAGE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AckBeforeCommit => "ack-before-commit",
            Self::NewNumber => "new-number",
            Self::OwnLimiter => "own-limiter",
            Self::Recompute => "recompute",
        }
    }
}

impl FromStr for Sabotage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        let known = Self::ALL.into_iter().find(|one| one.name() == text);
        known.ok_or_else(|| format!("there is no sabotage `{text}`; known are {names}"))
    }
}
