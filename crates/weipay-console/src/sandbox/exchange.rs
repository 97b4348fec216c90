//! One exchange unfolded, in its row or on a page of its own.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{Html, IntoResponse as _, Response};
use http::StatusCode;
use weipay_sandbox::control::{Content, Control, ExchangeView};

use crate::page::{Page, rendered};

#[derive(Template)]
#[template(path = "sandbox/exchange.html")]
struct Exchange {
    p: Page,
    here: &'static str,
    number: u64,
    unfolded: String,
}

#[derive(Template)]
#[template(path = "sandbox/unfolded.html")]
struct Unfolded<'a> {
    p: &'a Page,
    one: ExchangeView,
    request: String,
    answer: String,
}

pub(super) async fn page(
    State(control): State<Control>,
    Path(number): Path<u64>,
    RawQuery(query): RawQuery,
    p: Page,
) -> Response {
    let Some(one) = control.exchange(number) else {
        let gone = p.t("这次交互已不再保留", "this exchange is not kept any more");
        return (StatusCode::NOT_FOUND, gone).into_response();
    };
    let (request, answer) = (readable(&one.request_body), readable(&one.response_body));
    let unfolded = rendered(&Unfolded { p: &p, one, request, answer });
    if query.as_deref() == Some("part") {
        return Html(unfolded).into_response();
    }
    Page::render(&Exchange { p, here: "journal", number, unfolded })
}

/// A JSON body with line breaks, anything else as it is.
fn readable(body: &Content) -> String {
    match body {
        Content::Text(text) => {
            let value = serde_json::from_str::<serde_json::Value>(text).ok();
            value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.clone())
        }
        Content::Base64(text) => text.clone(),
    }
}
