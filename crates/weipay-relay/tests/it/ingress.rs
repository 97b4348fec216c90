//! What is acknowledged, and what is not.

use std::time::{Duration, Instant};

use serde_json::json;
use weipay::ApiV3Key;
use weipay_relay::ConfirmShape::B;
use weipay_relay::Merchant;
use weipay_relay::hook::HookError;
use weipay_relay::job::State;

use crate::forge::{self, Message};
use crate::stage::{self, Stage};

const EXCHANGE: &str = "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON";

#[tokio::test]
async fn n06_n07_n08_n12_n16_what_cannot_be_trusted_is_refused_and_asks_nobody() {
    let stage = Stage::set(B).await;
    let good = forge::notification("n-1", EXCHANGE, &forge::exchange("R1"));
    let mut altered = good.clone();
    altered.body.push(b'\n');
    let stale = forge::signed(good.body.clone(), jiff::Timestamp::now().as_second() - 301);
    let other_key =
        forge::sealed_with("AnotherKeyOf32CharactersNotReal0", "n-1", EXCHANGE, &forge::exchange("R1"));
    let bad = [
        ("altered", altered),
        ("stale", stale),
        ("sealed with another key", other_key),
        ("unknown serial", good.clone().header("wechatpay-serial", "PUB_KEY_ID_1")),
        ("unsigned", good.clone().without("wechatpay-")),
        ("empty", forge::signed(Vec::new(), jiff::Timestamp::now().as_second())),
    ];
    for (what, message) in bad {
        assert_eq!(stage.post(message).await, 400, "{what}");
    }
    assert!(stage.job("exchange/R1/decide").await.is_none());
    assert_eq!(stage.post(good).await, 204);
    assert!(stage.job("exchange/R1/decide").await.is_some());
}

#[tokio::test]
async fn n11_a_probe_is_refused_and_the_message_behind_it_taken() {
    let stage = Stage::set(B).await;
    let good = forge::notification("n-1", EXCHANGE, &forge::exchange("R1"));
    let probe = good.clone().header("wechatpay-signature", "WECHATPAY/SIGNTEST/AAAA");
    assert_eq!(stage.post(probe).await, 400);
    assert_eq!(stage.post(good).await, 204);
}

#[tokio::test]
async fn n10_a_former_apiv3_key_still_opens() {
    let mut stage = Stage::set(B).await;
    drop(stage.relay.take());
    let client = stage::client(&stage.sandbox, |credential| {
        credential
            .apiv3_key(ApiV3Key::new("TheNewKeyOf32CharactersNotReal00").unwrap())
            .former_apiv3_key(ApiV3Key::new(forge::APIV3_KEY).unwrap())
    });
    let merchant = Merchant::new("shop", client, B, stage.shop.clone()).brand("1004");
    let store: std::sync::Arc<dyn weipay_relay::store::Store> = stage.store.clone();
    let relay = weipay_relay::Relay::builder(store, weipay_relay::Vault::new(&[7; 32]));
    stage.relay = Some(relay.merchant(merchant).start().await.unwrap());
    assert_eq!(stage.post(forge::notification("n-1", EXCHANGE, &forge::exchange("R1"))).await, 204);
}

#[tokio::test]
async fn n17_what_is_not_known_is_stored_acknowledged_and_visible() {
    let stage = Stage::set(B).await;
    let unknown = forge::notification("n-1", "SOMETHING.NEW", &json!({ "x": 1 }));
    assert_eq!(stage.post(unknown).await, 204);
    let job = stage.reaches("notification/n-1/aside", State::Parked).await;
    assert!(job.reason.unwrap().contains("SOMETHING.NEW"));
    let mut incomplete = forge::exchange("R1");
    incomplete.as_object_mut().unwrap().remove("deduct_points");
    assert_eq!(stage.post(forge::notification("n-2", EXCHANGE, &incomplete)).await, 204);
    let job = stage.reaches("notification/n-2/aside", State::Parked).await;
    assert!(job.reason.unwrap().contains("deduct_points"));
    let mut newer = forge::exchange("R2");
    newer["member_of_tomorrow"] = json!({ "a": [1] });
    assert_eq!(stage.post(forge::notification("n-3", EXCHANGE, &newer)).await, 204);
    stage.reaches("exchange/R2/decide", State::Settled).await;
}

