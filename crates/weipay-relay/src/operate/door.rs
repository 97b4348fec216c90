//! The admin address's door for people: pages that somebody else renders, and who sends a request from a browser.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{hmac, rand};
use axum::Router;
use axum::extract::{Form, Request, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{Operator, Role, Token, Who};
use crate::Clock;

/// The cookie of a browser that has given a token.
const COOKIE_NAME: &str = "weipay-relay";
/// A shift and a half: who signed in does it again the next day.
const SESSION_SECONDS: i64 = 12 * 3600;

/// What makes the pages, once there is something that carries commands out.
pub(crate) struct Pages(pub(crate) Box<dyn FnOnce(Operator) -> Router + Send>);

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages")
    }
}

#[derive(Clone)]
struct Door {
    tokens: Arc<[Token]>,
    /// What sessions are stamped with: another one in each process, so that a restart ends them all.
    stamp: Arc<hmac::Key>,
    clock: Arc<dyn Clock>,
}

/// The pages, behind the check of each request, and the two forms that begin and end a session.
pub(crate) fn router(pages: Router, tokens: &[Token], clock: Arc<dyn Clock>) -> Router {
    let mut key = [0; 32];
    rand::fill(&mut key).expect("aws-lc ends the process before it reports a lack of randomness");
    let stamp = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &key));
    let door = Door { tokens: tokens.into(), stamp, clock };
    Router::new()
        .route("/admin/session", post(enter))
        .route("/admin/session/end", post(leave))
        .with_state(door.clone())
        .merge(pages)
        .layer(middleware::from_fn_with_state(door, pass))
}

/// Refuses what another site's page sent, and says who it is where that is known.
async fn pass(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let head = request.headers();
    if door.tokens.is_empty() && !to_this_machine(head) {
        let why = "without tokens the pages answer to localhost and loopback addresses only";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    if !from_own_page(request.method(), head) {
        let why = "the request comes from a page of another site";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    if let Some(who) = door.who(head) {
        request.extensions_mut().insert(who);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// The form that begins a session.
#[derive(Deserialize)]
struct Entry {
    token: String,
    /// The page that was asked for.
    #[serde(default)]
    back: String,
}

async fn enter(State(door): State<Door>, headers: HeaderMap, Form(entry): Form<Entry>) -> Response {
    let Some(session) = door.session(entry.token.trim()) else {
        tracing::warn!("somebody gave a wrong token at the admin pages");
        return Redirect::to("/?wrong").into_response();
    };
    // A proxy that ends TLS leaves the origin as the browser saw it.
    let tls = text(&headers, ORIGIN).is_some_and(|origin| origin.starts_with("https://"));
    let cookie = cookie(&session, SESSION_SECONDS, tls);
    let own = entry.back.starts_with('/')
        && !entry.back.starts_with("//")
        && entry.back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    ([(SET_COOKIE, cookie)], Redirect::to(if own { &entry.back } else { "/" })).into_response()
}

/// The browser forgets who it was.
async fn leave() -> Response {
    ([(SET_COOKIE, cookie("", 0, false))], Redirect::to("/")).into_response()
}

fn cookie(value: &str, seconds: i64, tls: bool) -> String {
    // Strict: no other site's link or form brings it along.
    let secure = if tls { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

impl Door {
    /// Without tokens, whoever sits at this machine.
    fn who(&self, headers: &HeaderMap) -> Option<Who> {
        if self.tokens.is_empty() {
            return Some(Who { name: "local/browser".to_owned(), role: Role::Operator });
        }
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let token = pairs.find_map(|(name, value)| self.of_session(value).filter(|_| name == COOKIE_NAME))?;
        Some(Who { name: token.name().to_owned(), role: token.role() })
    }

    /// What stands in the cookie instead of the token: until when, and a stamp over that and the token.
    fn session(&self, given: &str) -> Option<String> {
        let same =
            |token: &&Token| verify_slices_are_equal(token.expose().as_bytes(), given.as_bytes()).is_ok();
        let token = self.tokens.iter().find(same)?;
        let until = self.clock.now().as_second().saturating_add(SESSION_SECONDS);
        let stamp = hmac::sign(&self.stamp, &stamped(until, token));
        Some(format!("{until}.{}", URL_SAFE_NO_PAD.encode(stamp.as_ref())))
    }

    /// Whose session it is; none if it is over or not ours.
    fn of_session(&self, value: &str) -> Option<&Token> {
        let (until, stamp) = value.split_once('.')?;
        let (until, stamp) = (until.parse().ok()?, URL_SAFE_NO_PAD.decode(stamp).ok()?);
        let right = |token: &&Token| hmac::verify(&self.stamp, &stamped(until, token), &stamp).is_ok();
        self.tokens.iter().find(right).filter(|_| self.clock.now().as_second() < until)
    }
}

fn stamped(until: i64, token: &Token) -> Vec<u8> {
    format!("{until}\0{}\0{}", token.name(), token.expose()).into_bytes()
}

/// Whether it was sent to a loopback name. A name that somebody points at 127.0.0.1 is not one (DNS rebinding).
pub(super) fn to_this_machine(headers: &HeaderMap) -> bool {
    let host = text(headers, HOST).and_then(|host| host.parse::<Authority>().ok());
    host.is_some_and(|host| {
        let host = host.host().trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

/// A browser says which page sends: by Origin, and by Sec-Fetch-Site. Another site may lead here by a link, which changes
/// nothing.
fn from_own_page(method: &Method, headers: &HeaderMap) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = sent("host").unwrap_or_default();
    let origin = sent("origin").is_none_or(|origin| {
        origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    });
    let by_link =
        reads && sent("sec-fetch-mode") == Some("navigate") && sent("sec-fetch-dest") == Some("document");
    let site = match sent("sec-fetch-site") {
        None | Some("same-origin" | "none") => true,
        Some(_) => by_link,
    };
    origin && site
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
