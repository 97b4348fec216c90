//! What dashboards and alerts are made of is exported.

use std::collections::BTreeSet;

use serde_json::json;
use weipay_relay::ConfirmShape::B;
use weipay_relay::hook::HookError;
use weipay_relay::job::State;

use crate::forge::Message;
use crate::stage::{Stage, send};

const FILES: [(&str, &str); 2] = [
    ("dashboard.json", include_str!("../../../../deploy/dashboard.json")),
    ("alerts.yaml", include_str!("../../../../deploy/alerts.yaml")),
];

fn named(text: &str) -> BTreeSet<&str> {
    let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.split(|char| !word(char)).filter(|word| word.starts_with("weipay_relay_")).collect()
}

#[tokio::test]
async fn every_metric_of_dashboard_and_alerts_is_exported_and_none_is_forgotten() {
    let stage = Stage::set(B).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    stage.shop.books().fails = Some(HookError::failed("down"));
    stage.exchange().await;
    // Refused, so that there is an alert.
    assert_eq!(stage.post(Message { headers: Vec::new(), body: b"{}".to_vec() }).await, 400);
    // So that there is a check.
    let known = json!({ "key": "k", "known": [{ "known": "cards", "openid": "o1" }] }).to_string();
    let headers = vec![("authorization".to_owned(), "Bearer till-token".to_owned())];
    let body = known.into_bytes();
    let url = stage.relay().url();
    assert_eq!(send("POST", &format!("{url}/v1/known"), Message { headers, body }).await.0, 202);
    stage.reaches("known/k/0/card", State::Settled).await;
    let nothing = Message { headers: Vec::new(), body: Vec::new() };
    let (status, body) = send("GET", &format!("{}/metrics", stage.relay().url()), nothing).await;
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{text}");
    let exported: BTreeSet<&str> = named(&text)
        .into_iter()
        .filter(|name| !name.ends_with("_sum") && !name.ends_with("_count"))
        .collect();
    // A counter that began with its first event would hide that event from `increase`.
    for label in [r#"kind=""#, r#"result=~""#] {
        let (name, _) = label.split_once('=').unwrap();
        let rules = FILES[1].1.split(label).skip(1).map(|rest| rest.split('"').next().unwrap());
        for value in rules.flat_map(|values| values.split('|')) {
            let merchant = if value == "overflow" { "-" } else { "shop" };
            let shown = text.lines().any(|line| {
                line.contains(&format!(r#"{name}="{value}""#))
                    && line.contains(&format!(r#"merchant="{merchant}""#))
            });
            assert!(shown, "{name} {value} is not there before it happens: {text}");
        }
    }
    let mut used = BTreeSet::new();
    for (file, content) in FILES {
        for name in named(content) {
            assert!(exported.contains(name), "{file} uses {name}, and the relay exports {exported:?}");
            used.insert(name);
        }
    }
    let forgotten: Vec<_> = exported
        .iter()
        .filter(|name| !used.contains(*name) && **name != "weipay_relay_answer_seconds")
        .collect();
    assert!(forgotten.is_empty(), "neither dashboard nor alerts show {forgotten:?}");
    assert!(
        text.contains(r#"weipay_relay_jobs{merchant="shop",kind="effect",name="confirm",state="settled"} 1"#),
        "{text}"
    );
    assert!(!text.contains("obLatjnx9gnqzS4myYGmLZ7LgLBA"), "a label holds an openid");
}
