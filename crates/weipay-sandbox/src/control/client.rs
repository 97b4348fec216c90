//! The control plane from another process.

use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;

use super::problem::Told;
use super::{
    ClockView, EffectView, EventView, ExchangeSummary, ExchangeView, FaultKindView, FaultOrder, JournalPage,
    KeysView, MigrationView, NotificationView, PendingFault, Scenario, Search, StatusView, TrafficView,
    TriggerOrder, UserAct, WorldView,
};
use crate::Snapshot;
use crate::protocol::percent;

/// Reaches the control plane of a running sandbox at its `http://` address. `Debug` does not show the token.
#[derive(Clone)]
pub struct Client {
    url: String,
    token: Option<String>,
}

/// Why the control plane did not do what it was asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is not an `http://` address.
    Address(String),
    /// Nobody answered there, or not as a sandbox does.
    Unreachable(String),
    /// It refused.
    Refused {
        /// The HTTP status.
        status: u16,
        /// `NOT_FOUND`, `CONFLICT`, `PARAM_ERROR`, `FORBIDDEN`, `UNAUTHORIZED`, …
        code: String,
        /// Why.
        message: String,
    },
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(url) => write!(f, "`{url}` is not an http:// address of a sandbox"),
            Self::Unreachable(why) => write!(f, "the sandbox cannot be reached: {why}"),
            Self::Refused { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for ClientError {}

type Outcome<T> = Result<T, ClientError>;

impl Client {
    /// For the sandbox at this address, such as `http://127.0.0.1:41234`, with its token if it has one.
    pub fn new(url: &str, token: Option<&str>) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), token: token.map(str::to_owned) }
    }

    /// How it stands.
    pub async fn status(&self) -> Outcome<StatusView> {
        self.get("status").await
    }

    /// The state of each family, without what is secret.
    pub async fn state(&self) -> Outcome<Map<String, Value>> {
        self.get("state").await
    }

    /// The world as it is now, to be loaded again. It has its private keys in it.
    pub async fn save(&self) -> Outcome<Snapshot> {
        let bytes = self.bytes(Method::GET, "snapshot", None).await?;
        let text = String::from_utf8(bytes.into()).map_err(|_| strange())?;
        Snapshot::parse(text).map_err(|_| strange())
    }

    /// Goes on as a world that was saved.
    pub async fn load(&self, snapshot: &Snapshot) -> Outcome<()> {
        self.bytes(Method::PUT, "snapshot", Some(snapshot.as_str().to_owned().into())).await.map(drop)
    }

    /// All worlds of the sandbox.
    pub async fn worlds(&self) -> Outcome<Vec<WorldView>> {
        self.get("worlds").await
    }

    /// How often each thing happened to each business key.
    pub async fn effects(&self) -> Outcome<Vec<EffectView>> {
        self.get("effects").await
    }

    /// Rate and latency of the last two minutes.
    pub async fn traffic(&self) -> Outcome<TrafficView> {
        self.get("traffic").await
    }

    /// Forgets everything since the start.
    pub async fn reset(&self) -> Outcome<()> {
        self.no_answer(Method::POST, "reset", &json!({})).await
    }

    /// The exchanges that match.
    pub async fn journal(&self, search: &Search) -> Outcome<JournalPage> {
        self.get(&format!("journal?{}", query(search))).await
    }

    /// One exchange, whole.
    pub async fn exchange(&self, number: u64) -> Outcome<ExchangeView> {
        self.get(&format!("journal/{number}")).await
    }

    /// The exchanges that match as JSON lines, without anything secret or personal.
    pub async fn export(&self, search: &Search) -> Outcome<String> {
        let bytes = self.bytes(Method::GET, &format!("journal/export?{}", query(search)), None).await?;
        String::from_utf8(bytes.to_vec()).map_err(|_| strange())
    }

    /// Exchanges as they come, from now on or from `search.after` on.
    pub async fn follow(&self, search: &Search) -> Outcome<Following> {
        let response = self.send(Method::GET, &format!("journal/stream?{}", query(search)), None).await?;
        Ok(Following { body: response.into_body(), text: Vec::new() })
    }

    /// Forgets the kept exchanges.
    pub async fn clear_journal(&self) -> Outcome<()> {
        self.no_answer(Method::DELETE, "journal", &json!({})).await
    }

    /// Everything that can be injected.
    pub async fn known_faults(&self) -> Outcome<Vec<FaultKindView>> {
        self.get("faults/known").await
    }

    /// The faults that are pending.
    pub async fn faults(&self) -> Outcome<Vec<PendingFault>> {
        self.get("faults").await
    }

    /// Injects a fault; returns all that are pending.
    pub async fn inject(&self, order: &FaultOrder) -> Outcome<Vec<PendingFault>> {
        self.change(Method::POST, "faults", order).await
    }

    /// Forgets one fault.
    pub async fn clear_fault(&self, number: u64) -> Outcome<()> {
        self.no_answer(Method::DELETE, &format!("faults/{number}"), &json!({})).await
    }

    /// Forgets all faults.
    pub async fn clear_faults(&self) -> Outcome<()> {
        self.no_answer(Method::DELETE, "faults", &json!({})).await
    }

    /// Every scenario.
    pub async fn scenarios(&self) -> Outcome<Vec<Scenario>> {
        self.get("scenarios").await
    }

    /// Sets a scenario up.
    pub async fn play(&self, name: &str) -> Outcome<()> {
        self.no_answer(Method::POST, &format!("scenarios/{}", percent::encode(name)), &json!({})).await
    }

    /// Both clocks.
    pub async fn clock(&self) -> Outcome<ClockView> {
        self.get("clock").await
    }

    /// Moves business time ahead: `24h`, `15s`, `30d`. Waits for the deliveries of each due event.
    pub async fn advance(&self, by: &str) -> Outcome<ClockView> {
        self.change(Method::POST, "clock/advance", &json!({ "by": by })).await
    }

    /// Sets the wire clock's skew.
    pub async fn set_skew(&self, seconds: i64) -> Outcome<ClockView> {
        self.change(Method::PUT, "clock/skew", &json!({ "seconds": seconds })).await
    }

    /// Every event of the catalogue.
    pub async fn events(&self) -> Outcome<Vec<EventView>> {
        self.get("events").await
    }

    /// Every notification, oldest first.
    pub async fn notifications(&self) -> Outcome<Vec<NotificationView>> {
        self.get("notifications").await
    }

    /// Sends an event of the catalogue; returns the notification's id.
    pub async fn trigger(&self, order: &TriggerOrder) -> Outcome<String> {
        id(&self.change(Method::POST, "notifications", order).await?)
    }

    /// Sends a notification again.
    pub async fn resend(&self, id: &str) -> Outcome<()> {
        self.no_answer(Method::POST, &format!("notifications/{}/resend", percent::encode(id)), &json!({}))
            .await
    }

    /// Everything that a user can do.
    pub async fn user_acts(&self) -> Outcome<Vec<UserAct>> {
        self.get("users").await
    }

    /// A user does something; returns the id that came of it, or an empty text.
    pub async fn user(&self, act: &str, members: &Map<String, Value>) -> Outcome<String> {
        id(&self.change(Method::POST, &format!("users/{}", percent::encode(act)), members).await?)
    }

    /// Everybody's keys, by serial.
    pub async fn keys(&self) -> Outcome<KeysView> {
        self.get("keys").await
    }

    /// How far the platform's change of keys is, from now on.
    pub async fn migrate(&self, migration: MigrationView) -> Outcome<KeysView> {
        self.change(Method::PUT, "keys/migration", &migration).await
    }

    /// Says what the platform thinks of a merchant's certificate.
    pub async fn set_certificate(&self, mchid: &str, serial: &str, state: &str) -> Outcome<KeysView> {
        let path = format!("keys/{}/certificates/{}", percent::encode(mchid), percent::encode(serial));
        self.change(Method::PUT, &path, &json!({ "state": state })).await
    }

    /// Sends the notifications of this merchant there from now on.
    pub async fn set_notify_url(&self, mchid: &str, url: &str) -> Outcome<KeysView> {
        let path = format!("keys/{}/notify_url", percent::encode(mchid));
        self.change(Method::PUT, &path, &json!({ "url": url })).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Outcome<T> {
        let bytes = self.bytes(Method::GET, path, None).await?;
        serde_json::from_slice(&bytes).map_err(|_| strange())
    }

    async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Outcome<T> {
        let body = serde_json::to_vec(body).map_err(|_| strange())?;
        let bytes = self.bytes(method, path, Some(body.into())).await?;
        serde_json::from_slice(&bytes).map_err(|_| strange())
    }

    async fn no_answer(&self, method: Method, path: &str, body: &Value) -> Outcome<()> {
        self.bytes(method, path, Some(body.to_string().into())).await.map(drop)
    }

    async fn bytes(&self, method: Method, path: &str, body: Option<Bytes>) -> Outcome<Bytes> {
        let response = self.send(method, path, body).await?;
        let body = response.into_body().collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| ClientError::Unreachable(error.to_string()))
    }

    /// Sends a request and takes only a success for an answer.
    async fn send(&self, method: Method, path: &str, body: Option<Bytes>) -> Outcome<Response<Incoming>> {
        let wrong = || ClientError::Address(self.url.clone());
        let uri: Uri = self.url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(wrong)?;
        let unreachable =
            |error: &dyn fmt::Display| ClientError::Unreachable(format!("{}: {error}", self.url));
        let host = authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80)));
        let stream = stream.await.map_err(|error| unreachable(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| unreachable(&error))?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/sandbox/v1/{path}"))
            .header(HOST, authority.as_str())
            .header(ACCEPT, "application/json");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(body.unwrap_or_default())).map_err(|_| wrong())?;
        let response = sender.send_request(request).await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body =
            response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let told: Told = serde_json::from_slice(&body).map_err(|_| strange())?;
        Err(ClientError::Refused { status: status.as_u16(), code: told.code, message: told.message })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Exchanges as they come.
#[derive(Debug)]
pub struct Following {
    body: Incoming,
    text: Vec<u8>,
}

impl Following {
    /// Waits for the next one; none when the sandbox has ended.
    pub async fn next(&mut self) -> Option<ExchangeSummary> {
        loop {
            while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.text.drain(..end + 2).collect();
                let event = String::from_utf8_lossy(&event);
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                if let Some(exchange) = data.and_then(|data| serde_json::from_str(data).ok()) {
                    return Some(exchange);
                }
            }
            let frame = self.body.frame().await?.ok()?;
            if let Some(data) = frame.data_ref() {
                self.text.extend_from_slice(data);
            }
        }
    }
}

/// What answered is no sandbox of this version.
fn strange() -> ClientError {
    ClientError::Unreachable(
        "what answers there is not the control plane of a sandbox of this version".to_owned(),
    )
}

fn id(answer: &Value) -> Outcome<String> {
    answer["id"].as_str().map(str::to_owned).ok_or_else(strange)
}

fn query(search: &Search) -> String {
    let Ok(Value::Object(members)) = serde_json::to_value(search) else { return String::new() };
    let pair = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}={}", percent::encode(&text))
    };
    members.iter().map(pair).collect::<Vec<_>>().join("&")
}
