//! The pages of a sandbox.

mod act;
mod exchange;
mod faults;
mod journal;
mod keys;
mod notifications;
mod plot;
mod titles;
mod world;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use weipay_sandbox::control::Control;

use crate::choose::choose;
use crate::site::Site;
use crate::{Neighbours, asset};

/// The console of the world that this control plane steers, for [`mount`](weipay_sandbox::RunningWorld::mount). With a
/// `reference`, its pages are at `/console/reference/`.
pub fn sandbox(control: Control, reference: Option<Site>, neighbours: Neighbours) -> Router {
    Router::new()
        .route("/", get(journal::page))
        .route("/console/journal/rows", get(journal::rows))
        .route("/console/parts/pulse", get(journal::pulse))
        .route("/console/exchange/{number}", get(exchange::page))
        .route("/console/notifications", get(notifications::page))
        .route("/console/faults", get(faults::page))
        .route("/console/world", get(world::page))
        .route("/console/keys", get(keys::page))
        .route("/console/clock/advance", post(act::advance))
        .route("/console/clock/skew", post(act::skew))
        .route("/console/reset", post(act::reset))
        .route("/console/notifications/trigger", post(act::trigger))
        .route("/console/notifications/resend", post(act::resend))
        .route("/console/faults/inject", post(act::inject))
        .route("/console/faults/switch", post(act::switch))
        .route("/console/faults/clear", post(act::clear))
        .route("/console/scenario", post(act::play))
        .route("/console/user", post(act::user))
        .route("/console/keys/migration", post(act::migrate))
        .route("/console/keys/certificate", post(act::certificate))
        .route("/console/keys/notify_url", post(act::notify_url))
        .route("/console/language", post(choose))
        .route("/console/reference/{*path}", get(referred))
        .route("/console/assets/{name}", get(asset::asset))
        .with_state(Here { control, reference, neighbours: Arc::new(neighbours) })
}

#[derive(Clone)]
struct Here {
    control: Control,
    reference: Option<Site>,
    neighbours: Arc<Neighbours>,
}

impl FromRef<Here> for Control {
    fn from_ref(here: &Here) -> Self {
        here.control.clone()
    }
}

impl FromRef<Here> for Arc<Neighbours> {
    fn from_ref(here: &Here) -> Self {
        Arc::clone(&here.neighbours)
    }
}

async fn referred(State(here): State<Here>, Path(path): Path<String>) -> Response {
    let found = here.reference.and_then(|site| site(&path));
    let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";
    match found {
        Some((kind, text)) => {
            ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, policy)], text).into_response()
        }
        None => (StatusCode::NOT_FOUND, "no such page; `weipay docs build DIR` writes the reference")
            .into_response(),
    }
}
