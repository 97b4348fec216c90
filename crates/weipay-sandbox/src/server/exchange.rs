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
use super::{Arrival, Port};
use crate::call::{Call, Caller, Upload};
use crate::courier;
use crate::engine;
use crate::fault::{Action, Chosen, Spot, Stage, Tampering};
use crate::journal::{Direction, Entry};
use crate::json;
use crate::keys::{Keys, PlatformKey};
use crate::mistake::Mistake;
use crate::protocol::authorization::Scheme;
use crate::protocol::percent;
use crate::refusal::Refusal;
use crate::rules;
use crate::schema::validate;
use crate::shared::Shared;
use crate::state::State;
use crate::tls;
use crate::worlds::Worlds;

/// The largest documented upload is 7.5 MB.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Answers one request and writes it into the journal.
pub(super) async fn handle(
    port: &Port,
    arrival: Arrival,
    control: Arc<Control>,
    request: hyper::Request<Incoming>,
) -> Response<Full<Bytes>> {
    let arrived = Instant::now();
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map(http_body_util::Collected::to_bytes);
    let host = head.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let origin = format!("{}://{host}", if arrival.secure { "https" } else { "http" });
    let received = Received {
        backup: arrival.backup || tls::is_backup(host),
        // A browser that does not come through the sandbox would ask the real host.
        pages: match tls::is_wechat_pays(host) {
            true => format!("http://{}", port.address),
            false => origin.clone(),
        },
        origin,
        method: head.method.as_str().to_owned(),
        target: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
        absolute: head.uri.scheme().is_some(),
        headers: head.headers,
        body: body.as_ref().cloned().unwrap_or_default(),
        arrived,
    };
    let shared = world_of(&port.home, &port.worlds, &received);
    let mut entry =
        Entry::new(Direction::Received, &received.method, &received.target, shared.state().clock.wire());
    entry.request_headers = received.journal_headers();
    entry.request_body = received.body.clone();
    if received.absolute {
        entry.mistakes.push(Mistake::new("Q02", "the request line names a whole address instead of a path"));
    }
    let (response, plan, delay) = match body {
        Ok(_) if received.path().starts_with(payer::PATH) => {
            (payer::answer(&shared, &received, &mut entry), Plan::Pass, Duration::ZERO)
        }
        Ok(_) => answer(&shared, &received, &mut entry),
        // Larger than anything documented (ASSUME), or the caller went away.
        Err(_) => (reply::response(&Reply::from(Refusal::empty(413)), "", None), Plan::Pass, Duration::ZERO),
    };
    entry.status = (plan != Plan::Reset).then(|| response.status().as_u16());
    entry.response_headers = super::header_list(response.headers());
    entry.duration = arrived.elapsed();
    control.plan(plan);
    shared.write_down(entry);
    courier::dispatch(&shared);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    response
}

/// The world that a request is for.
fn world_of(home: &Arc<Shared>, worlds: &Worlds, received: &Received) -> Arc<Shared> {
    let authorization = received.authorization().and_then(Result::ok);
    let caller = authorization.as_ref().map(|found| (found.scheme, found.identity.as_str()));
    let query = percent::pairs(received.query());
    let token = query.iter().find(|(name, _)| name == "token").map(|(_, token)| token.as_str());
    let session = received.path().strip_prefix(payer::PATH);
    worlds.find(home, caller, session.or(token))
}

/// Decides, signs, and says what happens to the connection.
fn answer(
    shared: &Shared,
    received: &Received,
    entry: &mut Entry,
) -> (Response<Full<Bytes>>, Plan, Duration) {
    let mut outcome = Outcome::default();
    let keys = shared.keys();
    let reply = match judge(shared, &keys, received, entry, &mut outcome) {
        Ok(reply) => reply,
        Err(refusal) => {
            entry.mistakes.extend(refusal.mistake.as_deref().cloned());
            Reply::from(refusal)
        }
    };
    entry.basis = Some(reply.basis);
    entry.response_body = reply.body.clone();
    let (timestamp, nonce, request_id, key) = {
        let mut state = shared.state();
        let state = &mut *state;
        let key = state.migration.answer(&keys, outcome.key, &mut state.ids);
        (state.clock.wire(), state.ids.nonce(), state.ids.request(), key)
    };
    let seal = outcome.caller.as_ref().map(|caller| Seal {
        key,
        scheme: caller.scheme,
        timestamp,
        nonce: &nonce,
        tampering: outcome.tampering,
    });
    let plan = match outcome.plan {
        // A body that cannot be cut in two: the head is cut instead.
        Plan::CutBody(_) if reply.body.is_empty() => Plan::Cut(40),
        Plan::CutBody(_) => Plan::CutBody(reply.body.len() / 2),
        Plan::StallBody(_) if reply.body.is_empty() => Plan::Stall(40),
        Plan::StallBody(_) => Plan::StallBody(reply.body.len() / 2),
        plan => plan,
    };
    (reply::response(&reply, &request_id, seal.as_ref()), plan, outcome.delay)
}