#[tokio::test]
async fn n17_an_event_that_is_listed_is_told_as_it_is_and_once() {
    let stage = Stage::with(B, |_| (), |merchant| merchant.event("COUPON.USE")).await;
    let coupon = json!({ "coupon_code": "c1", "stock_id": "100088", "openid": "o1", "nested": { "a": [1] } });
    stage.shop.books().fails = Some(HookError::failed("in the middle of a deployment"));
    for _ in 0..2 {
        assert_eq!(stage.post(forge::notification("n-1", "COUPON.USE", &coupon)).await, 204);
    }
    stage.until("notification/n-1/event", |job| job.attempts == 1).await;
    assert!(stage.shop.books().events.is_empty());
    stage.shop.books().fails = None;
    stage.clock.advance(Duration::from_secs(1));
    stage.reaches("notification/n-1/event", State::Settled).await;
    let (events, asked) = {
        let books = stage.shop.books();
        (books.events.clone(), books.asked.clone())
    };
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((event.event_type.as_str(), event.notification_id.as_str()), ("COUPON.USE", "n-1"));
    assert_eq!(serde_json::Value::Object(event.resource.clone()), coupon);
    let [first, second] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(first, second, "a repetition has the same id");
    assert!(!format!("{event:?}").contains("o1"));
    assert_eq!(stage.post(forge::notification("n-2", "COUPON.SEND", &coupon)).await, 204);
    let job = stage.reaches("notification/n-2/aside", State::Parked).await;
    assert!(job.reason.unwrap().contains("`events`"), "what to do about it");
}

#[tokio::test]
async fn n18_an_event_of_another_tenant_is_acknowledged_and_not_acted_upon() {
    let stage = Stage::set(B).await;
    let mut foreign = forge::exchange("R1");
    foreign["brand_id"] = json!("2008");
    assert_eq!(stage.post(forge::notification("n-1", EXCHANGE, &foreign)).await, 204);
    let job = stage.reaches("notification/n-1/foreign", State::Refused).await;
    assert!(job.reason.unwrap().contains("brand 2008"));
    let payment = json!({
        "mchid": "1999999999", "transaction_id": "T1", "appid": "wx1", "openid": "o1", "amount": 10_000,
    });
    assert_eq!(stage.post(forge::notification("n-2", "MALL_TRANSACTION.SUCCESS", &payment)).await, 204);
    stage.reaches("notification/n-2/foreign", State::Refused).await;
    assert!(stage.shop.books().asked.is_empty());
}

#[tokio::test]
async fn n13_a_slow_shop_does_not_delay_the_acknowledgement() {
    let stage = Stage::set(B).await;
    stage.shop.books().slow = Duration::from_hours(1);
    let started = Instant::now();
    for number in 0..10 {
        let message =
            forge::notification(&format!("n-{number}"), EXCHANGE, &forge::exchange(&format!("R{number}")));
        assert_eq!(stage.post(message).await, 204);
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn n20_a_burst_is_taken_and_nothing_of_it_lost() {
    let stage = Stage::set(B).await;
    stage.shop.books().says = Some(weipay_relay::hook::Decision::Reject { reason: "no".to_owned() });
    let burst = (0..200).map(|number| {
        stage.post(forge::notification(
            &format!("n-{number}"),
            EXCHANGE,
            &forge::exchange(&format!("R{number}")),
        ))
    });
    let answers = futures_util::future::join_all(burst).await;
    assert!(answers.iter().all(|status| *status == 204));
    for number in 0..200 {
        assert!(stage.job(&format!("exchange/R{number}/decide")).await.is_some());
    }
}

#[tokio::test]
async fn n21_what_is_no_notification_gets_4xx() {
    let stage = Stage::set(B).await;
    let url = stage.relay().notify_url("shop");
    let empty = || Message { headers: Vec::new(), body: Vec::new() };
    assert_eq!(stage::send("GET", &url, empty()).await.0, 405);
    assert_eq!(stage::post(&url, empty()).await.0, 400);
    assert_eq!(stage::post(&url, Message { body: vec![b'x'; 2 << 20], ..empty() }).await.0, 413);
    assert_eq!(stage::post(&stage.relay().notify_url("nobody"), empty()).await.0, 404);
}

#[tokio::test]
async fn health_readiness_and_metrics_answer() {
    let stage = Stage::set(B).await;
    let empty = || Message { headers: Vec::new(), body: Vec::new() };
    stage.post(forge::notification("n-1", "SOMETHING.NEW", &json!({}))).await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(stage::send("GET", &format!("{}{path}", stage.relay().url()), empty()).await.0, 200);
    }
    let (status, text) = stage::send("GET", &format!("{}/metrics", stage.relay().url()), empty()).await;
    let text = String::from_utf8(text).unwrap();
    assert_eq!(status, 200);
    assert!(text.contains(r#"weipay_relay_notifications_total{merchant="shop",result="aside"}"#), "{text}");
}
