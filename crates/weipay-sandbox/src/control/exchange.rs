//! One exchange of the journal, folded and unfolded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use weipay_catalog::{ops, reference};

use super::Control;
use crate::protocol::canonical;
use crate::{Direction, Entry};

/// One line of the journal. The path is the operation's template, because paths and queries may hold an openid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExchangeSummary {
    /// Counts from 1 and is never reused.
    pub number: u64,
    /// `received` for a request to the sandbox, `sent` for a notification.
    pub direction: String,
    /// Wire time, Unix seconds.
    pub at: i64,
    /// `GET`, `POST`, …
    pub method: String,
    /// The operation's template; of a notification its address without the query; else the path as it came.
    pub path: String,
    /// The operation's id in the catalogue.
    pub operation: Option<String>,
    /// The official Chinese title of the operation or event.
    pub title: Option<String>,
    /// The notification's event type.
    pub event: Option<String>,
    /// mchid or brand id of an authenticated request; the receiver of a notification.
    pub caller: Option<String>,
    /// None if the connection was reset, or a notification got no answer.
    pub status: Option<u16>,
    /// `rule`, `linked` or `schema`.
    pub basis: Option<String>,
    /// The id of the fault that struck.
    pub fault: Option<String>,
    /// Mistakes of the client that were recognised.
    pub mistakes: Vec<MistakeView>,
    /// What was accepted but is worth knowing.
    pub notes: Vec<String>,
    /// Microseconds from the arrival to the answer.
    pub duration_us: u64,
}

/// A recognised mistake.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MistakeView {
    /// `Q01` … `Q17`, `K09`, …
    pub id: String,
    /// The likely cause.
    pub cause: String,
}

/// One exchange, whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExchangeView {
    /// Its line.
    #[serde(flatten)]
    pub summary: ExchangeSummary,
    /// The request target as it stood in the request line; of a notification the whole address.
    pub target: String,
    /// Names in lower case; the signature inside Authorization is shortened.
    pub request_headers: Vec<(String, String)>,
    /// The body as it came.
    pub request_body: Content,
    /// What the server holds the request's signed string to be.
    pub string_to_sign: Option<String>,
    /// What the client signed instead, where the signature is wrong and a known mistake explains it.
    pub signed_instead: Option<String>,
    /// The string that the sandbox's own signature is over: of the answer, or of the notification.
    pub sandbox_signed: Option<String>,
    /// Names in lower case.
    pub response_headers: Vec<(String, String)>,
    /// The body as it was made, before a fault cut it.
    pub response_body: Content,
}

/// A body: text if it is UTF-8, else Base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// UTF-8.
    Text(String),
    /// Standard Base64 of anything else.
    Base64(String),
}

impl Content {
    pub(super) fn of(body: &Bytes) -> Self {
        match std::str::from_utf8(body) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(body)),
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) | Self::Base64(text) => text.is_empty(),
        }
    }
}

impl Control {
    /// The exchange of this number; none if it is not kept any more.
    pub fn exchange(&self, number: u64) -> Option<ExchangeView> {
        self.world.shared.state().journal.entries().find(|entry| entry.number == number).map(ExchangeView::of)
    }
}

impl ExchangeSummary {
    pub(super) fn of(entry: &Entry) -> Self {
        let operation = entry.operation.and_then(ops::operation);
        let event = entry.event.as_deref().and_then(reference::event);
        let path = operation.map_or_else(
            || entry.target.split('?').next().unwrap_or_default(),
            |operation| operation.template,
        );
        Self {
            number: entry.number,
            direction: match entry.direction {
                Direction::Received => "received".to_owned(),
                Direction::Sent => "sent".to_owned(),
            },
            at: entry.at,
            method: entry.method.clone(),
            path: path.to_owned(),
            operation: entry.operation.map(str::to_owned),
            title: operation.map(|found| found.title).or(event.map(|found| found.title)).map(str::to_owned),
            event: entry.event.clone(),
            caller: entry.caller.clone(),
            status: entry.status,
            basis: entry.basis.map(|basis| basis.as_str().to_owned()),
            fault: entry.fault.map(str::to_owned),
            mistakes: entry
                .mistakes
                .iter()
                .map(|mistake| MistakeView { id: mistake.id.to_owned(), cause: mistake.cause.clone() })
                .collect(),
            notes: entry.notes.clone(),
            duration_us: u64::try_from(entry.duration.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

impl ExchangeView {
    fn of(entry: &Entry) -> Self {
        let (headers, body) = match entry.direction {
            Direction::Received => (&entry.response_headers, &entry.response_body),
            Direction::Sent => (&entry.request_headers, &entry.request_body),
        };
        let header =
            |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let sandbox_signed = header("wechatpay-timestamp").zip(header("wechatpay-nonce"));
        let sandbox_signed = sandbox_signed.map(|(timestamp, nonce)| {
            String::from_utf8_lossy(&canonical::answer(timestamp, nonce, body)).into_owned()
        });
        Self {
            summary: ExchangeSummary::of(entry),
            target: entry.target.clone(),
            request_headers: entry.request_headers.clone(),
            request_body: Content::of(&entry.request_body),
            string_to_sign: entry.string_to_sign.clone(),
            signed_instead: entry.signed_instead.clone(),
            sandbox_signed,
            response_headers: entry.response_headers.clone(),
            response_body: Content::of(&entry.response_body),
        }
    }
}
