//! Planted secrets never show: not in `Debug`, not in errors and their causes, not in the log.

use std::error::Error as StdError;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use weipay::{ApiV3Key, Client, Error, blocking};
use weipay_testkit::vectors;
use weipay_testkit::wire::{Action, Answer, Server};

use crate::clients::Kind;
use crate::world::{APIV3_KEY, configured, signed};

/// What must never be seen: personal data in a path, a query, a request's body, an answer's body; a header; keys.
const OPENID: &str = "oPENIDplanted0123456789";
const QUERY: &str = "QUERYplanted0123456789";
const BODY: &str = "BODYplanted0123456789";
const ANSWER: &str = "ANSWERplanted0123456789";
const HEADER: &str = "HEADERplanted0123456789";
const PASSWORD: &str = "PASSWORDplanted0123456789";

/// Keeps all that is logged in this process, from every library.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        writeln!(self.0.lock().unwrap(), "{}", event.metadata().target()).unwrap();
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

#[track_caller]
fn hides_secrets(what: &str, text: &str) {
    let private_key = vectors::text("/generated/merchant_key/private_key_pkcs8_pem");
    let part_of_key = private_key.lines().nth(3).unwrap();
    for secret in [OPENID, QUERY, BODY, ANSWER, HEADER, PASSWORD, APIV3_KEY, part_of_key] {
        assert!(!text.contains(secret), "{secret} shows in {what}: {text}");
    }
}

#[track_caller]
fn hides(what: &str, thing: &dyn fmt::Debug) {
    hides_secrets(what, &format!("{thing:?} {thing:#?}"));
}

#[track_caller]
fn error_hides(error: &Error) {
    hides("an error", error);
    let mut cause: Option<&dyn StdError> = Some(error);
    while let Some(error) = cause {
        hides_secrets("a cause", &format!("{error} {error:?}"));
        cause = error.source();
    }
}

fn builder<K: Kind>(url: &str) -> weipay::ClientBuilder<K> {
    configured::<K>(url).apiv3_key(ApiV3Key::new(APIV3_KEY).unwrap())
}

fn request<K: Kind + fmt::Debug>(client: &K) -> weipay::Request<'_, K> {
    let path =
        client.path("v3/users/{openid}").param("openid", OPENID).query("q", QUERY).header("X-Own", HEADER);
    hides("a path", &path);
    path.post(&json!({ "name": BODY }))
}

/// Everything that can go wrong with a server, each with secrets in its answer.
fn servers() -> Vec<Server> {
    let body = json!({
        "code": "PARAM_ERROR", "message": "text",
        "detail": { "field": "/name", "value": ANSWER, "location": "body" },
        "name": ANSWER,
    });
    let body = body.to_string();
    let answers = [
        signed(400, &body),
        signed(400, &body).body(format!("{body} ")),
        Answer::json(500, body.as_str()),
        Answer::json(200, body.as_str()),
        signed(200, &body),
        signed(200, ANSWER),
        signed(202, &body),
        signed(200, &body).body(ANSWER),
        signed(200, &body).announcing(10_000),
        Answer::new(302).header("Location", &format!("https://shop.test/{ANSWER}?q={ANSWER}")),
        Answer::new(200).header("Wechatpay-Signature", ANSWER),
        Answer::new(200).body(ANSWER).header("Content-Encoding", ANSWER),
    ];
    let mut scripts: Vec<_> =
        answers.map(|answer| vec![Action::Read, Action::Write(answer.bytes())]).into_iter().collect();
    scripts.push(vec![Action::Read, Action::Reset]);
    scripts.push(vec![Action::Read, Action::Write(format!("{ANSWER}\r\n\r\n").into_bytes())]);
    scripts.into_iter().map(|script| Server::start([script])).collect()
}

fn nothing_shows<K: Kind + fmt::Debug>() {
    for server in servers() {
        let client = K::finish(builder::<K>(&server.url())).unwrap();
        hides("a client", &client);
        hides("a request", &request(&client));
        error_hides(&K::value(request(&client)).expect_err("each of them is an error"));
    }
    let server = Server::start([vec![
        Action::Read,
        Action::Write(signed(200, &json!({ "name": ANSWER }).to_string()).bytes()),
    ]]);
    let client = K::finish(builder::<K>(&server.url())).unwrap();
    let envelope = K::envelope(request(&client)).unwrap();
    hides("an envelope", &envelope);
    hides("an answer", envelope.answer());

    let proxied = builder::<K>("http://shop.test").proxy(format!("http://me:{PASSWORD}@127.0.0.1:1"));
    hides("a builder", &proxied);
    let client = K::finish(proxied).unwrap();
    hides("a proxied client", &client);
    error_hides(&K::value(request(&client).timeout(Duration::from_secs(5))).unwrap_err());
    error_hides(&K::value(request(&client).header("X-Bad", &format!("{HEADER}\n"))).unwrap_err());
}

#[test]
fn planted_secrets_show_nowhere() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    nothing_shows::<Client>();
    nothing_shows::<blocking::Client>();
    let log = log.0.lock().unwrap();
    hides_secrets("the log", &log);
    assert!(log.contains("weipay::driver") && log.contains("operation=POST /v3/users/{openid}"), "{log}");
    assert!(log.contains("status=400") && log.contains("elapsed_ms="), "{log}");
}
