//! The store goes away and comes back: what was acknowledged is there, and what was not comes again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use weipay_relay::ConfirmShape::B;
use weipay_relay::job::State;
use weipay_relay::store::{PostgresOptions, PostgresStore, Store};
use weipay_relay::{Merchant, Relay, Vault};

use crate::forge;
use crate::stage::{BRAND, MALL, Stage, post};
use crate::store::server::Server;

const EVENT: &str = "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON";

/// How long until a notification is acknowledged, asking again as WeChat Pay does.
async fn acknowledged(url: &str, record: &str) {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let message = forge::notification(&format!("n-{record}"), EVENT, &forge::exchange(record));
        match post(url, message).await.0 {
            204 => return,
            status => assert_eq!(status, 503),
        }
        assert!(Instant::now() < deadline, "{record} was never acknowledged");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn a_server_is_away(away: Duration) {
    let Some(server) = Server::start() else { return };
    let stage = Stage::set(B).await;
    let options = PostgresOptions::new(&server.database()).unwrap();
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(options).await.unwrap());
    let merchant = Merchant::new("shop", stage.client(), B, stage.shop.clone()).brand(BRAND).mchid(MALL);
    let relay =
        Relay::builder(Arc::clone(&store), Vault::new(&[7; 32])).merchant(merchant).start().await.unwrap();
    let url = relay.notify_url("shop");
    acknowledged(&url, "before").await;
    server.stop();
    let back = Instant::now() + away;
    let mut refused = 0;
    while refused < 3 || Instant::now() < back {
        let record = format!("during{refused}");
        let message = forge::notification(&format!("n-{record}"), EVENT, &forge::exchange(&record));
        let began = Instant::now();
        assert_eq!(post(&url, message).await.0, 503);
        assert!(began.elapsed() < Duration::from_secs(5), "WeChat Pay waits five seconds for an answer");
        refused += 1;
        if refused >= 3 {
            // A refusal takes no time, and each of them is acknowledged and decided afterwards.
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    server.start_again();
    for record in 0..refused {
        acknowledged(&url, &format!("during{record}")).await;
    }
    let deadline = Instant::now() + Duration::from_mins(1);
    for key in
        std::iter::once("before".to_owned()).chain((0..refused).map(|number| format!("during{number}")))
    {
        let key = format!("exchange/{key}/decide");
        while store.job("shop", &key).await.ok().flatten().is_none_or(|job| job.state != State::Settled) {
            assert!(Instant::now() < deadline, "{key} was never decided");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(store.check().await.unwrap().is_empty());
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_away_notifications_are_refused_and_afterwards_nothing_is_lost() {
    a_server_is_away(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a minute: nightly"]
async fn postgres_may_be_away_for_a_minute() {
    a_server_is_away(Duration::from_mins(1)).await;
}
