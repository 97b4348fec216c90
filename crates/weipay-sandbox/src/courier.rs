//! One attempt to deliver one notification.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::fault::{self, Action, Spot, Stage, Tampering};
use crate::journal::{Direction, Entry};
use crate::notify::{Errand, address};
use crate::protocol::canonical;
use crate::protocol::{BRAND_SCHEME, MERCHANT_SCHEME};
use crate::shared::Shared;
use crate::world::SignWith;

/// More of an answer is not read.
const MAX_ANSWER: usize = 64 * 1024;

/// Starts every delivery that is due now, in the background.
pub(crate) fn dispatch(shared: &Arc<Shared>) {
    let due = {
        let mut state = shared.state();
        let now = state.clock.business();
        state.outbox.claim(now)
    };
    for number in due {
        shared.spawn(deliver(Arc::clone(shared), number));
    }
    shared.changed.notify_one();
}

/// Delivers, reports to the outbox and the journal, and says that it is done.
async fn deliver(shared: Arc<Shared>, number: usize) {
    let started = Instant::now();
    let Some((errand, envelope)) = prepare(&shared, number) else { return };
    let timestamp = envelope.timestamp;
    let mut entry = Entry::new(Direction::Sent, "POST", &errand.url, timestamp);
    entry.event = Some(errand.event_type.to_owned());
    entry.caller = Some(errand.receiver.clone());
    entry.fault = envelope.fault.or(errand.fault);
    entry.mistakes.extend(address::doubt(&errand.url));
    let (headers, body) = signed(&shared, &errand, &envelope);
    entry.request_body = body.clone();
    entry.request_headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();

    let outcome =
        match tokio::time::timeout(shared.answer_within, post(&shared, &errand, &headers, body)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} ms", shared.answer_within.as_millis())),
        };
    entry.duration = started.elapsed();
    let (status, error) = match outcome {
        Ok((status, headers, body)) => {
            entry.response_headers = crate::server::header_list(&headers);
            entry.response_body = body;
            (Some(status), None)
        }
        Err(error) => {
            entry.notes.push(error.clone());
            (None, Some(error))
        }
    };
    entry.status = status;
    // Who waits for the delivery finds it in the journal.
    shared.write_down(entry);
    shared.state().outbox.report(number, timestamp, status, error);
    shared.delivered();
}

/// What one attempt has of its own.
struct Envelope {
    timestamp: i64,
    nonce: String,
    request_id: String,
    fault: Option<&'static str>,
    tampering: Option<Tampering>,
    other_key: bool,
}

/// Everything that one attempt needs of the state.
fn prepare(shared: &Shared, number: usize) -> Option<(Errand, Envelope)> {
    let mut state = shared.state();
    let state = &mut *state;
    let errand = state.outbox.errand(number)?;
    let spot = Spot { name: errand.event_type, method: "POST", path: "", template: "" };
    let chosen = state.faults.on_notification(spot, Stage::Send, state.clock.business(), &mut state.ids);
    let action = chosen.map(|chosen| chosen.action);
    let tampering = match action {
        Some(Action::Deliver(fault::Delivery::Sign(tampering))) => Some(tampering),
        _ => None,
    };
    let envelope = Envelope {
        timestamp: state.clock.wire(),
        nonce: state.ids.nonce(),
        request_id: state.ids.request(),
        fault: chosen.map(|chosen| chosen.id),
        tampering,
        other_key: action == Some(Action::Deliver(fault::Delivery::OtherKey)),
    };
    Some((errand, envelope))
}

