//! The merchant and the platform of these tests, and what they say.

use std::sync::LazyLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use weipay::error::TransportError;
use weipay::exchange::{FailureKind, Phase};
use weipay::{ApiV3Key, ClientBuilder, Credential, Error, Outcome, PrivateKey, PublicKey, Request};
use weipay_testkit::vectors;
use weipay_testkit::wire::{Action, Answer, Platform, Server};

use crate::clients::Kind;

/// The moment of all tests, in Unix seconds.
pub(crate) const NOW: i64 = 1_735_689_600;

pub(crate) const MCHID: &str = "1900000001";
pub(crate) const APIV3_KEY: &str = "0123456789abcdefghijABCDEFGHIJKL";
pub(crate) const PATH: &str = "v3/marketing/busifavor/coupons/use";

/// The certificate's serial in `tests/keys/platform.cert.pem`.
pub(crate) const CERTIFICATE_SERIAL: &str = "7A10000000000000000000000000000000000003";
pub(crate) const CERTIFICATE: &str = include_str!("../keys/platform.cert.pem");
pub(crate) const CA: &str = include_str!("../keys/tls-ca.cert.pem");

pub(crate) static MERCHANT_KEY: LazyLock<PrivateKey> = LazyLock::new(|| {
    PrivateKey::from_pem(vectors::text("/generated/merchant_key/private_key_pkcs8_pem")).unwrap()
});

static PLATFORM_KEY: LazyLock<PrivateKey> = LazyLock::new(|| {
    PrivateKey::from_pem(vectors::text("/generated/platform_key/private_key_pkcs8_pem")).unwrap()
});

static CERTIFICATE_KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_pem(include_str!("../keys/platform.key.pem")).unwrap());

pub(crate) fn merchant_serial() -> &'static str {
    vectors::text("/generated/merchant_key/serial_no")
}

pub(crate) fn public_key_id() -> &'static str {
    vectors::text("/generated/platform_key/public_key_id")
}

/// The public half of the platform's key, which the vectors hold as a signer only.
pub(crate) fn public_key() -> PublicKey {
    static KEY: LazyLock<PublicKey> = LazyLock::new(|| PublicKey::from_pem(public_key_pem()).unwrap());
    KEY.clone()
}

pub(crate) fn public_key_pem() -> String {
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
    use aws_lc_rs::signature::KeyPair as _;
    use rustls::pki_types::pem::PemObject as _;

    let pem = vectors::text("/generated/platform_key/private_key_pkcs8_pem");
    let der = rustls::pki_types::PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(spki.as_ref()))
}

fn signer(key: &'static PrivateKey) -> impl Fn(&[u8]) -> String {
    move |message| STANDARD.encode(key.sign(message))
}

/// WeChat Pay as it signs with its public key.
pub(crate) fn platform() -> Platform {
    Platform::new(public_key_id(), signer(&PLATFORM_KEY))
}

/// WeChat Pay as it signs with a platform certificate.
pub(crate) fn certificate_platform() -> Platform {
    Platform::new(CERTIFICATE_SERIAL, signer(&CERTIFICATE_KEY))
}

/// A signed answer.
pub(crate) fn signed(status: u16, body: &str) -> Answer {
    Answer::json(status, body).signed(&platform(), NOW)
}

/// Reads a request and writes an answer.
pub(crate) fn exchange(answer: &Answer) -> Vec<Action> {
    vec![Action::Read, Action::Write(answer.bytes())]
}

/// A server with one connection that gives this answer once.
pub(crate) fn answers_once(answer: &Answer) -> Server {
    Server::start([exchange(answer)])
}

/// A server that gives this answer to everything.
pub(crate) fn answers(answer: &Answer) -> Server {
    let bytes = answer.bytes();
    Server::answering(move |_| vec![Action::Write(bytes.clone())])
}

/// The certificate list, sealed with the APIv3 key and signed by the certificate that it brings.
pub(crate) fn certificate_list() -> Answer {
    let list = json!({ "data": [{
        "serial_no": CERTIFICATE_SERIAL,
        "effective_time": "2020-01-01T08:00:00+08:00",
        "expire_time": "2050-01-01T07:59:59+08:00",
        "encrypt_certificate": seal("certificate", CERTIFICATE.as_bytes()),
    }]});
    Answer::json(200, list.to_string()).signed(&certificate_platform(), NOW)
}

/// What WeChat Pay encrypts, as its JSON has it.
pub(crate) fn seal(associated_data: &str, plaintext: &[u8]) -> Value {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, APIV3_KEY.as_bytes()).unwrap());
    let nonce = "fdasflkjakdf";
    let mut sealed = plaintext.to_vec();
    let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    key.seal_in_place_append_tag(unique, Aad::from(associated_data.as_bytes()), &mut sealed).unwrap();
    json!({
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": nonce,
        "associated_data": associated_data,
        "ciphertext": STANDARD.encode(sealed),
    })
}

/// A builder of the merchant that trusts the public key, aimed at `url`, at [`NOW`].
pub(crate) fn configured<K: Kind>(url: &str) -> ClientBuilder<K> {
    K::start()
        .base_url(url)
        .merchant(MCHID, merchant_serial(), MERCHANT_KEY.clone())
        .platform_public_key(public_key_id(), public_key())
        .clock(|| NOW)
}

/// The same, built.
pub(crate) fn client<K: Kind>(url: &str) -> K {
    K::finish(configured(url)).unwrap()
}

/// A client that has no platform key and may download certificates.
pub(crate) fn downloading<K: Kind>(url: &str) -> ClientBuilder<K> {
    K::start()
        .base_url(url)
        .merchant(MCHID, merchant_serial(), MERCHANT_KEY.clone())
        .apiv3_key(ApiV3Key::new(APIV3_KEY).unwrap())
        .download_certificates()
        .clock(|| NOW)
}

/// The credential of another merchant with the same keys.
pub(crate) fn credential(mchid: &str) -> Credential {
    Credential::merchant(mchid)
        .private_key(merchant_serial(), MERCHANT_KEY.clone())
        .platform_public_key(public_key_id(), public_key())
        .build()
        .unwrap()
}

/// A request that changes something.
pub(crate) fn redeem<K: Kind>(client: &K) -> Request<'_, K> {
    client.path(PATH).post(&json!({ "coupon_code": "sxxe34343434" }))
}

/// The transport error of a call that has to fail by one.
#[track_caller]
pub(crate) fn transport(result: Result<Value, Error>) -> (Phase, FailureKind, Outcome) {
    let error = result.expect_err("the call has to fail");
    let outcome = error.outcome();
    let Error::Transport(inner) = &error else { panic!("no transport error: {error:?}") };
    let inner: &TransportError = inner;
    (inner.phase(), inner.kind(), outcome)
}
