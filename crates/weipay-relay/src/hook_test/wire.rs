//! Questions over the wire, also as they come when something goes wrong.

use std::convert::Infallible;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::Frame;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::Trial;
use crate::hook::HookSecret;
use crate::vault::derived;

/// Between a sent request and its broken connection: the time in which a hook commits.
const CUT: Duration = Duration::from_millis(50);
const MAX_ANSWER: usize = 256 * 1024;
/// How often a question is repeated that got no answer.
const TRIES: u32 = 5;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// One question, the same on every repetition.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) kind: &'static str,
    id: String,
    body: Bytes,
}

/// How a question is signed.
#[derive(Clone, Copy)]
pub(super) enum Signed {
    Rightly,
    /// With another secret.
    Wrongly,
    /// Ten minutes ago.
    Old,
    Not,
}

/// A hook under test.
pub(super) struct Wire {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    url: String,
    timeout: Duration,
    secret: HookSecret,
    other: HookSecret,
    merchant: String,
    /// Makes ids of this run differ from those of every other.
    run: String,
    slowest: Mutex<Duration>,
}

impl Wire {
    pub(super) fn new(trial: &Trial) -> Result<Self, String> {
        let tls = crate::hook::tls().map_err(|error| format!("TLS cannot be set up: {error}"))?;
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            url: trial.url.trim_end_matches('/').to_owned(),
            timeout: trial.timeout,
            secret: trial.secret.clone(),
            other: HookSecret::new("another secret, which nobody shares")?,
            merchant: trial.merchant.clone(),
            run: Timestamp::now().as_microsecond().to_string(),
            slowest: Mutex::default(),
        })
    }

    /// A name that no other run has, such as a record's.
    pub(super) fn fresh(&self, name: &str) -> String {
        format!("T{}-{name}", self.run)
    }

    /// A question of kind `kind` about `case`, with the id that belongs to it.
    pub(super) fn question(&self, kind: &'static str, case: &str, data: &Value) -> Question {
        self.widened(kind, case, data, json!({}))
    }

    /// The same with further members, as a later version may have them.
    pub(super) fn widened(&self, kind: &'static str, case: &str, data: &Value, more: Value) -> Question {
        let id = format!("wr_{}", derived(&["hook-test", &self.run, kind, case]));
        let mut body = json!({
            "type": kind, "version": "1", "id": id, "merchant": self.merchant, "case": case, "attempt": 1, "data": data,
        });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        Question { kind, id, body: Bytes::from(body.to_string()) }
    }

    fn request(&self, question: &Question, signed: Signed, body: Body) -> Result<Request<Body>, String> {
        let now = Timestamp::now().as_second();
        let (at, secret) = match signed {
            Signed::Old => (now - 600, &self.secret),
            Signed::Wrongly => (now, &self.other),
            _ => (now, &self.secret),
        };
        let mut request = Request::post(format!("{}/{}", self.url, question.kind))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("content-length", question.body.len());
        if !matches!(signed, Signed::Not) {
            request = request
                .header("webhook-id", &question.id)
                .header("webhook-timestamp", at)
                .header("webhook-signature", secret.sign(&question.id, at, &question.body));
        }
        request.body(body).map_err(|_| "the hook's URL cannot be asked".to_owned())
    }

    /// One request: status and body.
    pub(super) async fn post(&self, question: &Question, signed: Signed) -> Result<(u16, Bytes), String> {
        self.carry(self.request(question, signed, Full::new(question.body.clone()).boxed_unsync())?).await
    }

    async fn carry(&self, request: Request<Body>) -> Result<(u16, Bytes), String> {
        let began = Instant::now();
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| match error.is_connect() {
                true => "it cannot be reached".to_owned(),
                false => "it broke the connection off".to_owned(),
            })?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
            Ok((status, body.map_err(|_| "its answer broke off or is above 256 KiB".to_owned())?.to_bytes()))
        };
        let late = |_| format!("it gave no answer within {} ms", self.timeout.as_millis());
        let answered = tokio::time::timeout(self.timeout, exchange).await.map_err(late)?;
        let mut slowest = self.slowest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *slowest = (*slowest).max(began.elapsed());
        answered
    }

    /// Asks until there is an answer, as the relay does.
    pub(super) async fn ask(&self, question: &Question) -> Result<Value, String> {
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
            }
            match self.post(question, Signed::Rightly).await {
                Ok((status, body)) if (200..300).contains(&status) => return read(&body),
                Ok((status, _)) => last = format!("it answered HTTP {status} to {}", question.kind),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    /// Sends it and breaks the connection off, as a hook sees it that dies between its commit and its answer.
    pub(super) async fn cut(&self, question: &Question) -> Result<(), String> {
        let (sent, was_sent) = oneshot::channel();
        let body = question.body.clone();
        let body = stream::once(async move {
            let _ = sent.send(());
            Ok::<_, Infallible>(Frame::data(body))
        });
        let request = self.request(question, Signed::Rightly, StreamBody::new(body).boxed_unsync())?;
        let broken_off = async {
            let _ = was_sent.await;
            tokio::time::sleep(CUT).await;
        };
        tokio::select! {
            _ = self.carry(request) => {}
            () = broken_off => {}
        }
        Ok(())
    }

    /// Sends half of it, and the rest when `go` says so.
    pub(super) async fn slowly(
        &self,
        question: &Question,
        go: oneshot::Receiver<()>,
    ) -> Result<Value, String> {
        let mut rest = question.body.clone();
        let half = rest.split_to(rest.len() / 2);
        let body = stream::unfold((Some(half), Some((rest, go))), |(half, rest)| async move {
            if let Some(half) = half {
                return Some((Ok::<_, Infallible>(Frame::data(half)), (None, rest)));
            }
            let (rest, go) = rest?;
            let _ = go.await;
            Some((Ok(Frame::data(rest)), (None, None)))
        });
        let request = self.request(question, Signed::Rightly, StreamBody::new(body).boxed_unsync())?;
        match self.carry(request).await? {
            (200..300, body) => read(&body),
            (status, _) => Err(format!("it answered HTTP {status}")),
        }
    }

    /// The longest answer so far.
    pub(super) fn slowest(&self) -> Duration {
        *self.slowest.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// An empty body is an empty object.
fn read(body: &Bytes) -> Result<Value, String> {
    let body = if body.iter().all(u8::is_ascii_whitespace) { &b"{}"[..] } else { body };
    crate::json::read(body).map_err(|why| format!("its answer is no JSON: {why}"))
}
