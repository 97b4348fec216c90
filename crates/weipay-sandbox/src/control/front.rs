//! What of a sandbox's port is not the API of WeChat Pay: the control plane, and the pages of a console.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use tower_service::Service as _;

use super::problem::Problem;
use super::{Access, Control, api};
use crate::protocol::percent;

/// Where the control plane is.
const CONTROL: &str = "/sandbox/v1/";
/// Where a browser gives the token.
const SESSION: &str = "/sandbox/v1/session";

/// The control plane and the pages of one world.
#[derive(Clone)]
pub(crate) struct Front {
    control: Router,
    pages: Arc<OnceLock<Router>>,
    access: Access,
}

impl Front {
    pub(crate) fn new(control: Control, pages: Arc<OnceLock<Router>>, access: Access) -> Self {
        Self { control: api::router(control), pages, access }
    }

    /// Whether this path is not WeChat Pay's.
    pub(crate) fn has(&self, path: &str) -> bool {
        path.starts_with(CONTROL)
            || self.pages.get().is_some() && (path == "/" || path.starts_with("/console/"))
    }

    pub(crate) async fn answer(&self, peer: SocketAddr, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        if head.method == Method::POST && head.uri.path() == SESSION {
            return self.enter(&head, body).await.unwrap_or_else(Problem::into_response);
        }
        if let Err(problem) = self.access.check(peer, &head) {
            return refused(&head, problem);
        }
        let mut router = match self.pages.get() {
            Some(pages) if !head.uri.path().starts_with(CONTROL) => pages.clone(),
            _ => self.control.clone(),
        };
        let mut response = match router.call(Request::from_parts(head, Body::new(body))).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let headers = response.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
        response
    }

    /// Takes the token from the form below and gives a cookie for it.
    async fn enter(&self, head: &Parts, body: Incoming) -> Result<Response<Body>, Problem> {
        self.access.may_enter(head)?;
        let wrong = || Problem::new(401, "UNAUTHORIZED", "that is not the token");
        let body = Limited::new(body, 4096).collect().await.map_err(|_| wrong())?.to_bytes();
        let form = std::str::from_utf8(&body).map(percent::pairs).unwrap_or_default();
        let token = form.into_iter().find(|(name, _)| name == "token").map(|(_, token)| token);
        let cookie = token.and_then(|token| self.access.cookie(&token)).ok_or_else(wrong)?;
        let mut response = StatusCode::SEE_OTHER.into_response();
        response.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

/// Asks for the token.
const FORM: &str = "<!doctype html><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
        <title>weipay</title><form method=\"post\" action=\"/sandbox/v1/session\"><label>Token 令牌 \
        <input name=\"token\" type=\"password\" autocomplete=\"current-password\" required autofocus></label> \
        <button>OK</button></form>";

/// A refusal; a browser without the token is asked for it.
fn refused(head: &Parts, problem: Problem) -> Response<Body> {
    let accept = head.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if problem.status != 401 || !accept.contains("text/html") {
        return problem.into_response();
    }
    let mut response = (StatusCode::UNAUTHORIZED, FORM).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    headers.insert(http::header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}
