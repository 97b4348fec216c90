//! A hook in Rust whose tables lie in the relay's database: what it wrote and the end of the question are stored together,
//! or nothing is.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Notify;
use weipay_relay::ConfirmShape::B;
use weipay_relay::hook::{
    About, Answer, Balance, Card, CardAnswer, Decision, Exchange, Heard, Holder, Hook, HookError, Payment,
    Points, Refund, Reply, Settled,
};
use weipay_relay::job::{Attempted, Job, State};
use weipay_relay::store::{Lease, Work};
use weipay_relay::{Effect, Merchant, Relay, Vault};
use weipay_sandbox::{ExchangePoints, Sandbox};

use crate::clock::VirtualClock;
use crate::stage::{BRAND, CONFIRM, PARTNER, client};
use crate::store::bench::{keys, question, settled};
use crate::store::{Bench, EPOCH, on_every_store};

on_every_store!(
    l28_what_the_merchant_wrote_is_stored_with_the_decision_once,
    whatever_goes_wrong_in_the_work_undoes_it_and_asks_again,
    the_work_does_not_run_when_the_lease_was_lost,
);

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy)]
enum Mishap {
    Error,
    Panic,
    BadSql,
    /// A reply that the relay cannot carry out.
    BadReply,
}

#[derive(Debug, Default)]
struct Seen {
    asked: AtomicU32,
    ran: AtomicU32,
    over: AtomicU32,
    /// What happens to the next decisions, after they wrote.
    mishaps: Mutex<VecDeque<Mishap>>,
    /// The first question waits here before it answers.
    gate: Option<Notify>,
}

/// Decides by writing one row.
#[derive(Debug, Clone)]
struct Ledger(Arc<Seen>);

/// Counts when the work is over, whether it ran or not.
struct Over(Arc<Seen>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over.fetch_add(1, SeqCst);
    }
}

#[async_trait]
impl Hook for Ledger {
    async fn decide(&self, _: &About, exchange: &Exchange) -> Result<Answer<Decision>, HookError> {
        let (seen, record) = (Arc::clone(&self.0), exchange.record_id.clone());
        if seen.asked.fetch_add(1, SeqCst) == 0
            && let Some(gate) = &seen.gate
        {
            gate.notified().await;
        }
        let over = Over(Arc::clone(&seen));
        Ok(Answer::in_transaction(move |tx| {
            Box::pin(async move {
                let _over = over;
                seen.ran.fetch_add(1, SeqCst);
                tx.execute("INSERT INTO shop_exchange (record) VALUES ($1)", &[record.into()]).await?;
                let allow = Reply::from(Decision::Allow { coupon_code: None });
                let mishap = seen.mishaps.lock().unwrap().pop_front();
                match mishap {
                    None => Ok(allow),
                    Some(Mishap::Error) => Err(HookError::failed("the shop is closed")),
                    Some(Mishap::Panic) => panic!("planted"),
                    Some(Mishap::BadSql) => {
                        Ok(tx.execute("SELECT nothing FROM nowhere", &[]).await.map(|_| allow)?)
                    }
                    Some(Mishap::BadReply) => Ok(allow.and(Effect::of("no_such_operation"))),
                }
            })
        }))
    }

    async fn settled(&self, _: &About, _: &Settled) -> Result<Answer<Heard>, HookError> {
        Ok(Answer::in_transaction(|tx| {
            Box::pin(async move {
                tx.execute("UPDATE shop_exchange SET settled = settled + 1", &[]).await?;
                Ok(Heard {}.into())
            })
        }))
    }

    async fn points(&self, _: &About, _: &Payment) -> Result<Answer<Points>, HookError> {
        Err(HookError::failed("not asked here"))
    }

    async fn reverse(&self, _: &About, _: &Refund) -> Result<Answer<Heard>, HookError> {
        Err(HookError::failed("not asked here"))
    }

    async fn balance(&self, _: &About, _: &Holder) -> Result<Answer<Balance>, HookError> {
        Ok(Answer::in_transaction(|tx| {
            Box::pin(async move {
                let rows = tx.rows("SELECT count(*) AS n FROM shop_exchange WHERE settled = 1", &[]).await?;
                Ok(Balance { balance: u64::try_from(rows[0].get::<i64>("n")?).unwrap() }.into())
            })
        }))
    }

    async fn card(&self, _: &About, _: &Card) -> Result<Answer<CardAnswer>, HookError> {
        Err(HookError::failed("not asked here"))
    }
}

struct Scene {
    bench: Bench,
    sandbox: Sandbox,
    seen: Arc<Seen>,
    clock: Arc<VirtualClock>,
    relay: Relay,
    record: String,
}

impl Scene {
    /// An exchange on its way to a relay over this store.
    async fn set(bench: Bench, seen: Seen) -> Self {
        sql(&bench, "CREATE TABLE shop_exchange (record TEXT, settled BIGINT NOT NULL DEFAULT 0)").await;
        let (seen, clock) = (Arc::new(seen), Arc::new(VirtualClock::default()));
        let sandbox = Sandbox::start().await.unwrap();
        let hook = Ledger(Arc::clone(&seen));
        let merchant = Merchant::new("shop", client(&sandbox, |credential| credential), B, hook).brand(BRAND);
        let relay = Relay::builder(Arc::clone(&bench.store), Vault::new(&[7; 32])).merchant(merchant);
        let relay = relay.clock(clock.clone()).start().await.unwrap();
        sandbox.set_notify_url(PARTNER, &relay.notify_url("shop")).unwrap();
        let record = sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        Self { bench, sandbox, seen, clock, relay, record }
    }

