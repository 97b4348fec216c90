//! What can go wrong with a call, and what it means for the operation.

mod api;
mod build;
mod key;
pub(crate) mod outcome;
mod sign;
mod transport;
mod verify;

use std::fmt;

pub use api::{ApiError, SignDifference};
pub use build::{BuildError, BuildReason};
pub use key::{CredentialError, KeyError, KeyProblem};
pub use outcome::{Outcome, Verified};
pub use sign::SignerError;
pub use transport::{Failure, FailureKind, Phase, TransportError};
pub use verify::{VerifyError, VerifyReason};

use crate::Answer;

/// Why a call gave no verified answer.
///
/// [`outcome()`](Error::outcome) says whether the operation may have happened: ask it before anything is sent again.
/// `Display` is one line that names the operation by its template and never a value, a key or a body; the cause
/// below it is in [`source()`](std::error::Error::source).
///
/// # Troubleshooting
///
/// - [`Build`](Error::Build): nothing was sent; the message names the parameter or header and the cure.
/// - [`Sign`](Error::Sign): your [`Signer`](crate::Signer) failed; nothing was sent.
/// - [`Transport`](Error::Transport): [`TransportError::phase`] tells how far the request got.
/// - [`Api`](Error::Api): WeChat Pay refused. On 401 `SIGN_ERROR`, [`ApiError::sign_difference`] names the first byte at
///   which the server's string to sign differs from ours.
/// - [`Verify`](Error::Verify): an answer came that cannot be trusted. Check which platform key the `Wechatpay-Serial`
///   names, your clock, and whether something between you and WeChat Pay rewrites answers.
/// - [`Unfinished`](Error::Unfinished): WeChat Pay took the request and has not finished; repeat it unchanged.
/// - [`Decode`](Error::Decode): a verified answer of unexpected shape; [`DecodeError::bytes`] holds it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The call cannot be made into a request. Nothing was sent.
    Build(Box<BuildError>),
    /// The request could not be signed. Nothing was sent.
    Sign(Box<SignError>),
    /// The connection failed, broke or took too long.
    Transport(Box<TransportError>),
    /// WeChat Pay, or something before it, answered with another status than 2xx.
    Api(Box<ApiError>),
    /// A 2xx that cannot be trusted: its signature is missing, stale, unknown or wrong.
    Verify(Box<VerifyError>),
    /// A verified 202: taken, not finished.
    Unfinished(Box<UnfinishedError>),
    /// A verified 2xx whose body is not what the operation answers.
    Decode(Box<DecodeError>),
}

impl Error {
    /// Whether the operation may have happened.
    pub fn outcome(&self) -> Outcome {
        match self {
            Error::Build(error) => error.outcome,
            Error::Sign(error) => error.outcome,
            Error::Transport(error) => error.outcome,
            Error::Api(error) => error.outcome(),
            Error::Verify(error) => error.outcome(),
            Error::Unfinished(_) => Outcome::Accepted,
            Error::Decode(error) => error.outcome,
        }
    }

    /// The HTTP status, if an answer came.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Api(error) => Some(error.status()),
            Error::Verify(error) => Some(error.status()),
            Error::Unfinished(_) => Some(202),
            Error::Decode(error) => Some(error.status),
            _ => None,
        }
    }

    /// WeChat Pay's error code, such as `RESOURCE_ALREADY_EXISTS`. Codes are added at will: compare, do not enumerate.
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Api(error) => error.code(),
            _ => None,
        }
    }

    /// The `Request-ID` of the answer: what WeChat Pay's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Error::Api(error) => error.request_id(),
            Error::Verify(error) => error.request_id(),
            Error::Unfinished(error) => error.answer.request_id(),
            Error::Decode(error) => error.request_id.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Build(error) => error.fmt(f),
            Error::Sign(error) => error.fmt(f),
            Error::Transport(error) => error.fmt(f),
            Error::Api(error) => error.fmt(f),
            Error::Verify(error) => error.fmt(f),
            Error::Unfinished(error) => error.fmt(f),
            Error::Decode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Sign(error) => Some(&error.cause),
            Error::Transport(error) => error.source.as_deref().map(|source| source as _),
            Error::Verify(error) => Some(error.reason()),
            _ => None,
        }
    }
}

macro_rules! from_boxed {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Error::$variant(Box::new(error))
            }
        }
    )+};
}

from_boxed! {
    Build(BuildError),
    Sign(SignError),
    Transport(TransportError),
    Api(ApiError),
    Verify(VerifyError),
    Unfinished(UnfinishedError),
    Decode(DecodeError),
}

/// The request could not be signed.
#[derive(Debug)]
pub struct SignError {
    pub(crate) operation: OperationName,
    pub(crate) outcome: Outcome,
    pub(crate) cause: SignerError,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the signer gave no signature; nothing was sent", self.operation)
    }
}

/// WeChat Pay took the request and has not finished it (HTTP 202).
#[derive(Debug)]
pub struct UnfinishedError {
    pub(crate) operation: OperationName,
    pub(crate) answer: Answer,
}

impl UnfinishedError {
    /// The verified answer.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

impl fmt::Display for UnfinishedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: HTTP 202, taken but not finished; repeat it with identical parameters (outcome: accepted)",
            self.operation
        )
    }
}

/// A verified answer of unexpected shape. Its bytes are kept.
pub struct DecodeError {
    pub(crate) operation: OperationName,
    pub(crate) outcome: Outcome,
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) path: String,
    pub(crate) problem: String,
    pub(crate) bytes: bytes::Bytes,
}

impl DecodeError {
    /// Where in the body, as a JSON pointer; empty for the whole body.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The verified body exactly as received. It may hold personal data.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("operation", &self.operation)
            .field("outcome", &self.outcome)
            .field("status", &self.status)
            .field("path", &self.path)
            .field("problem", &self.problem)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: the verified answer (HTTP {}) does not decode at '{}': {} (outcome: {})",
            self.operation, self.status, self.path, self.problem, self.outcome
        )
    }
}

/// An operation as errors and logs name it: method and template, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationName {
    pub(crate) method: weipay_catalog::ops::Method,
    pub(crate) template: String,
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.template)
    }
}
