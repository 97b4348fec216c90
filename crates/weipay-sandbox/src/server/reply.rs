//! From an answer or a refusal to the bytes on the wire, signed by the key that the caller asked for.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::Full;

use crate::call::{Answer, Content};
use crate::fault::Tampering;
use crate::journal::Basis;
use crate::keys::PlatformKey;
use crate::protocol::authorization::Scheme;
use crate::protocol::canonical;
use crate::refusal::Refusal;

const JSON: &str = "application/json; charset=utf-8";

/// Where a redirect leads: nobody is there (RFC 6761).
const ELSEWHERE: &str = "https://elsewhere.invalid/";

/// An answer that is not yet signed.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) basis: Basis,
    pub(crate) signed: bool,
    /// The number behind the dash of `Request-ID`: 0 is success.
    pub(crate) internal: u32,
    /// Of the body; empty for none. A gateway's own page is HTML.
    pub(crate) media_type: &'static str,
}

impl Reply {
    /// One of the statuses that a fault answers with, in the form that it has on the wire: the application's 500 and
    /// 400 are signed JSON, the gateway's 429 and 503 unsigned JSON, its 502 a page (ASSUME).
    pub(crate) fn fault(status: u16) -> Self {
        if status == 502 {
            let body = Bytes::from_static(b"<html><head><title>502 Bad Gateway</title></head></html>");
            let media_type = "text/html";
            return Self { status, body, basis: Basis::Rule, signed: false, internal: 0, media_type };
        }
        if matches!(status, 202 | 301 | 302) {
            let signed = status == 202;
            let body = Bytes::new();
            return Self { status, body, basis: Basis::Rule, signed, internal: 0, media_type: JSON };
        }
        let (code, message, signed) = match status {
            429 => ("FREQUENCY_LIMITED", "频率超限", false),
            503 => ("SERVICE_UNAVAILABLE", "服务不可用", false),
            _ => ("SYSTEM_ERROR", "系统错误", true),
        };
        Self::from(Refusal { signed, ..Refusal::new(status, code, message) })
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: refusal.status,
            body: Bytes::from(refusal.body()),
            basis: refusal.basis,
            signed: refusal.signed,
            internal: refusal.internal,
            media_type: JSON,
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let (body, media_type, signed) = match answer.content {
            Content::Empty => (Bytes::new(), JSON, true),
            Content::Json(value) => (Bytes::from(value.to_string()), JSON, true),
            Content::File { bytes, media_type } => (bytes, media_type, false),
        };
        Self { status: answer.status, body, basis: answer.basis, signed, internal: 0, media_type }
    }
}

/// What a signature needs beside the body.
pub(crate) struct Seal<'a> {
    pub(crate) key: &'a PlatformKey,
    pub(crate) scheme: Scheme,
    /// Wire time in Unix seconds.
    pub(crate) timestamp: i64,
    pub(crate) nonce: &'a str,
    pub(crate) tampering: Option<Tampering>,
}

/// Writes the response.
pub(crate) fn response(reply: &Reply, request_id: &str, seal: Option<&Seal<'_>>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body.clone()));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    put(headers, "server", "weipay-sandbox");
    put(headers, "request-id", &format!("{request_id}-{}", reply.internal));
    put(headers, "weipay-sandbox-basis", reply.basis.as_str());
    if matches!(reply.status, 301 | 302) {
        put(headers, "location", ELSEWHERE);
    }
    if !reply.body.is_empty() {
        if !reply.media_type.is_empty() {
            put(headers, "content-type", reply.media_type);
        }
        put(headers, "content-language", "zh-CN");
    }
    if let Some(seal) = seal.filter(|_| reply.signed) {
        sign(headers, &reply.body, seal);
    }
    response
}

fn sign(headers: &mut HeaderMap, body: &[u8], seal: &Seal<'_>) {
    let off = match seal.tampering {
        Some(Tampering::None) => return,
        Some(Tampering::Timestamp(seconds)) => seconds,
        _ => 0,
    };
    let timestamp = seal.timestamp.saturating_add(off).to_string();
    let signed_body = match seal.tampering {
        Some(Tampering::OtherBody) => b"{\"sandbox\":\"another body\"}",
        _ => body,
    };
    let mut signature =
        seal.key.private.sign(&canonical::answer(&timestamp, seal.nonce, signed_body)).unwrap_or_default();
    if seal.tampering == Some(Tampering::Probe) {
        signature = canonical::probe(&signature);
    }
    let serial = match seal.tampering {
        Some(Tampering::Serial(serial)) => serial,
        _ => &seal.key.serial,
    };
    put(headers, "wechatpay-nonce", seal.nonce);
    put(headers, "wechatpay-serial", serial);
    put(headers, "wechatpay-signature", &signature);
    put(headers, "wechatpay-signature-type", seal.scheme.as_str());
    put(headers, "wechatpay-timestamp", &timestamp);
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