/// The headers and the body. Every attempt is signed afresh, with its own timestamp and nonce.
fn signed(shared: &Shared, errand: &Errand, envelope: &Envelope) -> (Vec<(&'static str, String)>, Bytes) {
    let keys = shared.keys();
    let with = match (errand.sign_with, envelope.other_key) {
        (SignWith::PublicKey, false) | (SignWith::Certificate, true) => SignWith::PublicKey,
        _ => SignWith::Certificate,
    };
    let (key, scheme) = match keys.of_brand(&errand.receiver) {
        Some(key) => (key, BRAND_SCHEME),
        None => {
            let mut state = shared.state();
            let migration = state.migration;
            (migration.notification(&keys, with, &mut state.ids), MERCHANT_SCHEME)
        }
    };
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("accept", "*/*".to_owned()),
        ("user-agent", "Mozilla/4.0".to_owned()),
        ("request-id", format!("{}-0", envelope.request_id)),
    ];
    if envelope.tampering == Some(Tampering::None) {
        return (headers, errand.body.clone());
    }
    let off = if let Some(Tampering::Timestamp(seconds)) = envelope.tampering { seconds } else { 0 };
    let timestamp = envelope.timestamp.saturating_add(off).to_string();
    let string = canonical::answer(&timestamp, &envelope.nonce, &errand.body);
    let mut signature = key.private.sign(&string).unwrap_or_default();
    if envelope.tampering == Some(Tampering::Probe) {
        signature = canonical::probe(&signature);
    }
    let serial = match envelope.tampering {
        Some(Tampering::Serial(serial)) => serial.to_owned(),
        _ => key.serial.clone(),
    };
    headers.extend([
        ("wechatpay-nonce", envelope.nonce.clone()),
        ("wechatpay-serial", serial),
        ("wechatpay-signature", signature),
        ("wechatpay-signature-type", scheme.to_owned()),
        ("wechatpay-timestamp", timestamp),
    ]);
    let body = match envelope.tampering {
        Some(Tampering::OtherBody) => one_byte_changed(&errand.body),
        Some(Tampering::Reserialised) => reserialised(&errand.body),
        _ => errand.body.clone(),
    };
    (headers, body)
}

/// The same JSON with white space. Who verifies what a serializer makes of it, and not the bytes that came, sees no change.
fn reserialised(body: &Bytes) -> Bytes {
    let value = serde_json::from_slice::<serde_json::Value>(body);
    let anew = value.and_then(|value| serde_json::to_vec_pretty(&value));
    anew.map_or_else(|_| body.clone(), Bytes::from)
}

/// The same JSON text with one letter of the ciphertext another one.
fn one_byte_changed(body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    let mark = b"\"ciphertext\":\"";
    if let Some(at) = bytes.windows(mark.len()).position(|window| window == mark) {
        let letter = &mut bytes[at + mark.len()];
        *letter = if *letter == b'A' { b'B' } else { b'A' };
    }
    Bytes::from(bytes)
}

async fn post(
    shared: &Shared,
    errand: &Errand,
    headers: &[(&'static str, String)],
    body: Bytes,
) -> Result<(u16, HeaderMap, Bytes), String> {
    let anywhere = shared.state().policy.notify_anywhere;
    let uri = address::check(&errand.url, anywhere)?;
    let stream = connect(&uri).await.map_err(|error| format!("cannot connect: {error}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let mut request = Request::post(target).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(|error| format!("no answer: {error}"))?;
        let (head, body) = answer.into_parts();
        // The status decides; a body that cannot be read changes nothing.
        let body = Limited::new(body, MAX_ANSWER).collect().await.map(http_body_util::Collected::to_bytes);
        Ok((head.status.as_u16(), head.headers, body.unwrap_or_default()))
    };
    let mut connection = std::pin::pin!(connection);
    let mut exchange = std::pin::pin!(exchange);
    tokio::select! {
        biased;
        outcome = &mut exchange => outcome,
        // The connection may end in the moment in which the answer is complete.
        _ = &mut connection => exchange.await,
    }
}

pub(crate) async fn connect(uri: &Uri) -> std::io::Result<TcpStream> {
    let addresses = match address::local(uri) {
        Some(addresses) => addresses,
        None => {
            let host = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80));
            tokio::net::lookup_host(host).await?.collect()
        }
    };
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
