//! One attempt to deliver one notification.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::journal::{Direction, Entry};
use crate::notify::{Errand, address};
use crate::protocol::MERCHANT_SCHEME;
use crate::protocol::canonical;
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
    let (errand, timestamp, nonce, request_id) = {
        let mut state = shared.state();
        let (nonce, request_id) = (state.ids.nonce(), state.ids.request());
        (state.outbox.errand(number), state.clock.wire(), nonce, request_id)
    };
    let Some(errand) = errand else { return };
    let mut entry = Entry::new(Direction::Sent, "POST", &errand.url, timestamp);
    entry.event = Some(errand.event_type.to_owned());
    entry.caller = Some(errand.receiver.clone());
    entry.request_body = errand.body.clone();
    let headers = headers(&shared, &errand, timestamp, &nonce, &request_id);
    entry.request_headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();

    let outcome = match tokio::time::timeout(shared.answer_within, post(&errand, &headers)).await {
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
    shared.state().outbox.report(number, timestamp, status, error);
    shared.write_down(entry);
    shared.delivered();
}

/// Signs afresh: every attempt has its own timestamp and nonce.
fn headers(
    shared: &Shared,
    errand: &Errand,
    timestamp: i64,
    nonce: &str,
    request_id: &str,
) -> Vec<(&'static str, String)> {
    let key = match errand.sign_with {
        SignWith::PublicKey => &shared.keys.platform_public,
        SignWith::Certificate => &shared.keys.platform_certificate,
    };
    let timestamp = timestamp.to_string();
    let signature = key.private.sign(&canonical::answer(&timestamp, nonce, &errand.body)).unwrap_or_default();
    vec![
        ("content-type", "application/json".to_owned()),
        ("accept", "*/*".to_owned()),
        ("user-agent", "Mozilla/4.0".to_owned()),
        ("request-id", format!("{request_id}-0")),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-serial", key.serial.clone()),
        ("wechatpay-signature", signature),
        ("wechatpay-signature-type", MERCHANT_SCHEME.to_owned()),
        ("wechatpay-timestamp", timestamp),
    ]
}

async fn post(
    errand: &Errand,
    headers: &[(&'static str, String)],
) -> Result<(u16, HeaderMap, Bytes), String> {
    let (uri, addresses) = address::resolve(&errand.url)?;
    let stream = connect(&addresses).await.map_err(|error| format!("cannot connect: {error}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let mut request = Request::post(target).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(errand.body.clone())).map_err(|error| error.to_string())?;
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

async fn connect(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
