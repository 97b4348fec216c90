//! How fast notifications are kept, beside what the disk does in the same run. Run it on the disk that is meant:
//! `TMPDIR=/var/lib/weipay cargo bench -p weipay-relay --bench ingest`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures and prints")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use weipay_relay::job::{Attempted, Ending, Kind, Lane, NewJob};
use weipay_relay::store::{Arrival, SqliteOptions, SqliteStore, Store, Want};

/// As many as one burst may have waiting.
const CALLERS: u64 = 2_048;
const MEASURE: Duration = Duration::from_secs(5);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let syncs = syncs_per_second(&folder.path().join("probe"));
    println!("fdatasync, 4 KiB appended each time  {syncs:>9.0} /s");
    let path = folder.path().join("relay.db");
    let store = runtime.block_on(SqliteStore::open(SqliteOptions::new(&path))).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let burst = runtime.block_on(burst(&store));
    println!("notifications kept, {CALLERS} callers     {burst:>9.0} /s   {:.1} x", burst / syncs);
    let (p50, p99, worst) = runtime.block_on(steady(&store, 500));
    println!("acknowledged at 500/s                p50 {p50:.1} ms, p99 {p99:.1} ms, worst {worst:.1} ms");
    let (claims, jobs) = runtime.block_on(claims(&store));
    println!(
        "claim and settle, 20 at a time       {jobs:>9.0} /s   a claim {claims:.1} ms, with that backlog"
    );
    let after = syncs_per_second(&folder.path().join("probe-2"));
    println!("fdatasync again                      {after:>9.0} /s");
}

fn syncs_per_second(path: &std::path::Path) -> f64 {
    let file = File::create(path).unwrap();
    let started = Instant::now();
    let mut syncs = 0;
    while started.elapsed() < Duration::from_secs(2) {
        file.write_all_at(&[7; 4096], syncs * 4096).unwrap();
        file.sync_data().unwrap();
        syncs += 1;
    }
    f64::from(u32::try_from(syncs).unwrap()) / started.elapsed().as_secs_f64()
}

async fn burst(store: &Arc<dyn Store>) -> f64 {
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (store, next) = (store.clone(), next.clone());
            tokio::spawn(async move {
                while started.elapsed() < MEASURE {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    store.receive(arrival(number), Timestamp::now()).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    f64::from(u32::try_from(next.load(Ordering::Relaxed)).unwrap()) / started.elapsed().as_secs_f64()
}

/// So many a second, however long each takes. Milliseconds: median, 99th percentile, worst.
async fn steady(store: &Arc<dyn Store>, per_second: u32) -> (f64, f64, f64) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    let mut waiting = Vec::new();
    for number in 0..u64::from(per_second) * MEASURE.as_secs() {
        ticks.tick().await;
        let store = store.clone();
        waiting.push(tokio::spawn(async move {
            let started = Instant::now();
            store.receive(arrival(1_000_000_000 + number), Timestamp::now()).await.unwrap();
            started.elapsed().as_secs_f64() * 1e3
        }));
    }
    let mut took = Vec::new();
    for one in waiting {
        took.push(one.await.unwrap());
    }
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], took[took.len() * 99 / 100], took[took.len() - 1])
}

/// Milliseconds of a claim, and jobs a second, claimed twenty at a time and settled together.
async fn claims(store: &Arc<dyn Store>) -> (f64, f64) {
    let want = Want {
        worker: "bench".to_owned(),
        calls: 20,
        questions: 20,
        per_hook: 20,
        rooms: std::collections::BTreeMap::new(),
        lease: Duration::from_secs(30),
        ahead: Duration::from_secs(1),
    };
    let (started, mut claiming, mut rounds, mut jobs) = (Instant::now(), Duration::ZERO, 0, 0);
    while started.elapsed() < MEASURE {
        let claim = Instant::now();
        let claimed = store.claim(&want, Timestamp::now()).await.unwrap();
        claiming += claim.elapsed();
        rounds += 1;
        jobs += u32::try_from(claimed.len()).unwrap();
        let settled = || Ending::Settled { result: None, follow: Vec::new() };
        let all = claimed
            .iter()
            .map(|one| store.finish(one.lease, Attempted::default(), settled(), Timestamp::now()));
        futures_util::future::try_join_all(all).await.unwrap();
    }
    (claiming.as_secs_f64() * 1e3 / f64::from(rounds), f64::from(jobs) / started.elapsed().as_secs_f64())
}

/// Of the size of a real one: 1.2 KB of envelope, 0.3 KB of headers.
fn arrival(number: u64) -> Arrival {
    let case = format!("exchange/R{number}");
    Arrival {
        merchant: "shop".to_owned(),
        notification_id: format!("EV-{number:032}"),
        event_type: "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON".to_owned(),
        case: case.clone(),
        headers: "h".repeat(300),
        body: vec![b'x'; 1_200],
        person: Some(format!("{number:064x}")),
        job: NewJob {
            merchant: "shop".to_owned(),
            key: format!("{case}/decide"),
            case,
            kind: Kind::Ask,
            name: "decide".to_owned(),
            lane: Lane::Confirm,
            order: Some(format!("card/{}", number % 10_000)),
            absolute: false,
            pace: None,
            share: None,
            due: Timestamp::now(),
            not_after: None,
            person: Some(format!("{number:064x}")),
            request_no: None,
            payload: vec![b'p'; 200],
        },
    }
}
