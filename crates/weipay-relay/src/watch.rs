//! What operators see: counters and alerts. No label and no text holds personal data.

use metrics::counter;

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
