//! The hook behind a URL: one POST per question, signed, with a stable id.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    About, Answer, Balance, Card, CardAnswer, Decision, Exchange, Heard, Holder, Hook, HookError, HookSecret,
    Other, Payment, Points, Refund, Reply, Settled,
};
use crate::Clock;

/// More of an answer is not read.
const MAX_ANSWER: usize = 256 * 1024;
/// What `Retry-After` may ask for at most.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// A hook behind a URL: `POST {url}/{question}` for `decide`, `settled`, `points`, `reverse`, `balance`, `card`.
///
/// Headers as Standard Webhooks has them: `webhook-id` (stable), `webhook-timestamp`, `webhook-signature`. Any 2xx with the
/// answer as JSON counts; everything else, and silence, is asked again.
pub struct HttpHook {
    url: String,
    secret: HookSecret,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// The hook's URL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookUrlError(String);

impl fmt::Display for HookUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HookUrlError {}

#[derive(Serialize)]
struct Question<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    version: &'static str,
    #[serde(flatten)]
    about: &'a About,
    data: &'a T,
}

impl HttpHook {
    /// A hook at `url`, `http` or `https`, without query. An answer may take 10 s unless `timeout` says otherwise.
    pub fn new(url: &str, secret: HookSecret, clock: Arc<dyn Clock>) -> Result<Self, HookUrlError> {
        let wrong =
            |why: &str| HookUrlError(format!("the hook's URL {why}, such as https://shop.internal/weipay"));
        let parsed: Uri = url.parse().map_err(|_| wrong("is not an absolute URL"))?;
        if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
            return Err(wrong("has to begin with http:// or https:// and a host"));
        }
        if parsed.query().is_some() {
            return Err(wrong("must not have a query: the question's name is put behind it"));
        }
        let tls = tls().map_err(|error| HookUrlError(format!("TLS cannot be set up: {error}")))?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(Duration::from_secs(5)));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            secret,
            timeout: Duration::from_secs(10),
            clock,
            client,
        })
    }

    /// How long one answer may take. It counts in host time.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn ask<T, A>(&self, kind: &'static str, about: &About, data: &T) -> Result<Answer<A>, HookError>
    where
        T: Serialize + Sync,
        A: DeserializeOwned,
    {
        let question = Question { kind, version: "1", about, data };
        let body =
            serde_json::to_vec(&question).map_err(|_| HookError::failed("the question cannot be written"))?;
        let timestamp = self.clock.now().as_second();
        let request = Request::post(format!("{}/{kind}", self.url))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("user-agent", concat!("weipay-relay/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &about.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.secret.sign(&about.id, timestamp, &body))
            .body(Full::from(body))
            .map_err(|_| HookError::failed("the question cannot be made into a request"))?;
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| {
                let how = if error.is_connect() { "cannot be reached" } else { "broke the connection off" };
                HookError::down(format!("the hook {how}"))
            })?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            let body =
                body.map_err(|_| HookError::failed("the hook's answer broke off or is above 256 KiB"))?;
            Ok::<_, HookError>((head.status, head.headers, body.to_bytes()))
        };
        let (status, headers, body) =
            tokio::time::timeout(self.timeout, exchange).await.map_err(|_| {
                HookError::down(format!("the hook gave no answer within {} ms", self.timeout.as_millis()))
            })??;
        if !status.is_success() {
            return Err(refused(status, &headers));
        }
        read(&body).map(Answer::Reply)
    }
}

fn refused(status: StatusCode, headers: &HeaderMap) -> HookError {
    let text = format!("the hook answered HTTP {}", status.as_u16());
    // Nobody behind the proxy: then others need not knock either.
    let error = match status.as_u16() {
        502..=504 => HookError::down(text),
        _ => HookError::failed(text),
    };
    let seconds = headers.get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    match seconds {
        Some(seconds) => error.retry_after(Duration::from_secs(seconds).min(LONGEST_PAUSE)),
        None => error,
    }
}

/// An empty body is an empty object: that is all that some questions want.
fn read<A: DeserializeOwned>(body: &[u8]) -> Result<Reply<A>, HookError> {
    let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    crate::json::read(body)
        .map_err(|why| HookError::failed(format!("the hook's answer is not what the contract says: {why}")))
}

pub(crate) fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[async_trait]
impl Hook for HttpHook {
    async fn decide(&self, about: &About, exchange: &Exchange) -> Result<Answer<Decision>, HookError> {
        self.ask("decide", about, exchange).await
    }

    async fn settled(&self, about: &About, settled: &Settled) -> Result<Answer<Heard>, HookError> {
        self.ask("settled", about, settled).await
    }

    async fn points(&self, about: &About, payment: &Payment) -> Result<Answer<Points>, HookError> {
        self.ask("points", about, payment).await
    }

    async fn reverse(&self, about: &About, refund: &Refund) -> Result<Answer<Heard>, HookError> {
        self.ask("reverse", about, refund).await
    }

    async fn balance(&self, about: &About, holder: &Holder) -> Result<Answer<Balance>, HookError> {
        self.ask("balance", about, holder).await
    }

    async fn card(&self, about: &About, card: &Card) -> Result<Answer<CardAnswer>, HookError> {
        self.ask("card", about, card).await
    }

    async fn event(&self, about: &About, event: &Other) -> Result<Answer<Heard>, HookError> {
        self.ask("event", about, event).await
    }

    fn url(&self) -> Option<&str> {
        Some(&self.url)
    }
}

impl fmt::Debug for HttpHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpHook")
            .field("url", &self.url)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
