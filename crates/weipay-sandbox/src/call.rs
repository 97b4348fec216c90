//! One request as a rule sees it, and what a rule answers.

use std::cell::RefCell;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use weipay_catalog::ops::Operation;

use crate::journal::Basis;
use crate::keys::{Keys, RegisteredKey};
use crate::protocol::authorization::Scheme;
use crate::serial::{self, Constant};

/// Who called, proven by a signature.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) scheme: Scheme,
    /// mchid or brand id.
    pub(crate) id: String,
    /// Serial of the certificate whose key signed.
    pub(crate) serial: String,
}

/// One authenticated request, checked against the catalogue.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) caller: &'a Caller,
    pub(crate) keys: &'a Keys,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    /// `Null` where the operation has no body; of an upload its JSON part.
    pub(crate) body: Value,
    /// The file of an upload.
    pub(crate) file: Option<Upload>,
    /// `Wechatpay-Serial` of the request.
    pub(crate) serial: Option<&'a str>,
    /// What is encrypted to the caller goes to another of its certificates than the one that signed: a fault.
    pub(crate) other_certificate: bool,
    /// Where the caller reached the sandbox, such as `http://127.0.0.1:8080`: what addresses in answers begin with.
    pub(crate) origin: &'a str,
    /// The address under which a browser finds this server.
    pub(crate) pages: &'a str,
    /// Business time.
    pub(crate) now: Timestamp,
    /// What is accepted but worth knowing; goes to the journal.
    pub(crate) notes: RefCell<Vec<String>>,
}

/// The file part of a multipart upload.
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

impl Call<'_> {
    /// A text member of the body.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// A text member that the schema requires; empty if it is missing all the same.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.body.get(name)?.as_i64()
    }

    pub(crate) fn path(&self, name: &str) -> &str {
        value(&self.path, name).unwrap_or_default()
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    /// Encrypts a member that only the caller can read.
    pub(crate) fn encrypt(&self, plain: &str) -> Option<String> {
        let registered = self.keys.registered(self.caller.scheme, &self.caller.id)?;
        let signed = |key: &&RegisteredKey| (key.serial == self.caller.serial) != self.other_certificate;
        registered.iter().find(signed)?.public.encrypt(plain)
    }

    pub(crate) fn note(&self, note: impl Into<String>) {
        self.notes.borrow_mut().push(note.into());
    }
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A success.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
    pub(crate) basis: Basis,
}

/// What an answer carries.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    /// Bytes as they are; a file is not signed.
    File {
        #[serde(with = "serial::base64")]
        bytes: Bytes,
        #[serde(deserialize_with = "serial::constant")]
        media_type: Constant,
    },
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, content: Content::Json(body), basis: Basis::Rule }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: 204, content: Content::Empty, basis: Basis::Rule }
    }

    pub(crate) fn file(bytes: Bytes, media_type: &'static str) -> Self {
        Self { status: 200, content: Content::File { bytes, media_type }, basis: Basis::Rule }
    }
}
