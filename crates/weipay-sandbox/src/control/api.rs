//! The HTTP side of the control plane: one line per operation of `openapi.yaml`.

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use futures_util::Stream;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::clock::duration;
use super::extract::{Asked, Sent, SentText};
use super::problem::Problem;
use super::{Control, FaultOrder, MigrationView, Search, TriggerOrder};
use crate::Snapshot;

type Answer = Result<Response, Problem>;
type Here = State<Control>;

/// The largest world that is loaded, in bytes. Uploads are part of it.
const MAX_SNAPSHOT: usize = 256 * 1024 * 1024;

/// Everything under `/sandbox/v1/`.
pub(super) fn router(control: Control) -> Router {
    let api = Router::new()
        .route("/openapi.yaml", get(openapi))
        .route("/ca.pem", get(authority))
        .route("/status", get(async |State(control): Here| Json(control.status())))
        .route("/state", get(async |State(control): Here| Json(control.state())))
        .route("/snapshot", get(save).put(load).layer(DefaultBodyLimit::max(MAX_SNAPSHOT)))
        .route("/worlds", get(async |State(control): Here| Json(control.worlds())))
        .route("/effects", get(async |State(control): Here| Json(control.effects())))
        .route("/traffic", get(async |State(control): Here| Json(control.traffic())))
        .route("/reset", post(reset))
        .route("/journal", get(journal).delete(clear_journal))
        .route("/journal/export", get(export))
        .route("/journal/stream", get(stream))
        .route("/journal/{number}", get(exchange))
        .route("/faults", get(faults).post(inject).delete(clear_faults))
        .route("/faults/known", get(async |State(control): Here| Json(control.known_faults())))
        .route("/faults/{number}", delete(clear_fault))
        .route("/scenarios", get(async |State(control): Here| Json(control.scenarios())))
        .route("/scenarios/{name}", post(play))
        .route("/clock", get(async |State(control): Here| Json(control.clock())))
        .route("/clock/advance", post(advance))
        .route("/clock/skew", put(skew))
        .route("/events", get(async |State(control): Here| Json(control.events())))
        .route(
            "/notifications",
            get(async |State(control): Here| Json(control.notifications())).post(trigger),
        )
        .route("/notifications/{id}/resend", post(resend))
        .route("/users", get(async |State(control): Here| Json(control.user_acts())))
        .route("/users/{act}", post(user))
        .route("/keys", get(async |State(control): Here| Json(control.keys())))
        .route("/keys/migration", put(migrate))
        .route("/keys/{mchid}/certificates/{serial}", put(certificate))
        .route("/keys/{mchid}/notify_url", put(notify_url))
        .fallback(async || Problem::unknown("no such path; GET /sandbox/v1/openapi.yaml lists them"))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(control);
    Router::new().nest("/sandbox/v1", api)
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/yaml; charset=utf-8")], super::OPENAPI).into_response()
}

async fn save(State(control): Here) -> Answer {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"weipay-sandbox-world.json\""),
    ];
    Ok((headers, control.save()?.as_str().to_owned()).into_response())
}

async fn load(State(control): Here, SentText(text): SentText) -> Answer {
    control.load(&Snapshot::parse(text)?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn authority(State(control): Here) -> Answer {
    let found = control.world().ca_pem();
    let pem = found.ok_or_else(|| Problem::unknown("this sandbox speaks no HTTPS; start it with --tls"))?;
    Ok(([(CONTENT_TYPE, "application/x-pem-file")], pem.to_owned()).into_response())
}

async fn reset(State(control): Here) -> Answer {
    control.reset()?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn journal(State(control): Here, Asked(search): Asked<Search>) -> Response {
    Json(control.journal(&search)).into_response()
}

async fn clear_journal(State(control): Here) -> StatusCode {
    control.clear_journal();
    StatusCode::NO_CONTENT
}

async fn export(State(control): Here, Asked(search): Asked<Search>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (CONTENT_DISPOSITION, "attachment; filename=\"weipay-sandbox-journal.ndjson\""),
    ];
    (headers, control.export(&search)).into_response()
}

async fn stream(
    State(control): Here,
    Asked(search): Asked<Search>,
) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let follow = control.follow(search);
    let batches = futures_util::stream::unfold(follow, async |mut follow| {
        let batch = follow.next().await;
        Some((batch, follow))
    });
    let events = futures_util::StreamExt::flat_map(batches, |batch| {
        futures_util::stream::iter(batch.into_iter().map(|exchange| {
            Event::default().event("exchange").id(exchange.number.to_string()).json_data(exchange)
        }))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn exchange(State(control): Here, Path(number): Path<u64>) -> Answer {
    let found = control.exchange(number);
    let found =
        found.ok_or_else(|| Problem::unknown("this exchange is not kept, or has not happened yet"))?;
    Ok(Json(found).into_response())
}

async fn faults(State(control): Here) -> Response {
    Json(control.faults()).into_response()
}

async fn inject(State(control): Here, Sent(order): Sent<FaultOrder>) -> Answer {
    Ok(Json(control.inject(&order)?).into_response())
}

async fn clear_faults(State(control): Here) -> StatusCode {
    control.clear_faults();
    StatusCode::NO_CONTENT
}

async fn clear_fault(State(control): Here, Path(number): Path<u64>) -> Answer {
    control.clear_fault(number)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn play(State(control): Here, Path(name): Path<String>) -> Answer {
    control.play(&name)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by: String,
}

async fn advance(State(control): Here, Sent(Advance { by }): Sent<Advance>) -> Answer {
    let passed = duration(&by).map_err(|error| Problem::new(400, "PARAM_ERROR", error.to_string()))?;
    Ok(Json(control.advance(passed).await).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skew {
    seconds: i64,
}

async fn skew(State(control): Here, Sent(Skew { seconds }): Sent<Skew>) -> Response {
    Json(control.set_skew(seconds)).into_response()
}

async fn trigger(State(control): Here, Sent(order): Sent<TriggerOrder>) -> Answer {
    let id = control.trigger(&order)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response())
}

async fn resend(State(control): Here, Path(id): Path<String>) -> Answer {
    control.resend(&id)?;
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn user(State(control): Here, Path(act): Path<String>, Sent(said): Sent<Map<String, Value>>) -> Answer {
    let id = control.user(&act, &said)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response())
}

async fn migrate(State(control): Here, Sent(migration): Sent<MigrationView>) -> Answer {
    Ok(Json(control.migrate(migration)?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateChange {
    state: String,
}

async fn certificate(
    State(control): Here,
    Path((mchid, serial)): Path<(String, String)>,
    Sent(change): Sent<CertificateChange>,
) -> Answer {
    Ok(Json(control.set_certificate(&mchid, &serial, &change.state)?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotifyUrl {
    url: String,
}

async fn notify_url(State(control): Here, Path(mchid): Path<String>, Sent(body): Sent<NotifyUrl>) -> Answer {
    Ok(Json(control.set_notify_url(&mchid, &body.url)?).into_response())
}
