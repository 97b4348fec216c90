//! Who may steer the sandbox.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::{constant_time, digest};
use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method};

use super::problem::Problem;
use crate::protocol::hex;

/// The cookie of a browser that has given the token.
const COOKIE_NAME: &str = "weipay-sandbox";

/// The token, if there is one. `Debug` does not show it.
#[derive(Clone, Default)]
pub(crate) struct Access(Option<String>);

impl Access {
    pub(crate) fn by_token(token: String) -> Self {
        Self(Some(token))
    }

    /// Whether this request may pass: by its origin in the network, then by its token, then by the page it comes from.
    pub(crate) fn check(&self, peer: SocketAddr, head: &Parts) -> Result<(), Problem> {
        match &self.0 {
            Some(token) if !holds(token, &head.headers) => {
                return Err(Problem::new(
                    401,
                    "UNAUTHORIZED",
                    "this sandbox asks for its token: Authorization: Bearer …",
                ));
            }
            Some(_) => {}
            None => local(peer, &head.headers)?,
        }
        own_page(head)
    }

    /// The cookie for a browser that sends this token; none if it is wrong.
    pub(super) fn cookie(&self, token: &str) -> Option<String> {
        let right = self.0.as_deref().filter(|right| same(right, token))?;
        // Strict: no other site's link or form brings it along.
        Some(format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict", stamp(right)))
    }

    /// Whether this request only brings the token, from a page of ours.
    pub(super) fn may_enter(&self, head: &Parts) -> Result<(), Problem> {
        match self.0 {
            Some(_) => own_page(head),
            None => Err(Problem::new(404, "NOT_FOUND", "this sandbox has no token")),
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Access(token)" } else { "Access(loopback)" })
    }
}

/// What stands in the cookie instead of the token.
fn stamp(token: &str) -> String {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    hex::lower(digest.as_ref())
}

fn same(right: &str, given: &str) -> bool {
    let digest = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
    constant_time::verify_slices_are_equal(digest(right).as_ref(), digest(given).as_ref()).is_ok()
}

fn holds(token: &str, headers: &HeaderMap) -> bool {
    let bearer = text(headers, AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    bearer.is_some_and(|given| same(token, given))
        || pairs.any(|(name, value)| name == COOKIE_NAME && same(&stamp(token), value))
}

/// From a loopback address to a loopback name. A name that somebody points at 127.0.0.1 is not one (DNS rebinding).
fn local(peer: SocketAddr, headers: &HeaderMap) -> Result<(), Problem> {
    let forbidden = |message| Problem::new(403, "FORBIDDEN", message);
    if !peer.ip().to_canonical().is_loopback() {
        return Err(forbidden(
            "without a token the control plane answers this machine only; start the sandbox with --token",
        ));
    }
    if text(headers, HOST)
        .and_then(|host| host.parse::<Authority>().ok())
        .is_some_and(|host| loopback(host.host()))
    {
        return Ok(());
    }
    Err(forbidden(
        "Host has to be localhost or a loopback address; start the sandbox with --token for other names",
    ))
}

fn loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A browser says which page sends: by Origin, and by Sec-Fetch-Site. Programs send neither. Another site may lead here by
/// a link, which changes nothing.
fn own_page(head: &Parts) -> Result<(), Problem> {
    let reads = matches!(head.method, Method::GET | Method::HEAD);
    let host = text(&head.headers, HOST).unwrap_or_default();
    let origin = text(&head.headers, ORIGIN).map(|origin| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    });
    let sent = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let by_link =
        reads && sent("sec-fetch-mode") == Some("navigate") && sent("sec-fetch-dest") == Some("document");
    let site = match sent("sec-fetch-site") {
        None | Some("same-origin" | "none") => true,
        Some(_) => by_link,
    };
    if origin.unwrap_or(true) && site {
        return Ok(());
    }
    Err(Problem::new(403, "CROSS_SITE", "the request comes from a page of another site"))
}

fn text(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
