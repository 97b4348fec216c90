//! A handle that carries a call through the whole exchange without a network, and keeps what was sent.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use weipay_catalog::ops::Scheme;
use weipay_core::exchange::{BASE_URL, Event, Exchange, Now, Settings, Step};
use weipay_core::wire::{Signature, SigningKey, response_message};
use weipay_core::{ApiV3Key, Call, Credential, Decode, Download, Fetched, Handle, PrivateKey, PublicKey};
use weipay_testkit::vectors::key_file;

pub(crate) const NOW: Now = Now { unix: 1_735_689_600, mono: Duration::from_secs(1000) };
const SERIAL: &str = "PUB_KEY_ID_0000000000000000000000000000000001";

pub(crate) const APIV3_KEY: &str = "0123456789abcdefghijABCDEFGHIJKL";

/// Stands for a client and for WeChat Pay.
pub(crate) struct Stage {
    /// What is answered next.
    pub(crate) answer: RefCell<(u16, String)>,
}

/// What a call sent, once its answer could be read.
pub(crate) struct Sent(pub(crate) http::Request<Bytes>);

impl Handle for Stage {
    type Sending<'c, T: Decode + 'c> = Sent;
    type Downloading<'c, F: Fetched + 'c> = Sent;

    /// An answer that is a file begins to come; one that leads to a file leads to a call for it.
    fn download<'c, F: Fetched + 'c>(&'c self, download: Download) -> Sent {
        let call = download.first(&settings());
        if !download.is_led_to() {
            return begun(&call).1;
        }
        let (mut exchange, sent) = begun(&call);
        let (status, body) = self.answer.borrow().clone();
        let Step::Done(Ok(answer)) = exchange.step(NOW, Event::Response(signed(status, body))) else {
            panic!("{call:?} is not answered")
        };
        match download.then(&answer, &settings()) {
            Ok(file) => drop(begun(&file)),
            Err(error) => panic!("{error}"),
        }
        sent
    }

    fn send<'c, T: Decode + 'c>(&'c self, call: Call) -> Sent {
        let (mut exchange, sent) = begun(&call);
        let (status, body) = self.answer.borrow().clone();
        match exchange.step(NOW, Event::Response(signed(status, body))) {
            Step::Done(Ok(answer)) => {
                if let Err(error) = T::decode(&answer, &call) {
                    panic!("{error}");
                }
            }
            step => panic!("{call:?}: {step:?}"),
        }
        sent
    }
}

/// Up to the request.
fn begun(call: &Call) -> (Exchange, Sent) {
    let scheme = call.operation().map_or(Scheme::Merchant, |operation| operation.scheme);
    let mut exchange = Exchange::new(call.clone(), credential(scheme), settings(), [7; 32]);
    let step = exchange.step(NOW, Event::Start);
    let Step::Sign { bytes, key: SigningKey::Local(key) } = step else {
        panic!("{call:?} is no request: {}", reason(&step))
    };
    let signature = Signature::new(key.sign(&bytes));
    let Step::Send { request, .. } = exchange.step(NOW, Event::Signed(Ok(signature))) else {
        panic!("{call:?} is not sent")
    };
    (exchange, Sent(request))
}

fn reason(step: &Step) -> String {
    match step {
        Step::Done(Err(error)) => error.to_string(),
        step => format!("{step:?}"),
    }
}
/// What opens a sensitive member.
pub(crate) fn opened(text: &str) -> String {
    String::from_utf8(platform_key().decrypt(&STANDARD.decode(text).unwrap()).unwrap()).unwrap()
}

fn platform_key() -> &'static PrivateKey {
    static KEY: LazyLock<PrivateKey> =
        LazyLock::new(|| PrivateKey::from_pem(key_file("platform.key.pem")).unwrap());
    &KEY
}

pub(crate) fn signed(status: u16, body: String) -> http::Response<Bytes> {
    let (timestamp, nonce) = (NOW.unix.to_string(), "AAAAAAAABBBBBBBB");
    let signature = platform_key().sign(&response_message(&timestamp, nonce, body.as_bytes()));
    http::Response::builder()
        .status(status)
        .header("Wechatpay-Timestamp", timestamp)
        .header("Wechatpay-Nonce", nonce)
        .header("Wechatpay-Serial", SERIAL)
        .header("Wechatpay-Signature", STANDARD.encode(signature))
        .body(body.into())
        .unwrap()
}

fn settings() -> Arc<Settings> {
    static SETTINGS: LazyLock<Arc<Settings>> = LazyLock::new(|| Arc::new(Settings::new(BASE_URL).unwrap()));
    Arc::clone(&SETTINGS)
}

pub(crate) fn credential(scheme: Scheme) -> Arc<Credential> {
    static CREDENTIALS: LazyLock<[Arc<Credential>; 2]> = LazyLock::new(|| {
        [Credential::merchant("1900000001"), Credential::brand("1004")].map(|builder| {
            let key = PrivateKey::from_pem(key_file("merchant.key.pem")).unwrap();
            let platform = PublicKey::from_pem(key_file("platform.pub.pem")).unwrap();
            Arc::new(
                builder
                    .private_key("AA", key)
                    .platform_public_key(SERIAL, platform)
                    .apiv3_key(ApiV3Key::new(APIV3_KEY).unwrap())
                    .build()
                    .unwrap(),
            )
        })
    });
    Arc::clone(&CREDENTIALS[usize::from(scheme == Scheme::Brand)])
}
