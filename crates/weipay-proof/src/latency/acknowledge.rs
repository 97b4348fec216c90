//! From a notification to its acknowledgement, at five hundred a second.
//!
//! The notifications are signed before, so that who sends them does not need the processor that the relay needs; each has
//! its time, and is measured from then on, also when it had to wait for the one before it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use weipay_sandbox::{Direction, Entry};

use super::{Bound, Delay};
use crate::load::Users;
use crate::stage::{Stage, world};
use crate::{Error, Progress};

const A_SECOND: u32 = 500;
const SECONDS: u32 = 10;
/// Kept open, as by the proxy in front of a relay. Each has one notification every 64 ms.
const CONNECTIONS: usize = 32;
/// So many are signed at a time.
const BATCH: u32 = 50;
/// WeChat Pay waits so long.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn measure(stage: &Stage, seed: u64, progress: Progress<'_>) -> Result<Delay, Error> {
    let signed = sign(stage, seed, progress).await?;
    progress("acknowledged at 500 a second", 0, 1);
    let relays = stage.relays.iter().cycle();
    let start = Instant::now() + Duration::from_millis(200);
    let gap = Duration::from_secs(1) / A_SECOND;
    let workers = relays.take(CONNECTIONS).enumerate().map(|(worker, relay)| {
        let mine = signed.iter().enumerate().skip(worker).step_by(CONNECTIONS);
        let timed =
            mine.map(|(number, entry)| (start + gap * u32::try_from(number).unwrap_or(u32::MAX), entry));
        tokio::spawn(send(*relay, timed.map(|(at, entry)| (at, request(*relay, entry))).collect()))
    });
    let (mut took, mut missing) = (Vec::new(), 0);
    for answers in join_all(workers).await {
        for answer in answers.unwrap_or_default() {
            match answer {
                Some(after) => took.push(after),
                None => missing += 1,
            }
        }
    }
    missing += u64::from(A_SECOND * SECONDS) - (took.len() as u64 + missing);
    Ok(Delay::of("acknowledgement at 500 a second", Bound::P99(50.0), took, missing))
}

/// Real notifications: WeChat Pay's side sends them to nobody, and the journal has what was sent.
async fn sign(stage: &Stage, seed: u64, progress: Progress<'_>) -> Result<Vec<Entry>, Error> {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|gone| gone.local_addr());
    stage.notify(nobody.map_err(Error::io("a free port"))?)?;
    let mut users = Users::new(stage, seed);
    let (journal, all) = (stage.sandbox.journal(), A_SECOND * SECONDS);
    let mut signed = Vec::new();
    journal.clear();
    for batch in 0..all / BATCH {
        progress("signing notifications", u64::from(batch * BATCH), u64::from(all));
        for _ in 0..BATCH {
            users.exchange(&world::A).await?;
        }
        stage.sandbox.settled().await;
        signed.extend(journal.entries().into_iter().filter(|entry| entry.direction == Direction::Sent));
        journal.clear();
    }
    Ok(signed)
}

fn request(relay: SocketAddr, entry: &Entry) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::post(format!("/notify/{}", world::A.name)).header("host", relay.to_string());
    for (name, value) in &entry.request_headers {
        request = request.header(name, value);
    }
    request.body(Full::new(entry.request_body.clone())).ok()
}

/// Sends each at its time over one connection; from then to its acknowledgement, if it came.
async fn send(
    relay: SocketAddr,
    requests: Vec<(Instant, Option<Request<Full<Bytes>>>)>,
) -> Vec<Option<Duration>> {
    let Some(mut sender) = connect(relay).await else { return vec![None; requests.len()] };
    let mut answers = Vec::with_capacity(requests.len());
    for (at, request) in requests {
        tokio::time::sleep_until(at).await;
        let answered = tokio::time::timeout(PATIENCE, acknowledged(&mut sender, request));
        answers.push(answered.await.ok().flatten().map(|()| at.elapsed()));
    }
    answers
}

async fn connect(relay: SocketAddr) -> Option<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(relay).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}

async fn acknowledged(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Option<Request<Full<Bytes>>>,
) -> Option<()> {
    sender.ready().await.ok()?;
    let answer = sender.send_request(request?).await.ok()?;
    let good = answer.status().is_success();
    answer.into_body().collect().await.ok()?;
    good.then_some(())
}
