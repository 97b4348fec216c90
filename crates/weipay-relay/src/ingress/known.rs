//! What the merchant's system knows of, to be looked for: `POST /v1/known` and `GET /v1/known/{key}`.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Door;
use super::effects::{bearer, misuse, unauthorized, unavailable};
use crate::context::Context;
use crate::job::Job;
use crate::make_good::{Known, usable};
use crate::merchant::Merchant;
use crate::operate::make_good::{KNOWN, ask, checked, named};
use crate::store::Filter;
use crate::work::Work;

const MAX_BODY: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    key: String,
    known: Vec<Known>,
}

/// Stores a check for each, and answers 202 with how they stand. The same key with the same list is the same list; with
/// another one it is 409.
pub(super) async fn submit(State(door): State<Door>, headers: HeaderMap, body: Body) -> Response {
    let ctx = &door.ctx;
    let Some(merchant) = bearer(ctx, &headers) else { return unauthorized() };
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({ "error": "the body is above 1 MiB" })))
            .into_response();
    };
    let list: List = match crate::json::read(&body) {
        Ok(list) => list,
        Err(why) => return misuse(&format!("the body is not {{\"key\", \"known\"}}: {why}")),
    };
    if let Err(why) = usable(&list.key) {
        return misuse(why);
    }
    let checks = match named(&list.known, &merchant) {
        Ok(checks) => checks,
        Err(why) => return misuse(&why),
    };
    let wanted = checks.clone();
    let now = ctx.clock.now();
    let stored = match ask(ctx, &merchant, &case(&list.key), checks, now).await {
        Ok(stored) => stored,
        Err(error) => return unavailable(error),
    };
    let same = stored.len() == wanted.len()
        && stored.iter().zip(&wanted).all(|(job, (_, check))| match ctx.open(&job.work) {
            Ok(Work::Check(stored)) => stored == *check,
            // Its contents were removed since.
            _ => job.state.is_final(),
        });
    if !same {
        let error = "this key was used for another list; every list has a key of its own";
        return (StatusCode::CONFLICT, Json(json!({ "error": error }))).into_response();
    }
    ctx.work.notify_one();
    (StatusCode::ACCEPTED, Json(shown(ctx, &merchant, &list.key, &stored))).into_response()
}

/// How the checks of a list stand.
pub(super) async fn show(State(door): State<Door>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    let ctx = &door.ctx;
    let Some(merchant) = bearer(ctx, &headers) else { return unauthorized() };
    let filter = Filter {
        merchant: Some(merchant.name.clone()),
        case: Some(case(&key)),
        limit: u32::try_from(4 * KNOWN).ok(),
        ..Filter::default()
    };
    match ctx.store.list(&filter).await {
        Ok(jobs) if jobs.is_empty() => {
            (StatusCode::NOT_FOUND, Json(json!({ "error": "no list has this key" }))).into_response()
        }
        Ok(jobs) => Json(shown(ctx, &merchant, &key, &jobs)).into_response(),
        Err(error) => unavailable(error),
    }
}

fn case(key: &str) -> String {
    format!("known/{key}")
}

fn shown(ctx: &Context, merchant: &Merchant, key: &str, jobs: &[Job]) -> Value {
    let checks: Vec<_> = jobs.iter().filter_map(|job| checked(ctx, merchant, job)).collect();
    let open = checks.iter().filter(|check| check.result == "pending").count();
    json!({ "key": key, "pending": open, "checks": checks })
}
