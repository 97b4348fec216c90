//! `/metrics`: what this process counted, and how the store stands at this moment.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Door;
use crate::store::{Scope, Status};

/// Counters and histograms of this process, then gauges from the store, which are the same at every process.
pub(super) async fn measured(State(door): State<Door>) -> Response {
    let Some(handle) = &door.metrics else {
        return (StatusCode::NOT_FOUND, "this program exports its metrics elsewhere\n").into_response();
    };
    let (ctx, mut text) = (&door.ctx, handle.render());
    let now = ctx.clock.now();
    let since = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    match ctx.store.status(since, now).await {
        Ok(status) => {
            gauge(&mut text, "weipay_relay_store_up", [(String::new(), 1.0)]);
            gauges(&mut text, &status, now);
        }
        Err(error) => {
            tracing::error!(%error, "the store does not say how it stands");
            gauge(&mut text, "weipay_relay_store_up", [(String::new(), 0.0)]);
        }
    }
    text.into_response()
}

/// Written anew each time: what is gone from the store is gone from here.
fn gauges(text: &mut String, status: &Status, now: Timestamp) {
    let one = |value: f64| [(String::new(), value)];
    let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64().max(0.0);
    gauge(text, "weipay_relay_oldest_seconds", one(status.oldest.map_or(0.0, |oldest| seconds(oldest, now))));
    gauge(text, "weipay_relay_refused", one(number(status.refused)));
    gauge(text, "weipay_relay_held", one(number(status.held.len() as u64)));
    let paused =
        status.held.iter().filter(|held| held.probe.is_some()).filter_map(|held| match &held.scope {
            Scope::Effects(merchant) => Some((written(&[("merchant", merchant.clone())]), 1.0)),
            _ => None,
        });
    gauge(text, "weipay_relay_paused", paused);
    let jobs = status.counts.iter().map(|count| {
        let labels = [
            ("merchant", count.merchant.clone()),
            ("kind", word(&count.kind)),
            ("name", count.name.clone()),
            ("state", word(&count.state)),
        ];
        (written(&labels), number(count.jobs))
    });
    gauge(text, "weipay_relay_jobs", jobs);
    let budget = |name: &str| written(&[("budget", name.to_owned())]);
    let drained = status
        .budgets
        .iter()
        .map(|one| (budget(&one.budget), one.drained.map_or(0.0, |drained| seconds(now, drained))));
    gauge(text, "weipay_relay_backlog_seconds", drained);
    let late = status.budgets.iter().map(|one| {
        let late = one.drained.zip(one.first_not_after).is_some_and(|(drained, end)| drained > end);
        (budget(&one.budget), f64::from(u8::from(late)))
    });
    gauge(text, "weipay_relay_backlog_late", late);
}

fn gauge(text: &mut String, name: &str, rows: impl IntoIterator<Item = (String, f64)>) {
    let _ = writeln!(text, "# TYPE {name} gauge");
    for (labels, value) in rows {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

fn written(labels: &[(&str, String)]) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

#[expect(clippy::cast_precision_loss, reason = "a gauge of more than 2^53 jobs may be off by one")]
fn number(count: u64) -> f64 {
    count as f64
}

fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
}
