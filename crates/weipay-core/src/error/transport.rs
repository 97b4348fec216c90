//! Connections that failed, broke or took too long.

use std::fmt;

use super::{OperationName, Outcome};
use crate::BoxError;

/// The connection failed, broke or took too long.
#[derive(Debug)]
pub struct TransportError {
    pub(crate) operation: OperationName,
    pub(crate) outcome: Outcome,
    pub(crate) phase: Phase,
    pub(crate) kind: FailureKind,
    pub(crate) source: Option<BoxError>,
}

impl TransportError {
    pub(crate) fn new(operation: OperationName, outcome: Outcome, failure: Failure) -> Self {
        Self { operation, outcome, phase: failure.phase, kind: failure.kind, source: failure.source }
    }

    /// How far the request got.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What broke.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Whether a time-out ended the call.
    pub fn is_timeout(&self) -> bool {
        self.kind == FailureKind::Timeout
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FailureKind::Dns => "the host name was not resolved",
            FailureKind::Connect => "no connection could be made",
            FailureKind::Tls => "the TLS handshake failed",
            FailureKind::Proxy => "the proxy refused or broke",
            FailureKind::Timeout => "the time-out passed",
            FailureKind::Closed => "the connection was closed",
            FailureKind::Truncated => "the answer was cut short",
            FailureKind::TooLarge => "the answer was larger than allowed",
            FailureKind::Protocol => "what came was not HTTP",
            FailureKind::Target => "the HTTP library would have sent another target than the signed one",
            FailureKind::Sink => "the file could not be written here",
            FailureKind::Other => "the transport failed",
        };
        let when = match self.phase {
            Phase::NotConnected => "before anything was sent",
            Phase::MaybeSent => "after the request may have been sent",
            Phase::ReadingBody => "while the answer was being read",
        };
        write!(f, "{}: {what} {when} (outcome: {})", self.operation, self.outcome)
    }
}

/// A request or an answer that broke off.
#[derive(Debug)]
pub struct Failure {
    /// How far it got: what decides whether the operation may have happened.
    pub phase: Phase,
    /// What broke.
    pub kind: FailureKind,
    /// The library's own error, if there is one.
    pub source: Option<BoxError>,
}

impl Failure {
    /// A failure without a source.
    pub fn new(phase: Phase, kind: FailureKind) -> Self {
        Self { phase, kind, source: None }
    }

    /// The same failure, caused by `source`.
    pub fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// How far a request got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No connection stood, so no byte of the request left.
    NotConnected,
    /// A connection stood and bytes may have left; no answer came.
    MaybeSent,
    /// The head of the answer came, its body did not come whole.
    ReadingBody,
}

/// What broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The host name was not resolved.
    Dns,
    /// The connection was refused or could not be made.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The proxy refused or broke.
    Proxy,
    /// A time-out passed.
    Timeout,
    /// The connection was reset or closed.
    Closed,
    /// The body ended before its announced length.
    Truncated,
    /// The body was larger than allowed.
    TooLarge,
    /// What came was not HTTP.
    Protocol,
    /// The driver was about to send another target than the signed one, and did not.
    Target,
    /// Whoever takes the bytes of a download could not take them, as on a full disk.
    Sink,
    /// Anything else.
    Other,
}
