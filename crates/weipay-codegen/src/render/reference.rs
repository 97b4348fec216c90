//! The tables under `generated/reference/`: parameters, bodies, types and notifications.

use std::fmt::Write;

use super::literal::{constant, imports, lines, list, number, optional_text, pairs, text, texts, variant};
use super::ops::evidence;
use crate::model::{
    Area, Body, Catalogue, Condition, Event, Kind, Object, Operation, Parameter, Schema, Types, Variant,
};
use crate::spelling::module;

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
        let Event { event_type, title, .. } = event;
        let reply = optional_schema(event.reply.as_ref());
        let roles = list(event.roles.iter().map(|role| format!("Role::{role}")));
        _ = writeln!(out, "    Event {{");
        _ = writeln!(out, "        event_type: {}, title: {},", text(event_type), text(title));
        let (also, former) = (texts(&event.also_as), texts(&event.former_event_types));
        let brand = optional_text(event.brand_event_type.as_deref());
        _ = writeln!(
            out,
            "        also_as: {also}, former_event_types: {former}, brand_event_type: {brand},"
        );
        _ = writeln!(out, "        original_types: {}, roles: {roles},", texts(&event.original_types));
        let variants: Vec<String> = event.variants.iter().map(form).collect();
        _ = writeln!(out, "        variants: {},", lines(12, &variants));
        _ = writeln!(out, "        reply: {reply}, reply_signed: {},", event.reply_signed);
        _ = writeln!(out, "        related: {},", texts(&event.related));
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

fn form(Variant { name, conditions, resource, decrypted }: &Variant) -> String {
    let condition = |Condition { document, pointer, equals }: &Condition| {
        let (pointer, equals) = (text(pointer), optional_text(equals.as_deref()));
        format!("Condition {{ document: Document::{document}, pointer: {pointer}, equals: {equals} }}")
    };
    let (name, conditions) = (text(name), list(conditions.iter().map(condition)));
    let (resource, decrypted) = (constant(resource), texts(decrypted));
    format!(
        "Variant {{ name: {name}, conditions: {conditions}, resource: &{resource}, decrypted: {decrypted} }}"
    )
}

fn with_imports(code: &str) -> String {
    let types = [
        "Body",
        "Condition",
        "Document",
        "Event",
        "Kind",
        "Object",
        "Parameter",
        "ParameterLocation",
        "Property",
        "Reference",
        "Schema",
        "Variant",
    ];
    imports("crate::ops", &["Evidence", "Role"], code) + &imports("crate::reference", &types, code) + code
}

fn reference(out: &mut String, operation: &Operation) {
    let parameters: Vec<String> = operation.parameters.iter().map(parameter).collect();
    let bodies: Vec<String> = operation.bodies.iter().map(body).collect();
    let updated = optional_text(operation.updated.as_deref());
    let chain_names = pairs(&operation.chain_names);
    let (confirmed_by, disputed) = (texts(&operation.confirmed_by), pairs(&operation.disputed));
    _ = writeln!(out, "    Reference {{");
    _ = writeln!(out, "        operation: at(Place::{}),", variant(&operation.id));
    _ = writeln!(out, "        parameters: {},", lines(12, &parameters));
    _ = writeln!(out, "        bodies: {},", lines(12, &bodies));
    _ = writeln!(out, "        doc_urls: {},", texts(&operation.doc_urls));
    _ = writeln!(out, "        updated: {updated}, chain_names: {chain_names},");
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
    let Body { name, shape, known, .. } = body;
    let (name, shape) = (text(name), optional_text(shape.as_deref()));
    let known = evidence(known);
    let request = optional_schema(body.request.as_ref());
    let answer = optional_schema(body.answer.as_ref());
    let (encrypted, decrypted) = (texts(&body.encrypted), texts(&body.decrypted));
    let schemas = format!("request: {request}, answer: {answer}");
    let ciphers = format!("encrypted: {encrypted}, decrypted: {decrypted}");
    format!("Body {{ name: {name}, shape: {shape}, {known}, {schemas}, {ciphers} }}")
}

fn optional_schema(of: Option<&Schema>) -> String {
    of.map_or_else(|| "None".to_owned(), |of| format!("Some(&{})", schema(of)))
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

/// A schema as a chain of setters: of thousands, these cost the compiler two thirds of what struct literals cost.
fn schema(schema: &Schema) -> String {
    let mut out = format!("Schema::of({})", kind(&schema.kind));
    let mut set = |name: &str, value: &str| _ = write!(out, ".{name}({value})");
    for (field, value) in [
        ("format", &schema.format),
        ("label", &schema.label),
        ("label_disputed", &schema.label_disputed),
        ("pattern", &schema.pattern),
        ("default", &schema.default),
        ("source", &schema.source),
    ] {
        if let Some(value) = value {
            set(field, &text(value));
        }
    }
    for (field, values) in [("values", &schema.values), ("examples", &schema.examples)] {
        if !values.is_empty() {
            set(field, &texts(values));
        }
    }
    for (field, limit) in [
        ("min_length", schema.min_length.map(i64::from)),
        ("max_length", schema.max_length.map(i64::from)),
        ("minimum", schema.minimum),
        ("maximum", schema.maximum),
        ("min_items", schema.min_items.map(i64::from)),
        ("max_items", schema.max_items.map(i64::from)),
    ] {
        if let Some(limit) = limit {
            set(field, &number(limit));
        }
    }
    for (field, is) in
        [("closed", schema.closed), ("encrypted", schema.encrypted), ("decrypted", schema.decrypted)]
    {
        if is {
            set(field, "true");
        }
    }
    if let Some(content) = &schema.content {
        set("content", &format!("&{}", self::schema(content)));
    }
    out
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
