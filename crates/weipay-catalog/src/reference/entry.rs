use super::Schema;
use crate::ops::{Evidence, Operation};

/// The reference of one operation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reference {
    /// The operation that this describes.
    pub operation: &'static Operation,
    /// Path, query and header parameters, in document order.
    pub parameters: &'static [Parameter],
    /// The request and its answer; several where several shapes of one request are documented. Never empty.
    pub bodies: &'static [Body],
    /// The official pages.
    pub doc_urls: &'static [&'static str],
    /// The date of the official page that was followed, `YYYY-MM-DD`.
    pub updated: Option<&'static str>,
    /// The segments of the template whose name in the typed chain is not the usual one, with that name.
    pub chain_names: &'static [(&'static str, &'static str)],
    /// Sources independent of the documentation that agree: `go`, `java` (official SDKs), `sample`, `skit`.
    pub confirmed_by: &'static [&'static str],
    /// Where independent sources differ: a member such as `request.bonus_value`, and what they say instead.
    pub disputed: &'static [(&'static str, &'static str)],
}

/// One request of an operation with its answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Body {
    /// The name of the verb that sends it: `get`, `post`, …; of further shapes their own, such as `post_decision`.
    pub name: &'static str,
    /// The name of the shape, such as `ConfirmDecision`, where the operation has several.
    pub shape: Option<&'static str>,
    /// How well this shape is known.
    pub evidence: Evidence,
    /// Where it is known from.
    pub source: &'static str,
    /// The JSON body of the request, or of the upload's `meta`.
    pub request: Option<&'static Schema>,
    /// The body of the successful answer; a file where the operation is a download.
    pub answer: Option<&'static Schema>,
    /// The members of the request to encrypt before it is sent, as JSON pointers in which `*` is each item of an array.
    pub encrypted: &'static [&'static str],
    /// The members of the answer that arrive encrypted, as JSON pointers of the same kind.
    pub decrypted: &'static [&'static str],
}

/// One parameter outside the body.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Parameter {
    /// The name as it is sent.
    pub name: &'static str,
    /// Where it is sent.
    pub location: ParameterLocation,
    /// It must be sent.
    pub required: bool,
    /// The official short name in Chinese.
    pub label: Option<&'static str>,
    /// Its type, limits and examples.
    pub schema: Schema,
}

/// Where a [`Parameter`] is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterLocation {
    /// In the template's braces.
    Path,
    /// In the query.
    Query,
    /// As a header.
    Header,
}
