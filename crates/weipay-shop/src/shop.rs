//! A running shop.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::{Config, Dump, Error, Ledger, Tap, hook, page};

/// A running shop. Stops when it is dropped.
pub struct Shop {
    address: SocketAddr,
    ledger: Ledger,
    task: JoinHandle<()>,
}

impl Shop {
    /// Opens the ledger and listens.
    ///
    /// It answers `POST /hook/{question}` (the relay's hook), `GET /ledger` (everything, as JSON), `GET /` (the page, with
    /// buttons when there is a `tap`) and `GET /healthz`.
    pub async fn start(config: Config, tap: Option<Arc<dyn Tap>>) -> Result<Self, Error> {
        if !config.listen.ip().is_loopback() {
            return Err(Error::Config(
                "listen: only a loopback address, the ledger is open to whoever asks".to_owned(),
            ));
        }
        let secret = hook::Secret::new(&config.secret)?;
        let ledger = Ledger::open(&config).await?;
        let listener = TcpListener::bind(config.listen).await.map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let routes = Router::new()
            .route("/healthz", get(|| async { StatusCode::NO_CONTENT }))
            .route("/ledger", get(dump))
            .with_state(ledger.clone())
            .merge(hook::routes(ledger.clone(), secret, Duration::from_millis(config.think_ms)))
            .merge(page::routes(ledger.clone(), tap));
        let task = tokio::spawn(async move {
            // It ends with its listener only.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, ledger, task })
    }

    /// Where it listens, such as `http://127.0.0.1:41234`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL that the relay is given as this shop's hook.
    pub fn hook_url(&self) -> String {
        format!("{}/hook", self.url())
    }

    /// Everything, as of now.
    pub async fn dump(&self) -> Result<Dump, Error> {
        self.ledger.dump().await
    }

    /// Serves until its listener fails.
    pub async fn served(mut self) {
        let _ = (&mut self.task).await;
    }

    /// Stops listening, and returns when that is done.
    pub async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shop").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn dump(State(ledger): State<Ledger>) -> Response {
    match ledger.dump().await {
        Ok(dump) => Json(dump).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}
