//! A call: an operation with its values, before it is a request.

mod chain;
mod decode;
mod digest;
mod download;
mod node;
mod template;
mod upload;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use weipay_catalog::ops::{self, Method, Operation, Scheme, UploadForm};

pub use chain::{AsyncHandle, BlockingHandle, Envelope, Handle, Path, Request};
pub use decode::{Decode, decode_object};
pub(crate) use digest::hex;
pub use digest::{Digest, Expected};
pub(crate) use download::Address;
pub use download::{Download, Fetched, UnverifiedFile, VerifiedFile};
#[doc(hidden)]
pub use node::{Node, Parameters};
pub(crate) use template::{encode_query, expand};
pub use upload::UploadFile;

use crate::Answer;
use crate::error::outcome::{Happening, outcome};
use crate::error::{BuildError, BuildReason, DecodeError, Error, OperationName, Outcome};
use crate::json::{Seal, Sealing, Sensitive};
use crate::ring::PlatformKey;

/// An operation with its values. Its mistakes surface when it is sent, as [`BuildError`].
///
/// `Debug` shows method and template only: values may be personal data.
#[derive(Clone)]
pub struct Call {
    method: Method,
    template: String,
    params: Vec<(String, String)>,
    query: Vec<(String, QueryValue)>,
    headers: HeaderMap,
    body: Body,
    timeout: Option<Duration>,
    earlier: Option<Outcome>,
    kind: Kind,
    /// Where it goes, if that is not a path of the client's base URL.
    address: Option<Address>,
    mistake: Option<BuildReason>,
}

/// The value of a query parameter.
#[derive(Clone)]
enum QueryValue {
    Plain(String),
    Sensitive(Sensitive),
}

/// The body of a call.
#[derive(Clone)]
enum Body {
    None,
    Ready(Bytes),
    /// Has sensitive members: written once the platform key is known that encrypts them.
    Sealed(Arc<Write>),
    /// A JSON part, which is signed, and a file.
    Upload(upload::Upload),
}

/// The bytes of a body: those that are signed and those that are sent, which differ for uploads.
#[derive(Clone, Default)]
pub(crate) struct Written {
    pub(crate) signed: Bytes,
    pub(crate) sent: Bytes,
    /// Where it is not JSON.
    pub(crate) content_type: Option<Arc<str>>,
}

impl Body {
    /// The bytes; sensitive members are encrypted with `key`.
    fn write(&self, key: Option<&PlatformKey>) -> Result<Written, BuildReason> {
        let bytes = match (self, key) {
            (Body::None, _) => Bytes::new(),
            (Body::Ready(bytes), _) => bytes.clone(),
            (Body::Sealed(write), Some(key)) => write(key)?,
            (Body::Sealed(_), None) => return Err(BuildReason::NoPlatformKey),
            (Body::Upload(upload), key) => return upload.write(key),
        };
        Ok(Written { signed: bytes.clone(), sent: bytes, content_type: None })
    }
}

type Write = dyn Fn(&PlatformKey) -> Result<Bytes, BuildReason> + Send + Sync;

/// How the answer of a call is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By its signature.
    Signed,
    /// The certificate list: by AEAD, then by a certificate inside it.
    Certificates,
    /// A file: by its published hash.
    Download(Digest),
}

impl Call {
    /// A call of `template`, such as `/v3/marketing/busifavor/coupons/use`; the leading slash is optional.
    pub fn new(method: Method, template: impl AsRef<str>) -> Self {
        let template = template.as_ref();
        let slash = if template.starts_with('/') { "" } else { "/" };
        Self {
            method,
            template: format!("{slash}{template}"),
            params: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::None,
            timeout: None,
            earlier: None,
            kind: Kind::Signed,
            address: None,
            mistake: None,
        }
    }

    /// The download of the platform certificates, which verifies itself and fills the credential's key ring.
    pub fn certificates() -> Self {
        Self { kind: Kind::Certificates, ..Self::new(Method::Get, "/v3/certificates") }
    }

