//! A merchant at run time: its client, its hook, and what was configured about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use weipay::Client;
use weipay::catalog::ops::{self, Operation, Scheme};

use crate::hook::Hook;
use crate::make_good::MakeGood;
use crate::operate::probe::unsigned;
use crate::sabotage::{Sabotage, planted};
use crate::store::Pace;

/// Which of the two published request shapes of exchange-coupon/confirm this partner's account takes. The pages contradict
/// each other, so it has to be said; the relay never tries the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum ConfirmShape {
    /// The page of 2025: the merchant has issued a coupon of its own and reports `state`, `coupon_code` or `fail_reason`.
    A,
    /// Today's page: the merchant says `result` ALLOW or REJECT, and WeChat Pay issues the coupon.
    B,
}

/// How long a question may stay open, and what then happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// From the notification on. At half of it there is an alert.
    pub within: Duration,
    /// What happens at its end.
    pub then: Then,
}

/// What happens when a question stayed open too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// A person has to look.
    Park,
    /// `decide`: rejected with this reason. `points`: WeChat Pay is told that the payment earns none, with this remark, so
    /// that its refunds are still notified.
    Decline(String),
}

/// The deadlines of the questions that have one; the others are asked for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    /// 12 hours, then parked. ASSUME: a record ends by itself after 24 hours.
    pub decide: Deadline,
    /// 24 hours, then WeChat Pay is told that the payment earns none.
    pub points: Deadline,
    /// 12 hours, then parked. ASSUME: a card that is not confirmed within 24 hours is not opened.
    pub card: Deadline,
}

impl Default for Deadlines {
    fn default() -> Self {
        let hours = |hours: u64, then| Deadline { within: Duration::from_hours(hours), then };
        Self {
            decide: hours(12, Then::Park),
            points: hours(24, Then::Decline("积分稍后处理".to_owned())),
            card: hours(12, Then::Park),
        }
    }
}

/// How fast one operation may be called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Calls per second that WeChat Pay grants.
    pub per_second: f64,
    /// The part of it that this relay may use, above 0 and at most 1.
    pub share: f64,
}

/// How much longer than its share of a second a slot is: six sends, of which each may be 20 ms late and 80 ms longer on its
/// way than another, never arrive within one second. 5 a second become one every 220 ms.
const MARGIN: f64 = 1.1;
/// Operations that are granted more than this per second are not paced unless it is configured.
const UNPACED: f64 = 100.0;

impl Limit {
    /// The pace that keeps within the limit.
    pub(crate) fn pace(self) -> Pace {
        let interval =
            Duration::try_from_secs_f64(MARGIN / (self.per_second * self.share)).unwrap_or(Duration::MAX);
        Pace { interval, slowest: interval.saturating_mul(10) }
    }

    /// What the catalogue documents about an operation, if that is slow enough to matter.
    fn documented(operation: &Operation) -> Option<Self> {
        let limit = operation.rate_limit?;
        let per_second = f64::from(limit.limit) / f64::from(limit.per.seconds());
        (per_second <= UNPACED).then_some(Self { per_second, share: 1.0 })
    }
}

/// A merchant, partner or brand that the relay works for.
#[derive(Clone)]
pub struct Merchant {
    pub(crate) name: String,
    pub(crate) client: Client,
    pub(crate) hook: Arc<dyn Hook>,
    pub(crate) shape: ConfirmShape,
    pub(crate) brands: BTreeSet<String>,
    pub(crate) mchids: BTreeSet<String>,
    pub(crate) appid: Option<String>,
    pub(crate) events: BTreeSet<String>,
    pub(crate) limits: BTreeMap<String, Limit>,
    pub(crate) deadlines: Deadlines,
    pub(crate) make_good: MakeGood,
    pub(crate) token: Option<String>,
}

impl Merchant {
    /// A merchant under `name`, which stands in its notify URL and in front of all its keys: letters, digits, `-`, `_`.
    /// Do not change it later: request numbers derive from it.
    pub fn new(name: impl Into<String>, client: Client, shape: ConfirmShape, hook: impl Hook) -> Self {
        let id = client.credential().id().to_owned();
        let brand = client.credential().scheme() == Scheme::Brand;
        let own = BTreeSet::from([id]);
        Self {
            name: name.into(),
            client,
            hook: Arc::new(hook),
            shape,
            brands: if brand { own.clone() } else { BTreeSet::new() },
            mchids: if brand { BTreeSet::new() } else { own },
            appid: None,
            events: BTreeSet::new(),
            limits: BTreeMap::new(),
            deadlines: Deadlines::default(),
            make_good: MakeGood::default(),
            token: None,
        }
    }

