//! Effects that the merchant's system asks for by itself, such as a coupon at a till.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Door;
use crate::context::Context;
use crate::effect::{Effect, Subject};
use crate::engine::plan;
use crate::job::{Job, State as JobState};
use crate::merchant::Merchant;
use crate::store::StoreError;
use crate::work::Work;

const MAX_BODY: usize = 256 * 1024;
/// What a key's job is called.
const NAME: &str = "effect";
/// How long a call may wait for its end.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a job that another process may end is looked at.
const LOOK: Duration = Duration::from_millis(100);

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

/// How an effect stands.
#[derive(Serialize)]
struct Standing {
    key: String,
    /// `pending`, or how it ended.
    state: &'static str,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
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
    if let Err(why) = usable(&order.key) {
        return misuse(why);
    }
    let case = case(&order.key);
    let now = ctx.clock.now();
    let job = match plan::effect(ctx, &merchant, (&case, NAME), &order.effect, Subject::Other, now) {
        Ok(job) => job,
        Err(why) => return misuse(&why),
    };
    let wanted = ctx.open(&job);
    let stored = match ctx.store.submit(vec![job], now).await {
        Ok(jobs) => jobs.into_iter().next(),
        Err(error) => return unavailable(&error),
    };
    let Some(stored) = stored else { return unavailable(&StoreError::Open("the job vanished".to_owned())) };
    if !same(&wanted, &ctx.open(&stored.work)) {
        let error = "this key was used for another effect; every effect has a key of its own";
        return (StatusCode::CONFLICT, Json(json!({ "error": error }))).into_response();
    }
    ctx.work.notify_one();
    match ended(ctx, stored, wait).await {
        Ok(job) => standing(ctx, &order.key, &job),
        Err(error) => unavailable(&error),
    }
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
    let job = match ctx.store.job(&merchant.name, &format!("{}/{NAME}", case(&key))).await {
        Ok(Some(job)) => job,
        Ok(None) => {
            return (StatusCode::NOT_FOUND, Json(json!({ "error": "no effect has this key" })))
                .into_response();
        }
        Err(error) => return unavailable(&error),
    };
    match ended(ctx, job, wait).await {
        Ok(job) => standing(ctx, &key, &job),
        Err(error) => unavailable(&error),
    }
}

fn case(key: &str) -> String {
    format!("api/{key}")
}

fn usable(key: &str) -> Result<(), &'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    match key.len() {
        1..=64 if key.bytes().all(fits) => Ok(()),
        _ => Err("`key` has 1 to 64 letters, digits, or - _ . :"),
    }
}

fn same(wanted: &Result<Work, String>, stored: &Result<Work, String>) -> bool {
    matches!((wanted, stored), (Ok(Work::Send(wanted)), Ok(Work::Send(stored))) if wanted == stored)
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

/// The job at its end, or as it stands when the patience is over.
async fn ended(ctx: &Context, mut job: Job, wait: Duration) -> Result<Job, StoreError> {
    let deadline = tokio::time::Instant::now() + wait;
    while !job.state.is_final() && tokio::time::Instant::now() < deadline {
        let look = (tokio::time::Instant::now() + LOOK).min(deadline);
        tokio::select! {
            () = ctx.ended.notified() => {}
            () = tokio::time::sleep_until(look) => {}
        }
        if let Some(now) = ctx.store.job(&job.work.merchant, &job.work.key).await? {
            job = now;
        }
    }
    Ok(job)
}

fn standing(ctx: &Context, key: &str, job: &Job) -> Response {
    let sealed = job.result.as_deref();
    let name = format!("{}/{}", job.work.merchant, job.work.key);
    let result = sealed.and_then(|sealed| serde_json::from_slice(&ctx.vault.open(&name, sealed).ok()?).ok());
    let standing = Standing {
        key: key.to_owned(),
        state: match job.state {
            JobState::Ready | JobState::Running => "pending",
            JobState::Settled => "settled",
            JobState::Refused => "refused",
            JobState::Parked => "parked",
            JobState::Dead => "dead",
            JobState::Superseded => "superseded",
        },
        attempts: job.attempts,
        request_no: job.work.request_no.clone(),
        reason: job.reason.clone(),
        result,
    };
    let status = if job.state.is_final() { StatusCode::OK } else { StatusCode::ACCEPTED };
    (status, Json(standing)).into_response()
}

pub(super) fn misuse(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}

pub(super) fn unauthorized() -> Response {
    let error = "send the merchant's token: Authorization: Bearer …";
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], Json(json!({ "error": error })))
        .into_response()
}

pub(super) fn unavailable(error: &StoreError) -> Response {
    tracing::error!(%error, "an effect could not be stored or read");
    let error = "the store does not answer; nothing is lost, ask again with the same key";
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": error }))).into_response()
}
