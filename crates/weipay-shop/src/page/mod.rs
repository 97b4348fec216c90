//! The page for people, and what it asks. It shows names and numbers, never an openid.

mod state;

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Ledger, Member, Tap};

struct Page {
    ledger: Ledger,
    tap: Option<Arc<dyn Tap>>,
}

pub(crate) fn routes(ledger: Ledger, tap: Option<Arc<dyn Tap>>) -> Router {
    let asset = |kind: &'static str, text: &'static str| {
        get(move || async move {
            let policy =
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], text)
        })
    };
    Router::new()
        .route("/", asset("text/html; charset=utf-8", include_str!("index.html")))
        .route("/shop.js", asset("text/javascript; charset=utf-8", include_str!("shop.js")))
        .route("/shop.css", asset("text/css; charset=utf-8", include_str!("shop.css")))
        .route("/api/state", get(state))
        .route("/api/members/{member}/exchange", post(exchange))
        .route("/api/members/{member}/pay", post(pay))
        .layer(middleware::from_fn(only_this_machine))
        .with_state(Arc::new(Page { ledger, tap }))
}

/// A foreign page in the same browser may neither read nor press: names that point here are refused, and what changes
/// something has to come as JSON, which another origin cannot send unasked.
async fn only_this_machine(request: Request, next: Next) -> Response {
    if let Err(status) = permitted(request.method(), request.headers()) {
        return status.into_response();
    }
    next.run(request).await
}

fn permitted(method: &Method, headers: &HeaderMap) -> Result<(), StatusCode> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = header(header::HOST);
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    if !matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
        return Err(StatusCode::FORBIDDEN);
    }
    if *method == Method::POST && !header(header::CONTENT_TYPE).starts_with("application/json") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    Ok(())
}

async fn state(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    match page.ledger.dump().await {
        Ok(dump) => {
            let state = state::of(&dump, page.tap.is_some());
            // Nothing new is most of the answers.
            let tag = format!("\"{:x}\"", state::fingerprint(&state));
            if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            ([(header::ETAG, tag)], Json(state)).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

async fn exchange(State(page): State<Arc<Page>>, Path(number): Path<usize>) -> Response {
    let (member, tap) = match presses(&page, number).await {
        Ok(both) => both,
        Err(response) => return response,
    };
    done(tap.exchange(&member).await.map(|record_id| json!({ "record_id": record_id })))
}

#[derive(Deserialize)]
struct Sum {
    /// Fen.
    amount: u64,
}

async fn pay(State(page): State<Arc<Page>>, Path(number): Path<usize>, Json(sum): Json<Sum>) -> Response {
    let (member, tap) = match presses(&page, number).await {
        Ok(both) => both,
        Err(response) => return response,
    };
    done(tap.pay(&member, sum.amount).await.map(|transaction_id| json!({ "transaction_id": transaction_id })))
}

/// Who presses, and on what.
async fn presses(page: &Page, number: usize) -> Result<(Member, Arc<dyn Tap>), Response> {
    let tap = page.tap.clone().ok_or_else(|| StatusCode::NOT_FOUND.into_response())?;
    let dump = page.ledger.dump().await;
    let dump = dump.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response())?;
    let account =
        dump.accounts.into_iter().nth(number).ok_or_else(|| StatusCode::NOT_FOUND.into_response())?;
    let points = u64::try_from(account.points).unwrap_or_default();
    let member = Member {
        merchant: account.merchant,
        openid: account.openid,
        name: account.name,
        points,
        card: account.card,
    };
    Ok((member, tap))
}

fn done(outcome: Result<Value, crate::TapError>) -> Response {
    match outcome {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::CONFLICT, error.to_string()).into_response(),
    }
}
