//! Notifications: what WeChat Pay posts to the merchant.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::VerifyReason;
use crate::wire::verify;
use crate::{Credential, OpenError, Time};

/// A verified and decrypted notification.
///
/// `Debug` shows ids and types, never the resource: it holds personal data.
#[derive(Clone)]
pub struct Notification {
    id: String,
    create_time: Option<Time>,
    event_type: String,
    original_type: Option<String>,
    summary: Option<String>,
    resource: Bytes,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    create_time: Option<Time>,
    event_type: String,
    summary: Option<String>,
    resource: Sealed,
}

#[derive(Deserialize)]
struct Sealed {
    original_type: Option<String>,
    algorithm: String,
    ciphertext: String,
    associated_data: Option<String>,
    nonce: String,
}

impl Notification {
    /// Verifies a notification on its raw `body` and `headers`, then decrypts it. `now` is in Unix seconds.
    ///
    /// `body` has to be the bytes as received: a framework that parses and re-writes JSON breaks the signature.
    /// Answer 200 or 204 only when it is durably stored, and 4xx or 5xx on an error, so that WeChat Pay repeats it.
    pub fn open(
        credential: &Credential,
        headers: &HeaderMap,
        body: &[u8],
        now: i64,
    ) -> Result<Self, NotificationError> {
        verify(headers, body, credential.scheme(), credential.key_ring(), now)
            .map_err(NotificationError::Verify)?;
        let envelope: Envelope = serde_json::from_slice(body)
            .map_err(|error| NotificationError::Malformed { line: error.line(), column: error.column() })?;
        let Sealed { original_type, algorithm, ciphertext, associated_data, nonce } = envelope.resource;
        if algorithm != "AEAD_AES_256_GCM" {
            return Err(NotificationError::Algorithm(algorithm.chars().take(64).collect()));
        }
        let associated_data = associated_data.unwrap_or_default();
        let resource = credential
            .apiv3_keys()
            .iter()
            .map(|key| key.open(&nonce, &associated_data, &ciphertext))
            .reduce(Result::or)
            .ok_or(NotificationError::NoApiV3Key)?
            .map_err(NotificationError::Open)?;
        Ok(Self {
            id: envelope.id,
            create_time: envelope.create_time,
            event_type: envelope.event_type,
            original_type,
            summary: envelope.summary,
            resource: resource.into(),
        })
    }

    /// The notification's id. Repeated deliveries usually carry the same one; deduplicate by business key as well.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When WeChat Pay made it.
    pub fn create_time(&self) -> Option<&Time> {
        self.create_time.as_ref()
    }

    /// The event, such as `BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON`.
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// What kind of object the resource is, such as `point_coupon`.
    pub fn original_type(&self) -> Option<&str> {
        self.original_type.as_deref()
    }

    /// A short text for people.
    pub fn summary(&self) -> Option<&str> {
        self.summary.as_deref()
    }

    /// The decrypted resource, byte for byte.
    pub fn resource_bytes(&self) -> &Bytes {
        &self.resource
    }

    /// The decrypted resource as JSON.
    pub fn resource(&self) -> Result<Value, NotificationError> {
        self.decode()
    }

    /// The decrypted resource as a type of yours.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, NotificationError> {
        serde_json::from_slice(&self.resource)
            .map_err(|error| NotificationError::Resource { line: error.line(), column: error.column() })
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("original_type", &self.original_type)
            .field("resource_bytes", &self.resource.len())
            .finish_non_exhaustive()
    }
}

/// Why a notification is not accepted. Answer it with 4xx or 5xx: WeChat Pay repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotificationError {
    /// It cannot be trusted.
    Verify(VerifyReason),
    /// It is verified, but not the documented envelope.
    Malformed {
        /// Where the body stops making sense, from 1.
        line: usize,
        /// Where the body stops making sense, from 1.
        column: usize,
    },
    /// It is sealed by an algorithm that is not supported.
    Algorithm(String),
    /// The credential has no APIv3 key.
    NoApiV3Key,
    /// It does not open.
    Open(OpenError),
    /// The decrypted resource is not what was asked for.
    Resource {
        /// Where the resource stops making sense, from 1.
        line: usize,
        /// Where the resource stops making sense, from 1.
        column: usize,
    },
}

impl fmt::Display for NotificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotificationError::Verify(reason) => write!(f, "the notification cannot be trusted: {reason}"),
            NotificationError::Malformed { line, column } => {
                write!(f, "the notification is not the documented envelope (line {line}, column {column})")
            }
            NotificationError::Algorithm(name) => {
                write!(f, "the notification is sealed by {name}, and only AEAD_AES_256_GCM is supported")
            }
            NotificationError::NoApiV3Key => {
                f.write_str("the credential has no APIv3 key, which opens notifications")
            }
            NotificationError::Open(error) => write!(f, "the notification does not open: {error}"),
            NotificationError::Resource { line, column } => {
                write!(f, "the decrypted resource does not decode (line {line}, column {column})")
            }
        }
    }
}

impl std::error::Error for NotificationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            NotificationError::Verify(reason) => Some(reason),
            NotificationError::Open(error) => Some(error),
            _ => None,
        }
    }
}
