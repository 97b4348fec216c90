//! The tables under `generated/ops/`: what a client must know of each operation.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::literal::{constant, imports, lines, list, module, optional_text, pairs, text, texts, variant};
use crate::facts::{ErrorFact, Idempotency, Known, OperationFacts, Query, TooManyRequests};
use crate::model::{Area, Catalogue, Operation, RateLimit};

/// `ops/mod.rs`: all operations by id, and the templates.
pub(super) fn index(catalogue: &Catalogue) -> String {
    let mut operations: BTreeMap<&str, String> = BTreeMap::new();
    let mut templates: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    let mut modules = String::new();
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
        let (name, title, feature) = (text(&area.name), text(&area.title), text(&area.feature));
        _ = writeln!(out, "    Area {{ name: {name}, title: {title}, feature: {feature} }},");
    }
    out.push_str("];\n\npub(crate) const COMMON_ERRORS: &[ErrorFact] = ");
    _ = writeln!(out, "{};", error_list(4, &catalogue.common_errors));

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
    format!("{modules}\n{}{out}", imports("crate::ops", &TYPES, &out))
}

/// The types of `crate::ops` that the tables may name.
#[rustfmt::skip]
const TYPES: [&str; 16] = [
    "Area", "ErrorFact", "Evidence", "Idempotency", "Location", "Method", "Operation", "Period", "Query", "RateLimit",
    "RateScope", "Role", "Scheme", "Template", "TooManyRequests", "TooManyRequestsOutcome",
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
        for (field, value) in fields(area, operation) {
            _ = writeln!(out, "    {field}: {value},");
        }
        out.push_str("    ..Operation::PLAIN\n};\n");
    }
    imports("crate::ops", &TYPES, &out) + &out
}

/// The fields that are not as in `Operation::PLAIN`.
fn fields(area: &Area, operation: &Operation) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("roles", list(operation.roles.iter().map(|role| format!("Role::{role}")))),
        ("success", list(&operation.success)),
    ];
    if operation.template.starts_with("/brand/") {
        fields.push(("scheme", "Scheme::Brand".to_owned()));
    }
    for (flag, is) in [
        ("requires_serial", operation.requires_serial),
        ("upload", operation.upload),
        ("download", operation.download),
        ("dynamic_url", operation.dynamic_url),
        ("deprecated", operation.deprecated),
    ] {
        if is {
            fields.push((flag, "true".to_owned()));
        }
    }
    for (field, value) in [("host", &operation.host), ("replaced_by", &operation.replaced_by)] {
        if value.is_some() {
            fields.push((field, optional_text(value.as_deref())));
        }
    }
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
    let own = operation.facts.iter().flat_map(|facts| &facts.errors);
    let errors: Vec<&ErrorFact> = own.chain(&area.errors).collect();
    if !errors.is_empty() {
        fields.push(("errors", error_list(8, errors)));
    }
    fields
}

fn fact_fields(facts: &OperationFacts, fields: &mut Vec<(&'static str, String)>) {
    if let Some(Idempotency { location, fields: members, scope, known }) = &facts.idempotency {
        let value = format!(
            "Some(Idempotency {{ location: Location::{location}, fields: {}, scope: {}, {} }})",
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
            format!("Some(Query {{ operation: {operation}, bind: {bind}, {} }})", evidence(known)),
        ));
    }
    if let Some(TooManyRequests { outcome, known }) = &facts.too_many_requests {
        let outcome = format!("TooManyRequestsOutcome::{outcome}");
        fields.push((
            "too_many_requests",
            format!("Some(TooManyRequests {{ outcome: {outcome}, {} }})", evidence(known)),
        ));
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
