//! One call from its values to a verified answer, without sockets, clocks or threads.
//!
//! The [`Exchange`] decides; a driver acts. [`Exchange::step`] takes what happened and says what to do next, until
//! [`Step::Done`]. Time and randomness are passed in, so a test can script every turn.

mod certificates;
mod digest;
mod judge;
mod settings;
mod vocabulary;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri};

use digest::{Digesting, Stopped};
pub use settings::{BASE_URL, BaseUrlError, Settings};
pub use vocabulary::{Event, Now, Reply, Step};

pub use crate::call::{Digest, Expected};
use crate::call::{Kind, Written};
use crate::error::outcome::{Happening, outcome};
use crate::error::{BuildReason, Error, Outcome, SignError, TransportError, VerifyError, VerifyReason};
pub use crate::error::{Failure, FailureKind, Phase};
use crate::ring::PlatformKey;
use crate::wire::{Signature, authorization, request_message, verify};
use crate::{Answer, Call, Credential};

/// One call under way. Owned and `Send`: it can be parked, moved and dropped at any time.
pub struct Exchange {
    call: Call,
    credential: Arc<Credential>,
    settings: Arc<Settings>,
    seed: [u8; 32],
    attempt: u32,
    /// The end of the whole call, once it has started.
    deadline: Duration,
    /// Whether the key ring was refreshed for this call; once is enough.
    refreshed: bool,
    /// The body, and the serial of the key that encrypted its sensitive members: a repetition sends the same bytes.
    written: Option<(Option<String>, String, Written)>,
    /// The string that was signed last: what a `SIGN_ERROR` is compared with.
    signed: Bytes,
    state: State,
}

#[derive(Debug)]
enum State {
    New,
    Signing(Prepared),
    Sending,
    Streaming(Streaming),
    Sleeping,
    /// Waiting for a refresh; an answer that could not be verified without it is kept.
    Refreshing(Option<Held>),
    /// The same for a file, of which only the head has come.
    RefreshingHead(Held),
    Over,
}

/// An answer that waits for a key.
struct Held(http::Response<Bytes>);

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Held").field(&self.0.status()).finish()
    }
}

/// A request that lacks nothing but its signature.
struct Prepared {
    target: String,
    timestamp: i64,
    nonce: String,
    /// What `Wechatpay-Serial` says: the key that encrypted the sensitive members.
    serial: Option<String>,
    body: Written,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The target may hold personal data.
        f.debug_struct("Prepared").field("timestamp", &self.timestamp).finish_non_exhaustive()
    }
}

struct Streaming {
    head: http::response::Parts,
    body: StreamBody,
}

enum StreamBody {
    File(Box<Digesting>),
    /// A refusal, which is read whole like any other.
    Refusal(Vec<u8>),
}

impl std::fmt::Debug for Streaming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streaming").field("status", &self.head.status).finish_non_exhaustive()
    }
}

impl Exchange {
    /// An exchange that will carry out `call` for `credential`. `seed` is fresh randomness: its nonces derive from it.
    pub fn new(call: Call, credential: Arc<Credential>, settings: Arc<Settings>, seed: [u8; 32]) -> Self {
        Self {
            call,
            credential,
            settings,
            seed,
            attempt: 0,
            deadline: Duration::ZERO,
            refreshed: false,
            written: None,
            signed: Bytes::new(),
            state: State::New,
        }
    }

