//! The tables under `generated/ops/`: what a client must know of each operation.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::literal::{constant, imports, lines, list, number, optional_text, pairs, text, texts, variant};
use crate::facts::{ErrorFact, Idempotency, Known, OperationFacts, Query, TooManyRequests};
use crate::model::{Area, Catalogue, DownloadFile, DownloadUrl, Kind, Operation, RateLimit, UploadForm};
use crate::spelling::module;

/// `ops/mod.rs`: all operations by id, and the templates.
pub(super) fn index(catalogue: &Catalogue) -> String {
    let mut operations: BTreeMap<&str, String> = BTreeMap::new();
    let mut templates: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    let mut modules = "mod errors;\n".to_owned();
    for area in &catalogue.areas {
        let module = module(&area.name);
        _ = writeln!(modules, "mod {module};");
        for operation in &area.operations {
            operations.insert(&operation.id, format!("{module}::{}", constant(&operation.id)));
            templates.entry(&operation.template).or_default().push(operation);
        }
    }
    let mut out = format!("\npub(crate) static AREAS: [Area; {}] = [\n", catalogue.areas.len());
    for area in &catalogue.areas {
        let (name, title) = (text(&area.name), text(&area.title));
        let (feature, group) = (text(&area.feature), text(&area.group));
        _ = writeln!(out, "    Area {{ name: {name}, title: {title}, feature: {feature}, group: {group} }},");
    }
    out.push_str("];\n");

    out.push_str("\n/// The position of each operation in [`OPERATIONS`].\n");
    out.push_str("#[derive(Clone, Copy)]\npub(crate) enum Place {\n");
    for id in operations.keys() {
        _ = writeln!(out, "    {},", variant(id));
    }
    _ = write!(out, "}}\n\npub(crate) static OPERATIONS: [Operation; {}] = [\n", operations.len());
    for path in operations.values() {
        _ = writeln!(out, "    {path},");
    }
    out.push_str("];\n\npub(crate) const fn at(place: Place) -> &'static Operation {\n    &OPERATIONS[place as usize]\n}\n");

    _ = write!(out, "\npub(crate) static TEMPLATES: [Template; {}] = [\n", templates.len());
    for (path, mut operations) in templates {
        operations
            .sort_by_key(|operation| METHOD_ORDER.iter().position(|method| *method == operation.method));
        let operations =
            list(operations.iter().map(|operation| format!("at(Place::{})", variant(&operation.id))));
        _ = writeln!(out, "    Template {{ path: {}, operations: {operations} }},", text(path));
    }
    out.push_str("];\n");
    format!("{modules}\npub(crate) use errors::COMMON;\n\n{}{out}", imports("crate::ops", &TYPES, &out))
}

/// `ops/errors.rs`: the tables of errors that several operations share.
pub(super) fn errors(catalogue: &Catalogue) -> String {
    let mut out = String::new();
    _ = writeln!(
        out,
        "\npub(crate) static COMMON: &[ErrorFact] = {};",
        error_list(4, &catalogue.common_errors)
    );
    for (name, errors) in &catalogue.error_tables {
        let table = error_table(name);
        _ = writeln!(out, "\npub(super) static {table}: &[ErrorFact] = {};", error_list(4, errors));
    }
    imports("crate::ops", &TYPES, &out) + &out
}

fn error_table(name: &str) -> String {
    format!("OF_{}", constant(&name.replace('-', "_")))
}

/// The types of `crate::ops` that the tables may name.
#[rustfmt::skip]
const TYPES: [&str; 22] = [
    "Area", "Availability", "Digest", "DownloadFile", "DownloadUrl", "ErrorFact", "Evidence", "FileLimit", "Idempotency", "Location", "Method", "Operation", "Period", "Query", "RateLimit",
    "RateScope", "Role", "Scheme", "Template", "TooManyRequests", "TooManyRequestsOutcome",
    "UploadForm",
];

/// The order of the variants of `ops::Method`.
const METHOD_ORDER: [&str; 5] = ["Get", "Post", "Put", "Patch", "Delete"];

/// `ops/<area>.rs`: one constant per operation.
pub(super) fn area(area: &Area) -> String {
    let mut out = String::new();
    for operation in &area.operations {
        let (id, title, area_name) = (text(&operation.id), text(&operation.title), text(&area.name));
        _ = writeln!(out, "\npub(super) const {}: Operation = Operation {{", constant(&operation.id));
        _ = writeln!(out, "    id: {id}, title: {title}, area: {area_name},");
        _ = writeln!(
            out,
            "    method: Method::{}, template: {},",
            operation.method,
            text(&operation.template)
        );
        for (field, value) in fields(operation, area) {
            _ = writeln!(out, "    {field}: {value},");
        }
        out.push_str("    ..Operation::PLAIN\n};\n");
    }
    let errors = if out.contains("errors::") { "use super::errors;\n" } else { "" };
    imports("crate::ops", &TYPES, &out) + errors + &out
}

/// Whether a success looks like an error body.
fn answers_code_and_message(operation: &Operation, area: &Area) -> bool {
    operation.bodies.iter().filter_map(|body| body.answer.as_ref()).any(|answer| {
        let Kind::Object(title) = &answer.kind else { return false };
        let has = |name| area.types[title].properties.iter().any(|property| property.name == name);
        has("code") && has("message")
    })
}

