//! What an operator can ask for and order, and who may.

use std::fmt;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::make_good::Known;
use crate::store::{Act, Fact, Scope};

/// What somebody with a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look, at masked data.
    Viewer,
    /// Look at everything, and act.
    Operator,
}

/// Who gives a command. The name stands in the audit beside every act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name of a person or a token.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

impl Who {
    /// An act without a note.
    pub(crate) fn act(&self) -> Act {
        Act { who: self.name.clone(), note: None }
    }
}

/// What an operator wants. The same over the admin API (`POST /admin/v1/{name}` with the members as body), on the command
/// line, and in Rust.
///
/// `Debug` shows its name only: a member may be an openid.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// The backlog as time, what is held, parked, refused. Answers [`Overview`](super::Overview).
    Status {},
    /// One case from its notification to its last act. Answers [`Timeline`](super::Timeline).
    Show {
        /// Whose; may be left out when there is one merchant only.
        #[serde(default)]
        merchant: Option<String>,
        /// A case such as `exchange/R1`, or a job's key such as `exchange/R1/confirm`.
        key: String,
        /// Personal data in clear: for operators only, and kept in the audit.
        #[serde(default)]
        reveal: bool,
    },
    /// What a person has to look at: parked and dead jobs. Answers [`Page`](super::Page).
    DeadLetters(Which),
    /// Lets parked and dead jobs run again with the same number and body. Answers a list of [`Redriven`](crate::store::Redriven).
    Redrive {
        /// Which; at least one restriction, or `all`.
        which: Which,
        /// Only tells what would be done.
        #[serde(default)]
        dry_run: bool,
        /// Why; never personal data.
        #[serde(default)]
        note: Option<String>,
    },
    /// Ends a parked or dead job by what a person found out, and tells the merchant. Answers [`Resolved`](super::Resolved).
    Resolve {
        /// Whose; may be left out when there is one merchant only.
        #[serde(default)]
        merchant: Option<String>,
        /// The job's key, such as `exchange/R1/confirm`.
        key: String,
        /// What was found out.
        fact: Fact,
        /// How it was found out; never personal data.
        note: String,
    },
    /// Hands nothing of it out any more; what is under way goes on. Answers `{}`.
    Hold {
        /// Of what.
        scope: Scope,
        /// Why; never personal data.
        #[serde(default)]
        note: Option<String>,
    },
    /// Hands out again. Answers `{"held": whether it was}`.
    Release {
        /// Of what.
        scope: Scope,
        /// Why; never personal data.
        #[serde(default)]
        note: Option<String>,
    },
    /// Removes what is stored of a person. Answers [`Erased`](crate::store::Erased).
    Erase {
        /// Whose data.
        openid: String,
        /// Why; never personal data.
        #[serde(default)]
        note: Option<String>,
    },
    /// The effects that ended on a day in China (UTC+8). Answers [`Settlements`](super::Settlements).
    Export {
        /// The day.
        day: Date,
        /// `next` of the page before.
        #[serde(default)]
        after: Option<i64>,
        /// Personal data in clear: for operators only, and kept in the audit.
        #[serde(default)]
        reveal: bool,
    },
    /// Writes a copy of a SQLite store to a new file on the relay's machine. Answers `{}`.
    Backup {
        /// An absolute path; nothing may be there.
        to: PathBuf,
    },
    /// Removes what has been kept long enough; unfinished, parked and dead jobs stay. Answers `{"contents", "rows"}`.
    Purge {
        /// Envelopes, payloads and results of jobs that ended so many days ago; keys and outcomes stay.
        contents_days: u32,
        /// Jobs that ended so many days ago, altogether: at least 30, and not before their contents.
        rows_days: u32,
        /// Why; never personal data.
        #[serde(default)]
        note: Option<String>,
    },
    /// Looks for what must not be in the store. Answers a list of texts; empty is good.
    Check {},
    /// Notifications that failed verification. Answers a list of [`Kept`](super::Kept).
    Refused {},
    /// Verifies them again, with the keys as they are now, as of the moment when they came. Answers a list of
    /// [`Reverified`](super::Reverified).
    Reverify {
        /// Why; never personal data.
        #[serde(default)]
        note: Option<String>,
    },
    /// Looks for what was missed, by what can be queried ([`make_good`](crate::make_good)). Answers a list of
    /// [`Checked`](super::Checked), as they stand at that moment: the queries take their time.
    MakeGood(Missing),
    /// What was done by hand, newest first. Answers a list of [`Audited`](crate::store::Audited).
    Audit {
        /// At most so many.
        #[serde(default = "hundred")]
        limit: u32,
    },
}

/// Which parked and dead jobs. What is left out does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Which {
    /// Of this merchant.
    pub merchant: Option<String>,
    /// With these keys.
    pub keys: Vec<String>,
    /// Of this name, such as `confirm`.
    pub name: Option<String>,
    /// Really all of them, for `redrive`.
    pub all: bool,
    /// `next` of the page before.
    pub after: Option<i64>,
}

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Missing {
    /// For this merchant; for all if not said, and then nothing can be named.
    pub merchant: Option<String>,
    /// For this gap only, by its name in [`GAPS`](crate::make_good::GAPS).
    pub gap: Option<String>,
    /// What is known of from elsewhere, besides what the store itself gives reason to check. At most 1,000.
    pub known: Vec<Known>,
    /// Only tells what would be asked.
    pub dry_run: bool,
    /// Why; never personal data.
    pub note: Option<String>,
}

fn hundred() -> u32 {
    100
}

impl Command {
    /// All names, as they stand in the path.
    pub const NAMES: [&str; 16] = [
        "status",
        "show",
        "dead-letters",
        "redrive",
        "resolve",
        "hold",
        "release",
        "erase",
        "export",
        "backup",
        "purge",
        "check",
        "refused",
        "reverify",
        "make-good",
        "audit",
    ];

    /// A command from its name and its members as JSON. The error names the member, and quotes no value.
    pub fn read(name: &str, members: &[u8]) -> Result<Self, String> {
        if !Self::NAMES.contains(&name) {
            return Err(format!("there is no command {}", super::mask::quoted(name)));
        }
        let members = if members.is_empty() { b"{}" } else { members };
        crate::json::read(&[b"{\"", name.as_bytes(), b"\":", members, b"}"].concat())
    }

    /// Its name and its members.
    pub fn written(&self) -> (String, serde_json::Value) {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(one)) => one.into_iter().next().unwrap_or_default(),
            // A path that is no UTF-8 is the one thing that JSON cannot say.
            _ => (String::new(), serde_json::Value::Null),
        }
    }

    /// Who may give it.
    pub fn needs(&self) -> Role {
        match self {
            Self::Show { reveal, .. } | Self::Export { reveal, .. } if *reveal => Role::Operator,
            Self::Status {}
            | Self::Show { .. }
            | Self::Export { .. }
            | Self::DeadLetters(_)
            | Self::Check {}
            | Self::Refused {}
            | Self::Audit { .. }
            | Self::Redrive { dry_run: true, .. }
            | Self::MakeGood(Missing { dry_run: true, .. }) => Role::Viewer,
            _ => Role::Operator,
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Command").field(&self.written().0).finish()
    }
}
