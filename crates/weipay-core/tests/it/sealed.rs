//! Sensitive members are encrypted with the key that the request names, or the request is not sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serializer;
use serde_json::Value;
use weipay_catalog::ops::Method;
use weipay_core::exchange::{Event, Failure, FailureKind, Phase, Step};
use weipay_core::json::{Ciphertext, ObjectWriter, Read, Seal, Sealing, Sensitive};
use weipay_core::{Call, Outcome, PlatformKey};

use crate::support::{
    CERTIFICATE, KEY_ID, Play, certificate, credential, done, merchant, merchant_key, now, platform_key,
    settings,
};

struct Receiver {
    account: String,
    name: Sensitive,
}

impl Seal for Receiver {
    fn seal<S: Serializer>(&self, serializer: S, key: &PlatformKey) -> Result<S::Ok, S::Error> {
        let mut object = ObjectWriter::new(serializer)?;
        object.required("account", &self.account)?;
        object.required("name", &Sealing(&self.name, key))?;
        object.end()
    }
}

fn call(name: &str) -> Call {
    let mut call = Call::new(Method::Post, "/v3/profitsharing/receivers/add");
    call.sealed_body(Receiver { account: "1900000109".to_owned(), name: name.into() });
    call
}

fn opened(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["account"], "1900000109");
    let bytes = STANDARD.decode(body["name"].as_str().unwrap()).unwrap();
    String::from_utf8(platform_key().decrypt(&bytes).unwrap()).unwrap()
}

#[test]
fn the_key_that_is_named_encrypts() {
    let mut play = Play::new(call("张三"));
    play.start();
    assert_eq!(opened(play.sent[0].body()), "张三");
    assert_eq!(play.sent[0].headers()["wechatpay-serial"], KEY_ID);
    let by_certificate = merchant().platform_certificate(certificate("platform.cert.pem")).build().unwrap();
    let mut play = Play::with(call("李四"), std::sync::Arc::new(by_certificate), settings());
    play.start();
    assert_eq!(opened(play.sent[0].body()), "李四");
    assert_eq!(play.sent[0].headers()["wechatpay-serial"], CERTIFICATE);
}

#[test]
fn k12_a_member_of_more_than_214_bytes_is_refused_before_anything_is_sent() {
    let mut play = Play::new(call(&"x".repeat(214)));
    assert!(matches!(play.start(), Step::Send { .. }));
    let error = done(Play::new(call(&"三".repeat(72))).start()).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    let text = error.to_string();
    assert!(
        text.contains("may have 214 bytes in UTF-8, and this one has 216") && !text.contains('三'),
        "{text}"
    );
}

#[test]
fn a_repetition_sends_the_same_bytes() {
    let mut settings = settings();
    settings.connect_attempts = 2;
    let mut play = Play::with(call("张三"), credential(), settings);
    play.start();
    let refused = Event::Failed(Failure::new(Phase::NotConnected, FailureKind::Connect));
    let Step::Sleep { .. } = play.exchange.step(now(1), refused) else { panic!() };
    let step = play.exchange.step(now(2), Event::Woke);
    play.sign(now(2), step);
    assert_eq!(play.sent[0].body(), play.sent[1].body());
}

#[test]
fn what_arrives_encrypted_is_decrypted_on_request() {
    let encrypted =
        STANDARD.encode(certificate("merchant.cert.pem").public_key().encrypt("张三".as_bytes()).unwrap());
    let read = |text: &str| Ciphertext::read(&Value::from(text)).unwrap().unwrap();
    let member = read(&encrypted);
    assert_eq!(member.decrypt(&merchant_key()).unwrap(), "张三");
    assert_eq!(format!("{member:?}"), "Ciphertext(344 characters)");
    let text = member.decrypt(&platform_key()).unwrap_err().to_string();
    assert!(text.contains("another certificate was used"), "{text}");
    assert!(read("no base64").decrypt(&merchant_key()).unwrap_err().to_string().contains("it is not base64"));
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", Sensitive::from("张三")), "Sensitive(***)");
}

#[test]
fn a_sensitive_query_parameter_is_encrypted_by_the_key_that_is_named() {
    let lookup = |name: &str| {
        let mut call = Call::new(Method::Get, "/v3/gov-subsidy/qualification");
        call.query("appid", "wx1");
        call.sensitive_query("real_name", &Sensitive::from(name));
        call
    };
    let mut play = Play::new(lookup("张三"));
    play.start();
    assert_eq!(play.sent[0].headers()["wechatpay-serial"], KEY_ID);
    let query = play.sent[0].uri().query().unwrap();
    let value = query.strip_prefix("appid=wx1&real_name=").unwrap();
    let value = value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    let opened = platform_key().decrypt(&STANDARD.decode(value).unwrap()).unwrap();
    assert_eq!(opened, "张三".as_bytes());
    let error = done(Play::new(lookup(&"三".repeat(72))).start()).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(text.contains("'real_name'") && text.contains("216") && !text.contains('三'), "{text}");
}
