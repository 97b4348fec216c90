//! A notification: verified on its raw bytes, stored with its job, and only then acknowledged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use weipay::Notification;

use super::refuse::{kept_headers, refuse};
use super::{Door, fail};
use crate::context::Context;
use crate::engine::plan;
use crate::event::understand;
use crate::failpoint::failpoint;
use crate::merchant::Merchant;
use crate::sabotage::{Sabotage, planted};
use crate::store::{Arrival, Receipt};
use crate::watch::{answered, notified};
use crate::work::Work;

/// Notifications have a few kilobytes.
const MAX_BODY: usize = 1024 * 1024;
/// WeChat Pay waits five seconds for the acknowledgement; what comes later counts as none.
const PATIENCE: Duration = Duration::from_millis(4500);

/// `POST /notify/{merchant}`: 204 when it is durably stored, or was before. 4xx when it cannot be trusted, 503 when it
/// cannot be stored: both come again.
pub(super) async fn notify(
    State(door): State<Door>,
    Path(merchant): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(_permit) = door.intake.clone().try_acquire_owned() else {
        notified("-", "overflow");
        return fail(StatusCode::SERVICE_UNAVAILABLE, "too many at once; send it again");
    };
    let began = Instant::now();
    let response = match tokio::time::timeout(PATIENCE, take(&door, &merchant, &headers, body)).await {
        Ok(response) => response,
        Err(_) => fail(StatusCode::SERVICE_UNAVAILABLE, "not stored in time; send it again"),
    };
    answered(began.elapsed());
    response
}

async fn take(door: &Door, merchant: &str, headers: &HeaderMap, body: Body) -> Response {
    let ctx = &door.ctx;
    let Some(merchant) = ctx.merchants.get(merchant) else {
        return fail(StatusCode::NOT_FOUND, "nobody of this name is configured");
    };
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        notified(&merchant.name, "oversized");
        return fail(StatusCode::PAYLOAD_TOO_LARGE, "the body is above 1 MiB or incomplete");
    };
    let notification = match merchant.client.notification(headers, &body).await {
        Ok(notification) => notification,
        Err(error) => return refuse(door, merchant, headers, &body, &error).await,
    };
    let now = ctx.clock.now();
    let (arrival, result) = arrival(ctx, merchant, headers, &body, &notification, now);
    if planted(Sabotage::AckBeforeCommit) {
        let ctx = Arc::clone(ctx);
        tokio::spawn(async move {
            // As a cache that is written later.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = ctx.store.receive(arrival, now).await;
            ctx.work.notify_one();
        });
        return StatusCode::NO_CONTENT.into_response();
    }
    failpoint("ingress-before-store");
    match ctx.store.receive(arrival, now).await {
        Ok(receipt) => {
            failpoint("ingress-after-store");
            notified(&merchant.name, if receipt == Receipt::Duplicate { "duplicate" } else { result });
            ctx.work.notify_one();
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => {
            notified(&merchant.name, "unstored");
            tracing::error!(%error, merchant = merchant.name, "a notification could not be stored; it comes again");
            fail(StatusCode::SERVICE_UNAVAILABLE, "not stored; send it again")
        }
    }
}

/// A verified notification as it is stored, and what it is counted as.
pub(crate) fn arrival(
    ctx: &Context,
    merchant: &Merchant,
    headers: &HeaderMap,
    body: &[u8],
    notification: &Notification,
    now: Timestamp,
) -> (Arrival, &'static str) {
    let event = understand(notification, merchant, &ctx.vault, now);
    let result = match &event.work {
        Work::Aside(_) => "aside",
        Work::Foreign(_) => "foreign",
        _ => "taken",
    };
    let arrival = Arrival {
        merchant: merchant.name.clone(),
        notification_id: notification.id().to_owned(),
        event_type: notification.event_type().to_owned(),
        case: event.case.clone(),
        headers: kept_headers(headers),
        body: body.to_vec(),
        person: event.person.clone(),
        job: plan::of_event(ctx, merchant, &event, now),
    };
    (arrival, result)
}