    /// Takes what happened and says what to do next.
    ///
    /// # Panics
    ///
    /// When an event does not belong to the last step: a mistake of the driver, never of the network.
    pub fn step(&mut self, now: Now, event: Event<'_>) -> Step {
        match (std::mem::replace(&mut self.state, State::Over), event) {
            (State::New, Event::Start) => {
                let default = match self.call.kind() {
                    Kind::Download(_) => self.settings.download_timeout,
                    _ => self.settings.total_timeout,
                };
                let total = self.call.total_timeout().unwrap_or(default);
                self.deadline = now.mono.saturating_add(total);
                self.begin(now)
            }
            (State::Signing(prepared), Event::Signed(Ok(signature))) => self.send(now, &prepared, &signature),
            (State::Signing(_), Event::Signed(Err(cause))) => {
                let outcome = self.outcome(Happening::NothingSent);
                self.fail(SignError { operation: self.call.name(), outcome, cause })
            }
            (State::Sending, Event::Response(response)) => self.answered(now, response),
            (State::Sending, Event::Failed(failure)) => self.broke_off(now, failure),
            (State::Streaming(streaming), Event::Chunk(chunk)) => self.chunk(now, streaming, chunk),
            (State::Streaming(streaming), Event::StreamEnded) => self.stream_ended(now, streaming),
            (State::Streaming(_), Event::Failed(failure)) => self.give_up(failure),
            (State::Sleeping, Event::Woke) => self.begin(now),
            (State::Refreshing(None), Event::RefreshDone) => self.begin(now),
            (State::Refreshing(Some(Held(response))), Event::RefreshDone) => self.judge(now, response),
            (State::RefreshingHead(Held(response)), Event::RefreshDone) => self.answered(now, response),
            (state, event) => panic!("the driver reported {} in state {state:?}", event.name()),
        }
    }

    /// The end of the whole call on the clock of [`Now::mono`]: what a driver bounds signers and refreshes by. Zero
    /// before [`Event::Start`].
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Starts an attempt: everything up to the signature.
    fn begin(&mut self, now: Now) -> Step {
        self.attempt += 1;
        // A call that can never be made says so before anything is fetched for it.
        if let Err(reason) = self.call.target(self.credential.scheme(), None) {
            return self.build_error(reason);
        }
        if now.mono >= self.deadline {
            return self.build_error(BuildReason::NoTimeLeft);
        }
        let ring = self.credential.key_ring();
        if self.call.kind() != Kind::Certificates && ring.preferred(now.unix).is_none() {
            if ring.downloads() && !self.refreshed {
                self.refreshed = true;
                if let Some(ticket) = ring.begin_refresh("", now.mono) {
                    self.state = State::Refreshing(None);
                    return Step::AwaitRefresh(ticket);
                }
            }
            let failed = ring.refresh_failure().map(BuildReason::NoCertificates);
            return self.build_error(failed.unwrap_or(BuildReason::NoPlatformKey));
        }
        let key = ring.preferred(now.unix);
        let (target, body) = match self.write(key.as_ref()) {
            Ok(written) => written,
            Err(reason) => return self.build_error(reason),
        };
        let serial = key.map(|key| key.serial().to_owned());
        let prepared = Prepared { target, timestamp: now.unix, nonce: self.nonce(), serial, body };
        let message = request_message(
            self.call.method().as_str(),
            &prepared.target,
            prepared.timestamp,
            &prepared.nonce,
            &prepared.body.signed,
        );
        self.signed = message.into();
        self.state = State::Signing(prepared);
        Step::Sign { bytes: self.signed.clone(), key: self.credential.signing_key().clone() }
    }

    /// Target and body. Encryption is randomised, so they are kept for as long as the key stays the same.
    fn write(&mut self, key: Option<&PlatformKey>) -> Result<(String, Written), BuildReason> {
        let serial = key.filter(|_| self.call.is_sealed()).map(|key| key.serial().to_owned());
        if let Some((for_serial, target, body)) = &self.written
            && *for_serial == serial
        {
            return Ok((target.clone(), body.clone()));
        }
        let target = self.call.target(self.credential.scheme(), key)?;
        let body = self.call.write(key)?;
        self.written = Some((serial, target.clone(), body.clone()));
        Ok((target, body))
    }

    /// 32 upper-case hexadecimal digits, other ones for each attempt.
    fn nonce(&self) -> String {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        context.update(&self.seed);
        context.update(&self.attempt.to_be_bytes());
        context.finish().as_ref()[..16]
            .iter()
            .fold(String::with_capacity(32), |hex, byte| format!("{hex}{byte:02X}"))
    }

    fn send(&mut self, now: Now, prepared: &Prepared, signature: &Signature) -> Step {
        let request = match self.request(prepared, signature) {
            Ok(request) => request,
            Err(why) => return self.build_error(BuildReason::Request(why)),
        };
        let reply = match self.call.kind() {
            Kind::Download(digest) => Reply::Stream(digest),
            _ => Reply::Buffer { max: self.settings.max_answer },
        };
        self.state = State::Sending;
        Step::Send {
            request,
            connect_by: self.deadline.min(now.mono.saturating_add(self.settings.connect_timeout)),
            respond_by: self.deadline.min(now.mono.saturating_add(self.settings.attempt_timeout)),
            reply,
        }
    }

