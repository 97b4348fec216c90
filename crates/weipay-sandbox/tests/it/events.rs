//! Notifications on demand: every event of the catalogue, resent ones, and what faults make of them.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_catalog::reference::{self, Document, Event, Variant};
use weipay_sandbox::{DeliveryState, Fault, Sandbox, Trigger, World};

use crate::catalogue;
use crate::client::now;
use crate::receiver::{Act, Notification, Receiver};

const EVENT: &str = "MALL_TRANSACTION.SUCCESS";

async fn start(script: &'static [Act]) -> (Sandbox, Receiver) {
    let receiver = Receiver::start(script).await;
    let world = World::documentation().notify(&receiver.url);
    (Sandbox::builder().world(world).start().await.unwrap(), receiver)
}

#[tokio::test]
async fn every_event_of_the_catalogue_comes_signed_sealed_and_valid() {
    let (sandbox, receiver) = start(&[Act::Status(204)]).await;
    let credentials = sandbox.credentials();
    let mut sent = Vec::new();
    for event in reference::events() {
        for variant in event.variants {
            let id = sandbox.trigger(Trigger::new(event.event_type).variant(variant.name)).unwrap();
            sent.push((id, event, variant));
        }
    }
    sandbox.settled().await;
    assert!(sent.len() >= 102);
    let received = receiver.received();
    assert_eq!(received.len(), sent.len());
    let mut wrong = Vec::new();
    for (id, event, variant) in sent {
        let of = |notification: &&Notification| notification.envelope()["id"] == json!(id);
        let notification = received.iter().find(of).unwrap();
        let envelope = notification.envelope();
        assert_eq!(envelope["event_type"], event.event_type);
        let resource = notification.open(&credentials);
        let object = variant.resource;
        for property in object.properties {
            let pointer = format!("{} {}", event.event_type, property.name);
            match resource.get(property.name) {
                Some(member) => wrong.extend(catalogue::wrong(&property.schema, member, &pointer)),
                None if property.required => wrong.push(format!("{pointer}: missing")),
                None => {}
            }
        }
        if selected(event, &envelope, &resource).map(|variant| variant.name) != Some(variant.name) {
            wrong.push(format!("{} {}: of another form", event.event_type, variant.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn selected(event: &'static Event, envelope: &Value, resource: &Value) -> Option<&'static Variant> {
    event.select(&|condition| {
        let document = if condition.document == Document::Envelope { envelope } else { resource };
        document.pointer(condition.pointer).is_some_and(|value| {
            !value.is_null() && condition.equals.is_none_or(|text| value.as_str() == Some(text))
        })
    })
}

#[tokio::test]
async fn a_trigger_takes_members_and_says_what_does_not_fit() {
    let (sandbox, receiver) = start(&[Act::Status(204)]).await;
    let order = Trigger::new("REFUND.SUCCESS")
        .to("1230000109")
        .set("out_refund_no", "mine")
        .set("amount.refund", 5)
        .set("amount.total", 7);
    sandbox.trigger(order.clone()).unwrap();
    sandbox.settled().await;
    let credentials = sandbox.credentials_of("1230000109").unwrap();
    let resource = receiver.received()[0].open(&credentials);
    assert_eq!((&resource["out_refund_no"], &resource["mchid"]), (&json!("mine"), &json!("1230000109")));
    assert_eq!((&resource["amount"]["refund"], &resource["amount"]["total"]), (&json!(5), &json!(7)));
    for (bad, said) in [
        (order.clone().set("amount.refund", "five"), "/amount/refund"),
        (order.clone().set("no_such_member", 1), "/no_such_member"),
        (order.clone().variant("nothing"), "form"),
        (order.to("1"), "mchid"),
        (Trigger::new("NO.EVENT"), "NO.EVENT"),
    ] {
        let error = sandbox.trigger(bad).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    sandbox.settled().await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn a_notification_is_sent_again_under_its_id_and_freshly_signed() {
    let (sandbox, receiver) = start(&[Act::Status(204), Act::Status(500), Act::Status(204)]).await;
    let id = sandbox.trigger(EVENT).unwrap();
    sandbox.settled().await;
    sandbox.resend(&id).unwrap();
    sandbox.settled().await;
    sandbox.advance(Duration::from_secs(15)).await;
    let received = receiver.received();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|notification| notification.envelope()["id"] == json!(id)));
    assert_ne!(received[0].header("wechatpay-nonce"), received[1].header("wechatpay-nonce"));
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::Delivered);
    assert!(sandbox.resend("unknown").is_err());
}

/// Triggers one event under a fault and returns what arrived at once.
async fn struck(fault: Fault) -> (Sandbox, Receiver, Vec<Notification>) {
    let (sandbox, receiver) = start(&[Act::Status(204)]).await;
    sandbox.inject(fault.on(EVENT));
    sandbox.trigger(EVENT).unwrap();
    sandbox.settled().await;
    sandbox.advance(Duration::ZERO).await;
    let received = receiver.received();
    (sandbox, receiver, received)
}

fn fault(id: &str) -> Fault {
    Fault::new(id).unwrap()
}

#[tokio::test]
async fn n06_n07_n11_n12_n16_a_notification_is_signed_wrongly_once_and_journalled() {
    for id in ["N06", "N07", "N11", "N12", "N16"] {
        let (sandbox, receiver, received) = struck(fault(id)).await;
        let (credentials, first) = (sandbox.credentials(), &received[0]);
        assert_eq!(sandbox.journal().last().unwrap().fault, Some(id));
        assert_eq!(first.verifies(&credentials), id == "N06", "{id}");
        match id {
            "N06" => {
                let stamped: i64 = first.header("wechatpay-timestamp").unwrap().parse().unwrap();
                assert!((now() - stamped - 301).abs() <= 2);
            }
            "N07" => assert!(first.header("wechatpay-signature").is_some()),
            "N11" => assert!(first.header("wechatpay-signature").unwrap().starts_with("WECHATPAY/SIGNTEST/")),
            "N12" => assert_ne!(first.header("wechatpay-serial"), Some(&*credentials.platform_key_id)),
            _ => assert!(
                first.header("wechatpay-signature").is_none() && first.header("wechatpay-serial").is_none()
            ),
        }
        sandbox.trigger(EVENT).unwrap();
        sandbox.settled().await;
        receiver.received()[1].open(&credentials);
    }
}

#[tokio::test]
async fn n11_a_probe_that_is_refused_is_sent_again_with_a_real_signature() {
    let (sandbox, receiver) = start(&[Act::Status(401), Act::Status(204)]).await;
    sandbox.inject(fault("N11"));
    sandbox.trigger(EVENT).unwrap();
    sandbox.settled().await;
    sandbox.advance(Duration::from_secs(15)).await;
    let received = receiver.received();
    assert!(!received[0].verifies(&sandbox.credentials()));
    received[1].open(&sandbox.credentials());
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn n01_n02_n03_an_event_comes_twice() {
    for (id, same_id) in [("N01", true), ("N02", false), ("N03", true)] {
        let (sandbox, _receiver, received) = struck(fault(id)).await;
        assert_eq!(received.len(), 2, "{id}");
        let [first, second] = [0, 1].map(|at| received[at].envelope()["id"].clone());
        assert_eq!(first == second, same_id, "{id}");
        let credentials = sandbox.credentials();
        assert_eq!(received[0].open(&credentials), received[1].open(&credentials), "{id}");
        assert_eq!(sandbox.deliveries().len(), if id == "N01" { 1 } else { 2 });
    }
}

#[tokio::test]
async fn n05_a_notification_comes_a_day_late_or_never() {
    let day = Duration::from_secs(24 * 3600);
    let (sandbox, receiver, received) = struck(fault("N05")).await;
    assert_eq!(received.len(), 0);
    sandbox.advance(day).await;
    assert_eq!(receiver.received().len(), 1);
    let (sandbox, receiver, _) = struck(fault("N05").variant("never").unwrap()).await;
    sandbox.advance(3 * day).await;
    assert_eq!(receiver.received().len(), 0);
    assert!(matches!(sandbox.deliveries()[0].state, DeliveryState::Undeliverable(_)));
}

#[tokio::test]
async fn n08_a_resource_does_not_open_although_the_signature_holds() {
    let (sandbox, _receiver, received) = struck(fault("N08")).await;
    assert!(received[0].verifies(&sandbox.credentials()));
    assert!(!received[0].opens(&sandbox.credentials()));
}

#[tokio::test]
async fn k07_notifications_alternate_between_certificate_and_public_key() {
    let (sandbox, receiver) = start(&[Act::Status(204)]).await;
    let order = Fault::order("K07").unwrap().on(EVENT);
    let credentials = sandbox.credentials();
    for struck in [true, false, true, false] {
        if struck {
            sandbox.inject(order.clone());
        }
        sandbox.trigger(EVENT).unwrap();
        sandbox.settled().await;
        let last = receiver.received().pop().unwrap();
        let expected =
            if struck { &credentials.platform_certificate_serial } else { &credentials.platform_key_id };
        assert_eq!(last.header("wechatpay-serial"), Some(expected.as_str()));
        last.open(&credentials);
    }
}

#[tokio::test]
async fn n24_an_address_with_a_query_is_named_in_the_journal() {
    let (sandbox, receiver) = start(&[Act::Status(204)]).await;
    sandbox.trigger(Trigger::new(EVENT).at(&format!("{}?a=b", receiver.url))).unwrap();
    sandbox.settled().await;
    assert!(sandbox.journal().last().unwrap().has_mistake("N24"));
    sandbox.trigger(Trigger::new(EVENT).at("http://10.0.0.1/notify")).unwrap();
    sandbox.settled().await;
    let deliveries = sandbox.deliveries();
    let DeliveryState::Undeliverable(why) = &deliveries[1].state else { panic!("{:?}", deliveries[1].state) };
    assert!(why.contains("--notify-anywhere"), "{why}");
}
