//! What a request brings, read strictly, with errors that name the member.

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body. It has to be called one: a browser asks before it sends that to another site.
pub(super) struct Sent<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = json(request, state).await?;
        let value = serde_json::from_slice(if bytes.is_empty() { b"{}" } else { &bytes });
        value.map(Self).map_err(|error| Problem::new(400, "PARAM_ERROR", format!("the body: {error}")))
    }
}

/// A JSON body as text.
pub(super) struct SentText(pub(super) String);

impl<S: Send + Sync> FromRequest<S> for SentText {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = json(request, state).await?;
        let text = String::from_utf8(bytes.into());
        text.map(Self).map_err(|_| Problem::new(400, "PARAM_ERROR", "the body is not UTF-8"))
    }
}

/// The bytes of a body that is called JSON.
async fn json(request: Request, state: &(impl Send + Sync)) -> Result<Bytes, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|kind| !kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Problem::new(415, "PARAM_ERROR", "the body has to be application/json"));
    }
    let bytes = Bytes::from_request(request, state).await;
    bytes.map_err(|error| Problem::new(error.status().as_u16(), "PARAM_ERROR", error.body_text()))
}

/// The query.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::from_request_parts(parts, state).await;
        query
            .map(|Query(value)| Self(value))
            .map_err(|error| Problem::new(400, "PARAM_ERROR", format!("the query: {}", error.body_text())))
    }
}
