//! Files: the call that fetches one, or the two calls of an operation whose answer only says where it is.

use std::fmt;

use http::Uri;
use http::uri::{Authority, Scheme};
use serde_json::Value;
use weipay_catalog::ops::{self, DownloadUrl, Method};

use super::{Call, Digest, Expected, Kind, QueryValue};
use crate::error::outcome::{Happening, outcome};
use crate::error::{BuildReason, Error, Failure, TransportError};
use crate::exchange::Settings;
use crate::{Answer, Outcome};

/// A file to be fetched: what a download verb asks for.
#[derive(Clone, Debug)]
pub struct Download {
    call: Call,
    /// The members of the answer that lead to the file; `None` where the answer is the file.
    leads: Option<&'static DownloadUrl>,
    max: Option<u64>,
}

/// An absolute address outside the client's base URL, with its target as it was given.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    target: String,
}

impl Address {
    pub(crate) fn target(&self) -> &str {
        &self.target
    }
}

/// A kind of fetched file: [`VerifiedFile`] or [`UnverifiedFile`].
pub trait Fetched: Sized + Send {
    /// Whether it has a hash to be verified by.
    #[doc(hidden)]
    const VERIFIED: bool;

    /// The file of a finished download.
    #[doc(hidden)]
    fn of(answer: Answer, bytes: u64) -> Self;
}

/// A file that has the hash which WeChat Pay published for it.
#[derive(Clone, Debug)]
pub struct VerifiedFile {
    answer: Answer,
    bytes: u64,
}

impl VerifiedFile {
    /// How many bytes it has, inflated.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its hash, in lower-case hexadecimal: SHA-1 of 40 digits, SHA-256 or SM3 of 64.
    pub fn hash(&self) -> &str {
        self.answer.hash().unwrap_or_default()
    }

    /// Status and headers of the answer that brought it. Headers of a file are not covered by its hash.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

/// A file for which no hash is published. It came over TLS from where the address said, and that is all that is known.
#[derive(Clone, Debug)]
pub struct UnverifiedFile {
    answer: Answer,
    bytes: u64,
}

impl UnverifiedFile {
    /// How many bytes it has, inflated.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Status and headers of the answer that brought it, such as its `Content-Type`.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

impl Fetched for VerifiedFile {
    const VERIFIED: bool = true;

    fn of(answer: Answer, bytes: u64) -> Self {
        Self { answer, bytes }
    }
}

impl Fetched for UnverifiedFile {
    const VERIFIED: bool = false;

    fn of(answer: Answer, bytes: u64) -> Self {
        Self { answer, bytes }
    }
}

impl Download {
    /// The download that the catalogue knows for `call`. A file with a published hash has to be taken as
    /// [`VerifiedFile`], one without as [`UnverifiedFile`]; the wrong one is a mistake that surfaces when it is fetched.
    pub fn new<F: Fetched>(mut call: Call) -> Self {
        let operation = call.operation();
        let leads = operation.and_then(|operation| operation.download_url);
        let header = operation.and_then(|operation| operation.file).and_then(|file| file.digest_header);
        let published = header.is_some() || leads.is_some_and(|leads| leads.hash_value.is_some());
        let is_file =
            operation.is_none_or(|operation| operation.download || operation.download_url.is_some());
        if !is_file {
            call.fail(BuildReason::Download("its answer is no file and leads to none"));
        } else if F::VERIFIED && !published {
            call.fail(BuildReason::Download(
                "no hash is published for its file; use .download_unverified(), or check the file by other means",
            ));
        } else if !F::VERIFIED && published {
            call.fail(BuildReason::Download(
                "its file has a published hash; use .download(), which verifies it",
            ));
        }
        if leads.is_none() {
            let expected = header.map_or(Expected::Unpublished, Expected::SignedHeader);
            call.kind = Kind::Download(Digest { expected, gzip: false, max: u64::MAX });
        }
        Self { call, leads, max: None }
    }

    /// The file at `address`, which an earlier answer gave together with its hash: `SHA1`, `SHA256` or `SM3`, and
    /// hexadecimal digits. Mistakes surface when it is fetched.
    pub fn address(address: &str, hash_type: &str, hash_value: &str) -> Self {
        let digest = Expected::parse(hash_type, hash_value);
        let call = match (parse(address), digest) {
            (Some(address), Some(expected)) => at(address, expected, false),
            (None, _) => mistaken("the address is no http:// or https:// URL with a path"),
            (_, None) => mistaken("the hash is none of SHA1, SHA256 and SM3 in hexadecimal digits"),
        };
        Self { call, leads: None, max: None }
    }

