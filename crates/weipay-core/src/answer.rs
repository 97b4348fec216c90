//! A verified answer.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

use crate::Certificate;

/// A verified 2xx exactly as received. `Debug` shows no body: it may hold personal data.
#[derive(Clone)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) hash: Option<String>,
    pub(crate) certificates: Vec<Certificate>,
}

impl Answer {
    /// The HTTP status: 200, 202 or 204.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The `Request-ID` header: what WeChat Pay's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }

    /// The serial of the platform key that signed the answer.
    pub fn serial(&self) -> Option<&str> {
        self.headers.get("Wechatpay-Serial").and_then(|value| value.to_str().ok())
    }

    /// The body, byte for byte as it was verified; empty for 204 and for a streamed file.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The platform certificates of a verified certificate list; of other answers, none.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The verified hash of a streamed file, in lower-case hexadecimal.
    pub fn hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("Request-ID").and_then(|value| value.to_str().ok())
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("request_id", &self.request_id())
            .field("serial", &self.serial())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
