//! A merchant, a platform that signs, and a driver that plays a script.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use weipay_catalog::ops::Method;
use weipay_core::exchange::{BASE_URL, Event, Exchange, Now, Settings, Step};
use weipay_core::wire::{Signature, SigningKey, response_message};
use weipay_core::{
    Answer, ApiV3Key, Call, Certificate, Credential, CredentialBuilder, Error, PrivateKey, PublicKey,
};
use weipay_testkit::vectors::{key_file, text};

pub const NOW: i64 = 1_735_689_600;
pub const KEY_ID: &str = "PUB_KEY_ID_0000000000000000000000000000000001";
pub const CERTIFICATE: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E2";
pub const SERIAL: &str = "3775B6A45ACD588826D15E583A95F5DD11111111";

pub fn now(seconds_later: u64) -> Now {
    Now { unix: NOW + seconds_later.cast_signed(), mono: Duration::from_secs(1000 + seconds_later) }
}

pub fn merchant_key() -> PrivateKey {
    static KEY: LazyLock<PrivateKey> =
        LazyLock::new(|| PrivateKey::from_pem(key_file("merchant.key.pem")).unwrap());
    KEY.clone()
}

/// WeChat Pay's key, to sign answers with.
pub fn platform_key() -> PrivateKey {
    static KEY: LazyLock<PrivateKey> =
        LazyLock::new(|| PrivateKey::from_pem(key_file("platform.key.pem")).unwrap());
    KEY.clone()
}

pub fn platform_public_key() -> PublicKey {
    PublicKey::from_pem(key_file("platform.pub.pem")).unwrap()
}

pub fn certificate(name: &str) -> Certificate {
    Certificate::from_pem(key_file(name)).unwrap()
}

pub fn apiv3_key() -> ApiV3Key {
    ApiV3Key::new(text("/generated/apiv3_key")).unwrap()
}

pub fn merchant() -> CredentialBuilder {
    Credential::merchant("1900000001").private_key(SERIAL, merchant_key()).apiv3_key(apiv3_key())
}

pub fn credential() -> Arc<Credential> {
    static CREDENTIAL: LazyLock<Arc<Credential>> = LazyLock::new(|| {
        Arc::new(merchant().platform_public_key(KEY_ID, platform_public_key()).build().unwrap())
    });
    Arc::clone(&CREDENTIAL)
}

pub fn settings() -> Settings {
    Settings::new(BASE_URL).unwrap()
}

/// A call of one of the four operations, with a body.
pub fn coupons_use() -> Call {
    let mut call = Call::new(Method::Post, "/v3/marketing/busifavor/coupons/use");
    call.body(&serde_json::json!({"coupon_code": "K1", "use_request_no": "N1"}));
    call
}

pub struct Signer {
    pub key: PrivateKey,
    pub serial: String,
    pub timestamp: String,
    pub nonce: String,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            key: platform_key(),
            serial: KEY_ID.to_owned(),
            timestamp: NOW.to_string(),
            nonce: "AAAAAAAABBBBBBBB".to_owned(),
        }
    }
}

impl Signer {
    pub fn certificate(name: &str) -> Self {
        let key = name.replace(".cert.", ".key.");
        Self {
            key: PrivateKey::from_pem(key_file(&key)).unwrap(),
            serial: certificate(name).serial().to_owned(),
            ..Self::default()
        }
    }

    pub fn answer(&self, status: u16, body: &str) -> http::Response<Bytes> {
        let signature = self.key.sign(&response_message(&self.timestamp, &self.nonce, body.as_bytes()));
        http::Response::builder()
            .status(status)
            .header("Wechatpay-Timestamp", &self.timestamp)
            .header("Wechatpay-Nonce", &self.nonce)
            .header("Wechatpay-Serial", &self.serial)
            .header("Wechatpay-Signature", STANDARD.encode(signature))
            .header("Request-ID", "08F00D-0")
            .body(body.to_owned().into())
            .unwrap()
    }
}

/// A properly signed answer.
pub fn signed(status: u16, body: &str) -> http::Response<Bytes> {
    Signer::default().answer(status, body)
}

pub fn unsigned(status: u16, body: &str) -> http::Response<Bytes> {
    http::Response::builder().status(status).body(body.to_owned().into()).unwrap()
}

/// An exchange and what its driver has done so far.
pub struct Play {
    pub exchange: Exchange,
    pub sent: Vec<http::Request<Bytes>>,
}

impl Play {
    pub fn new(call: Call) -> Self {
        Self::with(call, credential(), settings())
    }

    pub fn with(call: Call, credential: Arc<Credential>, settings: Settings) -> Self {
        Self { exchange: Exchange::new(call, credential, Arc::new(settings), [7; 32]), sent: Vec::new() }
    }

    /// Starts, and signs whatever is asked for, up to the step that is something else.
    pub fn start(&mut self) -> Step {
        let step = self.exchange.step(now(0), Event::Start);
        self.sign(now(0), step)
    }

    pub fn sign(&mut self, now: Now, step: Step) -> Step {
        let Step::Sign { bytes, key: SigningKey::Local(key) } = step else { return step };
        let step = self.exchange.step(now, Event::Signed(Ok(Signature::new(key.sign(&bytes)))));
        if let Step::Send { request, .. } = &step {
            self.sent.push(request.clone());
        }
        step
    }

    /// The result of an exchange whose one request is answered like this.
    pub fn answered(mut self, response: http::Response<Bytes>) -> Result<Answer, Error> {
        let Step::Send { .. } = self.start() else { panic!("no request") };
        done(self.exchange.step(now(1), Event::Response(response)))
    }
}

pub fn done(step: Step) -> Result<Answer, Error> {
    match step {
        Step::Done(result) => result,
        step => panic!("expected Done, got {step:?}"),
    }
}
