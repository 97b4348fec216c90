//! One request's life: received, routed, authenticated, checked, executed, answered, written down.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};
use weipay_catalog::ops::UploadForm;
use weipay_catalog::reference;

use super::authenticate;
use super::payer;
use super::received::Received;
use super::reply::{self, Reply, Seal};
use super::router::{self, NoRoute, Route};
use super::wire::{Control, Plan};
use crate::call::{Call, Caller, Upload};
use crate::courier;
use crate::engine;
use crate::fault::{Action, Tampering};
use crate::journal::{Direction, Entry};
use crate::json;
use crate::keys::PlatformKey;
use crate::mistake::Mistake;
use crate::protocol::authorization::Scheme;
use crate::protocol::percent;
use crate::refusal::Refusal;
use crate::rules;
use crate::schema::validate;
use crate::shared::Shared;
use crate::state::State;

/// The largest documented upload is 7.5 MB.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Answers one request and writes it into the journal.
pub(super) async fn handle(
    shared: Arc<Shared>,
    control: Arc<Control>,
    request: hyper::Request<Incoming>,
) -> Response<Full<Bytes>> {
    let arrived = Instant::now();
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map(http_body_util::Collected::to_bytes);
    let received = Received {
        method: head.method.as_str().to_owned(),
        target: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
        absolute: head.uri.scheme().is_some(),
        headers: head.headers,
        body: body.as_ref().cloned().unwrap_or_default(),
        arrived,
    };
    let mut entry =
        Entry::new(Direction::Received, &received.method, &received.target, shared.state().clock.wire());
    entry.request_headers = received.journal_headers();
    entry.request_body = received.body.clone();
    if received.absolute {
        entry.mistakes.push(Mistake::new("Q02", "the request line names a whole address instead of a path"));
    }
    let (response, plan) = match body {
        Ok(_) if received.path().starts_with(payer::PATH) => {
            (payer::answer(&shared, &received, &mut entry), Plan::Pass)
        }
        Ok(_) => answer(&shared, &received, &mut entry),
        // Larger than anything documented (ASSUME), or the caller went away.
        Err(_) => (reply::response(&Reply::from(Refusal::empty(413)), "", None), Plan::Pass),
    };
    entry.status = (plan != Plan::Reset).then(|| response.status().as_u16());
    entry.response_headers = super::header_list(response.headers());
    entry.duration = arrived.elapsed();
    control.plan(plan);
    shared.write_down(entry);
    courier::dispatch(&shared);
    response
}

/// Decides, signs, and says what happens to the connection.
fn answer(shared: &Shared, received: &Received, entry: &mut Entry) -> (Response<Full<Bytes>>, Plan) {
    let mut outcome = Outcome::default();
    let reply = match judge(shared, received, entry, &mut outcome) {
        Ok(reply) => reply,
        Err(refusal) => {
            entry.mistakes.extend(refusal.mistake.as_deref().cloned());
            Reply::from(refusal)
        }
    };
    entry.basis = Some(reply.basis);
    entry.response_body = reply.body.clone();
    let (timestamp, nonce, request_id) = {
        let mut state = shared.state();
        (state.clock.wire(), state.ids.nonce(), state.ids.request())
    };
    let seal = outcome.caller.as_ref().map(|caller| Seal {
        key: outcome.key.unwrap_or_else(|| shared.keys.default_platform(caller.scheme, &caller.id)),
        scheme: caller.scheme,
        timestamp,
        nonce: &nonce,
        tampering: outcome.tampering,
    });
    let plan = match outcome.plan {
        // A body that cannot be cut in two: the head is cut instead.
        Plan::CutBody(_) if reply.body.is_empty() => Plan::Cut(40),
        Plan::CutBody(_) => Plan::CutBody(reply.body.len() / 2),
        plan => plan,
    };
    (reply::response(&reply, &request_id, seal.as_ref()), plan)
}

/// What becomes known on the way and decides how the answer is signed and sent.
#[derive(Default)]
struct Outcome<'a> {
    caller: Option<Caller>,
    key: Option<&'a PlatformKey>,
    tampering: Option<Tampering>,
    plan: Plan,
}

