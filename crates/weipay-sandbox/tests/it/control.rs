//! The control plane: over HTTP as its description says, through the typed client, and closed to everybody else.

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weipay_sandbox::control::{ClientError, FaultOrder, MigrationView, OPENAPI, Search, TriggerOrder};
use weipay_sandbox::{Sandbox, control};

use crate::client::{Client, USE, documentation};
use crate::receiver::{Act, Receiver};
use crate::samples::USE_BODY;

async fn sandbox() -> (Sandbox, control::Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let control = control::Client::new(&sandbox.url(), None);
    (sandbox, control)
}

/// Sends a request with these headers besides `Host` and gives status and body.
async fn raw(sandbox: &Sandbox, request: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(sandbox.addr()).await.unwrap();
    let own = sandbox.addr().to_string();
    let host = if headers.iter().any(|(name, _)| *name == "Host") {
        String::new()
    } else {
        format!("Host: {own}\r\n")
    };
    let headers: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\n{host}{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer[9..12].parse().unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

fn description() -> Value {
    serde_yaml_ng::from_str(OPENAPI).unwrap()
}

/// Whether a value is of a schema of the description, in the few words that it uses; no member more, none less.
fn fits(description: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return fits(description, &description["components"]["schemas"][name], value, place);
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => panic!("{place}: the schema has no type"),
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(
        types.contains(&found) || found == "integer" && types.contains(&"number"),
        "{place}: {found}, not {types:?}"
    );
    if let (Some(known), Some(text)) = (schema["enum"].as_array(), value.as_str()) {
        assert!(known.contains(&json!(text)), "{place}: {text}");
    }
    if let Value::Array(items) = value {
        for item in items {
            fits(description, &schema["items"], item, &format!("{place}[]"));
        }
    }
    if let (Value::Object(members), Some(properties)) = (value, schema["properties"].as_object()) {
        for (name, value) in members {
            let property =
                properties.get(name).unwrap_or_else(|| panic!("{place}: `{name}` is not described"));
            fits(description, property, value, &format!("{place}.{name}"));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(members.contains_key(name), "{place}: `{name}` is missing");
        }
    }
}

/// A body and the path values for each operation that needs some.
fn example(operation: &str, ids: &Map<String, Value>) -> (Value, Vec<(&'static str, String)>) {
    let id = |name: &str| ids[name].as_str().unwrap().to_owned();
    match operation {
        "inject" => (json!({ "id": "T04", "variant": "429", "match": "POST /v3/marketing/*" }), vec![]),
        "clear_fault" => (json!({}), vec![("number", id("fault"))]),
        "exchange" => (json!({}), vec![("number", "1".to_owned())]),
        "play" => (json!({}), vec![("name", "double-sale".to_owned())]),
        "advance" => (json!({ "by": "1s" }), vec![]),
        "load" => (ids["world"].clone(), vec![]),
        "skew" => (json!({ "seconds": 1 }), vec![]),
        "trigger" => (json!({ "event_type": "REFUND.SUCCESS", "set": { "amount.refund": 5 } }), vec![]),
        "resend" => (json!({}), vec![("id", id("notification"))]),
        "user" => (json!({ "amount": 5 }), vec![("act", "pay-in-mall".to_owned())]),
        "migrate" => (json!({ "announced": false, "to_public_key": 0.5 }), vec![]),
        "set_certificate" => {
            (json!({ "state": "active" }), vec![("mchid", "1900000100".to_owned()), ("serial", id("serial"))])
        }
        "set_notify_url" => {
            (json!({ "url": "http://127.0.0.1:1/n" }), vec![("mchid", "1900000100".to_owned())])
        }
        _ => (json!({}), vec![]),
    }
}

#[tokio::test]
async fn every_operation_answers_as_it_is_described() {
    let description = description();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let receiver = Receiver::start(&[Act::Status(200)]).await;
            let (sandbox, client) = documentation().await;
            let control = control::Client::new(&sandbox.url(), None);
            control.set_notify_url("1900000100", &receiver.url).await.unwrap();
            client.post(USE, USE_BODY).await.is(200);
            let order = TriggerOrder { event_type: "REFUND.SUCCESS".into(), ..Default::default() };
            let notification = control.trigger(&order).await.unwrap();
            sandbox.settled().await;
            let fault =
                control.inject(&FaultOrder { id: Some("T01".into()), ..Default::default() }).await.unwrap();
            let serial = sandbox.credentials().merchant_serial;
            let ids = json!({ "notification": notification, "fault": fault[0].number.to_string(), "serial": serial,
                "world": serde_json::from_str::<Value>(sandbox.save().unwrap().as_str()).unwrap() });
            let id = operation["operationId"].as_str().unwrap();
            let (body, values) = example(id, ids.as_object().unwrap());
            let target = values.iter().fold(format!("/sandbox/v1{path}"), |target, (name, value)| {
                target.replace(&format!("{{{name}}}"), value)
            });
            if id == "stream" {
                continue; // it does not end; `the_journal_is_followed_as_it_grows` has it
            }
            let request = format!("{} {target}", method.to_uppercase());
            let json_type = [("Content-Type", "application/json")];
            let (status, answer) = raw(&sandbox, &request, &json_type, &body.to_string()).await;
            let responses = operation["responses"].as_object().unwrap();
            let told = responses.get(&status.to_string());
            let told =
                told.unwrap_or_else(|| panic!("{id} answered {status}, which is not described: {answer}"));
            if let Some(schema) = told.pointer("/content/application~1json/schema") {
                fits(&description, schema, &serde_json::from_str(&answer).unwrap(), id);
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_described_is_not_there() {
    let (sandbox, _) = sandbox().await;
    let (status, body) = raw(&sandbox, "GET /sandbox/v1/secrets", &[], "").await;
    assert_eq!(status, 404);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["code"], "NOT_FOUND");
    // Every path that the router has is in the description: those of the source, read from it.
    let source = include_str!("../../src/control/api.rs");
    let routed = source.split(".route(").skip(1).map(|rest| rest.split('"').nth(1).unwrap());
    let described = description();
    let described = described["paths"].as_object().unwrap();
    let routed: Vec<_> = routed.collect();
    assert_eq!(routed.len(), described.len());
    assert!(routed.iter().all(|path| described.contains_key(*path)), "{routed:?}");
}

#[tokio::test]
async fn another_site_a_rebound_name_and_a_form_are_refused() {
    let (sandbox, control) = sandbox().await;
    let own = format!("http://{}", sandbox.addr());
    let inject = "POST /sandbox/v1/faults";
    let json_type = ("Content-Type", "application/json");
    let body = r#"{"id":"T01"}"#;
    for (headers, expected) in [
        (vec![json_type, ("Origin", "https://evil.example")], 403),
        (vec![json_type, ("Origin", "null")], 403),
        (vec![json_type, ("Origin", "http://127.0.0.1:1")], 403),
        (vec![json_type, ("Sec-Fetch-Site", "cross-site")], 403),
        (vec![json_type, ("Sec-Fetch-Site", "same-site")], 403),
        (vec![json_type, ("Host", "evil.example")], 403),
        (vec![json_type, ("Host", "127.0.0.1.evil.example")], 403),
        (vec![json_type, ("Host", "")], 403),
        (vec![("Content-Type", "text/plain")], 415),
        (vec![], 415),
    ] {
        let (status, answer) = raw(&sandbox, inject, &headers, body).await;
        assert_eq!(status, expected, "{headers:?}: {answer}");
    }
    assert!(control.faults().await.unwrap().is_empty());
    for headers in [
        vec![json_type],
        vec![json_type, ("Origin", &own), ("Sec-Fetch-Site", "same-origin")],
        vec![json_type, ("Host", "localhost:9")],
        vec![json_type, ("Host", "[::1]:9")],
    ] {
        assert_eq!(raw(&sandbox, inject, &headers, body).await.0, 200, "{headers:?}");
    }
    // Reading is refused too, but for a link that opens a page.
    let site = ("Sec-Fetch-Site", "cross-site");
    assert_eq!(raw(&sandbox, "GET /sandbox/v1/journal", &[site], "").await.0, 403);
    let link = [site, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    assert_eq!(raw(&sandbox, "GET /sandbox/v1/journal", &link, "").await.0, 200);
    let frame = [site, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")];
    assert_eq!(raw(&sandbox, "GET /sandbox/v1/journal", &frame, "").await.0, 403);
}

#[tokio::test]
async fn with_a_token_nobody_gets_in_without_it() {
    let sandbox = Sandbox::builder().token("letmein").start().await.unwrap();
    let url = sandbox.url();
    let refused = control::Client::new(&url, None).status().await.unwrap_err();
    assert!(matches!(refused, ClientError::Refused { status: 401, .. }), "{refused:?}");
    assert!(control::Client::new(&url, Some("letme")).status().await.is_err());
    let right = control::Client::new(&url, Some("letmein"));
    assert_eq!(right.status().await.unwrap().url, url);
    assert!(!format!("{right:?} {sandbox:?}").contains("letmein"));

    // A browser is asked for it, and gets a cookie that is not the token.
    let (status, form) = raw(&sandbox, "GET /sandbox/v1/status", &[("Accept", "text/html")], "").await;
    assert!(status == 401 && form.contains("<form"), "{form}");
    assert_eq!(raw(&sandbox, "POST /sandbox/v1/session", &[], "token=wrong").await.0, 401);
    let foreign = [("Origin", "https://evil.example")];
    assert_eq!(raw(&sandbox, "POST /sandbox/v1/session", &foreign, "token=letmein").await.0, 403);
    let mut stream = TcpStream::connect(sandbox.addr()).await.unwrap();
    let enter = "POST /sandbox/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 13\r\n\r\ntoken=letmein";
    stream.write_all(enter.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let cookie = answer.split("set-cookie: ").nth(1).unwrap().split(';').next().unwrap();
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("HttpOnly; SameSite=Strict"), "{answer}");
    assert!(!cookie.contains("letmein"), "{cookie}");
    let any_name = [("Cookie", cookie), ("Host", "sandbox.example")];
    assert_eq!(raw(&sandbox, "GET /sandbox/v1/status", &any_name, "").await.0, 200);
}

#[tokio::test]
async fn q03_an_exchange_unfolds_with_both_strings() {
    let (sandbox, client) = documentation().await;
    let control = control::Client::new(&sandbox.url(), None);
    let mut draft = client.draft("GET", "/v3/certificates?a=1", "");
    draft.signed_target = Some("/v3/certificates".to_owned());
    client.send(&draft).await.is(401);
    let exchange = control.exchange(1).await.unwrap();
    assert_eq!(exchange.summary.mistakes[0].id, "Q03");
    let theirs = exchange.signed_instead.unwrap();
    assert!(theirs.starts_with("GET\n/v3/certificates\n"), "{theirs}");
    assert_eq!(exchange.string_to_sign.unwrap(), theirs.replacen("certificates", "certificates?a=1", 1));
    client.post(USE, USE_BODY).await.is(200);
    let exchange = control.exchange(2).await.unwrap();
    assert_eq!(exchange.signed_instead, None);
    let own = exchange.sandbox_signed.unwrap();
    assert_eq!(own.lines().count(), 3, "{own}");
}

#[tokio::test]
async fn the_journal_is_searched_and_exported_without_persons_and_signatures() {
    let (sandbox, client) = documentation().await;
    let control = control::Client::new(&sandbox.url(), None);
    client.post(USE, USE_BODY).await.is(200);
    client.get("/v3/nothing?openid=oSecretPerson").await.is(404);
    let path = "/v3/businesscircle/user-authorizations/oWmnN4xxxxxxxxxxe92NHIGf1xd8?appid=wx1234567890abcdef&sub_mchid=1234567890";
    client.get(path).await.is(200);
    let found = async |search: Search| -> Vec<u64> {
        control.journal(&search).await.unwrap().exchanges.iter().map(|exchange| exchange.number).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found(Search::default()).await, [1, 2, 3]);
    assert_eq!(found(Search { q: some("SXXE34343434"), ..Search::default() }).await, [1]);
    assert_eq!(found(Search { status: some("4xx"), ..Search::default() }).await, [2]);
    assert_eq!(
        found(Search { operation: some("marketing_busifavor_coupons_use"), ..Search::default() }).await,
        [1]
    );
    assert_eq!(found(Search { after: Some(1), limit: Some(1), ..Search::default() }).await, [2]);
    assert_eq!(found(Search { before: Some(3), limit: Some(1), ..Search::default() }).await, [2]);
    assert_eq!(found(Search { direction: some("sent"), ..Search::default() }).await, [0; 0]);

    let export = control.export(&Search::default()).await.unwrap();
    assert_eq!(export.lines().count(), 3);
    for secret in ["oWmnN4", "oSecretPerson", "xsd3434454567676", "signature=", "wechatpay-signature\""] {
        assert!(!export.contains(secret), "{secret} was exported:\n{export}");
    }
    assert!(export.contains("1002600620019090123143254435"), "the business key helps whoever reads it");
}

#[tokio::test]
async fn the_journal_is_followed_as_it_grows() {
    let (sandbox, client) = documentation().await;
    let control = control::Client::new(&sandbox.url(), None);
    client.get("/v3/before").await.is(404);
    let mut following =
        control.follow(&Search { status: Some("2xx".into()), ..Search::default() }).await.unwrap();
    client.get("/v3/nothing").await.is(404);
    client.post(USE, USE_BODY).await.is(200);
    assert_eq!(following.next().await.unwrap().number, 3);
    drop(sandbox);
    assert!(following.next().await.is_none());
}

#[tokio::test]
async fn faults_are_listed_and_cleared_one_by_one() {
    let (_sandbox, control) = sandbox().await;
    let order =
        |text: &str| FaultOrder { order: Some(text.to_owned()), times: Some(2), ..FaultOrder::default() };
    control.inject(&order("429, ok, T09/after")).await.unwrap();
    let late = FaultOrder { id: Some("N05".into()), lasting: Some("1h".into()), ..FaultOrder::default() };
    let pending = control.inject(&late).await.unwrap();
    assert_eq!(pending[0].steps, ["T04/429", "ok", "T09/after"]);
    assert_eq!((pending[0].of, pending[0].matching.as_str(), pending[1].id.as_str()), (6, "*", "N05"));
    control.clear_fault(pending[0].number).await.unwrap();
    assert_eq!(control.faults().await.unwrap().len(), 1);
    assert!(
        control
            .clear_fault(pending[0].number)
            .await
            .unwrap_err()
            .to_string()
            .contains("no fault 1 is pending")
    );
    control.advance("2h").await.unwrap();
    assert!(control.faults().await.unwrap().is_empty(), "it lasted an hour");
    for wrong in
        [order("429, T99"), FaultOrder::default(), FaultOrder { probability: Some(2.0), ..order("429") }]
    {
        assert!(control.inject(&wrong).await.is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn every_scenario_sets_something_up() {
    for scenario in sandbox().await.1.scenarios().await.unwrap() {
        let (sandbox, control) = sandbox().await;
        control.set_notify_url("1900000100", "http://127.0.0.1:1/n").await.unwrap();
        let look = async || {
            let skew = control.clock().await.unwrap().wire_skew_seconds;
            let keys = serde_json::to_value(control.keys().await.unwrap()).unwrap();
            (control.faults().await.unwrap().len(), control.notifications().await.unwrap().len(), skew, keys)
        };
        let before = look().await;
        control.play(&scenario.name).await.unwrap();
        assert_ne!(look().await, before, "{}", scenario.name);
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn users_act_and_say_what_they_need() {
    let (sandbox, control) = sandbox().await;
    let members = |value: Value| value.as_object().unwrap().clone();
    let paid = control.user("pay-in-mall", &members(json!({ "amount": "700" }))).await.unwrap();
    assert!(paid.starts_with("4200"));
    let record = control.user("exchange-points", &Map::new()).await.unwrap();
    assert!(sandbox.record(&record).is_some());
    let lacking = control.user("refund-in-mall", &Map::new()).await.unwrap_err().to_string();
    assert!(lacking.contains("needs `transaction_id`"), "{lacking}");
    let unknown =
        control.user("pay-in-mall", &members(json!({ "amonut": 1 }))).await.unwrap_err().to_string();
    assert!(unknown.contains("no member `amonut`; it has mchid"), "{unknown}");
    control.user("delete-coupon", &Map::new()).await.unwrap();
}

#[tokio::test]
async fn worlds_beside_each_other_have_control_planes_of_their_own() {
    let (sandbox, control) = sandbox().await;
    let beside = Sandbox::builder().seed(9).beside(&sandbox).await.unwrap();
    let other = control::Client::new(&beside.url(), None);
    other.set_skew(7).await.unwrap();
    assert_eq!(control.clock().await.unwrap().wire_skew_seconds, 0);
    assert_eq!((control.status().await.unwrap().seed, other.status().await.unwrap().seed), (0, 9));
    let worlds = other.worlds().await.unwrap();
    assert_eq!(worlds.iter().map(|world| world.here).collect::<Vec<_>>(), [false, true]);
    let share = MigrationView { to_public_key: 2.0, ..MigrationView::default() };
    assert!(control.migrate(share).await.is_err());
    let client = Client::new(&sandbox);
    client.post(USE, USE_BODY).await.is(200);
    assert_eq!(control.effects().await.unwrap()[0].count, 1);
    control.reset().await.unwrap();
    assert!(control.effects().await.unwrap().is_empty());
    let traffic = control.traffic().await.unwrap();
    assert_eq!(traffic.seconds.len(), 120);
}
