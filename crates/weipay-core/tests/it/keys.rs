//! Keys in every form that users have them, and the ones that are refused with a reason.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weipay_core::{ApiV3Key, Certificate, OpenError, PrivateKey, PublicKey};
use weipay_testkit::vectors::key_file;

use crate::support::{CERTIFICATE, apiv3_key};

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}

#[test]
fn private_keys_in_every_form() {
    let message = b"message";
    let expected = PrivateKey::from_pem(key_file("merchant.key.pem")).unwrap().sign(message);
    let (pkcs8, pkcs1) = (key_file("merchant.key.pem"), key_file("merchant.key.pkcs1.pem"));
    let one_line = pkcs8.replace('\n', "\\n");
    let with_text = format!("subject: me\r\n{}", pkcs8.replace('\n', "\r\n"));
    for pem in [&pkcs8, &pkcs1, &one_line, &with_text] {
        assert_eq!(PrivateKey::from_pem(pem).unwrap().sign(message), expected);
    }
    for der in [der(&pkcs8), der(&pkcs1)] {
        assert_eq!(PrivateKey::from_der(&der).unwrap().sign(message), expected);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../weipay-testkit/keys/merchant.key.pem");
    assert_eq!(PrivateKey::from_file(path).unwrap().sign(message), expected);
}

#[test]
fn bad_private_keys_fail_at_construction_with_a_cure() {
    for (input, says) in [
        (key_file("merchant.cert.pem"), "it is a certificate"),
        (key_file("platform.pub.pem"), "it is a public key"),
        (key_file("merchant.key.encrypted.pem"), "encrypted private key; decrypt it first"),
        (key_file("ec.key.pem"), "no RSA key of 2048 bits or more"),
        (key_file("small.key.pem"), "no RSA key of 2048 bits or more"),
        (String::new(), "it is empty"),
        ("0123456789abcdefghijABCDEFGHIJKL".to_owned(), "it is not PEM"),
        (key_file("merchant.key.pem").replace("MII", "M*I"), "its PEM is damaged"),
        (key_file("merchant.key.pem").replace("-----END PRIVATE KEY-----", ""), "its PEM is damaged"),
    ] {
        let text = PrivateKey::from_pem(&input).unwrap_err().to_string();
        assert!(text.starts_with("the merchant's private key") && text.contains(says), "{text}");
    }
    let text = PrivateKey::from_file("/nowhere/apiclient_key.pem").unwrap_err().to_string();
    assert!(
        text.starts_with("the merchant's private key from /nowhere/apiclient_key.pem cannot be read"),
        "{text}"
    );
    let text = PrivateKey::from_env("WEIPAY_TEST_NO_SUCH_KEY").unwrap_err().to_string();
    assert!(
        text.contains("neither WEIPAY_TEST_NO_SUCH_KEY nor WEIPAY_TEST_NO_SUCH_KEY_FILE is set"),
        "{text}"
    );
}

#[test]
fn public_keys_in_every_form() {
    let signature = crate::support::platform_key().sign(b"message");
    let (spki, pkcs1) = (key_file("platform.pub.pem"), key_file("platform.pub.pkcs1.pem"));
    for key in [
        PublicKey::from_pem(&spki),
        PublicKey::from_pem(&pkcs1),
        PublicKey::from_der(&der(&spki)),
        PublicKey::from_der(&der(&pkcs1)),
    ] {
        assert!(key.unwrap().verifies(b"message", &signature));
    }
    for (input, says) in [
        (key_file("platform.cert.pem"), "it is a certificate"),
        (key_file("platform.key.pem"), "it is a private key"),
    ] {
        assert!(PublicKey::from_pem(input).unwrap_err().to_string().contains(says));
    }
}

#[test]
fn certificates() {
    let pem = key_file("platform.cert.pem");
    for certificate in [Certificate::from_pem(&pem), Certificate::from_der(&der(&pem))] {
        let certificate = certificate.unwrap();
        assert_eq!(certificate.serial(), CERTIFICATE);
        assert_eq!((certificate.not_before(), certificate.not_after()), (1_577_836_800, 4_733_510_400));
        let signature = crate::support::platform_key().sign(b"message");
        assert!(certificate.public_key().verifies(b"message", &signature));
    }
    // A serial keeps its leading zeros as WeChat Pay prints it: whole bytes.
    assert_eq!(
        crate::support::certificate("expired.cert.pem").serial(),
        "0E00000000000000000000000000000000000003"
    );
    assert!(Certificate::from_pem(key_file("platform.pub.pem")).is_err());
}

#[test]
fn k12_a_sensitive_field_has_214_bytes_at_most() {
    let key = crate::support::platform_public_key();
    assert!(key.encrypt(&[b'x'; 214]).is_ok());
    let text = key.encrypt(&[b'x'; 215]).unwrap_err().to_string();
    assert!(text.contains("may have 214 bytes in UTF-8, and this one has 215"), "{text}");
}

#[test]
fn apiv3_keys() {
    assert!(ApiV3Key::new(" 0123456789abcdefghijABCDEFGHIJKL\n").is_ok());
    for (key, says) in [
        ("short", "it has 5 characters, and 32 are needed"),
        ("0123456789abcdefghijABCDEFGHIJ-L", "something else than letters and digits"),
    ] {
        assert!(ApiV3Key::new(key).unwrap_err().to_string().contains(says));
    }
}

#[test]
fn n09_nonces_of_another_length_are_refused_by_name() {
    assert_eq!(apiv3_key().open("0123456789abcdef", "", "AAAA"), Err(OpenError::NonceLength { bytes: 16 }));
    assert_eq!(apiv3_key().open("0123456789ab", "", "*"), Err(OpenError::Base64));
    assert_eq!(apiv3_key().open("0123456789ab", "", ""), Err(OpenError::Authentication));
}
