//! What the handle can do, the control plane can do, too.

use std::path::Path;

use serde_json::{Map, Value, json};
use weipay_sandbox::control::{self, ClientError, OPENAPI};
use weipay_sandbox::world::{BrandUserCardState, StockState, UserCardStatus};

use crate::client::documentation;
use crate::receiver::{Act, Receiver};

/// The names of the public methods in a source file that take `&self`.
fn methods(path: &Path) -> Vec<String> {
    let source = std::fs::read_to_string(path).unwrap();
    let lines = source.lines().map(str::trim);
    let starts =
        lines.filter_map(|line| line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub async fn ")));
    starts.map(|rest| rest.split(['(', '<']).next().unwrap().to_owned()).collect()
}

fn source(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name)
}

#[tokio::test]
async fn each_deed_of_the_handle_is_one_of_the_control_plane() {
    let (sandbox, _client) = documentation().await;
    let mut named: Vec<String> =
        sandbox.control().user_acts().iter().map(|act| act.name.replace('-', "_")).collect();
    let mut written = Vec::new();
    for file in std::fs::read_dir(source("app")).unwrap() {
        written.extend(methods(&file.unwrap().path()));
    }
    named.sort();
    written.sort();
    assert_eq!(named, written);
    assert!(written.len() > 20, "{written:?}");
}

/// By which operation of the control plane the same is done.
const SAME: &[(&str, &str)] = &[
    ("url", "status"),
    ("addr", "status"),
    ("backup_url", "environment"),
    ("ca_pem", "ca"),
    ("credentials", "environment"),
    ("credentials_of", "environment"),
    ("environment", "environment"),
    ("environment_of", "environment"),
    ("journal", "journal"),
    ("advance", "advance"),
    ("business_time", "clock"),
    ("set_wire_skew", "skew"),
    ("inject", "inject"),
    ("clear_faults", "clear_faults"),
    ("set_notify_url", "set_notify_url"),
    ("trigger", "trigger"),
    ("resend", "resend"),
    ("deliveries", "notifications"),
    // By no time at all: it waits for what is under way.
    ("settled", "advance"),
    ("effects", "effects"),
    ("effect_counts", "effects"),
    ("reset", "reset"),
    ("save", "save"),
    ("load", "load"),
    ("migrate", "migrate"),
    ("register_certificate", "register_certificate"),
    ("set_certificate", "set_certificate"),
];

/// What only the process itself can do.
const INSIDE: &[&str] = &["mount"];

#[test]
fn each_method_of_the_handle_has_an_operation_and_each_operation_a_method_of_the_client() {
    let description: Value = serde_yaml_ng::from_str(OPENAPI).unwrap();
    let paths = description["paths"].as_object().unwrap().values();
    let operations: Vec<&str> = paths
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    for method in methods(&source("running.rs")) {
        let same = SAME.iter().find(|(known, _)| *known == method).map(|(_, operation)| *operation);
        let known = same.is_some_and(|operation| operations.contains(&operation));
        assert!(known || INSIDE.contains(&method.as_str()), "no operation does what `{method}` does");
    }
    let client = methods(&source("control/client.rs"));
    for operation in operations {
        let method = match operation {
            "ca" => "ca_pem",
            "skew" => "set_skew",
            "stream" => "follow",
            "openapi" => continue, // the crate has it
            same => same,
        };
        assert!(client.iter().any(|known| known == method), "the client has no `{method}`");
    }
}