    /// Changes the call, such as its time-out.
    pub fn call_mut(&mut self) -> &mut Call {
        &mut self.call
    }

    /// How many bytes the (inflated) file may have, in place of [`Settings::max_file`].
    pub fn max_bytes(&mut self, max: u64) {
        self.max = Some(max);
    }

    /// Whether [`first`](Self::first) asks for the address only.
    pub fn is_led_to(&self) -> bool {
        self.leads.is_some()
    }

    /// The first call: for the file itself, or for the answer that [`leads`](Self::then) to it.
    pub fn first(&self, settings: &Settings) -> Call {
        self.bounded(self.call.clone(), settings)
    }

    /// The call for the file that `answer`, a verified answer to the first call, leads to.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where the answer has no usable address or hash: some files are not ready at once, and their
    /// answers carry neither before they are.
    pub fn then(&self, answer: &Answer, settings: &Settings) -> Result<Call, Error> {
        let Some(leads) = self.leads else { return Ok(self.first(settings)) };
        let json: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
        let undecodable = |name: &str, problem: &str| {
            self.call.undecodable(answer, false, &format!("/{name}"), problem.to_owned())
        };
        let text = |name: &'static str| {
            json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
                undecodable(name, "it is missing; the file may not be ready yet, so ask again later")
            })
        };
        let address = parse(text(leads.member)?)
            .ok_or_else(|| undecodable(leads.member, "it is no http:// or https:// URL with a path"))?;
        // Clear text is for servers on this machine, which the base URL named.
        if address.scheme != Scheme::HTTPS && address.authority != settings.authority {
            return Err(undecodable(leads.member, "it would send the request to another host without TLS"));
        }
        let expected = match (leads.hash_type, leads.hash_value) {
            (Some(kind), Some(value)) => Expected::parse(text(kind)?, text(value)?).ok_or_else(|| {
                undecodable(value, "it is none of SHA1, SHA256 and SM3 in hexadecimal digits")
            })?,
            _ => Expected::Unpublished,
        };
        let mut call = at(address, expected, self.asked_for_gzip());
        call.timeout = self.call.timeout;
        Ok(self.bounded(call, settings))
    }

    /// The error of a download that ended on our side, such as on a full disk.
    pub fn failed(&self, failure: Failure) -> Error {
        let outcome = match failure.phase {
            crate::error::Phase::NotConnected => Outcome::NotSent,
            _ => outcome(Happening::BrokeOff, self.call.operation(), self.call.earlier()),
        };
        TransportError::new(self.call.name(), outcome, failure).into()
    }

    fn bounded(&self, mut call: Call, settings: &Settings) -> Call {
        if let Kind::Download(digest) = &mut call.kind {
            digest.max = self.max.unwrap_or(settings.max_file);
        }
        call
    }

    /// Whether the request was for a compressed bill: `tar_type=GZIP`.
    fn asked_for_gzip(&self) -> bool {
        let gzip = |(name, value): &(String, QueryValue)| match value {
            QueryValue::Plain(value) => name == "tar_type" && value.eq_ignore_ascii_case("gzip"),
            QueryValue::Sensitive(_) => false,
        };
        self.call.query.iter().any(gzip)
    }
}

fn parse(address: &str) -> Option<Address> {
    let parts = address.parse::<Uri>().ok()?.into_parts();
    let (scheme, authority, target) = (parts.scheme?, parts.authority?, parts.path_and_query?);
    let known = scheme == Scheme::HTTP || scheme == Scheme::HTTPS;
    if !known || authority.as_str().contains('@') || authority.host().is_empty() || target.path() == "/" {
        return None;
    }
    Some(Address { scheme, authority, target: target.as_str().to_owned() })
}

/// The call for the file at an address. Its path and query are signed and sent as they were given.
fn at(address: Address, expected: Expected, gzip: bool) -> Call {
    let (path, query) = address.target.split_once('?').unwrap_or((&address.target, ""));
    let gzip = gzip || query.split('&').any(|pair| pair.eq_ignore_ascii_case("tartype=gzip"));
    // Errors show a path of the catalogue, and of no other address anything.
    let template =
        ops::find(Method::Get, path).map_or("/(the address of the file)", |operation| operation.template);
    let mut call = Call::new(Method::Get, template);
    call.kind = Kind::Download(Digest { expected, gzip, max: u64::MAX });
    call.address = Some(address);
    call
}

fn mistaken(why: &'static str) -> Call {
    let mut call = Call::new(Method::Get, "/(the address of the file)");
    call.fail(BuildReason::Download(why));
    call
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The target holds a token.
        f.debug_struct("Address").field("authority", &self.authority).finish_non_exhaustive()
    }
}