/// What becomes known on the way and decides how the answer is signed and sent.
#[derive(Default)]
struct Outcome<'a> {
    caller: Option<Caller>,
    key: Option<&'a PlatformKey>,
    tampering: Option<Tampering>,
    plan: Plan,
    delay: Duration,
}

fn judge<'a>(
    shared: &Shared,
    keys: &'a Keys,
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
    let caller = authenticate::authenticate(keys, &route, received, now, seen, entry)?;
    entry.caller = Some(caller.id.clone());
    outcome.caller = Some(caller.clone());
    // A brand's answers are signed by its own key, whatever it names.
    outcome.key = keys.of_brand(&caller.id).filter(|_| caller.scheme == Scheme::Brand);
    outcome.key = named_key(shared, keys, &caller, received)?;

    let mut state = shared.state();
    let state = &mut *state;
    rate(state, &route, &caller, received.arrived)?;
    let spot = Spot {
        name: route.operation.id,
        method: &received.method,
        path: received.path(),
        template: route.operation.template,
    };
    let now = state.clock.business();
    let fault = state.faults.on_request(spot, received.backup, now, &mut state.ids);
    if fault.is_some_and(|fault| fault.action == Action::NotThere) {
        outcome.plan = Plan::Reset;
    }
    if let Some(reply) = strike_before(state, fault, entry) {
        return reply;
    }
    let other_certificate = fault.is_some_and(|fault| fault.action == Action::OtherCertificate);
    let outcome_of_rule = execute(keys, state, received, &route, &caller, other_certificate, entry);
    match (outcome_of_rule, fault) {
        (Ok(reply), Some(fault))
            if (200..300).contains(&reply.status) && fault.action.stage() == Stage::Success =>
        {
            state.faults.spend(fault);
            entry.fault = Some(fault.id);
            Ok(strike_after(fault.action, reply, outcome))
        }
        (Err(refusal), Some(fault)) if refusal.signed && fault.action.stage() == Stage::Refusal => {
            state.faults.spend(fault);
            entry.fault = Some(fault.id);
            outcome.tampering = Some(Tampering::OtherBody);
            Err(refusal)
        }
        (reply, _) => reply,
    }
}

/// A fault that strikes before anything is executed; none if the call goes on.
fn strike_before(
    state: &mut State,
    fault: Option<Chosen>,
    entry: &mut Entry,
) -> Option<Result<Reply, Refusal>> {
    let fault = fault.filter(|fault| fault.action.stage() == Stage::Before)?;
    state.faults.spend(fault);
    entry.fault = Some(fault.id);
    match fault.action {
        Action::Instead(status) => Some(Ok(Reply::fault(status))),
        // Nobody sees this answer: the connection is reset.
        Action::NotThere => Some(Ok(Reply::fault(503))),
        Action::Refuse(status, code, message) => {
            // What authentication would have refused is not signed.
            let refusal = Refusal::new(status, code, message);
            Some(Err(Refusal { signed: status != 401, ..refusal }))
        }
        _ => None,
    }
}

/// What a fault makes of a success.
fn strike_after(action: Action, reply: Reply, outcome: &mut Outcome<'_>) -> Reply {
    match action {
        Action::After(status) => return Reply::fault(status),
        Action::ErrorBody => {
            let error = Reply::fault(500);
            return Reply { status: 200, internal: 0, ..error };
        }
        Action::ContentType(media_type) => {
            return Reply { media_type: media_type.unwrap_or_default(), ..reply };
        }
        Action::Reset => outcome.plan = Plan::Reset,
        Action::CutBody => outcome.plan = Plan::CutBody(0),
        Action::Stall => outcome.plan = Plan::StallBody(0),
        Action::CloseOnReuse => outcome.plan = Plan::CloseOnReuse,
        Action::Delay(delay) => outcome.delay = delay,
        Action::Sign(tampering) => outcome.tampering = Some(tampering),
        _ => {}
    }
    reply
}

/// The platform key that the caller names in `Wechatpay-Serial`; a brand has to name its own.
fn named_key<'a>(
    shared: &Shared,
    keys: &'a Keys,
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
    let next = keys.next.as_ref().is_some_and(|(key, _)| key.serial == serial);
    let hidden = next && !shared.state().migration.shows_next();
    match keys.platform(caller.scheme, &caller.id, serial).filter(|_| !hidden) {
        Some(key) => Ok(Some(key)),
        None => {
            let mistake =
                Mistake::new("K09", "Wechatpay-Serial names no key of the platform for this caller");
            let refusal = Refusal::new(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误");
            Err(refusal.because(mistake))
        }
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
    keys: &Keys,
    state: &mut State,
    received: &Received,
    route: &Route,
    caller: &Caller,
    other_certificate: bool,
    entry: &mut Entry,
) -> Result<Reply, Refusal> {
    let operation = route.operation;
    let mut call = Call {
        operation,
        caller,
        keys,
        path: route.parameters.clone(),
        query: percent::pairs(received.query()),
        body: Value::Null,
        file: None,
        other_certificate,
        origin: &received.origin,
        pages: &received.pages,
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