fn said(members: Value) -> Map<String, Value> {
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[tokio::test]
async fn cards_are_taken_looked_at_and_given_up_over_http() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = documentation().await;
    let control = control::Client::new(&sandbox.url(), None);
    control.set_notify_url("1900000100", &receiver.url).await.unwrap();
    let filled = json!({ "openid": "oNew", "phone_number": "13800000009", "attach": "a",
        "user_information": "USER_FORM_INFO_FLAG_CITY=深圳, USER_FORM_INFO_FLAG_NAME=李" });
    let code = control.user("take-card", &said(filled)).await.unwrap();
    let card = "pbLatjvWOibDc5-TBnbUk1pD12o0";
    assert_eq!(sandbox.user_card(card, "oNew").unwrap().user_card_code, code);
    // Nobody has confirmed it yet; the member of the pages has had a card for long.
    let mine = said(json!({ "user_card_code": code }));
    assert!(control.user("delete-card", &mine).await.unwrap_err().to_string().contains("does not have"));
    control.user("view-points", &Map::new()).await.unwrap();
    control.user("delete-card", &Map::new()).await.unwrap();
    let member = sandbox.user_card(card, "obLatjnx9gnqzS4myYGmLZ7LgLBA").unwrap();
    assert_eq!(member.state, BrandUserCardState::Deleted);
    sandbox.settled().await;
    let told: Vec<Value> =
        receiver.received().iter().map(|one| one.envelope()["event_type"].clone()).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(receiver.received().iter().all(|one| one.verifies(&client.credentials)));

    let code = control.user("take-member-card", &Map::new()).await.unwrap();
    let mine = said(json!({ "code": code }));
    control.user("view-member-card", &mine).await.unwrap();
    let changed = json!({ "code": code, "information": { "USER_FORM_FLAG_CITY": "深圳" } });
    // The template of the pages does not let its members change anything.
    let told = control.user("modify-member-information", &said(changed)).await.unwrap_err().to_string();
    assert!(told.contains("can_modify_after_activate"), "{told}");
    control.user("delete-member-card", &mine).await.unwrap();
    assert_eq!(sandbox.member("478515832665", &code).unwrap().status, UserCardStatus::Delete);
}

#[tokio::test]
async fn accounts_stocks_and_malls_are_changed_over_http_and_mistakes_are_told() {
    let (sandbox, _client) = documentation().await;
    let control = control::Client::new(&sandbox.url(), None);
    control.user("set-balance", &said(json!({ "balance": -5 }))).await.unwrap();
    assert_eq!(sandbox.balance("1230000109"), -5);
    control.user("set-stock-state", &said(json!({ "state": "PAUSED" }))).await.unwrap();
    let state = control.state().await.unwrap();
    assert_eq!(state["busifavor"]["stocks"][0]["state"], StockState::Paused.as_str());
    let (joined, alone) = (json!({ "openid": "oIn", "registered_only": true }), json!({ "sub_mchid": null }));
    assert!(!control.user("join-mall", &said(joined)).await.unwrap().is_empty());
    control.user("leave-mall", &Map::new()).await.unwrap();
    assert!(control.user("pay-in-mall", &said(alone)).await.unwrap().starts_with("4200"));
    for (act, members, why) in [
        ("take-cards", json!({}), "take-cards"),
        ("take-card", json!({ "open_id": "o" }), "it has card_id, openid"),
        ("take-card", json!({ "openid": null }), "needs `openid`"),
        ("take-card", json!({ "user_information": "深圳" }), "NAME=VALUE"),
        ("set-balance", json!({}), "needs `balance`"),
        ("set-balance", json!({ "balance": "much" }), "whole number"),
        ("set-balance", json!({ "mchid": "1", "balance": 1 }), "`1`"),
        ("set-stock-state", json!({ "state": "STOPPED" }), "RUNNING, PAUSED, STOPED"),
        ("end-refund", json!({ "refund_id": "5" }), "`5`"),
        ("end-refund", json!({ "refund_id": "5", "status": "LOST" }), "SUCCESS, CLOSED, ABNORMAL"),
        ("join-mall", json!({ "registered_only": "maybe" }), "true or false"),
        ("show-payment-code", json!({ "token": "t" }), "token"),
        ("take-product-coupon", json!({ "token": "t" }), "token"),
        ("confirm-transfer", json!({ "out_bill_no": "b" }), "`b`"),
    ] {
        let told = match control.user(act, &said(members)).await.unwrap_err() {
            ClientError::Refused { status, message, .. } if [404, 409].contains(&status) => message,
            other => panic!("{act}: {other}"),
        };
        assert!(told.contains(why), "{act}: {told}");
    }
}
