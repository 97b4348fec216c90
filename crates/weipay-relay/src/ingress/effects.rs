//! Effects that the merchant's system asks for by itself, such as a coupon at a till.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;

use super::Door;
use crate::context::Context;
use crate::effect::Effect;
use crate::merchant::Merchant;
use crate::store::StoreError;
use crate::submit::{self, Progress, SubmitError, Submitted};

const MAX_BODY: usize = 256 * 1024;
/// How long a call may wait for its end.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    key: String,
    effect: Effect,
}

#[derive(Deserialize)]
pub(super) struct Patience {
    wait: Option<String>,
}

/// `POST /v1/effects?wait=3s` with `{"key": …, "effect": {…}}`: stores it and waits so long for its end. 200 when it has
/// come, 202 when not; the same key with the same effect is the same effect, with another one it is 409.
pub(super) async fn submit(
    State(door): State<Door>,
    Query(patience): Query<Patience>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let ctx = &door.ctx;
    let Some(merchant) = bearer(ctx, &headers) else { return unauthorized() };
    let wait = match wait(patience.wait.as_deref()) {
        Ok(wait) => wait,
        Err(why) => return misuse(&why),
    };
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({ "error": "the body is above 256 KiB" })))
            .into_response();
    };
    let order: Order = match crate::json::read(&body) {
        Ok(order) => order,
        Err(why) => return misuse(&format!("the body is not {{\"key\", \"effect\"}}: {why}")),
    };
    answer(submit::submit(ctx, &merchant, &order.key, &order.effect, wait).await.map(Some))
}

/// `GET /v1/effects/{key}?wait=3s`.
pub(super) async fn show(
    State(door): State<Door>,
    Path(key): Path<String>,
    Query(patience): Query<Patience>,
    headers: HeaderMap,
) -> Response {
    let ctx = &door.ctx;
    let Some(merchant) = bearer(ctx, &headers) else { return unauthorized() };
    let wait = match wait(patience.wait.as_deref()) {
        Ok(wait) => wait,
        Err(why) => return misuse(&why),
    };
    answer(submit::show(ctx, &merchant, &key, wait).await)
}

/// Whose token this is.
pub(super) fn bearer(ctx: &Context, headers: &HeaderMap) -> Option<Arc<Merchant>> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let matches = |merchant: &&Arc<Merchant>| {
        let token = merchant.token.as_deref();
        token.is_some_and(|token| verify_slices_are_equal(token.as_bytes(), given.as_bytes()).is_ok())
    };
    ctx.merchants.values().find(matches).cloned()
}

fn wait(text: Option<&str>) -> Result<Duration, String> {
    let Some(text) = text else { return Ok(Duration::ZERO) };
    let parsed = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(millis), _) => millis.parse().map(Duration::from_millis),
        (None, Some(seconds)) => seconds.parse().map(Duration::from_secs),
        (None, None) => text.parse().map(Duration::from_secs),
    };
    match parsed {
        Ok(wait) if wait <= LONGEST_WAIT => Ok(wait),
        _ => Err(format!("`wait` is a time such as 3s or 500ms, at most {} s", LONGEST_WAIT.as_secs())),
    }
}

fn answer(submitted: Result<Option<Submitted>, SubmitError>) -> Response {
    let (status, error) = match submitted {
        Ok(Some(submitted)) => {
            let pending = submitted.state == Progress::Pending;
            let status = if pending { StatusCode::ACCEPTED } else { StatusCode::OK };
            return (status, Json(submitted)).into_response();
        }
        Ok(None) => (StatusCode::NOT_FOUND, "no effect has this key".to_owned()),
        Err(SubmitError::Misuse(why)) => return misuse(&why),
        Err(error @ SubmitError::Conflict) => (StatusCode::CONFLICT, error.to_string()),
        Err(error) => {
            if let SubmitError::Store(cause) = &error {
                tracing::error!(%cause, "an effect could not be stored or read");
            }
            (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
        }
    };
    (status, Json(json!({ "error": error }))).into_response()
}

pub(super) fn misuse(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}

pub(super) fn unauthorized() -> Response {
    let error = "send the merchant's token: Authorization: Bearer …";
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], Json(json!({ "error": error })))
        .into_response()
}

pub(super) fn unavailable(error: StoreError) -> Response {
    answer(Err(error.into()))
}