    fn request(&self, prepared: &Prepared, signature: &Signature) -> Result<http::Request<Bytes>, String> {
        let Prepared { target, timestamp, nonce, serial, body } = prepared;
        let path = PathAndQuery::try_from(target.as_str()).map_err(|error| error.to_string())?;
        // The HTTP types keep the bytes of a target; should they ever not, nothing is sent.
        if path.as_str() != target {
            return Err("the HTTP library rewrites the path that was signed".to_owned());
        }
        let (scheme, authority) = match self.call.address() {
            Some(address) => (&address.scheme, &address.authority),
            None => (&self.settings.scheme, &self.settings.authority),
        };
        let uri = Uri::builder()
            .scheme(scheme.clone())
            .authority(authority.clone())
            .path_and_query(path)
            .build()
            .map_err(|error| error.to_string())?;
        let credential = &self.credential;
        let authorization = authorization(
            credential.scheme(),
            credential.id(),
            credential.serial(),
            nonce,
            *timestamp,
            signature,
        );
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, self.settings.user_agent.clone());
        let accept = if matches!(self.call.kind(), Kind::Download(_)) { "*/*" } else { "application/json" };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if self.call.has_body() {
            let content_type = body.content_type.as_deref().unwrap_or("application/json");
            let content_type = HeaderValue::try_from(content_type).map_err(|error| error.to_string())?;
            headers.insert(CONTENT_TYPE, content_type);
        }
        for (name, value) in self.call.headers() {
            headers.insert(name, value.clone());
        }
        let mut secret = HeaderValue::try_from(authorization).map_err(|error| error.to_string())?;
        secret.set_sensitive(true);
        headers.insert(AUTHORIZATION, secret);
        if let Some(serial) = serial {
            let serial = HeaderValue::try_from(serial).map_err(|error| error.to_string())?;
            headers.insert("Wechatpay-Serial", serial);
        }
        let mut request = http::Request::new(body.sent.clone());
        *request.method_mut() =
            http::Method::try_from(self.call.method().as_str()).map_err(|error| error.to_string())?;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn answered(&mut self, now: Now, response: http::Response<Bytes>) -> Step {
        let Kind::Download(mut digest) = self.call.kind() else { return self.judge(now, response) };
        if response.status().is_success() {
            match self.signed_hash(now, &digest, response.headers()) {
                Ok(Some(expected)) => digest.expected = expected,
                Ok(None) => {}
                Err(reason) => {
                    if let Some(ticket) = self.ticket_for(now, &reason) {
                        self.state = State::RefreshingHead(Held(response));
                        return Step::AwaitRefresh(ticket);
                    }
                    return self.refuse(response.status().as_u16(), response.headers(), Bytes::new(), reason);
                }
            }
            // Compression is never asked for. Where it comes all the same, the hash is that of what was compressed.
            match response.headers().get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
                None | Some(b"" | b"identity") => {}
                Some(b"gzip" | b"x-gzip") => digest.gzip = true,
                Some(_) => {
                    let reason = VerifyReason::Encoding("neither gzip nor identity".to_owned());
                    return self.refuse(response.status().as_u16(), response.headers(), Bytes::new(), reason);
                }
            }
        }
        let (head, _) = response.into_parts();
        let body = match head.status.is_success() {
            true => StreamBody::File(Box::new(Digesting::new(digest))),
            false => StreamBody::Refusal(Vec::new()),
        };
        self.read_on(now, Streaming { head, body }, Vec::new())
    }

    /// The hash in the header that the signature covers, where the file has one (F09).
    fn signed_hash(
        &self,
        now: Now,
        digest: &Digest,
        headers: &HeaderMap,
    ) -> Result<Option<Expected>, VerifyReason> {
        let Expected::SignedHeader(name) = digest.expected else { return Ok(None) };
        let value = headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let value = value.ok_or(VerifyReason::MissingHeader(name))?;
        let expected = Expected::parse("SHA1", value).ok_or(VerifyReason::WrongHash)?;
        // No digit needs escaping.
        let body = format!("{{\"sha1\":\"{value}\"}}");
        let (scheme, ring) = (self.credential.scheme(), self.credential.key_ring());
        verify(headers, body.as_bytes(), scheme, ring, now.unix)?;
        Ok(Some(expected))
    }

    fn read_on(&mut self, now: Now, streaming: Streaming, output: Vec<u8>) -> Step {
        self.state = State::Streaming(streaming);
        let by = self.deadline.min(now.mono.saturating_add(self.settings.attempt_timeout));
        Step::Read { output: output.into(), by }
    }

    fn chunk(&mut self, now: Now, mut streaming: Streaming, chunk: &[u8]) -> Step {
        let output = match &mut streaming.body {
            StreamBody::File(digesting) => match digesting.take(chunk) {
                Ok(output) => output,
                Err(stopped) => return self.stopped(&streaming.head, stopped),
            },
            StreamBody::Refusal(body) if body.len() + chunk.len() > self.settings.max_answer => {
                return self.give_up(Failure::new(Phase::ReadingBody, FailureKind::TooLarge));
            }
            StreamBody::Refusal(body) => {
                body.extend_from_slice(chunk);
                Vec::new()
            }
        };
        self.read_on(now, streaming, output)
    }

    fn stream_ended(&mut self, now: Now, streaming: Streaming) -> Step {
        let Streaming { head, body } = streaming;
        match body {
            StreamBody::Refusal(body) => self.judge(now, http::Response::from_parts(head, body.into())),
            StreamBody::File(digesting) => match digesting.finish() {
                Ok((rest, hash)) => Step::Done(Ok(Answer {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    body: rest.into(),
                    hash,
                    certificates: Vec::new(),
                })),
                Err(stopped) => self.stopped(&head, stopped),
            },
        }
    }

    fn stopped(&mut self, head: &http::response::Parts, stopped: Stopped) -> Step {
        match stopped {
            Stopped::TooLarge => self.give_up(Failure::new(Phase::ReadingBody, FailureKind::TooLarge)),
            Stopped::Wrong(reason) => self.refuse(head.status.as_u16(), &head.headers, Bytes::new(), reason),
        }
    }

    /// An attempt of which nothing was sent may be repeated; any other ends the call.
    fn broke_off(&mut self, now: Now, failure: Failure) -> Step {
        let pause = Duration::from_millis(200) * 2_u32.saturating_pow(self.attempt.min(8) - 1);
        let until = now.mono.saturating_add(pause);
        if failure.phase == Phase::NotConnected
            && self.attempt < self.settings.connect_attempts
            && until < self.deadline
        {
            self.state = State::Sleeping;
            return Step::Sleep { until };
        }
        self.give_up(failure)
    }

    fn give_up(&mut self, failure: Failure) -> Step {
        let error = self.failed(failure);
        self.fail(error)
    }

    /// The error of this call for what broke behind it, such as a full disk after the last byte of a file.
    pub fn failed(&self, failure: Failure) -> Error {
        let outcome = self.outcome(match failure.phase {
            Phase::NotConnected => Happening::NothingSent,
            Phase::MaybeSent | Phase::ReadingBody => Happening::BrokeOff,
        });
        TransportError::new(self.call.name(), outcome, failure).into()
    }

    fn refuse(&mut self, status: u16, headers: &HeaderMap, body: Bytes, reason: VerifyReason) -> Step {
        self.fail(VerifyError {
            operation: self.call.name(),
            outcome: self.outcome(Happening::Unverified),
            status,
            request_id: crate::answer::request_id(headers).map(str::to_owned),
            reason,
            body,
        })
    }

    fn build_error(&mut self, reason: BuildReason) -> Step {
        let error = self.call.build_error(reason);
        self.fail(error)
    }

    fn outcome(&self, happening: Happening<'_>) -> Outcome {
        outcome(happening, self.call.operation(), self.call.earlier())
    }

    fn fail(&mut self, error: impl Into<Error>) -> Step {
        self.state = State::Over;
        Step::Done(Err(error.into()))
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("call", &self.call)
            .field("attempt", &self.attempt)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The host of a redirect, which is told and never followed.
fn redirect_host(headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let uri: Uri = location.parse().ok()?;
    Some(uri.host().unwrap_or("another path of the same host").chars().take(80).collect())
}