    /// The download of a file that is verified by `digest` instead of a signature.
    pub fn download(template: impl AsRef<str>, digest: Digest) -> Self {
        Self { kind: Kind::Download(digest), ..Self::new(Method::Get, template) }
    }

    /// Gives the path parameter `name` its value, which is percent-encoded once.
    pub fn param(&mut self, name: impl Into<String>, value: impl fmt::Display) {
        self.params.push((name.into(), value.to_string()));
    }

    /// Adds a query parameter. They are sent, and signed, in the order of the calls.
    pub fn query(&mut self, name: impl Into<String>, value: impl fmt::Display) {
        self.query.push((name.into(), QueryValue::Plain(value.to_string())));
    }

    /// Adds a query parameter that is encrypted once the platform key is known that the request names.
    pub fn sensitive_query(&mut self, name: impl Into<String>, value: &Sensitive) {
        self.query.push((name.into(), QueryValue::Sensitive(value.clone())));
    }

    /// Adds a header. Those that the protocol sets itself are refused.
    pub fn header(&mut self, name: &str, value: &str) {
        let lower = name.to_ascii_lowercase();
        let own = lower.starts_with("wechatpay-")
            || matches!(
                lower.as_str(),
                "authorization"
                    | "host"
                    | "content-length"
                    | "transfer-encoding"
                    | "connection"
                    | "accept-encoding"
            );
        if own {
            return self
                .fail(BuildReason::Header(format!("the header {lower} is set by the protocol itself")));
        }
        match (HeaderName::try_from(lower), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => drop(self.headers.append(name, value)),
            _ => self.fail(BuildReason::Header(format!("'{name}' or its value is no legal header"))),
        }
    }

    /// Bounds the whole call, whatever the client's own time-outs are.
    pub fn timeout(&mut self, timeout: Duration) {
        self.timeout = Some(timeout);
    }

    /// Writes `body` as JSON. `()` and `None` send no body: APIv3 has no `null`.
    pub fn body<B: Serialize + ?Sized>(&mut self, body: &B) {
        match serde_json::to_vec(body) {
            Ok(bytes) if bytes == b"null" => self.body = Body::None,
            Ok(bytes) => self.body = Body::Ready(bytes.into()),
            // serde's own text may quote a value; say only what kind of failure it is.
            Err(error) => {
                self.fail(BuildReason::Body(format!("{:?} error of its Serialize", error.classify())));
            }
        }
    }

