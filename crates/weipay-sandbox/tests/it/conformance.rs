//! A conformance run against endpoints that do well, and one that does not.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use weipay_sandbox::{Conformance, Credentials, Report, Sandbox, Trigger, Verdict};

use crate::client::now;
use crate::receiver::Notification;

/// What an endpoint does wrong.
#[derive(Clone, Copy, Default)]
struct Planted {
    no_signature_check: bool,
    no_dedupe: bool,
    slow: Option<Duration>,
    any_tenant: bool,
}

struct Endpoint {
    url: String,
    effects: String,
}

impl Endpoint {
    async fn start(planted: Planted) -> Self {
        let credentials = Sandbox::start().await.unwrap().credentials();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, count) = (Arc::new(Mutex::new(HashSet::new())), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shop = Shop {
                    planted,
                    credentials: credentials.clone(),
                    seen: Arc::clone(&seen),
                    count: Arc::clone(&count),
                };
                tokio::spawn(shop.serve(stream));
            }
        });
        Self { url: format!("http://{address}/notify"), effects: format!("http://{address}/effects") }
    }

    async fn judged(&self, event: &str) -> Report {
        let run = Conformance::new(&self.url).event(Trigger::new(event)).within(Duration::from_millis(500));
        run.effects_at(&self.effects).run().await.unwrap()
    }
}

struct Shop {
    planted: Planted,
    credentials: Credentials,
    seen: Arc<Mutex<HashSet<String>>>,
    count: Arc<AtomicUsize>,
}

impl Shop {
    async fn serve(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        loop {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).await.unwrap();
            bytes.extend_from_slice(&buffer[..count]);
            if bytes.starts_with(b"GET") {
                let number = self.count.load(Ordering::SeqCst).to_string();
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{number}", number.len());
                return stream.write_all(answer.as_bytes()).await.unwrap();
            }
            if let Some(notification) = Notification::parse(&bytes) {
                let status = self.handle(&notification);
                if let Some(late) = self.planted.slow {
                    tokio::time::sleep(late).await;
                }
                let answer = format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\n\r\n");
                return stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    }

    fn handle(&self, notification: &Notification) -> u16 {
        if !self.planted.no_signature_check {
            let stamp =
                notification.header("wechatpay-timestamp").and_then(|stamp| stamp.parse::<i64>().ok());
            let fresh = stamp.is_some_and(|stamp| (now() - stamp).abs() <= 300);
            if !fresh || !notification.verifies(&self.credentials) || !notification.opens(&self.credentials) {
                return 401;
            }
        }
        let id = notification.envelope()["id"].to_string();
        let mine = self.planted.any_tenant || !notification.opens(&self.credentials) || {
            let resource = notification.open(&self.credentials);
            resource.get("sub_mchid").is_none_or(|sub| *sub == json!("1234567890"))
        };
        if mine && (self.seen.lock().unwrap().insert(id) || self.planted.no_dedupe) {
            self.count.fetch_add(1, Ordering::SeqCst);
        }
        204
    }
}

fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report.cases.iter().filter(|case| matches!(case.verdict, Verdict::Failed(_)));
    failed.map(|case| case.name).collect()
}

#[tokio::test]
async fn an_endpoint_that_does_well_passes() {
    let report = Endpoint::start(Planted::default()).await.judged("REFUND.SUCCESS").await;
    assert!(report.passed(), "{report}");
    assert!(report.cases.iter().all(|case| case.verdict == Verdict::Passed), "{report}");
    assert!(report.junit().contains("failures=\"0\" skipped=\"0\""));
}

#[tokio::test]
async fn three_planted_mistakes_are_named() {
    let planted = Planted {
        no_signature_check: true,
        no_dedupe: true,
        slow: Some(Duration::from_millis(700)),
        any_tenant: false,
    };
    let report = Endpoint::start(planted).await.judged("REFUND.SUCCESS").await;
    assert!(!report.passed());
    assert_eq!(
        failed(&report),
        ["one-effect", "tampered", "stale", "probe", "unsigned", "unknown-key", "unopenable", "in-time"]
    );
    let text = report.to_string();
    for said in ["deduplicate", "verify signature", "the slowest answer took"] {
        assert!(text.contains(said), "{text}");
    }
    let xml = report.junit();
    assert!(xml.contains("failures=\"8\"") && xml.matches("<failure ").count() == 8, "{xml}");
}

#[tokio::test]
async fn n18_an_event_of_a_foreign_tenant_must_have_no_effect() {
    let planted = Planted { any_tenant: true, ..Planted::default() };
    let report = Endpoint::start(planted).await.judged("REFUND.SUCCESS").await;
    assert_eq!(failed(&report), ["foreign-tenant"]);
}

#[tokio::test]
async fn what_cannot_be_seen_is_skipped_and_nobody_at_home_fails() {
    let endpoint = Endpoint::start(Planted::default()).await;
    let report = Conformance::new(&endpoint.url).within(Duration::from_millis(500)).run().await.unwrap();
    let skipped = report.cases.iter().filter(|case| matches!(case.verdict, Verdict::Skipped(_)));
    assert_eq!(skipped.map(|case| case.name).collect::<Vec<_>>(), ["one-effect", "foreign-tenant"]);
    assert!(report.passed(), "{report}");
    let nobody = Conformance::new("http://127.0.0.1:1/notify").run().await.unwrap();
    assert!(failed(&nobody).contains(&"valid"), "{nobody}");
    assert!(Conformance::new("http://example.com/").run().await.is_err());
}
