//! The hook: what the relay asks, over HTTP, in version 1 of its contract.

mod question;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

pub use question::Question;
pub(crate) use question::{Ask, CardChange, Holder, Payment, Reversal, Settled, Wish};
pub(crate) use signature::Secret;

use crate::{Error, Ledger, fail};

/// More than any question has.
const LONGEST: usize = 256 * 1024;

struct Hook {
    ledger: Ledger,
    secret: Secret,
    think: Duration,
}

pub(crate) fn routes(ledger: Ledger, secret: Secret, think: Duration) -> Router {
    Router::new()
        .route("/hook/{question}", post(answer))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(Arc::new(Hook { ledger, secret, think }))
}

async fn answer(
    State(hook): State<Arc<Hook>>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !hook.secret.holds(&headers, &body, Timestamp::now().as_second()) {
        return (StatusCode::UNAUTHORIZED, "the signature does not hold").into_response();
    }
    let question = match Question::read(&body) {
        Ok(question) if question.kind == kind => question,
        Ok(_) => {
            return (StatusCode::BAD_REQUEST, "the path names another type than the body").into_response();
        }
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    fail::point("before-transaction");
    match consider(&hook, &question).await {
        Ok(answer) => Json(answer).into_response(),
        // Whatever the ledger cannot do now, it is asked again.
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

async fn consider(hook: &Hook, question: &Question) -> Result<serde_json::Value, Error> {
    if !hook.think.is_zero() && hook.ledger.take_note(question).await? {
        tokio::time::sleep(hook.think).await;
    }
    hook.ledger.answer(question).await
}
