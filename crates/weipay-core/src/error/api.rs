//! Refusals: what WeChat Pay answers outside 2xx.

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

use super::{OperationName, Outcome, Verified};

/// An answer outside 2xx.
///
/// Branch on [`status()`](ApiError::status) and [`code()`](ApiError::code); messages vary by product. The raw body and
/// `detail` may hold values of the request, so neither `Debug` nor `Display` shows them.
pub struct ApiError {
    pub(crate) operation: OperationName,
    pub(crate) outcome: Outcome,
    pub(crate) status: u16,
    pub(crate) verified: Verified,
    pub(crate) request_id: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) detail: Option<Value>,
    pub(crate) sign_difference: Option<SignDifference>,
    pub(crate) location: Option<String>,
    pub(crate) body: Bytes,
}

impl ApiError {
    /// Whether the operation may have happened.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the answer carries a valid signature. Refusals before authentication and from gateways carry none.
    pub fn verified(&self) -> Verified {
        self.verified
    }

    /// WeChat Pay's `code`, such as `PARAM_ERROR`; `None` where the body is empty or no JSON.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// WeChat Pay's `message`, in the language of `Accept-Language`.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// WeChat Pay's `detail`: for `PARAM_ERROR` the `field` as a JSON pointer. It may hold values of the request.
    pub fn detail(&self) -> Option<&Value> {
        self.detail.as_ref()
    }

    /// The field that WeChat Pay complains about: a JSON pointer for the body, a bare name otherwise.
    pub fn field(&self) -> Option<&str> {
        self.detail.as_ref()?.get("field")?.as_str()
    }

    /// The `Request-ID` header: what WeChat Pay's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// On 401 `SIGN_ERROR`: where the server's string to sign first differs from the one that was signed here.
    pub fn sign_difference(&self) -> Option<&SignDifference> {
        self.sign_difference.as_ref()
    }

    /// The body as received.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("operation", &self.operation)
            .field("outcome", &self.outcome)
            .field("status", &self.status)
            .field("verified", &self.verified)
            .field("request_id", &self.request_id)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("field", &self.field())
            .field("sign_difference", &self.sign_difference)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: HTTP {}", self.operation, self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(message) = &self.message {
            write!(f, " {message}")?;
        }
        if let Some(field) = self.field() {
            write!(f, ", field {field}")?;
        }
        if let Some(host) = &self.location {
            write!(f, ", a redirect to {host}, which is never followed: the signature is for one request")?;
        }
        if let Some(difference) = &self.sign_difference {
            write!(f, "; {difference}")?;
        }
        write!(f, " (outcome: {}", self.outcome)?;
        if self.verified == Verified::Wrong {
            write!(f, "; its signature is wrong, so it may not come from WeChat Pay")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, "; Request-ID {id}")?;
        }
        f.write_str(")")
    }
}

/// Where the string that the server put together differs from the one that was signed here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignDifference {
    /// The strings differ.
    At {
        /// Offset of the first differing byte, from 0, in the whole string.
        byte: usize,
        /// Which of the five lines it stands in: `method`, `URL`, `timestamp`, `nonce` or `body`.
        line: &'static str,
        /// The byte signed here; `None` where our string has ended.
        signed: Option<u8>,
        /// The byte that the server has; `None` where its string has ended.
        server: Option<u8>,
    },
    /// The strings agree as far as the server shows its own, and their lengths differ.
    Length {
        /// How many bytes the server shows.
        shown: usize,
        /// Bytes signed here.
        signed: usize,
        /// Bytes that the server has.
        server: usize,
    },
    /// The strings agree as far as the server shows its own, and in length: then the key does not belong to the
    /// serial, or the rest of the body was changed on the way.
    None {
        /// How many bytes the server shows.
        shown: usize,
        /// Bytes in all.
        of: usize,
    },
}

impl SignDifference {
    /// Compares what was signed with the `sign_information` of a `SIGN_ERROR`.
    pub(crate) fn find(signed: &[u8], detail: &Value) -> Option<Self> {
        let information = detail.get("sign_information")?;
        let shown = information.get("truncated_sign_message")?.as_str()?.as_bytes();
        let length = information.get("sign_message_length").and_then(Value::as_u64);
        let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(shown.len());
        let complete = shown.len() >= length;
        // A string that was cut may end in an ellipsis or a line feed of its own: compare what both have.
        let agreed = signed.iter().zip(shown).take_while(|(ours, theirs)| ours == theirs).count();
        let cut_here = !complete && agreed + 1 >= shown.len();
        if agreed < shown.len() && !cut_here || complete && agreed < signed.len() {
            return Some(SignDifference::At {
                byte: agreed,
                line: line_of(signed, agreed),
                signed: signed.get(agreed).copied(),
                server: shown.get(agreed).copied(),
            });
        }
        Some(if length == signed.len() {
            SignDifference::None { shown: agreed, of: signed.len() }
        } else {
            SignDifference::Length { shown: agreed, signed: signed.len(), server: length }
        })
    }
}

fn line_of(message: &[u8], byte: usize) -> &'static str {
    let line = message[..byte.min(message.len())].split(|byte| *byte == b'\n').count();
    ["method", "URL", "timestamp", "nonce", "body"][line.clamp(1, 5) - 1]
}

impl fmt::Display for SignDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |byte: &Option<u8>| match byte {
            Some(byte) => format!("'{}' (0x{byte:02x})", byte.escape_ascii()),
            None => "the end".to_owned(),
        };
        match self {
            SignDifference::At { byte, line, signed, server } => write!(
                f,
                "the strings to sign first differ at byte {byte}, in the {line}: signed here {}, seen by the server {}",
                show(signed),
                show(server)
            ),
            SignDifference::Length { shown, signed, server } => write!(
                f,
                "the strings to sign agree in the {shown} bytes that the server shows, but {signed} bytes were signed here \
                 and the server has {server}: the body was changed or written twice"
            ),
            SignDifference::None { shown, of } => write!(
                f,
                "the strings to sign agree in the {shown} of {of} bytes that the server shows: the private key does not \
                 belong to the merchant serial, or the rest of the body was changed on the way"
            ),
        }
    }
}
