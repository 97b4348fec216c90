//! What all pages share: language, place in the navigation, headers.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::language::Language;

/// Scripts, styles and connections of our own files only; nothing inline, nothing framed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What a template needs of the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    language: Language,
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { language: Language::of(&parts.headers) })
    }
}

impl Page {
    /// The text in the page's language.
    pub(crate) fn t(self, chinese: &'static str, english: &'static str) -> &'static str {
        self.language.say(chinese, english)
    }

    /// One of two texts that come from elsewhere.
    pub(crate) fn of<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        if self.language == Language::Chinese { chinese } else { english }
    }

    pub(crate) fn code(self) -> &'static str {
        self.language.code()
    }

    /// A moment as `2026-05-20 10:00:00`, at +08:00, where WeChat Pay lives.
    #[expect(clippy::unused_self, reason = "templates reach it through the page")]
    pub(crate) fn time(self, moment: &Timestamp) -> String {
        time(moment)
    }

    /// How a notification stands.
    pub(crate) fn state(self, state: &str) -> &'static str {
        match state {
            "waiting" => self.t("等待", "waiting"),
            "in_flight" => self.t("发送中", "in flight"),
            "delivered" => self.t("已送达", "delivered"),
            "exhausted" => self.t("已放弃", "given up"),
            _ => self.t("无法发送", "undeliverable"),
        }
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

/// A moment as `2026-05-20 10:00:00`, at +08:00, where WeChat Pay lives.
pub(crate) fn time(moment: &Timestamp) -> String {
    let beijing = TimeZone::fixed(Offset::constant(8));
    moment.to_zoned(beijing).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Wire time as a clock face, at +08:00.
pub(crate) fn clock(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|moment| time(&moment)[11..].to_owned()).unwrap_or_default()
}
