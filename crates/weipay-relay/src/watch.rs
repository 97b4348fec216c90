//! What operators see: counters and alerts. No label and no text holds personal data.

use std::time::Duration;

use metrics::{counter, histogram};

/// Seconds; WeChat Pay waits five.
pub(crate) const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Every kind of alert.
const KINDS: [&str; 9] =
    ["parked", "paused", "resumed", "refused", "hook", "deadline", "expired", "unsettled", "unconfigured"];
/// What becomes of notifications that do not get into the inbox.
const LOST: [&str; 5] = ["unverified", "unopened", "unsigned", "oversized", "unstored"];

/// Shows a merchant's counters as 0 from the start: Prometheus sees no increase in a series that begins with 1, and the first
/// alert of each kind would be lost.
pub(crate) fn begin(merchant: &str) {
    for kind in KINDS {
        counter!("weipay_relay_alerts_total", "kind" => kind, "merchant" => merchant.to_owned()).increment(0);
    }
    for result in LOST {
        counter!("weipay_relay_notifications_total", "merchant" => merchant.to_owned(), "result" => result)
            .increment(0);
    }
    counter!("weipay_relay_notifications_total", "merchant" => "-", "result" => "overflow").increment(0);
}

/// A person should look. The log has the text, the counter what to alert on.
pub(crate) fn alert(kind: &'static str, merchant: &str, case: &str, text: &str) {
    counter!("weipay_relay_alerts_total", "kind" => kind, "merchant" => merchant.to_owned()).increment(1);
    tracing::warn!(target: "weipay_relay::alert", kind, merchant, case, "{text}");
}

/// What became of a notification.
pub(crate) fn notified(merchant: &str, result: &'static str) {
    counter!("weipay_relay_notifications_total", "merchant" => merchant.to_owned(), "result" => result)
        .increment(1);
}

/// What became of an attempt.
pub(crate) fn attempted(merchant: &str, name: &str, ending: &'static str) {
    counter!(
        "weipay_relay_attempts_total",
        "merchant" => merchant.to_owned(),
        "name" => name.to_owned(),
        "ending" => ending
    )
    .increment(1);
}

/// What a check found.
pub(crate) fn made_good(merchant: &str, gap: &'static str, result: &'static str) {
    counter!(
        "weipay_relay_checks_total",
        "merchant" => merchant.to_owned(),
        "gap" => gap,
        "result" => result
    )
    .increment(1);
}

/// How long a notification waited for its answer.
pub(crate) fn answered(took: Duration) {
    histogram!("weipay_relay_answer_seconds").record(took.as_secs_f64());
}
