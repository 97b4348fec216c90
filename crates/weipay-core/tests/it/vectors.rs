//! Published samples that were recomputed, and our own with throw-away keys.

use serde_json::Value;
use weipay_catalog::ops::Scheme;
use weipay_core::wire::{Signature, authorization, request_message, response_message};
use weipay_core::{PrivateKey, PublicKey};
use weipay_testkit::vectors::{at, member, text};

use crate::support::{SERIAL, apiv3_key, merchant_key, platform_key, platform_public_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Splits a published string to sign into the arguments that make it.
fn rebuilt(message: &str) -> Vec<u8> {
    let mut lines = message.splitn(5, '\n');
    let mut next = || lines.next().unwrap();
    let (method, target, timestamp, nonce) = (next(), next(), next(), next());
    let body = next().strip_suffix('\n').unwrap();
    request_message(method, target, timestamp.parse().unwrap(), nonce, body.as_bytes())
}

fn signs(key: &PrivateKey, vector: &Value) {
    let message = member(vector, "message");
    assert_eq!(message.len() as u64, vector["message_bytes"].as_u64().unwrap(), "{vector}");
    let signature = STANDARD.encode(key.sign(message.as_bytes()));
    assert_eq!(signature, member(vector, "signature"), "{}", member(vector, "name"));
}

#[test]
fn official_request_signatures() {
    let key = PrivateKey::from_pem(text("/official/merchant_test_key/private_key_pkcs8_pem")).unwrap();
    let public = PublicKey::from_pem(text("/official/merchant_test_key/public_key_spki_pem")).unwrap();
    let vectors = at("/official/rsa_sha256_pkcs1v15").as_array().unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        signs(&key, vector);
        let signature = STANDARD.decode(member(vector, "signature")).unwrap();
        assert!(public.verifies(member(vector, "message").as_bytes(), &signature));
    }
    // The first three are requests: their strings come out of our own writer too.
    for vector in &vectors[..3] {
        assert_eq!(rebuilt(member(vector, "message")), member(vector, "message").as_bytes());
    }
}

#[test]
fn official_response_verifies() {
    let vector = at("/official/response_verification");
    let key = PublicKey::from_pem(member(vector, "public_key_spki_pem")).unwrap();
    let message = response_message(
        member(vector, "Wechatpay-Timestamp"),
        member(vector, "Wechatpay-Nonce"),
        member(vector, "body").as_bytes(),
    );
    let signature = STANDARD.decode(member(vector, "Wechatpay-Signature")).unwrap();
    assert!(key.verifies(&message, &signature));
}

/// The published samples that are known not to hold must not hold here either: a verifier that accepts them is broken.
#[test]
fn known_bad_published_samples_stay_bad() {
    let samples = at("/official/known_bad_published_samples").as_array().unwrap();
    assert_eq!(samples.len(), 3, "a sample was added: test it");
    // The key of another documentation page does not verify the published answer.
    let vector = at("/official/response_verification");
    let message = response_message(
        member(vector, "Wechatpay-Timestamp"),
        member(vector, "Wechatpay-Nonce"),
        member(vector, "body").as_bytes(),
    );
    let signature = STANDARD.decode(member(vector, "Wechatpay-Signature")).unwrap();
    let other = PublicKey::from_pem(text("/official/merchant_test_key/public_key_spki_pem")).unwrap();
    assert!(!other.verifies(&message, &signature));
    // A signature with the shell's stray percent sign is no base64.
    let app = member(&at("/official/rsa_sha256_pkcs1v15")[3], "signature");
    assert!(STANDARD.decode(format!("{app}%")).is_err());
}

#[test]
fn authorization_length_sample() {
    let sample = at("/official/authorization_length_sample");
    let message = rebuilt(member(sample, "message"));
    assert_eq!(message, member(sample, "message").as_bytes());
    assert_eq!(message.len() as u64, sample["sign_message_length"].as_u64().unwrap());
}

#[test]
fn generated_request_signatures_and_header() {
    let vectors = at("/generated/request_signatures").as_array().unwrap();
    for vector in vectors {
        signs(&merchant_key(), vector);
        assert_eq!(rebuilt(member(vector, "message")), member(vector, "message").as_bytes());
    }
    let signature = Signature::new(merchant_key().sign(member(&vectors[0], "message").as_bytes()));
    let nonce = "AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD";
    assert_eq!(
        authorization(Scheme::Merchant, "1900000001", SERIAL, nonce, 1_735_689_600, &signature),
        text("/generated/authorization_header")
    );
}

#[test]
fn brand_signature_and_header() {
    let brand = at("/generated/brand");
    signs(&merchant_key(), brand);
    let signature = Signature::new(merchant_key().sign(member(brand, "message").as_bytes()));
    let nonce = "AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD";
    assert_eq!(
        authorization(Scheme::Brand, "1000", SERIAL, nonce, 1_735_689_600, &signature),
        member(brand, "authorization_header")
    );
}

#[test]
fn generated_response_signatures() {
    let vectors = at("/generated/response_signatures").as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        signs(&platform_key(), vector);
        let mut lines = member(vector, "message").splitn(3, '\n');
        let (timestamp, nonce) = (lines.next().unwrap(), lines.next().unwrap());
        let body = lines.next().unwrap().strip_suffix('\n').unwrap();
        let message = response_message(timestamp, nonce, body.as_bytes());
        let signature = STANDARD.decode(member(vector, "signature")).unwrap();
        assert!(platform_public_key().verifies(&message, &signature), "{}", member(vector, "name"));
    }
}

#[test]
fn aead_cases_with_nonces_of_12_bytes() {
    let cases = at("/generated/aead_cases").as_array().unwrap();
    for case in cases {
        let open = |associated_data: &str| {
            apiv3_key().open(member(case, "nonce"), associated_data, member(case, "ciphertext"))
        };
        assert_eq!(open(member(case, "associated_data")).unwrap(), member(case, "plaintext").as_bytes());
        assert!(open("something else").is_err());
    }
}

#[test]
fn oaep_with_sha1() {
    let case = at("/generated/rsa_oaep_sha1");
    let plaintext = member(case, "plaintext").as_bytes();
    let ciphertext = STANDARD.decode(member(case, "ciphertext_for_platform_key")).unwrap();
    assert_eq!(platform_key().decrypt(&ciphertext).unwrap(), plaintext);
    let key = platform_public_key();
    assert_eq!(platform_key().decrypt(&key.encrypt(plaintext).unwrap()).unwrap(), plaintext);
    assert_eq!(key.max_plaintext() as u64, case["max_plaintext_bytes_2048"].as_u64().unwrap());
}
