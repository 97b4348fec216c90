//! A store to try things on, and things to try on it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use weipay_relay::job::{Attempted, Ending, Job, Kind, Lane, NewJob};
use weipay_relay::store::{
    Arrival, Claimed, Lease, Pace, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Store, Want,
};

use super::server;

/// The moment at which every test begins.
pub(crate) const EPOCH: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// So many seconds after the beginning.
pub(crate) fn at(seconds: f64) -> Timestamp {
    EPOCH + SignedDuration::from_secs_f64(seconds)
}

enum Place {
    Sqlite(TempDir),
    Postgres(String),
}

/// A store and how to reach the same one again.
pub(crate) struct Bench {
    pub(crate) store: Arc<dyn Store>,
    place: Place,
}

impl Bench {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(SqliteOptions::new(folder.path().join("relay.db"))).await.unwrap();
        Self { store: Arc::new(store), place: Place::Sqlite(folder) }
    }

    /// None where no server is installed.
    pub(crate) async fn postgres() -> Option<Self> {
        let url = server::shared()?.database();
        let store = PostgresStore::open(PostgresOptions::new(&url).unwrap()).await.unwrap();
        Some(Self { store: Arc::new(store), place: Place::Postgres(url) })
    }

    /// The store as another process sees it; SQLite has only one.
    pub(crate) async fn another(&self) -> Arc<dyn Store> {
        match &self.place {
            Place::Sqlite(_) => self.store.clone(),
            Place::Postgres(url) => {
                Arc::new(PostgresStore::open(PostgresOptions::new(url).unwrap()).await.unwrap())
            }
        }
    }

    /// The store after its process ended.
    pub(crate) async fn restarted(self) -> Self {
        let Self { store, place } = self;
        store.close().await;
        drop(store);
        let store: Arc<dyn Store> = match &place {
            Place::Sqlite(folder) => {
                Arc::new(SqliteStore::open(SqliteOptions::new(folder.path().join("relay.db"))).await.unwrap())
            }
            Place::Postgres(url) => {
                Arc::new(PostgresStore::open(PostgresOptions::new(url).unwrap()).await.unwrap())
            }
        };
        Self { store, place }
    }

    pub(crate) async fn submit(&self, jobs: Vec<NewJob>, now: Timestamp) -> Vec<Job> {
        self.store.submit(jobs, now).await.unwrap()
    }

    /// Claims up to `limit` jobs with a lease of 30 s, slots up to a second ahead.
    pub(crate) async fn claim(&self, limit: u32, now: Timestamp) -> Vec<Claimed> {
        claim(&*self.store, limit, now).await
    }

    /// The keys that a claim hands out, in its order.
    pub(crate) async fn claim_keys(&self, limit: u32, now: Timestamp) -> Vec<String> {
        keys(&self.claim(limit, now).await)
    }

    pub(crate) async fn claim_one(&self, now: Timestamp) -> Claimed {
        let mut claimed = self.claim(1, now).await;
        assert_eq!(claimed.len(), 1, "one job was to be claimed");
        claimed.remove(0)
    }

    pub(crate) async fn finish(&self, lease: Lease, ending: Ending, now: Timestamp) -> bool {
        self.store.finish(lease, Attempted::default(), ending, now).await.unwrap()
    }

    pub(crate) async fn job(&self, key: &str) -> Job {
        self.store.job("shop", key).await.unwrap().unwrap_or_else(|| panic!("there is no job {key}"))
    }

    pub(crate) async fn pace(&self, budget: &str, interval_ms: u64, slowest_ms: u64, now: Timestamp) {
        let pace =
            Pace { interval: Duration::from_millis(interval_ms), slowest: Duration::from_millis(slowest_ms) };
        self.store.set_paces(&BTreeMap::from([(budget.to_owned(), pace)]), now).await.unwrap();
    }
}

pub(crate) async fn claim(store: &dyn Store, limit: u32, now: Timestamp) -> Vec<Claimed> {
    store.claim(&want(limit), now).await.unwrap()
}

/// Places for so many calls and as many questions, all of one merchant if need be.
pub(crate) fn want(limit: u32) -> Want {
    Want {
        worker: "test".to_owned(),
        calls: limit,
        questions: limit,
        per_hook: limit,
        rooms: BTreeMap::new(),
        lease: Duration::from_secs(30),
        ahead: Duration::from_secs(1),
    }
}

pub(crate) fn keys(claimed: &[Claimed]) -> Vec<String> {
    claimed.iter().map(|claimed| claimed.job.work.key.clone()).collect()
}

pub(crate) fn settled() -> Ending {
    Ending::Settled { result: None, follow: Vec::new() }
}

pub(crate) fn again(due: Timestamp) -> Ending {
    Ending::Again { due, counts: true }
}

/// An attempt that ended like this.
pub(crate) fn by(outcome: weipay::Outcome) -> Attempted {
    Attempted { outcome: Some(outcome), ..Attempted::default() }
}

/// A question without a budget, due at the beginning.
pub(crate) fn question(key: &str) -> NewJob {
    NewJob {
        merchant: "shop".to_owned(),
        key: key.to_owned(),
        case: key.rsplit_once('/').map_or(key, |(case, _)| case).to_owned(),
        kind: Kind::Ask,
        name: "decide".to_owned(),
        lane: Lane::Confirm,
        order: None,
        absolute: false,
        pace: None,
        share: None,
        due: EPOCH,
        not_after: None,
        person: None,
        request_no: None,
        payload: b"sealed".to_vec(),
    }
}

/// A call on the budget `5/s`.
pub(crate) fn effect(key: &str) -> NewJob {
    NewJob { kind: Kind::Effect, name: "sync".to_owned(), pace: Some("5/s".to_owned()), ..question(key) }
}

/// A notification with a question of the key `case/decide`.
pub(crate) fn arrival(id: &str, case: &str) -> Arrival {
    Arrival {
        merchant: "shop".to_owned(),
        notification_id: id.to_owned(),
        event_type: "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON".to_owned(),
        case: case.to_owned(),
        headers: r#"{"Wechatpay-Nonce":"n"}"#.to_owned(),
        body: format!(r#"{{"id":"{id}"}}"#).into_bytes(),
        person: Some("person-1".to_owned()),
        job: question(&format!("{case}/decide")),
    }
}
