//! The check that every answer and every notification has to pass.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use weipay_catalog::ops::Scheme;

use super::{response_message, scheme_name};
use crate::error::VerifyReason;
use crate::ring::KeyRing;

/// How far the clock of a message may be from ours, in seconds, either way.
const WINDOW: u64 = 300;

/// What the headers of a signed message say. Nothing of it is proved yet.
pub(crate) struct Signed<'a> {
    pub(crate) serial: &'a str,
    timestamp: &'a str,
    nonce: &'a str,
    signature: &'a str,
    seconds: u64,
}

impl<'a> Signed<'a> {
    /// Reads the five headers.
    pub(crate) fn read(headers: &'a HeaderMap, scheme: Scheme) -> Result<Self, VerifyReason> {
        const NAMES: [&str; 4] =
            ["Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial"];
        if NAMES.iter().all(|name| !headers.contains_key(*name)) {
            return Err(VerifyReason::Unsigned);
        }
        let needed = |name| single(headers, name)?.ok_or(VerifyReason::MissingHeader(name));
        let [signature, timestamp, nonce, serial] = NAMES;
        let kind = single(headers, "Wechatpay-Signature-Type")?;
        // Absent means RSA (the merchant scheme).
        if let Some(kind) = kind.filter(|kind| *kind != scheme_name(scheme)) {
            return Err(VerifyReason::SignatureType(clip(kind)));
        }
        let timestamp = needed(timestamp)?;
        let digits = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = timestamp.parse().ok().filter(|_| digits).ok_or(VerifyReason::MalformedTimestamp)?;
        Ok(Self {
            serial: needed(serial)?,
            timestamp,
            nonce: needed(nonce)?,
            signature: needed(signature)?,
            seconds,
        })
    }

    /// Checks the clock and the signature with the key that the serial names.
    pub(crate) fn check(&self, body: &[u8], ring: &KeyRing, now: i64) -> Result<(), VerifyReason> {
        let ahead = i128::from(now) - i128::from(self.seconds);
        if ahead.unsigned_abs() > u128::from(WINDOW) {
            return Err(VerifyReason::Stale { seconds: ahead });
        }
        if self.signature.starts_with("WECHATPAY/SIGNTEST/") {
            return Err(VerifyReason::Probe);
        }
        let key = ring.find(self.serial).ok_or_else(|| VerifyReason::UnknownSerial(clip(self.serial)))?;
        if !key.is_valid_at(now) {
            return Err(VerifyReason::CertificateNotValid(clip(self.serial)));
        }
        let signature = STANDARD.decode(self.signature).map_err(|_| VerifyReason::MalformedSignature)?;
        let message = response_message(self.timestamp, self.nonce, body);
        if key.key().verifies(&message, &signature) { Ok(()) } else { Err(VerifyReason::WrongSignature) }
    }
}

/// Reads and checks the signature of one message.
pub(crate) fn verify(
    headers: &HeaderMap,
    body: &[u8],
    scheme: Scheme,
    ring: &KeyRing,
    now: i64,
) -> Result<(), VerifyReason> {
    Signed::read(headers, scheme)?.check(body, ring, now)
}

/// The one value of a header, without blanks around it. Repeating the same value is tolerated.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, VerifyReason> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let text = first.to_str().map_err(|_| VerifyReason::AmbiguousHeader(name))?.trim();
    for other in values {
        if other.to_str().map(str::trim).ok() != Some(text) {
            return Err(VerifyReason::AmbiguousHeader(name));
        }
    }
    Ok(Some(text))
}

/// What an error shows of a value that anybody may have sent.
fn clip(value: &str) -> String {
    value.chars().take(64).collect()
}
