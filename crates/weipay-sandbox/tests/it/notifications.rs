//! Notifications: what they carry, and when they are repeated.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::{AuthorizeState, SignWith};
use weipay_sandbox::{
    Delivery, DeliveryState, Direction, ExchangePoints, MallPayment, MallRefund, Sandbox, World,
};

use crate::client::{Client, NOTIFY, now, with};
use crate::receiver::{Act, Receiver};
use crate::samples::{NOTIFY_BODY, value};

const DAY: u64 = 24 * 3600;

async fn start(receiver: &Receiver, change: impl FnOnce(&mut World)) -> (Sandbox, Client) {
    let mut world = World::documentation().notify(&receiver.url);
    change(&mut world);
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::new(&sandbox);
    (sandbox, client)
}

#[tokio::test]
async fn an_exchange_is_told_sealed_and_signed() {
    for sign_with in [SignWith::PublicKey, SignWith::Certificate] {
        let receiver = Receiver::start(&[Act::Status(200)]).await;
        let (sandbox, client) = start(&receiver, |world| {
            world.merchant_mut("1900000100").unwrap().notifications_signed_with = sign_with;
        })
        .await;
        let record_id = sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        sandbox.settled().await;
        let received = receiver.received();
        assert_eq!(received.len(), 1);
        let (notification, envelope) = (&received[0], received[0].envelope());
        assert_eq!(notification.request_line, "POST /notify HTTP/1.1");
        assert_eq!(notification.header("content-type"), Some("application/json"));
        assert_eq!(notification.header("wechatpay-signature-type"), Some("WECHATPAY2-SHA256-RSA2048"));
        let by_key = notification.header("wechatpay-serial") == Some(&client.credentials.platform_key_id);
        assert_eq!(by_key, sign_with == SignWith::PublicKey);
        assert_eq!(envelope["event_type"], "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON");
        assert_eq!(envelope["resource_type"], "encrypt-resource");
        assert_eq!(envelope["resource"]["original_type"], "point_coupon");
        assert_eq!(envelope["resource"]["associated_data"], "point_coupon");
        assert!(envelope["id"].as_str().unwrap().len() <= 36);
        assert!(envelope["create_time"].as_str().unwrap().ends_with("+08:00"));
        let opened = notification.open(&client.credentials);
        assert_eq!(opened["record_id"], record_id);
        assert_eq!((&opened["deduct_points"], &opened["stock_id"]), (&json!(100), &json!("100088")));
        for name in ["brand_id", "card_id", "openid", "user_card_code", "exchange_coupon_template_id"] {
            assert!(opened[name].is_string(), "{name}");
        }
        let delivery = &sandbox.deliveries()[0];
        assert_eq!(
            (delivery.state.clone(), delivery.key.as_str()),
            (DeliveryState::Delivered, record_id.as_str())
        );
        let entry = sandbox.journal().last().unwrap();
        assert_eq!((entry.direction, entry.status), (Direction::Sent, Some(200)));
    }
}

/// Seconds from the event to each attempt.
fn offsets(delivery: &Delivery) -> Vec<i64> {
    delivery.attempts.iter().map(|attempt| attempt.due.duration_since(delivery.created).as_secs()).collect()
}

#[tokio::test]
async fn n22_point_events_are_repeated_every_minute_eleven_times() {
    let receiver = Receiver::start(&[Act::Status(500)]).await;
    let (sandbox, _client) = start(&receiver, |_| ()).await;
    sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    sandbox.advance(Duration::from_secs(2 * DAY)).await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!(offsets(delivery), (0..=11).map(|minute| minute * 60).collect::<Vec<_>>());
    assert_eq!(delivery.state, DeliveryState::Exhausted);
    assert_eq!(receiver.received().len(), 12);
}

#[tokio::test]
async fn n22_mall_events_follow_the_schedule_of_24_hours_4_minutes() {
    let receiver = Receiver::start(&[Act::Status(500)]).await;
    let (sandbox, _client) = start(&receiver, |_| ()).await;
    sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    sandbox.advance(Duration::from_secs(45)).await;
    assert_eq!(receiver.received().len(), 3, "at 0, 15 and 30 seconds, not yet at 60");
    sandbox.advance(Duration::from_secs(2 * DAY)).await;
    let expected =
        [0, 15, 30, 60, 240, 840, 2040, 3840, 5640, 7440, 11_040, 21_840, 32_640, 43_440, 65_040, 86_640];
    assert_eq!(offsets(&sandbox.deliveries()[0]), expected);
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::Exhausted);
}

