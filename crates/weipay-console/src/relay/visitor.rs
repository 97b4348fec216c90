//! Who looks at a page of the relay, and what they see when there is no page for them.

use std::ops::Deref;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use weipay_relay::operate::{OperateError, Role, Who};

use super::Here;
use crate::page::Page;

/// Somebody who may look. There is no other way to a command than through one, so that no page forgets to ask.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    page: Page,
    who: Who,
}

impl Visitor {
    pub(super) fn who(&self) -> &Who {
        &self.who
    }

    pub(super) fn name(&self) -> &str {
        &self.who.name
    }

    /// Whether forms that change something are shown.
    pub(super) fn acts(&self) -> bool {
        self.who.role == Role::Operator
    }

    /// Whether there is a session to end.
    pub(super) fn signed_in(&self) -> bool {
        !self.who.name.starts_with("local/")
    }
}

impl Deref for Visitor {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl FromRequestParts<Here> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, here: &Here) -> Result<Self, Response> {
        let Ok(page) = Page::from_request_parts(parts, here).await;
        match parts.extensions.get::<Who>() {
            Some(who) => Ok(Self { page, who: who.clone() }),
            None => Err(sign_in(page, parts)),
        }
    }
}

/// Asks for the token.
#[derive(Template)]
#[template(path = "relay/sign_in.html")]
struct SignIn {
    p: Page,
    back: String,
    wrong: bool,
}

fn sign_in(p: Page, parts: &Parts) -> Response {
    let wrong = parts.uri.query() == Some("wrong");
    // What was sent by a form cannot be asked for again.
    let back = parts.uri.path_and_query().filter(|_| parts.method == http::Method::GET && !wrong);
    let back = back.map_or("/", http::uri::PathAndQuery::as_str).to_owned();
    let mut response = Page::render(&SignIn { p, back, wrong });
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

/// Says why a command was not carried out.
#[derive(Template)]
#[template(path = "relay/failed.html")]
struct Explained {
    p: Visitor,
    here: &'static str,
    why: String,
}

/// A page that says why there is no other.
pub(super) struct Failed(Box<Response>);

impl Failed {
    pub(super) fn of(visitor: &Visitor, error: &OperateError) -> Self {
        let status = match error {
            OperateError::Forbidden(_) => StatusCode::FORBIDDEN,
            OperateError::NotFound(_) => StatusCode::NOT_FOUND,
            OperateError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut response = Page::render(&Explained { p: visitor.clone(), here: "", why: error.to_string() });
        *response.status_mut() = status;
        Self(Box::new(response))
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        *self.0
    }
}
