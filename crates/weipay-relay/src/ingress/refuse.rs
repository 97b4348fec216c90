//! What failed verification: answered 4xx, counted, and kept apart if it may be verified again.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use weipay::NotificationError;
use weipay::error::VerifyReason;

use super::{Door, fail};
use crate::merchant::Merchant;
use crate::store::Refusal;
use crate::watch::{alert, notified};

/// Larger bodies are not kept: anybody can send them.
const KEPT: usize = 64 * 1024;

/// Answers a notification that cannot be trusted or opened, so that WeChat Pay repeats it if it is genuine.
pub(super) async fn refuse(
    door: &Door,
    merchant: &Merchant,
    headers: &HeaderMap,
    body: &[u8],
    error: &NotificationError,
) -> Response {
    let (result, keep) = match error {
        // WeChat Pay does this on purpose and sends the same again, properly signed.
        NotificationError::Verify(VerifyReason::Probe) => ("probe", false),
        // Nobody could ever verify these.
        NotificationError::Verify(VerifyReason::Unsigned | VerifyReason::MissingHeader(_)) => {
            ("unsigned", false)
        }
        NotificationError::Verify(_) => ("unverified", true),
        _ => ("unopened", true),
    };
    notified(&merchant.name, result);
    if result != "probe" {
        alert("refused", &merchant.name, "notification", &error.to_string());
    }
    if keep && body.len() <= KEPT {
        let ctx = &door.ctx;
        let refusal = Refusal {
            merchant: merchant.name.clone(),
            reason: error.to_string(),
            headers: kept_headers(headers),
            body: body.to_vec(),
        };
        if let Err(error) = ctx.store.refuse(refusal, ctx.settings.refusals, ctx.clock.now()).await {
            tracing::error!(%error, "a refused notification could not be kept apart");
        }
    }
    fail(StatusCode::BAD_REQUEST, "the notification was not accepted")
}

/// The `Wechatpay-*` headers and the request's id, as JSON.
pub(super) fn kept_headers(headers: &HeaderMap) -> String {
    let kept = headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        name.starts_with("wechatpay-") || name == "request-id"
    });
    let kept: Map<String, Value> =
        kept.map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap_or_default()))).collect();
    Value::Object(kept).to_string()
}
