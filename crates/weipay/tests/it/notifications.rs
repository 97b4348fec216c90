//! Notifications: raw bytes and headers in, the decrypted resource out.

use http::HeaderMap;
use serde_json::json;
use weipay::error::VerifyReason;
use weipay::{ApiV3Key, Certificate, Client, NotificationError};
use weipay_testkit::wire::{Action, Answer, Platform, Server};

use crate::clients::{Kind, both};
use crate::world::{
    APIV3_KEY, CERTIFICATE, CERTIFICATE_SERIAL, NOW, certificate_list, certificate_platform, configured,
    downloading, platform, seal,
};

both![
    a_notification_is_opened_with_the_keys_at_hand,
    n12_an_unknown_certificate_is_fetched_once,
    n07_an_altered_notification,
    n06_an_old_notification,
];

/// A notification as it is posted.
fn posted(platform: &Platform, unix: i64) -> (HeaderMap, Vec<u8>) {
    let body = json!({
        "id": "EV-2025010100000001",
        "create_time": "2025-01-01T08:00:00+08:00",
        "event_type": "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON",
        "resource_type": "encrypt-resource",
        "resource": seal("point_coupon", br#"{"record_id":"R202501010001"}"#),
    });
    let body = body.to_string().into_bytes();
    // The headers of a signed message are those of a signed answer.
    let head = Answer::json(200, body.clone()).signed(platform, unix).head();
    let head = String::from_utf8(head).unwrap();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    (headers, body)
}

fn a_notification_is_opened_with_the_keys_at_hand<K: Kind>() {
    let (headers, body) = posted(&platform(), NOW);
    let client =
        K::finish(configured::<K>("http://127.0.0.1:1").apiv3_key(ApiV3Key::new(APIV3_KEY).unwrap()));
    let notification = client.unwrap().take_notification(&headers, &body).unwrap();
    assert_eq!(notification.id(), "EV-2025010100000001");
    assert_eq!(notification.resource().unwrap()["record_id"], "R202501010001");
}

fn n12_an_unknown_certificate_is_fetched_once<K: Kind>() {
    let server = Server::answering(|_| vec![Action::Write(certificate_list().bytes())]);
    let client = K::finish(downloading::<K>(&server.url())).unwrap();
    let (headers, body) = posted(&certificate_platform(), NOW);
    for _ in 0..2 {
        let notification = client.take_notification(&headers, &body).unwrap();
        assert_eq!(notification.event_type(), "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON");
    }
    // Another unknown serial right afterwards does not make us ask again.
    let stranger = Platform::new("7A1000000000000000000000000000000000FFFF", |_| String::new());
    let (headers, body) = posted(&stranger, NOW);
    let error = client.take_notification(&headers, &body).unwrap_err();
    assert!(matches!(error, NotificationError::Verify(VerifyReason::UnknownSerial(_))), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

fn n07_an_altered_notification<K: Kind>() {
    let (headers, mut body) = posted(&platform(), NOW);
    body.push(b'\n');
    let client =
        K::finish(configured::<K>("http://127.0.0.1:1").apiv3_key(ApiV3Key::new(APIV3_KEY).unwrap()));
    let error = client.unwrap().take_notification(&headers, &body).unwrap_err();
    assert_eq!(error, NotificationError::Verify(VerifyReason::WrongSignature));
}

fn n06_an_old_notification<K: Kind>() {
    let (headers, body) = posted(&platform(), NOW - 301);
    let client = crate::world::client::<K>("http://127.0.0.1:1");
    let error = client.take_notification(&headers, &body).unwrap_err();
    assert_eq!(error, NotificationError::Verify(VerifyReason::Stale { seconds: 301 }));
}

#[test]
fn opening_needs_no_runtime() {
    let (headers, body) = posted(&certificate_platform(), NOW);
    let client = configured::<Client>("http://127.0.0.1:1")
        .platform_certificate(Certificate::from_pem(CERTIFICATE).unwrap())
        .apiv3_key(ApiV3Key::new(APIV3_KEY).unwrap())
        .build()
        .unwrap();
    assert_eq!(headers["Wechatpay-Serial"], CERTIFICATE_SERIAL);
    assert_eq!(client.open_notification(&headers, &body).unwrap().original_type(), None);
}
