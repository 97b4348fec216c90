//! What all pages share: language, neighbours, headers.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{Html, IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::Neighbours;
use crate::language::Language;

/// Scripts, styles and connections of our own files only; nothing inline, nothing framed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What a template needs of the request.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    language: Language,
    neighbours: Arc<Neighbours>,
}

impl<S: Send + Sync> FromRequestParts<S> for Page
where
    Arc<Neighbours>: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { language: Language::of(&parts.headers), neighbours: Arc::from_ref(state) })
    }
}

impl Page {
    /// The text in the page's language.
    pub(crate) fn t(&self, chinese: &'static str, english: &'static str) -> &'static str {
        self.language.say(chinese, english)
    }

    /// One of two texts that come from elsewhere.
    #[cfg(feature = "sandbox")]
    pub(crate) fn of<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        if self.language == Language::Chinese { chinese } else { english }
    }

    pub(crate) fn code(&self) -> &'static str {
        self.language.code()
    }

    /// The other parts' pages, with their names.
    pub(crate) fn neighbours(&self) -> Vec<(&'static str, &str)> {
        let Neighbours { sandbox, relay, shop } = &*self.neighbours;
        let named = [
            (self.t("沙箱", "sandbox"), sandbox),
            (self.t("中继", "relay"), relay),
            (self.t("小店", "shop"), shop),
        ];
        named.into_iter().filter_map(|(name, url)| Some((name, url.as_deref()?))).collect()
    }

    /// A moment as `2026-05-20 10:00:00`, at +08:00, where WeChat Pay lives.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub(crate) fn time(&self, moment: &Timestamp) -> String {
        time(moment)
    }

    /// A page with the headers that keep it ours.
    pub(crate) fn render(template: &impl Template) -> Response {
        let Ok(html) = template.render() else {
            return (StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be rendered").into_response();
        };
        let mut response = Html(html).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(VARY, HeaderValue::from_static("accept-language, cookie"));
        response
    }
}

/// A part of a page; a template that does not write is empty.
pub(crate) fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}

/// A moment as `2026-05-20 10:00:00`, at +08:00, where WeChat Pay lives.
pub(crate) fn time(moment: &Timestamp) -> String {
    china(moment, "%Y-%m-%d %H:%M:%S")
}

/// A moment at +08:00 in this form.
pub(crate) fn china(moment: &Timestamp, form: &str) -> String {
    let beijing = TimeZone::fixed(Offset::constant(8));
    moment.to_zoned(beijing).strftime(form).to_string()
}
