//! What can be queried makes good what was missed: the gaps that the relay can find, and how it fills them.
//!
//! Each gap is a row of [`GAPS`]: what may be missing, the query that tells, and what follows. A check is a job like every
//! other, so it survives crashes, is done once whatever number of processes there are, and keeps within a share of the
//! query's budget ([`MakeGood`]); what it finds becomes the very job that the notification would have become, under the
//! same key, so that a notification that comes late is a duplicate.
//!
//! Exchanges of points cannot be polled: `WeChat` Pay has no list of open records, and no query of one. Nor are refunds in
//! a mall, whose orders are not the mall's own.

mod check;
mod gap;
mod judge;
mod known;
mod run;
mod settle;
mod sweep;

use std::collections::BTreeSet;
use std::time::Duration;

use weipay::catalog::ops::{self, Operation};

pub(crate) use check::Check;
pub use gap::{GAPS, Gap, NamedBy};
pub use known::Known;
pub(crate) use known::{checks, usable};
pub(crate) use run::run;
pub(crate) use sweep::{candidates, job, key, sweep};

use crate::merchant::Limit;

/// How much a merchant's relay does to find gaps by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MakeGood {
    /// How often the store is looked through for gaps; none for never. Every hour if not said.
    pub every: Option<Duration>,
    /// The part of each query's limit that checks may use, above 0 and at most 1; a tenth if not said. ASSUME: 50 calls a
    /// second where no limit is published.
    pub share: f64,
}

impl Default for MakeGood {
    fn default() -> Self {
        Self { every: Some(Duration::from_hours(1)), share: 0.1 }
    }
}

/// ASSUME: what is granted where nothing is published.
const UNPUBLISHED: f64 = 50.0;

impl MakeGood {
    /// The operations that checks ask.
    pub(crate) fn queries() -> impl Iterator<Item = &'static Operation> {
        let all: BTreeSet<&str> = GAPS.iter().flat_map(|gap| gap.queries).copied().collect();
        all.into_iter().filter_map(ops::operation)
    }

    pub(crate) fn limit(self, operation: &Operation) -> Limit {
        let documented =
            |limit: weipay::catalog::ops::RateLimit| f64::from(limit.limit) / f64::from(limit.per.seconds());
        Limit { per_second: operation.rate_limit.map_or(UNPUBLISHED, documented), share: self.share }
    }
}
