//! The pace of a budget, and what urgency does to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use weipay_relay::ConfirmShape::B;
use weipay_relay::job::State;
use weipay_relay::store::{PostgresOptions, PostgresStore, Store};
use weipay_relay::{Limit, Merchant, Relay, Vault};
use weipay_sandbox::Fault;

use crate::stage::{BRAND, CONFIRM, PARTNER, Stage};
use crate::store::server;

/// The sandbox counts arrivals in a sliding second and refuses the sixth.
#[tokio::test]
async fn l04_five_a_second_are_never_exceeded_and_almost_reached() {
    let stage = Stage::set(B).await;
    stage.shop.books().balance = 100_000;
    let mut records = Vec::new();
    let started = Instant::now();
    for _ in 0..20 {
        records.push(stage.exchange().await);
    }
    for record in &records {
        stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
    }
    let took = started.elapsed();
    let sent = stage.sandbox.journal().for_operation(CONFIRM);
    assert_eq!(sent.len(), 20);
    assert!(sent.iter().all(|entry| entry.status == Some(200)), "nothing was refused for speed");
    // 19 intervals of 220 ms.
    assert!(took >= Duration::from_millis(19 * 200), "{took:?}");
}

#[tokio::test]
async fn l04_a_refusal_for_speed_is_no_attempt_and_nothing_is_dropped() {
    let stage = Stage::set(B).await;
    stage.sandbox.inject(Fault::new("T04").unwrap().variant("429").unwrap().on(CONFIRM).times(2));
    let record = stage.exchange().await;
    let job = stage.reaches_in_time(&format!("exchange/{record}/confirm"), State::Settled).await;
    assert_eq!(job.attempts, 1, "two refusals for speed do not count");
    assert_eq!(stage.sandbox.journal().for_operation(CONFIRM).len(), 3);
}

/// A send gives up a slot that it comes 20 ms late for. Where every look at the budgets takes longer than that, because many
/// want one, no slot could ever be used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_is_in_time_although_it_takes_long_to_get_one() {
    let Some(server) = server::shared() else { return };
    let url = server.database();
    let stage = Stage::set(B).await;
    let store: Arc<dyn Store> =
        Arc::new(PostgresStore::open(PostgresOptions::new(&url).unwrap()).await.unwrap());
    let fast = Limit { per_second: 400.0, share: 1.0 };
    let merchant =
        Merchant::new("shop", stage.client(), B, stage.shop.clone()).brand(BRAND).limit(CONFIRM, fast);
    let relay =
        Relay::builder(Arc::clone(&store), Vault::new(&[7; 32])).merchant(merchant).start().await.unwrap();
    stage.sandbox.set_notify_url(PARTNER, &relay.notify_url("shop")).unwrap();
    let mut others = PgConnection::connect(&url).await.unwrap();
    let busy = tokio::spawn(async move {
        let look = "BEGIN; SELECT id FROM relay_turnstile FOR UPDATE; SELECT pg_sleep(0.1); COMMIT";
        while sqlx::raw_sql(look).execute(&mut others).await.is_ok() {}
    });
    let record = stage.exchange().await;
    let key = format!("exchange/{record}/confirm");
    let deadline = Instant::now() + Duration::from_secs(20);
    while store.job("shop", &key).await.unwrap().is_none_or(|job| job.state != State::Settled) {
        assert!(Instant::now() < deadline, "no slot was ever in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    busy.abort();
    relay.stop().await;
}
