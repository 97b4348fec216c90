//! The console in headless Chromium, driven over chromedriver: `cargo test -p weipay-console -- --ignored`.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use weipay_sandbox::control::TriggerOrder;

use crate::stage::client;
use crate::{sandbox, send};

/// A browser window of a width, which ends with this.
struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    async fn open(width: u32) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut browser = Self { driver, port, session: String::new() };
        let until = Instant::now() + Duration::from_secs(20);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < until, "chromedriver does not listen");
            tokio::task::yield_now().await;
        }
        let metrics =
            json!({ "width": width, "height": 844, "pixelRatio": 1.0, "mobile": true, "touch": false });
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--lang=en-US"],
            "mobileEmulation": { "deviceMetrics": metrics },
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let session = browser.command("POST", "", &wanted).await;
        browser.session = format!("/{}", session["sessionId"].as_str().unwrap());
        browser
    }

    async fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        let line = format!("{method} /session{}{path}", self.session);
        let address = ([127, 0, 0, 1], self.port).into();
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let answer = send(address, &line, "Content-Type: application/json\r\n", &body).await;
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let value: Value = serde_json::from_str(body).unwrap();
        assert!(value["value"]["error"].is_null(), "{value}");
        value["value"].clone()
    }

    async fn go(&self, url: &str) {
        self.command("POST", "/url", &json!({ "url": url })).await;
    }

    /// The value of an expression in the page.
    async fn value(&self, script: &str) -> Value {
        self.command("POST", "/execute/sync", &json!({ "script": format!("return {script}"), "args": [] }))
            .await
    }

    async fn click(&self, css: &str) {
        let found = self.command("POST", "/element", &json!({ "using": "css selector", "value": css })).await;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.command("POST", &format!("/element/{id}/click"), &json!({})).await;
    }

    /// Waits until an expression is true.
    async fn until(&self, script: &str) {
        let until = Instant::now() + Duration::from_secs(10);
        while self.value(script).await != json!(true) {
            assert!(Instant::now() < until, "never true: {script}");
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Somebody who takes every notification.
async fn shop() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let (mut line, mut length) = (String::new(), 0);
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 2) {
                let header = line.to_lowercase();
                length = header
                    .strip_prefix("content-length:")
                    .map_or(length, |value| value.trim().parse().unwrap());
                line.clear();
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await.unwrap();
        }
    });
    format!("http://{address}/notify")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn the_console_is_used_in_a_browser_at_390_pixels() {
    let sandbox = sandbox().await;
    let control = sandbox.control();
    let order = TriggerOrder {
        event_type: "REFUND.SUCCESS".to_owned(),
        at: Some("http://127.0.0.1:1/a/rather/long/path/that/would/not/fit/on/a/narrow/screen".to_owned()),
        ..TriggerOrder::default()
    };
    let id = control.trigger(&order).unwrap();
    sandbox.settled().await;
    let browser = Browser::open(390).await;
    let fits = "document.documentElement.scrollWidth <= window.innerWidth && window.innerWidth === 390";

    // A row comes live, and unfolds in its place.
    browser.go(&sandbox.url()).await;
    browser.until("document.querySelector('[data-live-state].on') !== null").await;
    send(sandbox.addr(), "POST /v3/live", "", "<script>window.hacked=1</script>").await;
    browser.until("document.querySelector('.rows .row code').textContent === '/v3/live'").await;
    browser.click(".rows a.row").await;
    browser.until("document.querySelector('.unfolded .target') !== null").await;
    assert_eq!(browser.value("window.hacked === undefined").await, json!(true));
    assert_eq!(browser.value(fits).await, json!(true), "the journal is wider than the screen");

    // A fault is switched on.
    browser.go(&format!("{}/console/faults", sandbox.url())).await;
    browser.click("button[role=switch][value=T01]").await;
    browser.until("document.querySelector('button[value=T01]').ariaChecked === 'true'").await;
    assert_eq!(control.faults()[0].id, "T01");
    browser.click("button[role=switch][value=T01]").await;
    browser.until("document.querySelector('button[value=T01]').ariaChecked === 'false'").await;
    assert!(control.faults().is_empty());

    // A notification is sent again.
    browser.go(&format!("{}/console/notifications", sandbox.url())).await;
    let attempts = control.notifications()[0].attempts.len();
    browser.click(&format!("button[value='{id}']")).await;
    browser.until("document.readyState === 'complete'").await;
    sandbox.settled().await;
    assert!(control.notifications()[0].attempts.len() > attempts);

    // An order is paid on the payer's page, and the notification of it was taken.
    let (shop, mchid) = (shop().await, "1230000109");
    let client = client(&sandbox, sandbox.credentials_of(mchid).unwrap());
    let order = json!({
        "appid": "wx3456789012cdefab", "mchid": mchid, "description": "图书", "out_trade_no": "console-1",
        "notify_url": shop, "amount": { "total": 1234 }, "payer": { "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" },
    });
    client.chain("v3/pay/transactions/jsapi").post(&order).await.unwrap();
    browser.go(&format!("{}/console/world", sandbox.url())).await;
    assert_eq!(browser.value("document.querySelector('.unpaid b').textContent").await, json!("¥12.34"));
    browser.click(".unpaid a").await;
    browser.until("document.querySelector('button[value=pay]') !== null").await;
    assert_eq!(browser.value(fits).await, json!(true), "the payer's page is wider than the screen");
    browser.click("button[value=pay]").await;
    browser.until("document.querySelector('[role=status]')?.textContent === 'Paid'").await;
    sandbox.settled().await;
    browser.go(&format!("{}/console/notifications", sandbox.url())).await;
    let newest = "document.querySelector('.cards li').textContent";
    let newest = browser.value(newest).await.as_str().unwrap().to_owned();
    assert!(newest.contains("TRANSACTION.SUCCESS") && newest.contains("delivered"), "{newest}");
    browser.go(&format!("{}/console/world", sandbox.url())).await;
    assert_eq!(
        browser.value("document.querySelector('.unpaid b')").await,
        Value::Null,
        "nothing is left to pay"
    );

    for path in [
        "/console/exchange/1",
        "/console/notifications",
        "/console/faults",
        "/console/world",
        "/console/keys",
    ] {
        browser.go(&format!("{}{path}", sandbox.url())).await;
        let widest = "[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > 391).map(e => e.outerHTML.slice(0, 80))";
        assert_eq!(browser.value(fits).await, json!(true), "{path}: {}", browser.value(widest).await);
    }
}
