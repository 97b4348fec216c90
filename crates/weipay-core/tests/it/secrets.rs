//! Planted secrets and personal data never show in Debug, Display or a source.

use std::fmt::Debug;
use std::sync::Arc;

use weipay_catalog::ops::Method;
use weipay_core::exchange::{Event, Exchange};
use weipay_core::{Call, Decode, Notification, PrivateKey};
use weipay_testkit::vectors::{at, key_file, member, text};

use crate::support::{
    NOW, Play, apiv3_key, credential, merchant, now, platform_public_key, settings, signed, unsigned,
};

const OPENID: &str = "oPLANTEDopenid";
const NAME: &str = "PLANTED-name";

fn clean(shown: &str) {
    let private = key_file("merchant.key.pem");
    let line = private.lines().nth(5).unwrap();
    let secrets = [line, text("/generated/apiv3_key"), OPENID, NAME, "-----BEGIN"];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} shows in {shown}");
    }
    // A derived Debug of bytes would show numbers instead.
    let numbers: Vec<_> = OPENID.bytes().map(|byte| byte.to_string()).collect();
    assert!(!shown.contains(&numbers.join(", ")), "{shown}");
}

fn debug(value: &dyn Debug) {
    clean(&format!("{value:?}"));
    clean(&format!("{value:#?}"));
}

fn error(error: &dyn std::error::Error) {
    debug(&error);
    let mut cause = Some(error);
    while let Some(error) = cause {
        clean(&error.to_string());
        cause = error.source();
    }
}

fn call() -> Call {
    let mut call = Call::new(Method::Post, "/v3/businesscircle/user-authorizations/{openid}");
    call.param("openid", OPENID);
    call.query("name", NAME);
    call.body(&serde_json::json!({ "openid": OPENID, "name": NAME }));
    call
}

#[test]
fn keys_credentials_and_calls() {
    debug(&crate::support::merchant_key());
    debug(&apiv3_key());
    debug(&platform_public_key());
    debug(&merchant());
    debug(&credential());
    debug(&call());
    let mut exchange = Exchange::new(call(), credential(), Arc::new(settings()), [7; 32]);
    debug(&exchange);
    debug(&exchange.step(now(0), Event::Start));
    debug(&exchange);
    debug(&Event::Chunk(OPENID.as_bytes()));
    let half = key_file("merchant.key.pem").replace("-----END PRIVATE KEY-----", "");
    error(&PrivateKey::from_pem(half).unwrap_err());
}

#[test]
fn answers_and_errors() {
    let body = serde_json::json!({ "openid": OPENID, "name": NAME }).to_string();
    let answer = Play::new(call()).answered(signed(200, &body)).unwrap();
    debug(&answer);
    let not_json = format!("{{\"openid\": {OPENID}, {NAME}");
    let answer = Play::new(call()).answered(signed(200, &not_json)).unwrap();
    error(&serde_json::Value::decode(&answer, &call()).unwrap_err());
    let refusal = serde_json::json!({"code": "PARAM_ERROR", "message": "wrong", "detail": {"field": "/openid", "value": OPENID}});
    for answer in [
        unsigned(200, &body),
        signed(400, &refusal.to_string()),
        signed(500, &body),
        unsigned(502, &not_json),
    ] {
        error(&Play::new(call()).answered(answer).unwrap_err());
    }
    let mut moved = unsigned(307, "");
    let location = format!("https://elsewhere.example/{OPENID}?name={NAME}");
    moved.headers_mut().insert("Location", location.parse().unwrap());
    error(&Play::new(call()).answered(moved).unwrap_err());
}

#[test]
fn sign_errors_show_where_and_not_what() {
    let mut play = Play::new(call());
    play.start();
    let nonce =
        play.sent[0].headers()["authorization"].to_str().unwrap().split("nonce_str=\"").nth(1).unwrap()[..32]
            .to_owned();
    let server = format!(
        "POST\n/v3/businesscircle/user-authorizations/{OPENID}?name={NAME}\n{NOW}\n{nonce}\n{{\"openid\":\"{OPENID}\",\"name\":\"x\"}}\n"
    );
    let body = serde_json::json!({"code": "SIGN_ERROR", "message": "错误的签名，验签失败", "detail": {"field": "signature",
        "sign_information": {"method": "POST", "sign_message_length": server.len(), "truncated_sign_message": server}}});
    let step = play.exchange.step(now(1), Event::Response(unsigned(401, &body.to_string())));
    let refused = crate::support::done(step).unwrap_err();
    assert!(
        refused.to_string().contains("in the body: signed here 'P' (0x50), seen by the server 'x' (0x78)"),
        "{refused}"
    );
    error(&refused);
}

#[test]
fn notifications() {
    let vector = at("/generated/notification");
    let mut headers = http::HeaderMap::new();
    for (name, value) in vector["headers"].as_object().unwrap() {
        headers.insert(name.parse::<http::HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap());
    }
    let notification =
        Notification::open(&credential(), &headers, member(vector, "body").as_bytes(), NOW).unwrap();
    let shown = format!("{notification:?}");
    assert!(!shown.contains("478515832665") && !shown.contains("R202501010001"), "{shown}");
}

#[test]
fn an_error_is_small() {
    assert!(size_of::<weipay_core::Error>() <= 16);
}
