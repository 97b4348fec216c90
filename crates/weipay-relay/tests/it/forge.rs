//! Notifications as WeChat Pay signs them, with whatever content a test wants.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use weipay::PrivateKey;
use weipay_sandbox::World;

pub(crate) const APIV3_KEY: &str = "WeipaySandboxNotARealKey00000100";

/// One POST to the relay.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, prefix: &str) -> Self {
        self.headers.retain(|(known, _)| !known.starts_with(prefix));
        self
    }
}

pub(crate) fn notification(id: &str, event_type: &str, resource: &Value) -> Message {
    sealed_with(APIV3_KEY, id, event_type, resource)
}

pub(crate) fn sealed_with(apiv3_key: &str, id: &str, event_type: &str, resource: &Value) -> Message {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, apiv3_key.as_bytes()).unwrap());
    let mut text = resource.to_string().into_bytes();
    let nonce = Nonce::try_assume_unique_for_key(b"nonceof12byt").unwrap();
    key.seal_in_place_append_tag(nonce, Aad::from("test"), &mut text).unwrap();
    let body = json!({
        "id": id,
        "create_time": "2026-01-01T00:00:00+08:00",
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": "",
        "resource": {
            "original_type": "test",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": STANDARD.encode(text),
            "associated_data": "test",
            "nonce": "nonceof12byt",
        },
    });
    signed(body.to_string().into_bytes(), jiff::Timestamp::now().as_second())
}

pub(crate) fn signed(body: Vec<u8>, timestamp: i64) -> Message {
    let platform = World::documentation().platform;
    let key = PrivateKey::from_pem(platform.public_key_private_pem.expose()).unwrap();
    let message = [format!("{timestamp}\nnonce\n").as_bytes(), &body, b"\n"].concat();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("wechatpay-timestamp", timestamp.to_string()),
        ("wechatpay-nonce", "nonce".to_owned()),
        ("wechatpay-serial", platform.public_key_id.clone()),
        ("wechatpay-signature", STANDARD.encode(key.sign(&message))),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ];
    Message { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body }
}

pub(crate) fn exchange(record_id: &str) -> Value {
    json!({
        "record_id": record_id,
        "brand_id": "1004",
        "card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA",
        "user_card_code": "478515832665",
        "exchange_coupon_template_id": "0Flpo7FqTQ",
        "deduct_points": 100,
        "stock_id": "100088",
    })
}

pub(crate) fn holder() -> Value {
    json!({
        "brand_id": "1004",
        "card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA",
        "user_card_code": "478515832665",
    })
}