/// The fields that are not as in `Operation::PLAIN`.
fn fields(operation: &Operation, area: &Area) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("roles", list(operation.roles.iter().map(|role| format!("Role::{role}")))),
        ("success", list(&operation.success)),
    ];
    if operation.template.starts_with("/brand/") {
        fields.push(("scheme", "Scheme::Brand".to_owned()));
    }
    for (flag, is) in [
        ("requires_serial", operation.requires_serial),
        ("upload", operation.upload.is_some()),
        ("download", operation.download.is_some()),
        ("dynamic_url", operation.dynamic_url),
        ("answers_code_and_message", answers_code_and_message(operation, area)),
        ("deprecated", operation.deprecated),
    ] {
        if is {
            fields.push((flag, "true".to_owned()));
        }
    }
    for (field, value) in [
        ("host", &operation.host),
        ("replaced_by", &operation.replaced_by),
        ("same_route", &operation.same_route),
    ] {
        if value.is_some() {
            fields.push((field, optional_text(value.as_deref())));
        }
    }
    fields.extend(operation.availability.map(|word| ("availability", format!("Some(Availability::{word})"))));
    transfer_fields(operation, &mut fields);
    if let Some(RateLimit { limit, per, scope, invalid_requests_limit }) = &operation.rate_limit {
        let rest = format!("scope: RateScope::{scope}, invalid_requests_limit: {invalid_requests_limit:?}");
        fields.push((
            "rate_limit",
            format!("Some(RateLimit {{ limit: {limit}, per: Period::{per}, {rest} }})"),
        ));
    }
    if let Some(facts) = &operation.facts {
        fact_fields(facts, &mut fields);
    }
    let own = operation.facts.iter().flat_map(|facts| &facts.error_tables);
    let tables: Vec<String> =
        own.chain(&area.error_tables).map(|name| format!("errors::{}", error_table(name))).collect();
    if !tables.is_empty() {
        fields.push(("error_tables", list(tables)));
    }
    fields
}

/// The fields of uploads and downloads.
fn transfer_fields(operation: &Operation, fields: &mut Vec<(&'static str, String)>) {
    if let Some(UploadForm { signed_part, file_part, digest_member, name_member, digest, limits }) =
        &operation.upload
    {
        let limit = |(types, most): &(Vec<String>, u32)| {
            format!("FileLimit {{ types: {}, max_bytes: {} }}", texts(types), number(i64::from(*most)))
        };
        let parts = format!("signed_part: {}, file_part: {}", text(signed_part), text(file_part));
        let name = optional_text(name_member.as_deref());
        let digest =
            format!("digest_member: {}, name_member: {name}, digest: Digest::{digest}", text(digest_member));
        let limits = list(limits.iter().map(limit));
        fields.push(("upload_form", format!("Some(&UploadForm {{ {parts}, {digest}, limits: {limits} }})")));
    }
    if let Some(DownloadFile { media_types, digest_header }) = &operation.download {
        let (types, header) = (texts(media_types), optional_text(digest_header.as_deref()));
        fields.push((
            "file",
            format!("Some(&DownloadFile {{ media_types: {types}, digest_header: {header} }})"),
        ));
    }
    if let Some(DownloadUrl { member, hash }) = &operation.download_url {
        let kind = optional_text(hash.as_ref().map(|(kind, _)| kind.as_str()));
        let value = optional_text(hash.as_ref().map(|(_, value)| value.as_str()));
        let member = text(member);
        let members = format!("member: {member}, hash_type: {kind}, hash_value: {value}");
        fields.push(("download_url", format!("Some(&DownloadUrl {{ {members} }})")));
    }
}

fn fact_fields(facts: &OperationFacts, fields: &mut Vec<(&'static str, String)>) {
    if let Some(Idempotency { location, fields: members, scope, known }) = &facts.idempotency {
        let value = format!(
            "Some(&Idempotency {{ location: Location::{location}, fields: {}, scope: {}, {} }})",
            texts(members),
            text(scope),
            evidence(known),
        );
        fields.push(("idempotency", value));
    }
    if let Some(Query { operation, bind, known }) = &facts.query {
        let (operation, bind) = (text(operation), pairs(bind));
        fields.push((
            "query",
            format!("Some(&Query {{ operation: {operation}, bind: {bind}, {} }})", evidence(known)),
        ));
    }
    if let Some(TooManyRequests { outcome, known }) = &facts.too_many_requests {
        let outcome = format!("TooManyRequestsOutcome::{outcome}");
        fields.push((
            "too_many_requests",
            format!("Some(&TooManyRequests {{ outcome: {outcome}, {} }})", evidence(known)),
        ));
    }
    if !facts.errors.is_empty() {
        fields.push(("errors", error_list(8, &facts.errors)));
    }
}

fn error_list<'a>(indent: usize, errors: impl IntoIterator<Item = &'a ErrorFact>) -> String {
    let line = |ErrorFact { status, code, message, known }: &ErrorFact| {
        let (code, message) = (text(code), optional_text(message.as_deref()));
        format!("ErrorFact {{ status: {status}, code: {code}, message: {message}, {} }}", evidence(known))
    };
    lines(indent, &errors.into_iter().map(line).collect::<Vec<_>>())
}

/// The fields `evidence` and `source`.
pub(super) fn evidence(known: &Known) -> String {
    format!("evidence: Evidence::{}, source: {}", known.evidence, text(&known.source))
}
