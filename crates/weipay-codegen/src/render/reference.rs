//! The tables under `generated/reference/`: parameters, bodies, types and notifications.

use std::fmt::Write;

use super::literal::{
    constant, imports, lines, list, module, number, optional_text, pairs, text, texts, variant,
};
use super::ops::evidence;
use crate::model::{Area, Body, Catalogue, Event, Kind, Object, Operation, Parameter, Schema, Types};

/// `reference/mod.rs`: the tables of the areas, in the order of `ops::AREAS`.
pub(super) fn index(catalogue: &Catalogue) -> String {
    let modules: Vec<String> = catalogue.areas.iter().map(|area| module(&area.name)).collect();
    let mut out = format!("mod {};\n", modules.join(";\nmod "));
    out.push_str("mod events;\n\npub(crate) use events::EVENTS;\n\nuse crate::reference::Reference;\n");
    _ = writeln!(out, "\npub(crate) static REFERENCES: [&[Reference]; {}] = [", modules.len());
    for module in modules {
        _ = writeln!(out, "    &{module}::REFERENCES,");
    }
    out.push_str("];\n");
    out
}

/// `reference/<area>.rs`: the references in the order of operation ids, and a static per type.
pub(super) fn area(area: &Area) -> String {
    let mut out = String::new();
    let mut operations: Vec<&Operation> = area.operations.iter().collect();
    operations.sort_by(|a, b| a.id.cmp(&b.id));
    _ = writeln!(out, "\npub(super) static REFERENCES: [Reference; {}] = [", operations.len());
    for operation in operations {
        reference(&mut out, operation);
    }
    out.push_str("];\n");
    types(&mut out, &area.types);
    imports("crate::generated::ops", &["Place", "at"], &out) + &with_imports(&out)
}

/// `reference/events.rs`: the notifications and their types.
pub(super) fn events(catalogue: &Catalogue) -> String {
    let mut out = String::new();
    _ = writeln!(out, "\npub(crate) static EVENTS: [Event; {}] = [", catalogue.events.len());
    for event in &catalogue.events {
        let Event { event_type, title, resource, .. } = event;
        let roles = list(event.roles.iter().map(|role| format!("Role::{role}")));
        _ = writeln!(out, "    Event {{");
        _ = writeln!(out, "        event_type: {}, title: {},", text(event_type), text(title));
        _ = writeln!(out, "        former_event_types: {},", texts(&event.former_event_types));
        _ = writeln!(out, "        original_types: {}, roles: {roles},", texts(&event.original_types));
        _ = writeln!(out, "        resource: &{}, related: {},", constant(resource), texts(&event.related));
        _ = writeln!(out, "        doc_urls: {},", texts(&event.doc_urls));
        _ = writeln!(
            out,
            "        confirmed_by: {}, disputed: {},",
            texts(&event.confirmed_by),
            pairs(&event.disputed)
        );
        _ = writeln!(out, "    }},");
    }
    out.push_str("];\n");
    types(&mut out, &catalogue.event_types);
    with_imports(&out)
}

fn with_imports(code: &str) -> String {
    let types = [
        "Body",
        "Event",
        "Kind",
        "Object",
        "Parameter",
        "ParameterLocation",
        "Property",
        "Reference",
        "Schema",
    ];
    imports("crate::ops", &["Evidence", "Role"], code) + &imports("crate::reference", &types, code) + code
}

