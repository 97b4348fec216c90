//! The page: what it shows, who may read it and press its buttons.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use weipay_shop::{Member, Shop, Tap, TapError};

use crate::hook::raw;
use crate::world::config;

#[derive(Debug, Default)]
struct Telephone(Mutex<Vec<String>>);

#[async_trait]
impl Tap for Telephone {
    async fn exchange(&self, member: &Member) -> Result<String, TapError> {
        self.0.lock().unwrap().push(format!("{} exchanges", member.name));
        Ok("R1".to_owned())
    }

    async fn pay(&self, member: &Member, amount: u64) -> Result<String, TapError> {
        self.0.lock().unwrap().push(format!("{} pays {amount}", member.name));
        Err(TapError("not today".to_owned()))
    }
}

#[tokio::test]
async fn buttons_reach_the_telephone_and_no_other_origin_reaches_the_buttons() {
    let telephone = Arc::new(Telephone::default());
    let shop = Shop::start(config(), Some(telephone.clone())).await.unwrap();
    let json_head = "POST /api/members/0/exchange HTTP/1.1\r\nContent-Type: application/json";
    let (status, _, answer) = raw(&shop, json_head, "{}").await;
    assert_eq!((status, answer.as_str()), (200, r#"{"record_id":"R1"}"#));
    let (status, _, answer) = raw(&shop, &json_head.replace("exchange", "pay"), r#"{"amount":12800}"#).await;
    assert_eq!((status, answer.as_str()), (409, "not today"));
    assert_eq!(*telephone.0.lock().unwrap(), ["Li exchanges", "Li pays 12800"]);

    let form = "POST /api/members/0/exchange HTTP/1.1\r\nContent-Type: text/plain";
    assert_eq!(raw(&shop, form, "{}").await.0, 415, "a form of another origin");
    let rebound = "GET /api/state HTTP/1.1\r\nHost: evil.example:80";
    assert_eq!(raw(&shop, rebound, "").await.0, 403, "a name of another origin that points here");
    assert_eq!(telephone.0.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn the_state_has_no_openid_and_is_sent_when_it_changed() {
    let shop = Shop::start(config(), None).await.unwrap();
    let (_, head, answer) = raw(&shop, "GET /api/state HTTP/1.1", "").await;
    assert!(!answer.contains("oLi"));
    let state: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(state["buttons"], json!(false), "nobody is there to press them");
    assert_eq!(state["members"][0]["points"], 250);
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let again = format!("GET /api/state HTTP/1.1\r\nIf-None-Match: {tag}");
    assert_eq!(raw(&shop, &again, "").await.0, 304);
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let shop = Shop::start(config(), None).await.unwrap();
    for path in ["/", "/shop.js", "/shop.css"] {
        let (status, head, text) = raw(&shop, &format!("GET {path} HTTP/1.1"), "").await;
        assert_eq!(status, 200);
        assert!(head.contains("default-src 'none'"), "{head}");
        assert!(!text.contains("http://") && !text.contains("https://"), "{path} names another site");
    }
}
