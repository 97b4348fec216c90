//! What came of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

/// What came of a proof.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verdict {
    /// The store and its processes.
    pub store: String,
    /// As in the plan.
    pub seed: u64,
    /// How often which process died, and where.
    pub kills: Kills,
    /// How often which fault of the network or the platform struck.
    pub faults: BTreeMap<String, u64>,
    /// What happened, on both sides.
    pub load: Load,
    /// The rate part.
    pub pace: Paces,
    /// Promises that were broken. None is the proof.
    pub findings: Vec<Finding>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Where databases and logs are, when something was broken.
    pub kept: Option<PathBuf>,
}

impl Verdict {
    /// Nothing was broken.
    pub fn held(&self) -> bool {
        self.findings.is_empty()
    }

    /// How many promises were broken by something that never came, or came too little.
    pub fn lost(&self) -> usize {
        self.findings.iter().filter(|finding| !finding.double()).count()
    }

    /// How many were broken by something that came twice.
    pub fn double(&self) -> usize {
        self.findings.iter().filter(|finding| finding.double()).count()
    }
}

/// Deaths.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Kills {
    /// SIGKILL at a random moment.
    pub at_random: u64,
    /// At a named point, such as `shop after-commit`.
    pub at_points: BTreeMap<String, u64>,
    /// By process.
    pub of: BTreeMap<String, u64>,
    /// The database server was restarted so often.
    pub server_restarts: u64,
}

impl Kills {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.at_random + self.at_points.values().sum::<u64>()
    }
}

/// What happened, on both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Load {
    /// Exchanges that users began.
    pub exchanges: u64,
    /// Exchanges that gave a coupon, as WeChat Pay's side has it.
    pub issued: u64,
    /// Exchanges that gave none: rejected by the shop, or out of stock at WeChat Pay.
    pub not_issued: u64,
    /// Exchanges whose points the shop took.
    pub taken: u64,
    /// Exchanges that the shop rejected, or whose points it gave back.
    pub given_back: u64,
    /// Payments in the mall.
    pub payments: u64,
    /// Payments for which WeChat Pay was told the points.
    pub notified: u64,
    /// Payments that the shop credited.
    pub credited: u64,
    /// Refunds of which WeChat Pay notified.
    pub refunds: u64,
    /// Refunds in the shop's books.
    pub reversed: u64,
    /// Of them, those that were notified before their payments.
    pub early: u64,
    /// Cards that users took.
    pub taken_cards: u64,
    /// Of them, those that are open at WeChat Pay.
    pub opened: u64,
    /// Of them, those that users gave up again.
    pub deleted: u64,
    /// Of them, those that the shop knows its customers to have.
    pub holders: u64,
    /// Looks at the points of a card.
    pub views: u64,
    /// Coupons redeemed at a till.
    pub tills: u64,
    /// Coupons that WeChat Pay's side holds to be used.
    pub used: u64,
    /// Notifications.
    pub notifications: u64,
    /// Attempts to deliver them.
    pub deliveries: u64,
    /// Requests that arrived at WeChat Pay's side.
    pub requests: u64,
    /// Questions that the shop answered.
    pub answered: u64,
    /// Repeated questions that it answered from its books.
    pub repeated: u64,
}

/// The rate part: the documented five a second, over two lines.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Paces {
    /// Over a line that is as quick as the machine; one partner.
    pub quiet: Pace,
    /// Over a line that delays every request and every answer by 0 to 80 ms.
    pub delayed: Pace,
}

/// One row of the rate part. Each partner has a budget of five a second of its own.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Pace {
    /// Partners that were paced at the same time.
    pub partners: u64,
    /// Decisions that were to be sent.
    pub wanted: u64,
    /// Decisions that took effect.
    pub sent: u64,
    /// From the first to the last of a partner, in seconds; of the partner that took longest.
    pub seconds: f64,
    /// Decisions a second of the partner that had the fewest.
    pub slowest: f64,
    /// The most of one partner that took effect in any sliding second.
    pub most: u64,
    /// Requests that were refused for speed.
    pub refused: u64,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Its name, one of [`NAMES`](crate::NAMES).
    pub name: String,
    /// The business key, and what is wrong with it; no personal data.
    pub detail: String,
}

impl Finding {
    pub(crate) fn new(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), detail: detail.into() }
    }

    /// Whether time may put it right: something has not come yet.
    pub(crate) fn may_heal(&self) -> bool {
        const OPEN: [&str; 10] = [
            "lost-notification",
            "never-acknowledged",
            "lost-exchange",
            "lost-payment",
            "lost-redemption",
            "lost-card",
            "lost-balance",
            "unsettled",
            "points-mismatch",
            "ledger-disagrees",
        ];
        OPEN.contains(&self.name.as_str())
    }

    fn double(&self) -> bool {
        self.name.starts_with("double") || self.name.ends_with("twice") || self.name.ends_with("two-ids")
    }
}
