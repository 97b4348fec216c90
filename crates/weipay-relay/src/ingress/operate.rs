//! Looks at the relay for its operators: figures, and the life of one case. Nothing personal is in either.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Door;
use crate::store::{Moment, Status, StoreError, What};

/// Ended jobs are counted for so long.
const SINCE: Duration = Duration::from_hours(24);

#[derive(Deserialize)]
pub(super) struct Case {
    case: String,
}

/// `GET /v1/status`: what stands where, and what the last 24 hours brought to an end.
pub(super) async fn status(State(door): State<Door>, headers: HeaderMap) -> Response {
    if !is_viewer(&door, &headers) {
        return unauthorized();
    }
    let now = door.ctx.clock.now();
    let since = now - SignedDuration::try_from(SINCE).unwrap_or_default();
    answer(door.ctx.store.status(since, now).await.map(|status| figures(&status)))
}

/// `GET /v1/timeline/{merchant}?case=exchange/R1`.
pub(super) async fn timeline(
    State(door): State<Door>,
    Path(merchant): Path<String>,
    Query(Case { case }): Query<Case>,
    headers: HeaderMap,
) -> Response {
    if !is_viewer(&door, &headers) {
        return unauthorized();
    }
    let moments = door.ctx.store.timeline(&merchant, &case).await;
    answer(moments.map(|moments| moments.iter().map(moment).collect()))
}

fn is_viewer(door: &Door, headers: &HeaderMap) -> bool {
    let given =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match (&door.ctx.settings.viewer, given) {
        (Some(token), Some(given)) => verify_slices_are_equal(token.as_bytes(), given.as_bytes()).is_ok(),
        _ => false,
    }
}

fn figures(status: &Status) -> Value {
    let counts = status.counts.iter().map(|count| {
        json!({ "merchant": count.merchant, "name": count.name, "state": count.state, "jobs": count.jobs })
    });
    let budgets = status.budgets.iter().filter(|budget| budget.jobs > 0).map(|budget| {
        json!({
            "budget": budget.budget,
            "jobs": budget.jobs,
            "drained": budget.drained,
            "first_not_after": budget.first_not_after,
        })
    });
    json!({
        "counts": counts.collect::<Vec<_>>(),
        "oldest": status.oldest,
        "budgets": budgets.collect::<Vec<_>>(),
        "held": status.held.len(),
        "refused": status.refused,
    })
}

fn moment(moment: &Moment) -> Value {
    let mut shown = match &moment.what {
        What::Received { notification_id, event_type, duplicates } => json!({
            "what": "received", "text": format!("{event_type} {notification_id}, came again {duplicates} times"),
        }),
        What::Stored { job } => {
            json!({ "what": "stored", "key": job.work.key, "request_no": job.work.request_no })
        }
        What::Attempt { key, worker, ended, outcome, status, code, request_id, note, .. } => json!({
            "what": "attempt",
            "key": key,
            "worker": worker,
            "ended": ended,
            "outcome": outcome.map(|outcome| outcome.to_string()),
            "status": status,
            "code": code,
            "request_id": request_id,
            "text": note,
        }),
        What::Ended { key, state, reason } => {
            json!({ "what": "ended", "key": key, "state": state, "text": reason })
        }
        What::Acted(act) => json!({ "what": "acted", "text": format!("{} by {}", act.act, act.by.who) }),
    };
    shown["at"] = json!(moment.at);
    shown
}

fn answer(result: Result<Value, StoreError>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => {
            tracing::error!(%error, "the store could not be looked at");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": "the store does not answer" })))
                .into_response()
        }
    }
}

fn unauthorized() -> Response {
    let error = "send the viewer's token: Authorization: Bearer …";
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], Json(json!({ "error": error })))
        .into_response()
}