fn judge<'a>(
    shared: &'a Shared,
    received: &Received,
    entry: &mut Entry,
    outcome: &mut Outcome<'a>,
) -> Result<Reply, Refusal> {
    let route = router::route(&received.method, received.path()).map_err(|no_route| match no_route {
        NoRoute::Path => Refusal::empty(404),
        NoRoute::Method => Refusal::empty(405),
    });
    let route = route.inspect_err(|_| {
        if received.path().contains('{') {
            entry.mistakes.push(Mistake::new("Q02", "a placeholder of the path was not filled in"));
        } else if received.path().contains("//") {
            entry.mistakes.push(Mistake::new("Q02", "the path has a double slash"));
        }
    })?;
    entry.operation = Some(route.operation.id);

    let now = shared.state().clock.wire();
    let seen = |signature: &str| shared.state().seen(signature);
    let caller = authenticate::authenticate(&shared.keys, &route, received, now, seen, entry)?;
    entry.caller = Some(caller.id.clone());
    outcome.caller = Some(caller.clone());
    outcome.key = answer_key(shared, &caller, received)?;

    let mut state = shared.state();
    rate(&mut state, &route, &caller, received.arrived)?;
    if let Some((id, Action::Instead(status))) = state.faults.before(route.operation.id) {
        entry.fault = Some(id);
        return Ok(Reply::fault(status));
    }
    let reply = execute(shared, &mut state, received, &route, &caller, entry)?;
    if !(200..300).contains(&reply.status) {
        return Ok(reply);
    }
    let Some((id, action)) = state.faults.after(route.operation.id) else { return Ok(reply) };
    entry.fault = Some(id);
    match action {
        Action::After(status) | Action::Instead(status) => return Ok(Reply::fault(status)),
        Action::Reset => outcome.plan = Plan::Reset,
        Action::CutBody => outcome.plan = Plan::CutBody(0),
        Action::Sign(tampering) => outcome.tampering = Some(tampering),
    }
    Ok(reply)
}

