//! Places: what is slow at one hook keeps neither calls nor other hooks waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use weipay_relay::ConfirmShape::B;
use weipay_relay::hook::HookSecret;
use weipay_relay::job::State;
use weipay_relay::operate::{Command, Role, Who};
use weipay_relay::store::{Filter, Operate as _, Scope, Store as _};
use weipay_relay::{HttpHook, Merchant, Relay, SystemClock, Vault};

use crate::forge;
use crate::shop::Shop;
use crate::stage::{BRAND, MALL, PARTNER, Stage};

const EXCHANGE: &str = "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON";

fn merchant(stage: &Stage, name: &str, shop: &Shop) -> Merchant {
    Merchant::new(name, stage.client(), B, shop.clone()).brand(BRAND).mchid(MALL)
}

async fn settles(stage: &Stage, merchant: &str, key: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let job = stage.store.job(merchant, key).await.unwrap();
        if job.as_ref().is_some_and(|job| job.state == State::Settled) {
            return;
        }
        assert!(Instant::now() < deadline, "{merchant} {key} stands at {job:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Until nothing is under way.
async fn nobody_is_asked(stage: &Stage) {
    let running = Filter { states: vec![State::Running], ..Filter::default() };
    let deadline = Instant::now() + Duration::from_secs(20);
    while !stage.store.list(&running).await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "somebody is still asked");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_hook_that_hangs_keeps_neither_its_own_confirms_waiting_nor_another_merchant() {
    let mut stage = Stage::set(B).await;
    drop(stage.relay.take());
    let other = Shop::new(B, 1000);
    let relay = Relay::builder(stage.store.clone(), Vault::new(&[7; 32]));
    let relay =
        relay.merchant(merchant(&stage, "shop", &stage.shop)).merchant(merchant(&stage, "other", &other));
    let relay = relay.clock(stage.clock.clone()).start().await.unwrap();
    stage.sandbox.set_notify_url(PARTNER, &relay.notify_url("shop")).unwrap();
    stage.relay = Some(relay);
    let operator = stage.relay().operator();
    let zhang = Who { name: "zhang".to_owned(), role: Role::Operator };
    let calls = || Scope::Effects("shop".to_owned());
    operator.run(Command::Hold { scope: calls(), note: None }, &zhang).await.unwrap();
    let decided = stage.exchange().await;
    settles(&stage, "shop", &format!("exchange/{decided}/decide")).await;
    stage.shop.books().slow = Duration::from_hours(1);
    for number in 0..100 {
        let record = format!("HANGS{number}");
        let message = forge::notification(&record, EXCHANGE, &forge::exchange(&record));
        assert_eq!(stage.post(message).await, 204);
    }
    operator.run(Command::Release { scope: calls(), note: None }, &zhang).await.unwrap();
    settles(&stage, "shop", &format!("exchange/{decided}/confirm")).await;
    stage.sandbox.set_notify_url(PARTNER, &stage.relay().notify_url("other")).unwrap();
    let record = stage.exchange().await;
    settles(&stage, "other", &format!("exchange/{record}/sync")).await;
    let running = Filter { states: vec![State::Running], ..Filter::default() };
    assert_eq!(
        stage.store.list(&running).await.unwrap().len(),
        16,
        "as many as one hook may be asked at once"
    );
}

#[tokio::test]
async fn of_a_hook_that_is_down_one_question_finds_out_whether_it_is_back() {
    let mut stage = Stage::set(B).await;
    drop(stage.relay.take());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/weipay", listener.local_addr().unwrap());
    let knocks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&knocks);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    });
    let secret = HookSecret::new("a secret of the tests, worthless").unwrap();
    let hook = HttpHook::new(&url, secret, Arc::new(SystemClock)).unwrap();
    let merchant = Merchant::new("shop", stage.client(), B, hook).brand(BRAND).mchid(MALL);
    let relay = Relay::builder(stage.store.clone(), Vault::new(&[7; 32])).merchant(merchant);
    stage.relay = Some(relay.clock(stage.clock.clone()).start().await.unwrap());
    for number in 0..60 {
        let record = format!("DOWN{number}");
        let message = forge::notification(&record, EXCHANGE, &forge::exchange(&record));
        assert_eq!(stage.post(message).await, 204);
    }
    nobody_is_asked(&stage).await;
    for _ in 0..6 {
        let before = knocks.load(Ordering::SeqCst);
        stage.clock.advance(Duration::from_secs(31));
        stage.holds("somebody knocks", || knocks.load(Ordering::SeqCst) > before).await;
        nobody_is_asked(&stage).await;
    }
    // Sixteen at first, and then one each time; some more where the machine is slow and short pauses end by themselves.
    let knocks = knocks.load(Ordering::SeqCst);
    assert!(knocks < 40, "{knocks} times");
}
