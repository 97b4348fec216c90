//! The admin API: `POST /admin/v1/{command}`, as `contract/admin-v1.yaml` describes it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use super::door::to_this_machine;
use super::{Command, OperateError, Operator, Role, Who};

const MAX_BODY: usize = 1024 * 1024;

/// Who may use the admin API.
#[derive(Clone)]
pub struct Token {
    name: String,
    role: Role,
    secret: String,
}

impl Token {
    /// A token under the name that stands in the audit. The secret has at least 16 characters; the error says what is wrong.
    pub fn new(name: impl Into<String>, role: Role, secret: impl Into<String>) -> Result<Self, &'static str> {
        let (name, secret) = (name.into(), secret.into());
        if secret.len() < 16 {
            return Err("a token has at least 16 characters: openssl rand -hex 32");
        }
        if name.is_empty()
            || name.len() > 64
            || name.chars().any(char::is_control)
            || name.starts_with("local/")
        {
            return Err("a token's name has 1 to 64 characters, and does not begin with local/");
        }
        Ok(Self { name, role, secret })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it may do.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What stands behind `Authorization: Bearer`.
    pub fn expose(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Desk {
    operator: Operator,
    tokens: Arc<[Token]>,
}

/// The routes. Without tokens everybody who reaches them is an operator: then they are bound to a loopback address.
pub(crate) fn router(operator: Operator, tokens: &[Token]) -> Router {
    Router::new()
        .route("/admin/v1/{command}", post(command))
        .with_state(Desk { operator, tokens: tokens.into() })
}

async fn command(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Err(why) = of_a_program(&headers, desk.tokens.is_empty()) {
        return refused(StatusCode::FORBIDDEN, why);
    }
    let Some(who) = who(&desk.tokens, &headers) else {
        let why = "send a token of the configuration: Authorization: Bearer …";
        return refused(StatusCode::UNAUTHORIZED, why);
    };
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is above 1 MiB or incomplete");
    };
    let command = match Command::read(&name, &body) {
        Ok(command) => command,
        Err(why) => return refused(StatusCode::BAD_REQUEST, &why),
    };
    match desk.operator.run(command, &who).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => refused(status(&error), &error.to_string()),
    }
}

/// A page in a browser must not give commands: it can send forms and plain text anywhere, and its own name resolves to
/// whatever its owner likes. It cannot send this content type elsewhere, and it cannot hide its origin or host.
fn of_a_program(headers: &HeaderMap, without_tokens: bool) -> Result<(), &'static str> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let json =
        text(header::CONTENT_TYPE).is_some_and(|kind| kind.split(';').next() == Some("application/json"));
    if !json {
        return Err("send content-type: application/json");
    }
    if headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site") {
        return Err("the admin API is not for pages in a browser");
    }
    if without_tokens && !to_this_machine(headers) {
        return Err("without tokens the admin API answers to localhost and loopback addresses only");
    }
    Ok(())
}

/// Whose token it is. Without tokens, whoever it says: on this machine nobody checks.
fn who(tokens: &[Token], headers: &HeaderMap) -> Option<Who> {
    if tokens.is_empty() {
        let says = headers.get("weipay-operator").and_then(|name| name.to_str().ok()).unwrap_or("somebody");
        let name: String = says.chars().take(64).collect();
        return Some(Who { name: format!("local/{name}"), role: Role::Operator });
    }
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let same = |token: &&Token| verify_slices_are_equal(token.secret.as_bytes(), given.as_bytes()).is_ok();
    tokens.iter().find(same).map(|token| Who { name: token.name.clone(), role: token.role })
}

fn status(error: &OperateError) -> StatusCode {
    match error {
        OperateError::Forbidden(_) => StatusCode::FORBIDDEN,
        OperateError::Misuse(_) => StatusCode::BAD_REQUEST,
        OperateError::NotFound(_) => StatusCode::NOT_FOUND,
        OperateError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}