/// The key that signs the answer: the one that the caller names in `Wechatpay-Serial`, else the certificate.
fn answer_key<'a>(
    shared: &'a Shared,
    caller: &Caller,
    received: &Received,
) -> Result<Option<&'a PlatformKey>, Refusal> {
    let Some(serial) = received.header("wechatpay-serial") else {
        return match caller.scheme {
            Scheme::Merchant => Ok(None),
            Scheme::Brand => {
                let message = "HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)";
                let mistake = Mistake::new("Q11", "the brand scheme needs Wechatpay-Serial on every request");
                Err(Refusal::new(400, "PARAM_ERROR", message).because(mistake))
            }
        };
    };
    match shared.keys.platform(caller.scheme, &caller.id, serial) {
        Some(key) => Ok(Some(key)),
        None => Err(Refusal::new(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误")),
    }
}

fn rate(state: &mut State, route: &Route, caller: &Caller, arrived: Instant) -> Result<(), Refusal> {
    let id = route.operation.id;
    let documented = route.operation.rate_limit.as_ref();
    let documented = documented.map(|rate| (rate.limit, Duration::from_secs(rate.per.seconds().into())));
    let other = rules::entry(id).and_then(|entry| entry.per_second);
    let rate = documented.or_else(|| other.map(|limit| (limit, Duration::from_secs(1))));
    match rate {
        Some(rate) if !state.limits.admit(&caller.id, id, rate, arrived) => {
            // By the gateway, therefore unsigned (ASSUME), and without Retry-After.
            let refusal = Refusal::new(429, "FREQUENCY_LIMITED", "频率超限，请降低请求频率");
            Err(Refusal { signed: false, internal: 268_447_840, ..refusal })
        }
        _ => Ok(()),
    }
}

fn execute(
    shared: &Shared,
    state: &mut State,
    received: &Received,
    route: &Route,
    caller: &Caller,
    entry: &mut Entry,
) -> Result<Reply, Refusal> {
    let operation = route.operation;
    let origin = format!("http://{}", received.header("host").unwrap_or_default());
    let mut call = Call {
        operation,
        caller,
        keys: &shared.keys,
        path: route.parameters.clone(),
        query: percent::pairs(received.query()),
        body: Value::Null,
        file: None,
        origin: &origin,
        serial: received.header("wechatpay-serial"),
        now: state.clock.business(),
        notes: std::cell::RefCell::new(Vec::new()),
    };
    let outcome = check(state, &mut call, received).and_then(|()| engine::answer(state, &call));
    entry.notes.append(&mut call.notes.borrow_mut());
    outcome.map(Reply::from)
}

/// Parameters and body against the catalogue, then the merchant number in the payload.
fn check(state: &State, call: &mut Call<'_>, received: &Received) -> Result<(), Refusal> {
    let mut notes = Vec::new();
    let outcome = check_members(state, call, received, &mut notes);
    call.notes.borrow_mut().append(&mut notes);
    let words = rules::entry(call.operation.id).and_then(|entry| entry.words);
    outcome.map_err(|refusal| match words {
        Some(words) => words(refusal),
        None => refusal,
    })
}

fn check_members(
    state: &State,
    call: &mut Call<'_>,
    received: &Received,
    notes: &mut Vec<String>,
) -> Result<(), Refusal> {
    let Some(reference) = reference::reference(call.operation.id) else { return Ok(()) };
    validate::parameters(reference.parameters, &call.path, &call.query, notes)?;
    let has_body = reference.bodies.iter().any(|body| body.request.is_some());
    if !has_body {
        if !received.body.is_empty() {
            notes.push("a body was sent to an operation that has none; ignored".to_owned());
        }
        return Ok(());
    }
    let text = match call.operation.upload_form {
        Some(form) => take_apart(call, form, received)?,
        None => received.body.clone(),
    };
    let (value, twice) = json::parse(&text).map_err(|_| {
        // The parser's words may repeat the body; its position is enough.
        Refusal::member("", "the body is not one JSON text in UTF-8").by_schema()
    })?;
    notes.extend(twice.into_iter().map(|pointer| format!("{pointer} stands twice; the last one counts")));
    call.body = value;
    let shape = rules::entry(call.operation.id).and_then(|entry| entry.shape);
    let schema = match shape {
        Some(shape) => shape(state, call, reference)?,
        None => reference.bodies.iter().find_map(|body| body.request),
    };
    if let Some(schema) = schema {
        validate::body(schema, &call.body, notes)?;
    }
    identity(call, notes)?;
    // A brand's own paths have the members of the partner's but this one, which the signature says.
    if call.caller.scheme == Scheme::Brand
        && let Value::Object(members) = &mut call.body
    {
        members.entry("brand_id").or_insert_with(|| json!(call.caller.id));
    }
    Ok(())
}

/// The JSON part of an upload; its file goes into the call.
fn take_apart(call: &mut Call<'_>, form: &UploadForm, received: &Received) -> Result<Bytes, Refusal> {
    let missing = |name: &str| Refusal::member(&format!("/{name}"), "the form has no such part").by_schema();
    let mut parts = received
        .form()
        .ok_or_else(|| Refusal::member("", "the body is not a whole multipart/form-data").by_schema())?;
    let mut take = |name: &str| {
        let at = parts.iter().position(|part| part.name == name);
        at.map(|at| parts.swap_remove(at)).ok_or_else(|| missing(name))
    };
    let (meta, file) = (take(form.signed_part)?, take(form.file_part)?);
    call.file = Some(Upload { name: file.file_name.unwrap_or_default(), bytes: file.content });
    Ok(meta.content)
}

/// The merchant number in the payload must be the caller's (DOC), or is told so.
fn identity(call: &Call<'_>, notes: &mut Vec<String>) -> Result<(), Refusal> {
    if call.caller.scheme == Scheme::Brand {
        let named = call.text("brand_id");
        return if named.is_some_and(|named| named != call.caller.id) {
            Err(Refusal::member("/brand_id", "not the brand that signed").because(q10("brand_id")))
        } else {
            Ok(())
        };
    }
    for name in ["mchid", "sp_mchid"] {
        let Some(named) = call.text(name).filter(|named| *named != call.caller.id) else { continue };
        if name == "mchid" && call.text("sub_mchid").is_some() {
            notes.push(format!(
                "/mchid names {named} beside /sub_mchid; tolerated, because the pages' own sample does so"
            ));
            continue;
        }
        let message = "http header中的mchid与post payload中的mchid不匹配";
        return Err(Refusal::new(400, "PARAM_ERROR", message).because(q10(name)));
    }
    Ok(())
}

fn q10(name: &str) -> Mistake {
    Mistake::new("Q10", format!("/{name} is not the one in Authorization"))
}
