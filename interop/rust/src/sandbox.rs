//! The sandbox as this program meets it: its environment file, its control plane, its notifications.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wxpay_rs::notify::NotifyHeaders;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub type Environment = HashMap<String, String>;

pub struct Sandbox {
    pub environment: Environment,
    http: reqwest::Client,
}

impl Sandbox {
    pub fn of(file: &str) -> Result<Self> {
        let environment = dotenvy::from_path_iter(file)?.collect::<std::result::Result<_, _>>()?;
        Ok(Self { environment, http: reqwest::Client::builder().no_proxy().build()? })
    }

    /// The user pays in the app.
    pub async fn pays(&self, prepay_id: &str) -> Result<()> {
        self.control("users/pay", &json!({ "prepay_id": prepay_id })).await
    }

    /// Moves business time.
    pub async fn advance(&self, by: &str) -> Result<()> {
        self.control("clock/advance", &json!({ "by": by })).await
    }

    async fn control(&self, path: &str, body: &Value) -> Result<()> {
        let url = format!("{}/sandbox/v1/{path}", self.environment["WEIPAY_BASE_URL"]);
        self.http.post(url).json(body).send().await?.error_for_status()?;
        Ok(())
    }
}

/// A notification endpoint that takes everything, and hands it over as it came.
pub struct Receiver {
    pub url: String,
    received: mpsc::UnboundedReceiver<Received>,
}

pub struct Received {
    headers: HeaderMap,
    pub body: Bytes,
}

impl Receiver {
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/notify", listener.local_addr()?);
        let (sender, received) = mpsc::unbounded_channel();
        let take = async move |headers: HeaderMap, body: Bytes| {
            let _ = sender.send(Received { headers, body });
            StatusCode::NO_CONTENT
        };
        let app = axum::Router::new().route("/notify", axum::routing::post(take));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, received })
    }

    pub async fn next(&mut self) -> Result<Received> {
        let next = tokio::time::timeout(Duration::from_secs(10), self.received.recv()).await;
        next.ok().flatten().ok_or_else(|| "no notification within ten seconds".into())
    }
}

impl Received {
    pub fn headers(&self) -> NotifyHeaders<'_> {
        let header = |name| self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        NotifyHeaders {
            timestamp: header("wechatpay-timestamp"),
            nonce: header("wechatpay-nonce"),
            serial: header("wechatpay-serial"),
            signature: header("wechatpay-signature"),
        }
    }
}
