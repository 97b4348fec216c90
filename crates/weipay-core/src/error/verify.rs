//! Why an answer or a notification cannot be trusted.

use std::fmt;

use bytes::Bytes;

use super::{OperationName, Outcome};

/// A 2xx that cannot be trusted. For an operation that changes something this means: outcome unknown.
pub struct VerifyError {
    pub(crate) operation: OperationName,
    pub(crate) outcome: Outcome,
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) reason: VerifyReason,
    pub(crate) body: Bytes,
}

impl VerifyError {
    /// Whether the operation may have happened.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The HTTP status that came.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The `Request-ID` that came.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Why it cannot be trusted.
    pub fn reason(&self) -> &VerifyReason {
        &self.reason
    }

    /// The body that came, which anybody may have written. For diagnosis only.
    pub fn unverified_body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyError")
            .field("operation", &self.operation)
            .field("outcome", &self.outcome)
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("reason", &self.reason)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: the answer (HTTP {}) cannot be trusted: {} (outcome: {})",
            self.operation, self.status, self.reason, self.outcome
        )
    }
}

/// Why a signed message cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyReason {
    /// None of the `Wechatpay-*` headers is there.
    Unsigned,
    /// A header is missing.
    MissingHeader(&'static str),
    /// A header stands there twice with different values, or is no text.
    AmbiguousHeader(&'static str),
    /// `Wechatpay-Timestamp` is not a number of seconds.
    MalformedTimestamp,
    /// The message was signed more than 300 seconds before our clock, or after it.
    Stale {
        /// Our clock minus the message's, in seconds.
        seconds: i128,
    },
    /// `Wechatpay-Signature-Type` names a scheme that this credential does not use.
    SignatureType(String),
    /// `Wechatpay-Serial` names a platform key that is not configured.
    UnknownSerial(String),
    /// The platform certificate of that serial is not valid now.
    CertificateNotValid(String),
    /// The signature is not base64.
    MalformedSignature,
    /// A signature probe: WeChat Pay signs a few messages wrongly on purpose and expects them to be refused.
    Probe,
    /// The signature does not fit the message.
    WrongSignature,
    /// The certificate list could not be opened; the text says why.
    CertificateList(String),
    /// A downloaded file does not have the published hash.
    WrongHash,
    /// The body's encoding could not be undone; the text says why.
    Encoding(String),
}

impl fmt::Display for VerifyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyReason::Unsigned => f.write_str("it carries no signature"),
            VerifyReason::MissingHeader(name) => write!(f, "the header {name} is missing"),
            VerifyReason::AmbiguousHeader(name) => {
                write!(f, "the header {name} stands there twice with different values, or is not text")
            }
            VerifyReason::MalformedTimestamp => f.write_str("Wechatpay-Timestamp is not a number of seconds"),
            VerifyReason::Stale { seconds } if *seconds > 0 => {
                write!(f, "it was signed {seconds} s ago, and 300 s are allowed; check this machine's clock")
            }
            VerifyReason::Stale { seconds } => {
                write!(
                    f,
                    "it was signed {} s ahead of this machine's clock, and 300 s are allowed; check the clock",
                    -seconds
                )
            }
            VerifyReason::SignatureType(scheme) => {
                write!(f, "it is signed by the scheme {scheme}, which this credential does not use")
            }
            VerifyReason::UnknownSerial(serial) if serial.starts_with("PUB_KEY_ID_") => write!(
                f,
                "it names the WeChat Pay public key {serial}, which is not configured; compare the key id in the merchant portal"
            ),
            VerifyReason::UnknownSerial(serial) => {
                write!(f, "it names the platform certificate {serial}, which is not known here")
            }
            VerifyReason::CertificateNotValid(serial) => {
                write!(f, "the platform certificate {serial} is expired or not yet valid")
            }
            VerifyReason::MalformedSignature => f.write_str("its signature is not base64"),
            VerifyReason::Probe => f.write_str(
                "it is a signature probe (WECHATPAY/SIGNTEST/), which has to be refused; the repeated message is signed properly",
            ),
            VerifyReason::WrongSignature => f.write_str("its signature does not fit"),
            VerifyReason::CertificateList(why) => write!(f, "the certificate list cannot be opened: {why}"),
            VerifyReason::WrongHash => f.write_str("the file does not have the published hash"),
            VerifyReason::Encoding(why) => write!(f, "its content encoding cannot be undone: {why}"),
        }
    }
}

impl std::error::Error for VerifyReason {}
