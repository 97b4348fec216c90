//! A browser: Debian's chromium and chromium-driver, by the plain `WebDriver` protocol; and `weipay up`, which has the pages.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::WEIPAY;

/// Under this variable a missing browser is a failure.
const REQUIRED: &str = "WEIPAY_REQUIRE_CHROMIUM";
/// A telephone's width.
pub(crate) const WIDTH: u32 = 390;

/// Ends with the test.
pub(crate) struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One browser window.
pub(crate) struct Browser {
    _driver: Ended,
    port: u16,
    session: String,
}

impl Browser {
    pub(crate) fn open(url: &str) -> Option<Self> {
        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let Ok(mut driver) = driver else {
            assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set and there is no chromedriver");
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no chromedriver (apt-get install chromium chromium-driver)"
            );
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("ChromeDriver was started successfully on port ")?
                .trim_end_matches('.')
                .parse()
                .ok()
        });
        let mut browser = Self { _driver: Ended(driver), port: port.unwrap(), session: String::new() };
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--lang=en"];
        let options = json!({ "args": arguments, "mobileEmulation": { "deviceMetrics": { "width": WIDTH, "height": 844 } } });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let session = browser.call("POST", "/session", &wanted);
        browser.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        browser.go(url);
        Some(browser)
    }

    pub(crate) fn go(&self, url: &str) {
        self.call("POST", &format!("{}/url", self.session), &json!({ "url": url }));
    }

    /// Whether nothing is wider than the screen.
    pub(crate) fn fits(&self) -> bool {
        self.ask("innerWidth") == WIDTH && self.ask("document.documentElement.scrollWidth") == WIDTH
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let body = body.to_string();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        // The driver keeps the connection: only the length tells where its answer ends.
        let mut answer = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let begin = head.len();
            answer.read_line(&mut head).unwrap();
            let line = head[begin..].to_lowercase();
            length =
                line.strip_prefix("content-length:").map_or(length, |value| value.trim().parse().unwrap());
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).unwrap();
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        assert!(head.contains(" 200 "), "{method} {path}: {body}");
        body["value"].take()
    }

    /// What a script in the page returns.
    pub(crate) fn ask(&self, script: &str) -> Value {
        let body = json!({ "script": format!("return {script}"), "args": [] });
        self.call("POST", &format!("{}/execute/sync", self.session), &body)
    }

    /// A click as a person does it: on what is visible and not covered.
    pub(crate) fn press(&self, selector: &str) {
        let wanted = json!({ "using": "css selector", "value": selector });
        let element = self.call("POST", &format!("{}/element", self.session), &wanted);
        let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap();
        self.call("POST", &format!("{}/element/{id}/click", self.session), &json!({}));
    }

    /// Waits until a script returns something else than null and false.
    pub(crate) fn until(&self, script: &str) -> Value {
        let begun = Instant::now();
        loop {
            let value = self.ask(script);
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return value;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "never: {script}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            self.call("DELETE", &self.session, &json!({}));
        }
    }
}

/// `weipay up`, until this is dropped.
pub(crate) struct Up {
    _running: Ended,
    addresses: Value,
}

impl Up {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut up = Command::new(WEIPAY);
        let mut up = Ended(up.args(["up", "--json"]).args(arguments).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(up.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { _running: up, addresses: serde_json::from_str(&line).unwrap() }
    }

    /// Where one of its parts is: `shop`, `admin`, `sandbox`.
    pub(crate) fn at(&self, part: &str) -> &str {
        self.addresses[part].as_str().unwrap()
    }
}
