//! What comes in over HTTP: notifications, effects of the merchant's own, and those who look after the relay.

mod effects;
mod known;
mod measure;
mod notify;
mod refuse;
mod serve;

pub(crate) use notify::arrival;
pub(crate) use serve::serve;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::context::Context;

/// What the routes share.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) ctx: Arc<Context>,
    /// How many notifications may be under way.
    pub(crate) intake: Arc<Semaphore>,
    pub(crate) stopping: Arc<AtomicBool>,
    pub(crate) metrics: Option<Arc<PrometheusHandle>>,
}

/// All routes.
pub(crate) fn router(door: Door) -> Router {
    Router::new()
        .route("/notify/{merchant}", post(notify::notify))
        .route("/v1/effects", post(effects::submit))
        .route("/v1/effects/{key}", get(effects::show))
        .route("/v1/known", post(known::submit))
        .route("/v1/known/{key}", get(known::show))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(measure::measured))
        .with_state(door)
}

/// Whether notifications should be sent here: the store answers, and nobody asked to stop.
async fn ready(State(door): State<Door>) -> Response {
    if door.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    let ctx = &door.ctx;
    match ctx.store.next_due(&ctx.want(), ctx.clock.now()).await {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

/// The documented failure answer; the message never says more than the caller may know.
fn fail(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({ "code": "FAIL", "message": message }))).into_response()
}
