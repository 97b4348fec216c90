//! One bit changed anywhere is refused.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use weipay_core::error::VerifyReason;
use weipay_core::{Error, Notification, Outcome};
use weipay_testkit::vectors::{at, member};

use crate::support::{
    NOW, Play, apiv3_key, coupons_use, credential, platform_key, platform_public_key, signed,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Every bit of `bytes`, flipped alone.
fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

#[test]
fn any_bit_of_a_signature_or_a_message() {
    let message = b"1735689600\nAAAA\n{\"a\":1}\n";
    let signature = platform_key().sign(message);
    let key = platform_public_key();
    assert!(key.verifies(message, &signature));
    assert!(flips(message).all(|message| !key.verifies(&message, &signature)));
    assert!(flips(&signature).all(|signature| !key.verifies(message, &signature)));
}

#[test]
fn any_bit_of_a_ciphertext_or_a_nonce() {
    let case = &at("/generated/aead_cases")[0];
    let (nonce, data) = (member(case, "nonce"), member(case, "associated_data"));
    let sealed = STANDARD.decode(member(case, "ciphertext")).unwrap();
    assert!(flips(&sealed).all(|sealed| apiv3_key().open(nonce, data, &STANDARD.encode(sealed)).is_err()));
    let ciphertext = member(case, "ciphertext");
    let nonces = flips(nonce.as_bytes()).filter_map(|nonce| String::from_utf8(nonce).ok());
    assert!(nonces.map(|nonce| apiv3_key().open(&nonce, data, ciphertext)).all(|opened| opened.is_err()));
}

#[test]
fn r01_any_bit_of_an_answer_is_refused_and_leaves_the_outcome_unknown() {
    let body = r#"{"stock_id":"1"}"#;
    for flipped in flips(body.as_bytes()) {
        let mut answer = signed(200, body);
        *answer.body_mut() = Bytes::from(flipped);
        let error = Play::new(coupons_use()).answered(answer).unwrap_err();
        assert!(matches!(&error, Error::Verify(error) if *error.reason() == VerifyReason::WrongSignature));
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
    for name in ["Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature", "Wechatpay-Timestamp"] {
        let original = signed(200, body).headers()[name].as_bytes().to_vec();
        for flipped in flips(&original) {
            let Ok(value) = HeaderValue::from_bytes(&flipped) else { continue };
            // Blanks at the ends are trimmed, as HTTP has it; a flip cannot make the same text otherwise.
            if value.to_str().is_ok_and(|text| text.trim().as_bytes() == original) {
                continue;
            }
            let mut answer = signed(200, body);
            answer.headers_mut().insert(name, value);
            let error = Play::new(coupons_use()).answered(answer).unwrap_err();
            assert!(matches!(error, Error::Verify(_)), "{name}: {error}");
        }
    }
}

#[test]
fn n07_any_bit_of_a_notification() {
    let vector = at("/generated/notification");
    let mut headers = HeaderMap::new();
    for (name, value) in vector["headers"].as_object().unwrap() {
        let name: http::HeaderName = name.parse().unwrap();
        headers.insert(name, value.as_str().unwrap().parse().unwrap());
    }
    let body = member(vector, "body").as_bytes();
    assert!(Notification::open(&credential(), &headers, body, NOW).is_ok());
    assert!(flips(body).all(|body| Notification::open(&credential(), &headers, &body, NOW).is_err()));
    for grown in [[&b"\xef\xbb\xbf"[..], body].concat(), [body, b"\n"].concat()] {
        assert!(Notification::open(&credential(), &headers, &grown, NOW).is_err());
    }
}
