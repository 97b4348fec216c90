//! The driver: carries out what an [`Exchange`] decides.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::{sleep_until, timeout_at};
use weipay_core::error::{OperationName, SignerError};
use weipay_core::exchange::{Event, Exchange, Failure, Reply, Settings, Step};
use weipay_core::wire::SigningKey;
use weipay_core::{Answer, Call, Credential, Error, RefreshTicket, Signature};

use crate::clock::{Clock, instant};
use crate::transport::{Chunks, Deadlines, Transport};

/// What all merchant handles of a client have in common.
pub(crate) struct Engine {
    pub(crate) settings: Arc<Settings>,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) clock: Clock,
}

/// Carries out one call. Dropping the future ends it: its connection is closed, nothing else is left behind.
pub(crate) async fn run(
    engine: &Arc<Engine>,
    credential: &Arc<Credential>,
    call: Call,
) -> Result<Answer, Error> {
    let mut attempts = Attempts::new(call.name());
    let mut exchange = Exchange::new(call, Arc::clone(credential), Arc::clone(&engine.settings), seed());
    let mut chunks: Option<Chunks> = None;
    let mut step = exchange.step(engine.clock.now(), Event::Start);
    loop {
        step = match step {
            Step::Sign { bytes, key } => {
                let signed = sign(bytes, key, instant(exchange.deadline())).await;
                exchange.step(engine.clock.now(), Event::Signed(signed))
            }
            Step::Send { request, connect_by, respond_by, reply } => {
                let deadlines =
                    Deadlines { connect_by: instant(connect_by), respond_by: instant(respond_by) };
                attempts.begin();
                let event = match reply {
                    Reply::Buffer { max } => event(engine.transport.send(request, deadlines, max).await),
                    _ => event(engine.transport.stream(request, deadlines).await.map(|response| {
                        let (head, body) = response.into_parts();
                        chunks = Some(body);
                        http::Response::from_parts(head, Bytes::new())
                    })),
                };
                attempts.end(&event);
                exchange.step(engine.clock.now(), event)
            }
            // Nobody takes the bytes of a file yet: they are verified, and dropped here.
            Step::Read { output: _ } => read(&engine.clock, &mut exchange, &mut chunks).await,
            Step::Sleep { until } => {
                sleep_until(instant(until).into()).await;
                exchange.step(engine.clock.now(), Event::Woke)
            }
            Step::AwaitRefresh(ticket) => {
                refresh(engine, credential, ticket, exchange.deadline()).await;
                exchange.step(engine.clock.now(), Event::RefreshDone)
            }
            Step::Done(result) => return result,
            step => unreachable!("{step:?}: this driver is released with its core and knows every step"),
        }
    }
}

/// Waits until the platform certificates were refreshed, or `deadline` has come.
///
/// The owner's download is a task of its own: it serves everybody who waits, even if this caller is dropped meanwhile.
pub(crate) async fn refresh(
    engine: &Arc<Engine>,
    credential: &Arc<Credential>,
    ticket: RefreshTicket,
    deadline: Duration,
) {
    let deadline = instant(deadline).into();
    // Whether it went well is seen by the key ring, and told by the log.
    if ticket.is_owner() {
        let _ = timeout_at(deadline, tokio::spawn(download(engine, credential, ticket))).await;
    } else {
        let _ = timeout_at(deadline, ticket.finished()).await;
    }
}

fn download(
    engine: &Arc<Engine>,
    credential: &Arc<Credential>,
    ticket: RefreshTicket,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let (engine, credential) = (Arc::clone(engine), Arc::clone(credential));
    Box::pin(async move {
        match run(&engine, &credential, Call::certificates()).await {
            Ok(_) => drop(ticket),
            Err(error) => {
                tracing::warn!(%error, "the platform certificates could not be fetched");
                ticket.failed();
            }
        }
    })
}

/// Local keys sign inline: against tokio's blocking pool (`benches/signing.rs`) tail latencies came out mixed, and inline
/// is less work per call. Known price: on a current-thread runtime full of calls, other tasks wait longer. Keys
/// elsewhere have until the call's deadline.
async fn sign(bytes: Bytes, key: SigningKey, by: Instant) -> Result<Signature, SignerError> {
    match key {
        SigningKey::Local(key) => Ok(Signature::new(key.sign(&bytes))),
        SigningKey::Remote(signer) => match timeout_at(by.into(), signer.sign(bytes)).await {
            Ok(signed) => signed,
            Err(_) => Err(SignerError::new("the signer gave no signature within the call's time-out")),
        },
        _ => Err(SignerError::new("this kind of key is not supported")),
    }
}

/// Feeds the next chunk.
async fn read(clock: &Clock, exchange: &mut Exchange, chunks: &mut Option<Chunks>) -> Step {
    let next = match chunks {
        Some(chunks) => chunks.next().await,
        None => None,
    };
    match next {
        Some(Ok(chunk)) => exchange.step(clock.now(), Event::Chunk(&chunk)),
        Some(Err(failure)) => exchange.step(clock.now(), Event::Failed(failure)),
        None => exchange.step(clock.now(), Event::StreamEnded),
    }
}

fn event(result: Result<http::Response<Bytes>, Failure>) -> Event<'static> {
    match result {
        Ok(response) => Event::Response(response),
        Err(failure) => Event::Failed(failure),
    }
}

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).expect("aws-lc ends the process before it reports a lack of randomness");
    seed
}

/// Tells the log about each attempt: which operation, how it went, how long it took. Never targets, headers or bodies.
struct Attempts {
    operation: OperationName,
    count: u32,
    started: Instant,
}

impl Attempts {
    fn new(operation: OperationName) -> Self {
        Self { operation, count: 0, started: Instant::now() }
    }

    fn begin(&mut self) {
        self.count += 1;
        self.started = Instant::now();
    }

    fn end(&self, event: &Event<'_>) {
        let Self { operation, count: attempt, .. } = self;
        let elapsed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match event {
            Event::Response(response) => {
                let status = response.status().as_u16();
                tracing::debug!(%operation, attempt, status, elapsed_ms, "answered");
            }
            Event::Failed(Failure { phase, kind, .. }) => {
                tracing::debug!(%operation, attempt, ?phase, ?kind, elapsed_ms, "failed");
            }
            _ => {}
        }
    }
}
