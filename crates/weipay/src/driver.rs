//! The driver: carries out what an [`Exchange`] decides.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use tokio::time::{sleep_until, timeout_at};
use weipay_core::error::{OperationName, SignerError};
use weipay_core::exchange::{Event, Exchange, Failure, FailureKind, Phase, Reply, Settings, Step};
use weipay_core::wire::SigningKey;
use weipay_core::{Answer, Call, Credential, Error, RefreshTicket, Signature};

use crate::clock::{Clock, instant};
use crate::download::{Nowhere, Sink};
use crate::transport::{Chunks, Deadlines, Transport};

/// What all merchant handles of a client have in common.
pub(crate) struct Engine {
    pub(crate) settings: Arc<Settings>,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) clock: Clock,
}

/// Where a file goes, and how much of it has come.
pub(crate) struct Delivery<'a, S> {
    pub(crate) sink: &'a mut S,
    pub(crate) progress: Option<&'a mut (dyn FnMut(u64, Option<u64>) + Send)>,
    /// How many bytes of the body were received.
    received: u64,
    /// How many the server announced.
    total: Option<u64>,
    /// How many bytes of the file were passed on.
    pub(crate) bytes: u64,
}

/// Carries out one call. Dropping the future ends it: its connection is closed, nothing else is left behind.
pub(crate) async fn run(
    engine: &Arc<Engine>,
    credential: &Arc<Credential>,
    call: Call,
) -> Result<Answer, Error> {
    deliver(engine, credential, call, &mut Delivery::new(&mut Nowhere)).await
}

/// Carries out one call, and passes on the bytes of a file while they come. They are proved by the answer alone.
pub(crate) async fn deliver<S: Sink>(
    engine: &Arc<Engine>,
    credential: &Arc<Credential>,
    call: Call,
    delivery: &mut Delivery<'_, S>,
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
                let connect_by = instant(connect_by);
                let respond_by = instant(respond_by);
                attempts.begin();
                let event = match reply {
                    Reply::Buffer { max } => {
                        let deadlines = Deadlines { connect_by, respond_by };
                        event(engine.transport.send(request, deadlines, max).await)
                    }
                    _ => {
                        // The head is in time or not; the body has until the end of the call.
                        let deadlines = Deadlines { connect_by, respond_by: instant(exchange.deadline()) };
                        let head = timeout_at(respond_by.into(), engine.transport.stream(request, deadlines));
                        let head = head
                            .await
                            .unwrap_or_else(|_| Err(Failure::new(Phase::MaybeSent, FailureKind::Timeout)));
                        event(head.map(|response| {
                            let (head, body) = response.into_parts();
                            chunks = Some(body);
                            delivery.begin(&head.headers);
                            http::Response::from_parts(head, Bytes::new())
                        }))
                    }
                };
                attempts.end(&event);
                exchange.step(engine.clock.now(), event)
            }
            Step::Read { output, by } => match delivery.pass_on(&output).await {
                Ok(()) => {
                    let next = delivery.next(&mut chunks, instant(by)).await;
                    let now = engine.clock.now();
                    match next {
                        Ok(Some(chunk)) => exchange.step(now, Event::Chunk(&chunk)),
                        Ok(None) => exchange.step(now, Event::StreamEnded),
                        Err(failure) => exchange.step(now, Event::Failed(failure)),
                    }
                }
                Err(failure) => exchange.step(engine.clock.now(), Event::Failed(failure)),
            },
            Step::Sleep { until } => {
                sleep_until(instant(until).into()).await;
                exchange.step(engine.clock.now(), Event::Woke)
            }
            Step::AwaitRefresh(ticket) => {
                refresh(engine, credential, ticket, exchange.deadline()).await;
                exchange.step(engine.clock.now(), Event::RefreshDone)
            }
            Step::Done(Ok(answer)) if chunks.is_some() => {
                let written = delivery.pass_on(answer.bytes()).await;
                return written.map(|()| answer).map_err(|failure| exchange.failed(failure));
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
                ticket.failed(&error);
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

impl<'a, S: Sink> Delivery<'a, S> {
    pub(crate) fn new(sink: &'a mut S) -> Self {
        Self { sink, progress: None, received: 0, total: None, bytes: 0 }
    }

    fn begin(&mut self, headers: &HeaderMap) {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        (self.received, self.total) = (0, length);
    }

    /// Gives the sink the next bytes of the file.
    async fn pass_on(&mut self, output: &[u8]) -> Result<(), Failure> {
        if output.is_empty() {
            return Ok(());
        }
        self.bytes += output.len() as u64;
        let sink = |cause| Failure::new(Phase::ReadingBody, FailureKind::Sink).because(cause);
        self.sink.write(output).await.map_err(sink)
    }

    /// The next chunk of the body, and the progress that it makes; `None` at its end.
    async fn next(&mut self, chunks: &mut Option<Chunks>, by: Instant) -> Result<Option<Bytes>, Failure> {
        let Some(chunks) = chunks else { return Ok(None) };
        let next = timeout_at(by.into(), chunks.next()).await;
        let Some(chunk) = next.map_err(|_| Failure::new(Phase::ReadingBody, FailureKind::Timeout))? else {
            return Ok(None);
        };
        let chunk = chunk?;
        self.received += chunk.len() as u64;
        if let Some(tell) = &mut self.progress {
            tell(self.received, self.total);
        }
        Ok(Some(chunk))
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