    async fn until(&self, job: &str, holds: impl Fn(&Job) -> bool) -> Job {
        let key = format!("exchange/{}/{job}", self.record);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let job = self.bench.store.job("shop", &key).await.unwrap();
            if let Some(job) = job.as_ref().filter(|job| holds(job)) {
                return job.clone();
            }
            assert!(Instant::now() < deadline, "{key} stands at {job:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The merchant's rows when all is over: how many, and how often one was settled.
    async fn rows(self) -> (i64, i64) {
        self.until("sync", |job| job.state == State::Settled).await;
        self.relay.stop().await;
        assert_eq!(self.sandbox.effects().iter().filter(|effect| effect.key == self.record).count(), 1);
        let rows = sql(
            &self.bench,
            "SELECT count(*) AS rows, CAST(sum(settled) AS BIGINT) AS settled FROM shop_exchange",
        )
        .await;
        rows.unwrap()
    }
}

/// Runs a statement in a transaction of its own: that of a job that means nothing.
async fn sql(bench: &Bench, statement: &'static str) -> Option<(i64, i64)> {
    let key = format!("own/{}", statement.len());
    bench.submit(vec![question(&key)], EPOCH).await;
    let claimed = bench.claim(100, Timestamp::now().max(EPOCH)).await;
    let own = claimed.iter().find(|claimed| claimed.job.work.key == key);
    let own = own.unwrap_or_else(|| panic!("{key} is not among {:?}", keys(&claimed)));
    let found = Arc::new(Mutex::new(None));
    let tell = Arc::clone(&found);
    let work: Work = Box::new(move |tx| {
        Box::pin(async move {
            if let Some(row) = tx.rows(statement, &[]).await?.first() {
                *tell.lock().unwrap() = Some((row.get::<i64>("rows")?, row.get::<i64>("settled")?));
            }
            Ok(settled())
        })
    });
    assert!(bench.store.finish_with(own.lease, Attempted::default(), work, EPOCH).await.unwrap());
    *found.lock().unwrap()
}

async fn l28_what_the_merchant_wrote_is_stored_with_the_decision_once(bench: Bench) {
    let scene = Scene::set(bench, Seen::default()).await;
    let decided = scene.until("decide", |job| job.state == State::Settled).await;
    assert_eq!(decided.attempts, 1);
    let seen = Arc::clone(&scene.seen);
    let sent = scene.until("confirm", |job| job.state == State::Settled).await;
    assert_eq!(sent.attempts, 1);
    assert_eq!(scene.sandbox.journal().for_operation(CONFIRM).len(), 1);
    assert_eq!(scene.rows().await, (1, 1));
    assert_eq!((seen.asked.load(SeqCst), seen.ran.load(SeqCst)), (1, 1));
}

async fn whatever_goes_wrong_in_the_work_undoes_it_and_asks_again(bench: Bench) {
    let mishaps = [Mishap::Error, Mishap::Panic, Mishap::BadSql, Mishap::BadReply];
    let seen = Seen { mishaps: Mutex::new(mishaps.into()), ..Seen::default() };
    let scene = Scene::set(bench, seen).await;
    for times in 1..=4 {
        let job = scene.until("decide", |job| job.attempts == times && job.state == State::Ready).await;
        assert_eq!(job.work.key, format!("exchange/{}/decide", scene.record));
        scene.clock.advance(Duration::from_mins(1));
    }
    let decided = scene.until("decide", |job| job.state == State::Settled).await;
    assert_eq!(decided.attempts, 5);
    let seen = Arc::clone(&scene.seen);
    assert_eq!(scene.rows().await, (1, 1), "what failed attempts inserted is gone");
    assert_eq!(seen.ran.load(SeqCst), 5);
}

async fn the_work_does_not_run_when_the_lease_was_lost(bench: Bench) {
    let seen = Seen { gate: Some(Notify::new()), ..Seen::default() };
    let scene = Scene::set(bench, seen).await;
    let job = scene.until("decide", |job| job.state == State::Running).await;
    // As if this process had shown no sign of life for the length of its lease.
    let now = Timestamp::now();
    for token in 1..50 {
        let lease = Lease { job: job.id, token };
        scene.bench.store.renew(&[lease], Duration::ZERO, now).await.unwrap();
    }
    assert_eq!(scene.bench.store.reclaim(12, now).await.unwrap(), 1);
    scene.clock.advance(Duration::from_millis(1));
    scene.until("decide", |job| job.state == State::Settled).await;
    scene.seen.gate.as_ref().unwrap().notify_one();
    let deadline = Instant::now() + PATIENCE;
    while scene.seen.over.load(SeqCst) < 2 {
        assert!(Instant::now() < deadline, "the late answer never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seen = Arc::clone(&scene.seen);
    assert_eq!(scene.rows().await, (1, 1));
    assert_eq!((seen.asked.load(SeqCst), seen.ran.load(SeqCst)), (2, 1));
}