fn reference(out: &mut String, operation: &Operation) {
    let parameters: Vec<String> = operation.parameters.iter().map(parameter).collect();
    let bodies: Vec<String> = operation.bodies.iter().map(body).collect();
    let (updated, availability) = (operation.updated.as_deref(), operation.availability.as_deref());
    let (updated, availability) = (optional_text(updated), optional_text(availability));
    let (confirmed_by, disputed) = (texts(&operation.confirmed_by), pairs(&operation.disputed));
    _ = writeln!(out, "    Reference {{");
    _ = writeln!(out, "        operation: at(Place::{}),", variant(&operation.id));
    _ = writeln!(out, "        parameters: {},", lines(12, &parameters));
    _ = writeln!(out, "        bodies: {},", lines(12, &bodies));
    _ = writeln!(out, "        doc_urls: {},", texts(&operation.doc_urls));
    _ = writeln!(out, "        updated: {updated}, availability: {availability},");
    _ = writeln!(out, "        confirmed_by: {confirmed_by}, disputed: {disputed},");
    _ = writeln!(out, "    }},");
}

fn parameter(parameter: &Parameter) -> String {
    let Parameter { name, location, required, label, schema: of } = parameter;
    let (name, label) = (text(name), optional_text(label.as_deref()));
    let place = format!("location: ParameterLocation::{location}, required: {required}");
    format!("Parameter {{ name: {name}, {place}, label: {label}, schema: {} }}", schema(of))
}

fn body(body: &Body) -> String {
    let Body { name, shape, known, request, answer } = body;
    let optional =
        |of: &Option<Schema>| of.as_ref().map_or("None".to_owned(), |of| format!("Some(&{})", schema(of)));
    let (name, shape) = (text(name), optional_text(shape.as_deref()));
    let known = evidence(known);
    format!(
        "Body {{ name: {name}, shape: {shape}, {known}, request: {}, answer: {} }}",
        optional(request),
        optional(answer)
    )
}

fn types(out: &mut String, types: &Types) {
    for Object { title, properties } in types.values() {
        _ = writeln!(
            out,
            "\nstatic {}: Object = Object {{ title: {}, properties: &[",
            constant(title),
            text(title)
        );
        for property in properties {
            let (name, required) = (text(&property.name), property.required);
            let schema = schema(&property.schema);
            _ = writeln!(out, "    Property {{ name: {name}, required: {required}, schema: {schema} }},");
        }
        out.push_str("] };\n");
    }
}

fn schema(schema: &Schema) -> String {
    let mut fields = vec![format!("kind: {}", kind(&schema.kind))];
    for (field, value) in [
        ("format", &schema.format),
        ("label", &schema.label),
        ("label_disputed", &schema.label_disputed),
        ("pattern", &schema.pattern),
        ("default", &schema.default),
        ("source", &schema.source),
    ] {
        fields.extend(value.as_ref().map(|value| format!("{field}: Some({})", text(value))));
    }
    for (field, values) in [("values", &schema.values), ("examples", &schema.examples)] {
        fields.extend((!values.is_empty()).then(|| format!("{field}: {}", texts(values))));
    }
    for (field, limit) in [
        ("min_length", schema.min_length.map(i64::from)),
        ("max_length", schema.max_length.map(i64::from)),
        ("minimum", schema.minimum),
        ("maximum", schema.maximum),
        ("min_items", schema.min_items.map(i64::from)),
        ("max_items", schema.max_items.map(i64::from)),
    ] {
        fields.extend(limit.map(|limit| format!("{field}: Some({})", number(limit))));
    }
    for (field, is) in
        [("closed", schema.closed), ("encrypted", schema.encrypted), ("decrypted", schema.decrypted)]
    {
        fields.extend(is.then(|| format!("{field}: true")));
    }
    fields
        .extend(schema.content.as_ref().map(|content| format!("content: Some(&{})", self::schema(content))));
    format!("Schema {{ {}, ..Schema::ANY }}", fields.join(", "))
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::String => "Kind::String".to_owned(),
        Kind::Integer => "Kind::Integer".to_owned(),
        Kind::Number => "Kind::Number".to_owned(),
        Kind::Boolean => "Kind::Boolean".to_owned(),
        Kind::Array(item) => format!("Kind::Array(&{})", schema(item)),
        Kind::Object(title) => format!("Kind::Object(&{})", constant(title)),
        Kind::Any => "Kind::Any".to_owned(),
    }
}
