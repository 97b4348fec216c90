//! The hook over HTTP: who is answered, and with what.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weipay_shop::{Dump, Shop};

use crate::world::{SECRET, body, config, wish};

/// Sends one request and gives status, head and body.
pub(crate) async fn raw(shop: &Shop, head: &str, body: &str) -> (u16, String, String) {
    let address = shop.url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let host = if head.contains("\r\nHost:") { String::new() } else { format!("\r\nHost: {address}") };
    let request =
        format!("{head}{host}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_lowercase(), body.to_owned())
}

fn signed(path: &str, id: &str, body: &str, at: i64) -> String {
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = STANDARD.encode(hmac::sign(&key, format!("{id}.{at}.{body}").as_bytes()).as_ref());
    format!(
        "POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nwebhook-id: {id}\r\nwebhook-timestamp: {at}\r\n\
         webhook-signature: v1,{tag}"
    )
}

#[tokio::test]
async fn only_the_holder_of_the_secret_is_answered() {
    let shop = Shop::start(config(), None).await.unwrap();
    let now = Timestamp::now().as_second();
    let text = body("decide", "q1", "a", &wish("R1", 100)).to_string();
    let head = signed("/hook/decide", "q1", &text, now);
    let forged = head.replace("v1,", "v1,A");
    assert_eq!(raw(&shop, &forged, &text).await.0, 401);
    assert_eq!(raw(&shop, &signed("/hook/decide", "q1", &text, now - 301), &text).await.0, 401);
    assert_eq!(
        raw(&shop, "POST /hook/decide HTTP/1.1\r\nContent-Type: application/json", &text).await.0,
        401
    );
    assert!(shop.dump().await.unwrap().exchanges.is_empty());

    let (status, _, answer) = raw(&shop, &head, &text).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, answer), (200, json!({ "decision": "allow", "coupon_code": "SHOP00000001" })));
    let (_, _, ledger) = raw(&shop, "GET /ledger HTTP/1.1", "").await;
    let ledger: Dump = serde_json::from_str(&ledger).unwrap();
    assert_eq!(ledger, shop.dump().await.unwrap());
    assert_eq!(ledger.exchanges.len(), 1);
}

#[tokio::test]
async fn what_is_not_the_contract_is_refused_without_showing_it() {
    let shop = Shop::start(config(), None).await.unwrap();
    let now = Timestamp::now().as_second();
    let mut wrong = wish("R1", 100);
    wrong["deduct_points"] = json!({ "oSecret": 1 });
    for (path, text) in [
        ("/hook/decide", body("decide", "q1", "a", &wrong).to_string()),
        ("/hook/decide", body("balance", "q1", "a", &wish("oSecret", 1)).to_string()),
        ("/hook/greet", body("greet", "q1", "a", &wish("oSecret", 1)).to_string()),
        ("/hook/decide", "oSecret".to_owned()),
    ] {
        let (status, _, answer) = raw(&shop, &signed(path, "q1", &text, now), &text).await;
        assert_eq!(status, 400, "{answer}");
        assert!(!answer.is_empty() && !answer.contains("oSecret"), "{answer}");
    }
    let text = body("decide", "q1", "nobody", &wish("R1", 100)).to_string();
    assert_eq!(
        raw(&shop, &signed("/hook/decide", "q1", &text, now), &text).await.0,
        503,
        "asked again later"
    );
}
