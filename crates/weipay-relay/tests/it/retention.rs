//! A running relay removes by itself what has been kept long enough.

use std::sync::Arc;
use std::time::{Duration, Instant};

use weipay_relay::ConfirmShape::B;
use weipay_relay::job::{Kind, State};
use weipay_relay::store::{Filter, Operate as _, Store};
use weipay_relay::{Keep, Merchant, Relay, Vault};

use crate::stage::{BRAND, MALL, Stage};

const DAY: Duration = Duration::from_hours(24);

async fn relay(stage: &Stage, worker: &str) -> Relay {
    let merchant = Merchant::new("shop", stage.client(), B, stage.shop.clone()).brand(BRAND).mchid(MALL);
    let store: Arc<dyn Store> = stage.store.clone();
    let relay = Relay::builder(store, Vault::new(&[7; 32])).merchant(merchant).worker(worker);
    relay.keep(Keep::days(30, 60).unwrap()).clock(stage.clock.clone()).start().await.unwrap()
}

/// The retention's jobs that are done.
async fn days(stage: &Stage) -> Vec<String> {
    let filter = Filter {
        kind: Some(Kind::Upkeep),
        name: Some("retention".to_owned()),
        states: vec![State::Settled],
        ..Filter::default()
    };
    stage.store.list(&filter).await.unwrap().into_iter().map(|job| job.work.key).collect()
}

/// Waits until the day after these is done.
async fn another(stage: &Stage, known: &[String]) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while days(stage).await.iter().all(|day| known.contains(day)) {
        assert!(Instant::now() < deadline, "no other day than {known:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn one_process_of_several_removes_once_a_day_what_is_old() {
    let mut stage = Stage::set(B).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    let confirm = format!("exchange/{record}/confirm");
    stage.relay.take().unwrap().stop().await;
    let relays = [relay(&stage, "a").await, relay(&stage, "b").await];
    another(&stage, &[]).await;
    let first = days(&stage).await;
    assert!(!stage.job(&confirm).await.unwrap().work.payload.is_empty(), "it is not old yet");
    stage.clock.advance(31 * DAY);
    another(&stage, &first).await;
    let second = days(&stage).await;
    assert_eq!(second.len(), 2, "each day once, by one of both: {second:?}");
    let job = stage.job(&confirm).await.unwrap();
    assert!(job.work.payload.is_empty() && job.result.is_none() && job.state == State::Settled);
    stage.clock.advance(31 * DAY);
    another(&stage, &second).await;
    assert!(stage.job(&confirm).await.is_none());
    let audit = stage.store.audit(100).await.unwrap();
    let purges: Vec<_> = audit.iter().filter(|one| one.act == "purge").collect();
    assert!(!purges.is_empty() && purges.iter().all(|one| one.by.who == "relay"), "{purges:?}");
    assert!(!days(&stage).await.contains(&first[0]), "its own jobs go as well");
    for relay in relays {
        relay.stop().await;
    }
}

#[tokio::test]
async fn nothing_is_removed_unless_it_is_configured() {
    let stage = Stage::set(B).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    stage.clock.advance(500 * DAY);
    let again = stage.exchange().await;
    stage.until(&format!("exchange/{again}/decide"), |job| job.state.is_final()).await;
    assert!(!stage.job(&format!("exchange/{record}/confirm")).await.unwrap().work.payload.is_empty());
    assert!(days(&stage).await.is_empty());
}
