//! What the renderers know: areas, operations, types and notifications, checked and free of references.
//!
//! Where a word stands for a variant of an enum in `weipay-catalog`, the model holds the variant's name.

mod area;
pub(crate) mod chain;
mod event;
mod example;
mod link;
mod operation;
mod schema;
mod transfer;
mod variant;

use std::collections::BTreeMap;

use crate::error::Problems;
use crate::facts::{ErrorFact, Facts, Known, OperationFacts};
use crate::load::Sources;

/// The whole catalogue.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// In the order of their names.
    pub(crate) areas: Vec<Area>,
    /// In the order of their event types.
    pub(crate) events: Vec<Event>,
    /// The types of the notifications.
    pub(crate) event_types: Types,
    /// The errors that every operation can answer with.
    pub(crate) common_errors: Vec<ErrorFact>,
    /// The errors that several operations can answer with, by the table's name.
    pub(crate) error_tables: BTreeMap<String, Vec<ErrorFact>>,
}

/// One product area: one OpenAPI file.
#[derive(Debug)]
pub(crate) struct Area {
    /// The file's name without `.yaml`.
    pub(crate) name: String,
    /// The cargo feature that will hold its typed API.
    pub(crate) feature: String,
    /// The cargo feature of the group that it belongs to.
    pub(crate) group: String,
    /// The official title.
    pub(crate) title: String,
    /// In document order.
    pub(crate) operations: Vec<Operation>,
    /// The tables of the errors that all of them can answer with.
    pub(crate) error_tables: Vec<String>,
    /// The types that its operations reach.
    pub(crate) types: Types,
}

impl Area {
    /// The types as a caller writes them: without the members of an upload that the client fills in.
    pub(crate) fn typed(&self) -> Types {
        let mut types = self.types.clone();
        for operation in &self.operations {
            let (Some(form), Some(Schema { kind: Kind::Object(title), .. })) =
                (&operation.upload, &operation.bodies[0].request)
            else {
                continue;
            };
            let filled =
                |name: &String| *name == form.digest_member || Some(name) == form.name_member.as_ref();
            if let Some(meta) = types.get_mut(title) {
                meta.properties.retain(|member| !filled(&member.name));
            }
        }
        types
    }
}

/// The object types of one file, by title.
pub(crate) type Types = BTreeMap<String, Object>;

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// A variant of `ops::Method`.
    pub(crate) method: &'static str,
    pub(crate) template: String,
    pub(crate) title: String,
    /// Variants of `ops::Role`.
    pub(crate) roles: Vec<&'static str>,
    pub(crate) success: Vec<u16>,
    pub(crate) host: Option<String>,
    pub(crate) requires_serial: bool,
    pub(crate) upload: Option<UploadForm>,
    pub(crate) download: Option<DownloadFile>,
    pub(crate) download_url: Option<DownloadUrl>,
    pub(crate) dynamic_url: bool,
    pub(crate) deprecated: bool,
    pub(crate) replaced_by: Option<String>,
    /// The id of the operation that a server cannot tell from this one.
    pub(crate) same_route: Option<String>,
    /// Segments whose name in the typed chain is not the usual one, with that name.
    pub(crate) chain_names: Vec<(String, String)>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) facts: Option<OperationFacts>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) bodies: Vec<Body>,
    pub(crate) doc_urls: Vec<String>,
    pub(crate) updated: Option<String>,
    pub(crate) confirmed_by: Vec<String>,
    pub(crate) disputed: Vec<(String, String)>,
    /// A variant of `ops::Availability`.
    pub(crate) availability: Option<&'static str>,
}

impl Operation {
    /// The verb that fetches the file that its answer is or leads to: one whose hash is published can be verified.
    pub(crate) fn fetches(&self) -> Option<&'static str> {
        let verified = match (&self.download, &self.download_url) {
            (Some(file), _) => file.digest_header.is_some(),
            (None, Some(leads)) => leads.hash.is_some(),
            (None, None) => return None,
        };
        Some(if verified { "download" } else { "download_unverified" })
    }

    /// Its verbs in the typed chain: one for each body, and one for the file that its answer leads to.
    pub(crate) fn verbs(&self) -> impl Iterator<Item = &str> {
        let leads = self.fetches().filter(|_| self.download.is_none());
        self.bodies.iter().map(|body| body.name.as_str()).chain(leads)
    }
}

/// The parts of an upload.
#[derive(Debug)]
pub(crate) struct UploadForm {
    pub(crate) signed_part: String,
    pub(crate) file_part: String,
    pub(crate) digest_member: String,
    pub(crate) name_member: Option<String>,
    /// A variant of `ops::Digest`.
    pub(crate) digest: &'static str,
    /// Extensions with the greatest number of bytes.
    pub(crate) limits: Vec<(Vec<String>, u32)>,
}

/// The file that a download answers with.
#[derive(Debug)]
pub(crate) struct DownloadFile {
    pub(crate) media_types: Vec<String>,
    pub(crate) digest_header: Option<String>,
}