    /// Writes `body` as JSON with its sensitive members encrypted, once the platform key is chosen that the request
    /// names. A member of more than 214 bytes is refused then, before anything is sent.
    pub fn sealed_body<B: Seal + Send + Sync + 'static>(&mut self, body: B) {
        self.body = Body::Sealed(Arc::new(move |key| match serde_json::to_vec(&Sealing(&body, key)) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(BuildReason::Body(error.to_string())),
        }));
    }

    /// Puts `file` beside the body so far, which becomes the JSON part that is signed, and fills in the members of that
    /// part which the file decides: its digest, and its name where the operation has a member for it. A path that the
    /// catalogue does not have gets the form that most uploads have.
    ///
    /// The file is refused when the request is sent if it is empty, larger than the operation takes, or of another
    /// type than the operation takes or its name says.
    pub fn upload(&mut self, file: UploadFile) {
        let form = self.operation().map_or(Some(&UploadForm::USUAL), |operation| operation.upload_form);
        let Some(form) = form else {
            return self.fail(BuildReason::Upload("the operation takes JSON and no file".to_owned()));
        };
        match upload::Upload::new(form, std::mem::replace(&mut self.body, Body::None), file) {
            Ok(upload) => self.body = Body::Upload(upload),
            Err(mistake) => self.fail(mistake),
        }
    }

    /// Says that this call repeats one that ended with `earlier`: its outcome then describes both.
    ///
    /// A refusal of a repetition (401, 429, 400) says nothing about the first attempt, so the outcome stays
    /// [`Unknown`](Outcome::Unknown) until an attempt gives a verified 2xx.
    pub fn repeats(&mut self, earlier: Outcome) {
        if matches!(earlier, Outcome::Unknown | Outcome::Accepted) {
            self.earlier = Some(earlier);
        }
    }

    /// The catalogue's entry, if it has one.
    pub fn operation(&self) -> Option<&'static Operation> {
        ops::find(self.method, &self.template)
    }

    /// The operation as errors and logs name it.
    pub fn name(&self) -> OperationName {
        OperationName { method: self.method, template: self.template.clone() }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn method(&self) -> Method {
        self.method
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The bytes of the body; sensitive members are encrypted with `key`.
    pub(crate) fn write(&self, key: Option<&PlatformKey>) -> Result<Written, BuildReason> {
        self.body.write(key)
    }

    /// Where the call goes, if that is not a path of the client's base URL.
    pub(crate) fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// Whether each writing of target or body gives other bytes.
    pub(crate) fn is_sealed(&self) -> bool {
        let sensitive = |(_, value): &(_, QueryValue)| matches!(value, QueryValue::Sensitive(_));
        let body = match &self.body {
            Body::Sealed(_) => true,
            Body::Upload(upload) => upload.is_sealed(),
            Body::None | Body::Ready(_) => false,
        };
        body || self.query.iter().any(sensitive)
    }

    pub(crate) fn has_body(&self) -> bool {
        !matches!(self.body, Body::None)
    }

    pub(crate) fn earlier(&self) -> Option<Outcome> {
        self.earlier
    }

    pub(crate) fn total_timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The request target, path and query as they go over the wire, for a credential of `scheme`. Without a key,
    /// sensitive parameters are left empty: that is a check of all else.
    pub(crate) fn target(&self, scheme: Scheme, key: Option<&PlatformKey>) -> Result<String, BuildReason> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        if let Some(address) = &self.address {
            return Ok(address.target().to_owned());
        }
        let brand_path = self.template.starts_with("/brand/");
        if brand_path != (scheme == Scheme::Brand) {
            return Err(BuildReason::Scheme { brand_path });
        }
        let mut target = expand(&self.template, &self.params)?;
        let mut query = Vec::new();
        for (name, value) in &self.query {
            let value = match (value, key) {
                (QueryValue::Plain(value), _) => value.clone(),
                (QueryValue::Sensitive(value), Some(key)) => value.encrypt(key).map_err(|error| {
                    BuildReason::Request(format!("the query parameter '{name}' cannot be encrypted: {error}"))
                })?,
                (QueryValue::Sensitive(_), None) => String::new(),
            };
            query.push((name, value));
        }
        encode_query(&mut target, &query);
        Ok(target)
    }

    /// The error of a call that cannot be made into a request.
    pub(crate) fn build_error(&self, reason: BuildReason) -> BuildError {
        let outcome = outcome(Happening::NothingSent, self.operation(), self.earlier);
        BuildError { operation: self.name(), outcome, reason }
    }

    /// The error of a verified answer that is not what the operation answers.
    pub(crate) fn undecodable(
        &self,
        answer: &Answer,
        code_and_message: bool,
        path: &str,
        problem: String,
    ) -> Error {
        let happening = Happening::Undecodable { code_and_message };
        DecodeError {
            operation: self.name(),
            outcome: outcome(happening, self.operation(), self.earlier),
            status: answer.status(),
            request_id: answer.request_id().map(str::to_owned),
            path: path.to_owned(),
            problem,
            bytes: answer.bytes().clone(),
        }
        .into()
    }

    fn fail(&mut self, mistake: BuildReason) {
        self.mistake.get_or_insert(mistake);
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}
