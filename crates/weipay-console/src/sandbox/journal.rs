//! The journal, live.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use weipay_sandbox::control::{Control, ExchangeSummary, Search, StatusView};

use super::plot;
use crate::form::{Fields, encoded};
use crate::page::{self, Page, rendered};

#[derive(Template)]
#[template(path = "sandbox/journal.html")]
struct Journal {
    p: Page,
    here: &'static str,
    pulse: String,
    rows: Vec<String>,
    stream: String,
    url: String,
    q: String,
    status: String,
    direction: String,
    mistakes: bool,
    skew: i64,
    older: Option<u64>,
}

#[derive(Template)]
#[template(path = "sandbox/row.html")]
struct Row<'a> {
    p: &'a Page,
    one: ExchangeSummary,
    at: String,
    class: &'static str,
    milliseconds: String,
}

#[derive(Template)]
#[template(path = "sandbox/pulse.html")]
struct Pulse<'a> {
    p: &'a Page,
    rate: String,
    latency: String,
    business: String,
    status: StatusView,
}

fn search(fields: &Fields) -> Search {
    Search {
        q: fields.owned("q"),
        status: fields.owned("status"),
        direction: fields.owned("direction"),
        mistake: fields.owned("mistake"),
        before: fields.number("before"),
        ..Search::default()
    }
}

pub(super) async fn page(State(control): State<Control>, Query(fields): Query<Fields>, p: Page) -> Response {
    let search = search(&fields);
    let found = control.journal(&search);
    // Of an older page nothing new comes.
    let stream = match search.before {
        Some(_) => String::new(),
        None => format!("/console/journal/rows?{}&after={}", query(&fields), found.count),
    };
    let oldest = found.exchanges.first().map(|first| first.number).filter(|_| found.exchanges.len() >= 100);
    let status = control.status();
    let (url, skew) = (status.url.clone(), status.clock.wire_skew_seconds);
    Page::render(&Journal {
        here: "journal",
        pulse: rendered(&Pulse::of(&p, &control)),
        rows: found.exchanges.into_iter().rev().map(|one| rendered(&Row::of(&p, one))).collect(),
        p,
        stream,
        url,
        q: search.q.unwrap_or_default(),
        status: search.status.unwrap_or_default(),
        direction: search.direction.unwrap_or_default(),
        mistakes: search.mistake.is_some(),
        skew,
        older: oldest,
    })
}

/// The fields as they were asked for.
fn query(fields: &Fields) -> String {
    let pair = |(name, value): (&str, &str)| format!("{name}={}", encoded(value));
    fields.filled().map(pair).collect::<Vec<_>>().join("&")
}

/// Rows as they come, newest last.
pub(super) async fn rows(
    State(control): State<Control>,
    Query(fields): Query<Fields>,
    p: Page,
) -> Sse<impl Stream<Item = Result<Event, std::convert::Infallible>>> {
    let after = fields.number("after");
    let follow = control.follow(Search { after, before: None, ..search(&fields) });
    let batches = futures_util::stream::unfold(follow, async |mut follow| {
        let batch = follow.next().await;
        Some((batch, follow))
    });
    let events = batches.flat_map(move |batch| {
        let rows: Vec<_> = batch.into_iter().map(|one| row(&p, one)).map(Ok).collect();
        futures_util::stream::iter(rows)
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn row(p: &Page, one: ExchangeSummary) -> Event {
    Event::default().event("row").id(one.number.to_string()).data(rendered(&Row::of(p, one)))
}

/// Plots and figures.
pub(super) async fn pulse(State(control): State<Control>, p: Page) -> Response {
    Html(rendered(&Pulse::of(&p, &control))).into_response()
}

impl<'a> Row<'a> {
    fn of(p: &'a Page, one: ExchangeSummary) -> Self {
        let class = match one.status {
            Some(200..=299) => "ok",
            Some(_) => "bad",
            None => "gone",
        };
        let milliseconds = format!("{}.{}", one.duration_us / 1000, one.duration_us % 1000 / 100);
        Self { p, at: clock(one.at), class, milliseconds, one }
    }
}

impl<'a> Pulse<'a> {
    fn of(p: &'a Page, control: &Control) -> Self {
        let status = control.status();
        let seconds = control.traffic().seconds;
        Self {
            p,
            rate: plot::rate(&seconds, p.t("速率峰值", "Peak rate")),
            latency: plot::latency(&seconds, p.t("最慢应答", "Slowest answer")),
            business: page::time(&status.clock.business_time),
            status,
        }
    }
}

/// Wire time as a clock face, at +08:00.
fn clock(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|moment| page::china(&moment, "%H:%M:%S")).unwrap_or_default()
}