/// The members of an answer that lead to a file.
#[derive(Debug)]
pub(crate) struct DownloadUrl {
    pub(crate) member: String,
    /// The members for the kind of hash and the hash itself.
    pub(crate) hash: Option<(String, String)>,
}

/// A documented ceiling of calls.
#[derive(Debug)]
pub(crate) struct RateLimit {
    pub(crate) limit: u32,
    /// A variant of `ops::Period`.
    pub(crate) per: &'static str,
    /// A variant of `ops::RateScope`.
    pub(crate) scope: &'static str,
    pub(crate) invalid_requests_limit: Option<u32>,
}

/// One parameter outside the body.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// A variant of `reference::ParameterLocation`.
    pub(crate) location: &'static str,
    pub(crate) required: bool,
    pub(crate) label: Option<String>,
    pub(crate) schema: Schema,
}

/// One request of an operation with its answer.
#[derive(Debug)]
pub(crate) struct Body {
    /// The verb in Rust.
    pub(crate) name: String,
    /// The name of the shape, where the operation has several.
    pub(crate) shape: Option<String>,
    pub(crate) known: Known,
    pub(crate) request: Option<Schema>,
    pub(crate) answer: Option<Schema>,
    /// Pointers to the members of the request to encrypt.
    pub(crate) encrypted: Vec<String>,
    /// Pointers to the members of the answer that arrive encrypted.
    pub(crate) decrypted: Vec<String>,
}

/// What a JSON value may be.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    pub(crate) kind: Kind,
    pub(crate) format: Option<String>,
    pub(crate) values: Vec<String>,
    pub(crate) closed: bool,
    pub(crate) min_length: Option<u32>,
    pub(crate) max_length: Option<u32>,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    pub(crate) min_items: Option<u32>,
    pub(crate) max_items: Option<u32>,
    pub(crate) pattern: Option<String>,
    /// As JSON text.
    pub(crate) default: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) label_disputed: Option<String>,
    /// As JSON texts.
    pub(crate) examples: Vec<String>,
    pub(crate) encrypted: bool,
    pub(crate) decrypted: bool,
    pub(crate) content: Option<Box<Schema>>,
    pub(crate) source: Option<String>,
}

/// A JSON type.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Array(Box<Schema>),
    /// The title of one of the file's [`Types`].
    Object(String),
    Any,
}

/// An object type.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) title: String,
    /// In document order.
    pub(crate) properties: Vec<Property>,
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) schema: Schema,
}

/// One kind of notification.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "the envelope's own word is event_type")]
pub(crate) struct Event {
    pub(crate) event_type: String,
    pub(crate) former_event_types: Vec<String>,
    /// Its name under the brand scheme, where that is another.
    pub(crate) brand_event_type: Option<String>,
    pub(crate) title: String,
    pub(crate) original_types: Vec<String>,
    /// Variants of `ops::Role`.
    pub(crate) roles: Vec<&'static str>,
    /// The other event types under which it arrives.
    pub(crate) also_as: Vec<String>,
    /// The forms of its resource; never empty.
    pub(crate) variants: Vec<Variant>,
    /// What the receiver must reply with.
    pub(crate) reply: Option<Schema>,
    pub(crate) reply_signed: bool,
    pub(crate) related: Vec<String>,
    pub(crate) doc_urls: Vec<String>,
    pub(crate) confirmed_by: Vec<String>,
    pub(crate) disputed: Vec<(String, String)>,
}

/// One form of a notification's resource.
#[derive(Debug)]
pub(crate) struct Variant {
    /// Empty where there is one form only.
    pub(crate) name: String,
    pub(crate) conditions: Vec<Condition>,
    /// The title of the decrypted resource's type.
    pub(crate) resource: String,
    /// Pointers to the members of the resource that are encrypted once more.
    pub(crate) decrypted: Vec<String>,
}

/// What must hold for a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// A variant of `reference::Document`.
    pub(crate) document: &'static str,
    pub(crate) pointer: String,
    pub(crate) equals: Option<String>,
}

/// Builds the model and checks all that holds between its parts.
pub(crate) fn build(sources: &Sources, mut facts: Facts) -> Result<Catalogue, Problems> {
    let mut problems = Problems::default();
    let areas = area::all(sources, &mut facts, &mut problems);
    let (events, event_types) = event::all(sources, &mut problems);
    let unmatched = facts.operations.into_values().map(|facts| facts.place);
    unmatched
        .chain(facts.areas.into_values().map(|facts| facts.place))
        .for_each(|place| problems.push(place));
    let error_tables = facts.tables.into_iter().map(|(name, table)| (name, table.errors)).collect();
    let common_errors = facts.common_errors;
    let catalogue = Catalogue { areas, events, event_types, common_errors, error_tables };
    // Only then: what is missing because of one problem would be another.
    let catalogue = problems.or(catalogue)?;
    link::check(&catalogue)?;
    chain::check(&catalogue)?;
    Ok(catalogue)
}