#[tokio::test]
async fn every_attempt_is_signed_afresh_and_keeps_its_id() {
    let receiver =
        Receiver::start(&[Act::Status(500), Act::Status(302), Act::Hang, Act::Silence, Act::Status(204)])
            .await;
    let sandbox = Sandbox::builder()
        .world(World::documentation().notify(&receiver.url))
        .notifications_answered_within(Duration::from_millis(500))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    sandbox.settled().await;
    sandbox.set_wire_skew(100);
    sandbox.advance(Duration::from_secs(DAY)).await;
    let received = receiver.received();
    assert_eq!(received.len(), 5, "nothing after the first acknowledgement");
    let ids: Vec<_> = received.iter().map(|notification| notification.envelope()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    let mut nonces: Vec<_> =
        received.iter().map(|n| n.header("wechatpay-nonce").unwrap().to_owned()).collect();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 5);
    for notification in &received[1..] {
        notification.open(&client.credentials);
        let timestamp: i64 = notification.header("wechatpay-timestamp").unwrap().parse().unwrap();
        assert!((95..=105).contains(&(timestamp - now())), "wire time, not business time");
    }
    let delivery = &sandbox.deliveries()[0];
    let results: Vec<_> =
        delivery.attempts.iter().map(|attempt| (attempt.status, attempt.acknowledged)).collect();
    assert_eq!(
        results,
        [(Some(500), false), (Some(302), false), (None, false), (None, false), (Some(204), true)]
    );
    assert!(delivery.attempts[3].error.as_ref().unwrap().contains("500 ms"));
    assert_eq!(delivery.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn a_payment_is_told_only_while_the_user_takes_part() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = start(&receiver, |_| ()).await;
    let transaction_id = sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    sandbox.settled().await;
    let opened = receiver.received()[0].open(&client.credentials);
    assert_eq!((&opened["transaction_id"], &opened["amount"]), (&json!(transaction_id), &json!(10_000)));
    assert_eq!((&opened["mchid"], opened.get("commit_tag")), (&json!("1234567890"), None));
    let stranger = MallPayment { openid: "oStranger".to_owned(), ..MallPayment::default() };
    sandbox.pay_in_mall(stranger).await.unwrap();
    let (left, _client) = start(&receiver, |world| {
        world.businesscircle.mall_users[0].authorization.state = AuthorizeState::Deauthorized;
    })
    .await;
    left.pay_in_mall(MallPayment::default()).await.unwrap();
    assert_eq!((sandbox.deliveries().len(), left.deliveries().len()), (1, 0));
}

#[tokio::test]
async fn l19_l20_a_refund_is_told_only_after_points_notify_and_for_30_days() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = start(&receiver, |_| ()).await;
    let transaction_id = sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    let refund =
        || sandbox.refund_in_mall(MallRefund { transaction_id: transaction_id.clone(), amount: 100 });
    refund().await.unwrap();
    assert_eq!(sandbox.deliveries().len(), 1, "the payment alone");
    let told = with(&value(NOTIFY_BODY), json!({"transaction_id": transaction_id}));
    client.json(NOTIFY, &told).await.is(204);
    let refund_id = refund().await.unwrap();
    sandbox.settled().await;
    let last = receiver.received().pop().unwrap();
    assert_eq!(last.envelope()["event_type"], "MALL_REFUND.SUCCESS");
    let opened = last.open(&client.credentials);
    assert_eq!((&opened["refund_id"], &opened["refund_amount"]), (&json!(refund_id), &json!(100)));
    sandbox.advance(Duration::from_secs(30 * DAY)).await;
    refund().await.unwrap();
    assert_eq!(sandbox.deliveries().len(), 2, "nothing on day 31");
}

#[tokio::test]
async fn without_an_address_or_a_key_nothing_is_sent_and_the_log_says_why() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    for number in 0..3 {
        let (sandbox, _client) = start(&receiver, |world| {
            let partner = world.merchant_mut("1900000100").unwrap();
            match number {
                0 => partner.notify_url = None,
                1 => partner.apiv3_key = None,
                _ => partner.notify_url = Some("https://127.0.0.1/notify".to_owned()),
            }
        })
        .await;
        sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        sandbox.advance(Duration::from_secs(DAY)).await;
        let delivery = &sandbox.deliveries()[0];
        assert!(matches!(delivery.state, DeliveryState::Undeliverable(_)), "{:?}", delivery.state);
        assert!(delivery.attempts.is_empty());
    }
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn the_cards_own_address_goes_before_the_partners() {
    let (partner, card) =
        (Receiver::start(&[Act::Status(204)]).await, Receiver::start(&[Act::Status(204)]).await);
    let (sandbox, _client) =
        start(&partner, |world| world.card_member.brand_cards[0].notify_url = Some(card.url.clone())).await;
    sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    sandbox.settled().await;
    assert_eq!((card.received().len(), partner.received().len()), (1, 1));
    let later = Receiver::start(&[Act::Status(204)]).await;
    sandbox.set_notify_url("1900000100", &later.url).unwrap();
    sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    sandbox.settled().await;
    assert_eq!((later.received().len(), partner.received().len()), (1, 1));
    assert!(sandbox.set_notify_url("unknown", &later.url).is_err());
}

#[tokio::test]
async fn the_resource_has_what_the_catalogue_declares() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = start(&receiver, |_| ()).await;
    sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    let transaction_id = sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    let told = with(&value(NOTIFY_BODY), json!({"transaction_id": transaction_id}));
    client.json(NOTIFY, &told).await.is(204);
    sandbox.refund_in_mall(MallRefund { transaction_id, amount: 1 }).await.unwrap();
    sandbox.settled().await;
    let received = receiver.received();
    assert_eq!(received.len(), 3);
    for notification in received {
        let event_type = notification.envelope()["event_type"].as_str().unwrap().to_owned();
        let declared = weipay_catalog::reference::event(&event_type).unwrap().variants[0].resource;
        let Value::Object(opened) = notification.open(&client.credentials) else { panic!("an object") };
        for property in declared.properties.iter().filter(|property| property.required) {
            assert!(opened.contains_key(property.name), "{event_type} lacks {}", property.name);
        }
    }
}
