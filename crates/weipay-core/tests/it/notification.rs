//! From raw bytes and headers to the decrypted resource.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use weipay_core::error::VerifyReason;
use weipay_core::wire::response_message;
use weipay_core::{ApiV3Key, Notification, NotificationError, OpenError};
use weipay_testkit::vectors::{at, member};

use crate::support::{KEY_ID, NOW, credential, merchant, platform_key, platform_public_key};

fn vector() -> (HeaderMap, &'static str) {
    let vector = at("/generated/notification");
    let mut headers = HeaderMap::new();
    for (name, value) in vector["headers"].as_object().unwrap() {
        headers.insert(name.parse::<HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap());
    }
    (headers, member(vector, "body"))
}

/// The same notification with other members, signed anew.
fn altered(change: impl FnOnce(&mut Value)) -> Result<Notification, NotificationError> {
    let (mut headers, body) = vector();
    let mut envelope: Value = serde_json::from_str(body).unwrap();
    change(&mut envelope);
    let body = envelope.to_string();
    let nonce = headers["Wechatpay-Nonce"].to_str().unwrap();
    let signature = platform_key().sign(&response_message(&NOW.to_string(), nonce, body.as_bytes()));
    headers.insert("Wechatpay-Signature", STANDARD.encode(signature).parse().unwrap());
    Notification::open(&credential(), &headers, body.as_bytes(), NOW)
}

#[test]
fn the_vector_opens() {
    let (headers, body) = vector();
    let notification = Notification::open(&credential(), &headers, body.as_bytes(), NOW).unwrap();
    assert_eq!(notification.id(), "EV-2025010100000001");
    assert_eq!(notification.event_type(), "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON");
    assert_eq!(notification.original_type(), Some("point_coupon"));
    assert_eq!(notification.create_time().unwrap().as_str(), "2025-01-01T08:00:00+08:00");
    assert_eq!(notification.resource_bytes(), member(at("/generated/notification"), "decrypted"));
    assert_eq!(notification.resource().unwrap()["deduct_points"], 100);
}

#[test]
fn n06_a_replay_is_stale() {
    let (headers, body) = vector();
    for seconds in [301, -301] {
        let error = Notification::open(&credential(), &headers, body.as_bytes(), NOW + seconds).unwrap_err();
        assert_eq!(error, NotificationError::Verify(VerifyReason::Stale { seconds: i128::from(seconds) }));
    }
}

#[test]
fn n11_a_probe_is_refused() {
    let (mut headers, body) = vector();
    let probe = member(at("/generated/notification"), "signtest_variant_signature");
    headers.insert("Wechatpay-Signature", probe.parse().unwrap());
    let error = Notification::open(&credential(), &headers, body.as_bytes(), NOW).unwrap_err();
    assert_eq!(error, NotificationError::Verify(VerifyReason::Probe));
}

#[test]
fn n12_n16_unknown_serials_and_stripped_headers() {
    let (mut headers, body) = vector();
    headers.insert("Wechatpay-Serial", "PUB_KEY_ID_9".parse().unwrap());
    let open =
        |headers: &HeaderMap| Notification::open(&credential(), headers, body.as_bytes(), NOW).unwrap_err();
    assert_eq!(
        open(&headers),
        NotificationError::Verify(VerifyReason::UnknownSerial("PUB_KEY_ID_9".to_owned()))
    );
    assert_eq!(open(&HeaderMap::new()), NotificationError::Verify(VerifyReason::Unsigned));
}

#[test]
fn n23_the_signature_type_may_be_absent() {
    let (mut headers, body) = vector();
    headers.remove("Wechatpay-Signature-Type");
    assert!(Notification::open(&credential(), &headers, body.as_bytes(), NOW).is_ok());
    headers.insert("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3".parse().unwrap());
    assert!(Notification::open(&credential(), &headers, body.as_bytes(), NOW).is_err());
}

#[test]
fn n08_a_resource_that_does_not_open_gives_nothing() {
    let flipped = |name: &'static str| {
        altered(move |envelope| {
            let text = envelope["resource"][name].as_str().unwrap().to_owned();
            let last = if text.ends_with('A') { "B" } else { "A" };
            envelope["resource"][name] = json!(format!("{}{last}", &text[..text.len() - 1]));
        })
    };
    for name in ["nonce", "associated_data"] {
        assert_eq!(flipped(name).unwrap_err(), NotificationError::Open(OpenError::Authentication));
    }
    assert!(matches!(flipped("ciphertext").unwrap_err(), NotificationError::Open(_)));
}

#[test]
fn n09_absent_associated_data_is_the_empty_one() {
    let case = &at("/generated/aead_cases")[1];
    let with = |data: Option<&str>| {
        altered(|envelope| {
            let resource = envelope["resource"].as_object_mut().unwrap();
            resource.insert("nonce".to_owned(), case["nonce"].clone());
            resource.insert("ciphertext".to_owned(), case["ciphertext"].clone());
            match data {
                Some(data) => drop(resource.insert("associated_data".to_owned(), json!(data))),
                None => drop(resource.remove("associated_data")),
            }
        })
    };
    for data in [Some(""), None] {
        assert_eq!(with(data).unwrap().resource_bytes(), "{}");
    }
    assert!(with(Some("x")).is_err());
}

#[test]
fn n09_other_algorithms_are_named() {
    let error = altered(|envelope| envelope["resource"]["algorithm"] = json!("AEAD_SM4_GCM")).unwrap_err();
    assert_eq!(error, NotificationError::Algorithm("AEAD_SM4_GCM".to_owned()));
}

#[test]
fn n10_the_former_apiv3_key_still_opens() {
    let (headers, body) = vector();
    let new = ApiV3Key::new("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345").unwrap();
    let after = |former: Option<ApiV3Key>| {
        let builder = merchant().apiv3_key(new.clone()).platform_public_key(KEY_ID, platform_public_key());
        let builder = former.into_iter().fold(builder, weipay_core::CredentialBuilder::former_apiv3_key);
        Notification::open(&builder.build().unwrap(), &headers, body.as_bytes(), NOW)
    };
    assert!(after(Some(crate::support::apiv3_key())).is_ok());
    assert_eq!(after(None).unwrap_err(), NotificationError::Open(OpenError::Authentication));
}

#[test]
fn n17_unknown_events_and_members_are_kept() {
    let notification = altered(|envelope| {
        envelope["event_type"] = json!("SOMETHING.NEW");
        envelope["added"] = json!({"by": "WeChat Pay"});
    })
    .unwrap();
    assert_eq!(notification.event_type(), "SOMETHING.NEW");
}

#[test]
fn verified_but_no_envelope() {
    let error = altered(|envelope| drop(envelope.as_object_mut().unwrap().remove("resource"))).unwrap_err();
    assert!(matches!(error, NotificationError::Malformed { .. }), "{error}");
}