    /// A brand that it acts for. Notifications of other brands are acknowledged, counted and not acted upon.
    #[must_use]
    pub fn brand(mut self, brand_id: impl Into<String>) -> Self {
        self.brands.insert(brand_id.into());
        self
    }

    /// A sub-merchant that it acts for, such as a mall. Its own number is always among them.
    #[must_use]
    pub fn mchid(mut self, mchid: impl Into<String>) -> Self {
        self.mchids.insert(mchid.into());
        self
    }

    /// The appid under which product coupons are confirmed, where the notification names none.
    #[must_use]
    pub fn appid(mut self, appid: impl Into<String>) -> Self {
        self.appid = Some(appid.into());
        self
    }

    /// A further event that its hook hears, such as `TRANSACTION.SUCCESS`, or `*` for every one that has no question of its own
    /// ([`Hook::event`]). What is not listed is stored, acknowledged and parked.
    #[must_use]
    pub fn event(mut self, event_type: impl Into<String>) -> Self {
        self.events.insert(event_type.into());
        self
    }

    /// How fast an operation may be called, by its catalogue id. What the pages document is the default.
    #[must_use]
    pub fn limit(mut self, operation: impl Into<String>, limit: Limit) -> Self {
        self.limits.insert(operation.into(), limit);
        self
    }

    /// How long questions may stay open.
    #[must_use]
    pub fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// How much is done to find what was missed.
    #[must_use]
    pub fn make_good(mut self, make_good: MakeGood) -> Self {
        self.make_good = make_good;
        self
    }

    /// The bearer token of the effects API, which is closed without one.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether its hook is there and asks for a signature: an unsigned question has to be refused. Nothing is booked.
    pub async fn probe_hook(&self) -> Result<(), String> {
        let Some(url) = self.hook.url() else { return Ok(()) };
        match unsigned(&format!("{url}/balance")).await?.0 {
            400..500 => Ok(()),
            status => {
                Err(format!("an unsigned question was answered HTTP {status}: a hook refuses it with 401"))
            }
        }
    }

    pub(crate) fn hears(&self, event_type: &str) -> bool {
        self.events.contains(event_type) || self.events.contains("*")
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.client.credential().scheme()
    }

    /// The mchid or brand id that signs.
    pub(crate) fn id(&self) -> &str {
        self.client.credential().id()
    }

    /// The budget that an operation draws on.
    pub(crate) fn budget(&self, operation: &Operation) -> Option<String> {
        self.paced(operation).map(|_| self.budget_name(operation))
    }

    fn budget_name(&self, operation: &Operation) -> String {
        let name = format!("{}/{}", self.id(), operation.id);
        if planted(Sabotage::OwnLimiter) { format!("{name}/{}", std::process::id()) } else { name }
    }

    fn paced(&self, operation: &Operation) -> Option<Limit> {
        self.limits.get(operation.id).copied().or_else(|| Limit::documented(operation))
    }

    /// The budget of a query's checks: a share of its limit, apart from what the merchant itself asks.
    pub(crate) fn make_good_budget(&self, operation: &Operation) -> String {
        format!("{}/make-good", self.budget_name(operation))
    }

    /// All budgets with their paces.
    pub(crate) fn paces(&self) -> impl Iterator<Item = (String, Pace)> + '_ {
        let effects = ops::operations().iter().filter_map(|operation| {
            let limit = self.paced(operation)?;
            Some((self.budget_name(operation), limit.pace()))
        });
        let checks = MakeGood::queries()
            .map(|operation| (self.make_good_budget(operation), self.make_good.limit(operation).pace()));
        effects.chain(checks)
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant")
            .field("name", &self.name)
            .field("id", &self.id())
            .field("shape", &self.shape)
            .field("brands", &self.brands)
            .field("mchids", &self.mchids)
            .finish_non_exhaustive()
    }
}
