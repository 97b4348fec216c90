//! What is shown of stored JSON: members that are known to be harmless in clear, every other text masked.

use serde_json::Value;

/// Texts that identify business, not people. What is not listed is masked, so that a new member is never shown by mistake.
const CLEAR: &[&str] = &[
    "about",
    "appid",
    "authorize_state",
    "authorize_time",
    "brand_id",
    "case",
    "change",
    "check",
    "coupon_code",
    "coupon_state",
    "deauthorize_time",
    "decision",
    "deduct_points",
    "earn",
    "effect",
    "exchange_coupon_template_id",
    "fail_reason",
    "finish_time",
    "gap",
    "made_good",
    "mchid",
    "number",
    "operation",
    "points_commit_status",
    "points_update_time",
    "product_coupon_id",
    "reason",
    "record_id",
    "refund_id",
    "reject_reason",
    "result",
    "state",
    "stock_id",
    "sub_mchid",
    "time_end",
    "transaction_id",
    "use_request_no",
    "out_request_no",
    "work",
];

/// `value` without personal data: the last two characters of a longer text remain, so that two can be told apart.
pub(super) fn masked(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let shown = match &value {
                        Value::String(_) if CLEAR.contains(&name.as_str()) => value,
                        _ => masked(value),
                    };
                    (name, shown)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(masked).collect()),
        Value::String(text) => Value::String(hidden(&text)),
        other => other,
    }
}

/// A text of which only the end is shown.
pub(super) fn hidden(text: &str) -> String {
    let length = text.chars().count();
    let kept = if length >= 8 { length - 2 } else { length };
    format!("***{}", text.chars().skip(kept).collect::<String>())
}

/// What somebody wrote, short and without anything that a terminal obeys.
pub(super) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(40).filter(|char| !char.is_control()).collect();
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::masked;

    #[test]
    fn what_is_not_known_to_be_harmless_is_masked_at_any_depth() {
        let shown = masked(json!({
            "record_id": "R1", "openid": "obLatjnx9gnqzS4m", "others": { "phone": "13800138000", "n": 1 },
            "list": ["secret-text", { "state": "OK" }], "short": "abc",
        }));
        assert_eq!(
            shown,
            json!({
                "record_id": "R1", "openid": "***4m", "others": { "phone": "***00", "n": 1 },
                "list": ["***xt", { "state": "OK" }], "short": "***",
            })
        );
    }
}
