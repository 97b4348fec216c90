//! The page of an operation.

use serde::Serialize;
use serde_json::Value;
use weipay_catalog::ops::{self, Operation};
use weipay_catalog::reference::{self, Reference};

use super::head::Head;
use super::member::{self, Member};
use super::rust::Code;
use super::sample;

/// Everything that is known of one operation. What is not published is `null` or empty.
#[derive(Serialize)]
pub(crate) struct Page {
    #[serde(flatten)]
    pub(crate) head: Head,
    pub(crate) parameters: Vec<Member>,
    /// Several where several shapes of one request are documented.
    pub(crate) shapes: Vec<Shape>,
    pub(crate) upload_form: Option<Upload>,
    pub(crate) file: Option<File>,
    /// The members of the answer that lead to a file.
    pub(crate) download_url: Option<DownloadUrl>,
    /// Its own errors first, then those of its family, then those of all.
    pub(crate) errors: Vec<Error>,
    /// The operations whose outcome this one answers.
    pub(crate) answers_for: Vec<Link>,
    /// The notifications that lead here or follow.
    pub(crate) notifications: Vec<Link>,
    pub(crate) doc_urls: &'static [&'static str],
    /// The date of the official page that was followed.
    pub(crate) updated: Option<&'static str>,
    /// Sources independent of the documentation that agree.
    pub(crate) confirmed_by: &'static [&'static str],
    /// Where independent sources differ, and what they say instead.
    pub(crate) disputed: &'static [(&'static str, &'static str)],
}

/// A request and its answer.
#[derive(Serialize)]
pub(crate) struct Shape {
    /// The verb of the typed chain that sends it.
    pub(crate) verb: &'static str,
    #[serde(rename = "shape")]
    pub(crate) name: Option<&'static str>,
    pub(crate) evidence: &'static str,
    pub(crate) source: &'static str,
    /// Absent where no body is sent.
    pub(crate) request: Option<Content>,
    pub(crate) code: Code,
    /// Absent where the answer has no body.
    pub(crate) answer: Option<Content>,
    /// JSON pointers of members to encrypt; `*` is each item of an array.
    pub(crate) encrypted: &'static [&'static str],
    /// JSON pointers of members that arrive encrypted.
    pub(crate) decrypted: &'static [&'static str],
}

/// A body.
#[derive(Serialize)]
pub(crate) struct Content {
    /// The JSON type of the whole.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The name of the type, unique within its area.
    pub(crate) title: Option<&'static str>,
    pub(crate) members: Vec<Member>,
    pub(crate) sample: Value,
}

/// The parts of an upload.
#[derive(Serialize)]
pub(crate) struct Upload {
    pub(crate) signed_part: &'static str,
    pub(crate) file_part: &'static str,
    pub(crate) digest_member: &'static str,
    pub(crate) digest: &'static str,
    pub(crate) limits: Vec<FileLimit>,
}

/// The greatest size of files of some types.
#[derive(Serialize)]
pub(crate) struct FileLimit {
    pub(crate) types: &'static [&'static str],
    pub(crate) max_bytes: u32,
}

/// The file that a download answers with.
#[derive(Serialize)]
pub(crate) struct File {
    pub(crate) media_types: &'static [&'static str],
    pub(crate) digest_header: Option<&'static str>,
}

/// The members of an answer that lead to a file.
#[derive(Serialize)]
pub(crate) struct DownloadUrl {
    pub(crate) member: &'static str,
    pub(crate) hash_type: Option<&'static str>,
    pub(crate) hash_value: Option<&'static str>,
}

/// An error that it can answer with.
#[derive(Serialize)]
pub(crate) struct Error {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: Option<&'static str>,
    /// `own`, `family` or `common`.
    pub(crate) of: &'static str,
    pub(crate) evidence: &'static str,
    pub(crate) source: &'static str,
}

/// Another page: an operation's id or an event type.
#[derive(Serialize)]
pub(crate) struct Link {
    pub(crate) id: &'static str,
    /// The method; absent for an event.
    pub(crate) method: Option<&'static str>,
    pub(crate) path: Option<&'static str>,
    pub(crate) title: &'static str,
}

impl Page {
    /// The page; every operation has one.
    pub(crate) fn of(operation: &'static Operation) -> Option<Self> {
        let reference = reference::reference(operation.id)?;
        Some(Self {
            head: Head::of(operation),
            parameters: reference.parameters.iter().map(member::parameter).collect(),
            shapes: shapes(reference),
            upload_form: operation.upload_form.map(|form| Upload {
                signed_part: form.signed_part,
                file_part: form.file_part,
                digest_member: form.digest_member,
                digest: form.digest.as_str(),
                limits: form
                    .limits
                    .iter()
                    .map(|limit| FileLimit { types: limit.types, max_bytes: limit.max_bytes })
                    .collect(),
            }),
            file: operation
                .file
                .map(|file| File { media_types: file.media_types, digest_header: file.digest_header }),
            download_url: operation.download_url.map(|url| DownloadUrl {
                member: url.member,
                hash_type: url.hash_type,
                hash_value: url.hash_value,
            }),
            errors: errors(operation),
            answers_for: ops::operations()
                .iter()
                .filter(|other| other.query.is_some_and(|query| query.operation == operation.id))
                .map(Link::to)
                .collect(),
            notifications: reference::events()
                .iter()
                .filter(|event| event.related.contains(&operation.id))
                .map(|event| Link { id: event.event_type, method: None, path: None, title: event.title })
                .collect(),
            doc_urls: reference.doc_urls,
            updated: reference.updated,
            confirmed_by: reference.confirmed_by,
            disputed: reference.disputed,
        })
    }
}

impl Link {
    /// The link to an operation.
    pub(crate) fn to(operation: &'static Operation) -> Self {
        Self {
            id: operation.id,
            method: Some(operation.method.as_str()),
            path: Some(operation.template),
            title: operation.title,
        }
    }
}

impl Content {
    pub(super) fn of(schema: &'static weipay_catalog::reference::Schema) -> Self {
        Self {
            kind: member::kind(schema),
            title: member::object(schema).map(|object| object.title),
            members: member::members(schema),
            sample: sample::sample(schema),
        }
    }
}

fn shapes(reference: &'static Reference) -> Vec<Shape> {
    reference
        .bodies
        .iter()
        .map(|body| {
            let request = body.request.map(Content::of);
            let answer = body.answer.filter(|_| !reference.operation.download).map(Content::of);
            Shape {
                verb: body.name,
                name: body.shape,
                evidence: body.evidence.as_str(),
                source: body.source,
                code: Code::of(reference, body, request.as_ref().map(|request| &request.sample)),
                request,
                answer,
                encrypted: body.encrypted,
                decrypted: body.decrypted,
            }
        })
        .collect()
}

fn errors(operation: &'static Operation) -> Vec<Error> {
    let own = operation.errors.iter().map(|error| ("own", error));
    let family = operation.error_tables.iter().copied().flatten().map(|error| ("family", error));
    let common = ops::common_errors().iter().map(|error| ("common", error));
    let all = own.chain(family).chain(common);
    all.map(|(of, error)| Error {
        status: error.status,
        code: error.code,
        message: error.message,
        of,
        evidence: error.evidence.as_str(),
        source: error.source,
    })
    .collect()
}
