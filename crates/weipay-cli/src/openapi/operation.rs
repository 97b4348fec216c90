//! One operation.

use serde_json::{Map, Value, json};
use weipay_catalog::ops::{ErrorFact, Operation, Scheme};
use weipay_catalog::reference::{Body, Parameter, ParameterLocation, Reference};

use super::schema::Schemas;
use crate::reference::{Head, sample};

/// The operation; `renamed` gives the names that its path parameters have in the document.
pub(super) fn operation(
    reference: &'static Reference,
    renamed: &[(&str, &str)],
    schemas: &mut Schemas,
) -> Value {
    let operation = reference.operation;
    let head = Head::of(operation);
    let mut out = json!({
        "operationId": operation.id,
        "summary": operation.title,
        "tags": [operation.area],
        "security": [{ (if operation.scheme == Scheme::Brand { "brand" } else { "merchant" }): [] }],
    });
    if let Some(host) = operation.host {
        out["servers"] = json!([{ "url": host }]);
    }
    if operation.deprecated {
        out["deprecated"] = json!(true);
    }
    if let Some(url) = reference.doc_urls.first() {
        out["externalDocs"] = json!({ "url": url });
    }
    let parameters = reference.parameters.iter();
    let parameters: Vec<Value> =
        parameters.map(|parameter| self::parameter(operation.area, parameter, renamed, schemas)).collect();
    if !parameters.is_empty() {
        out["parameters"] = json!(parameters);
    }
    if let Some(body) = request(reference, schemas) {
        out["requestBody"] = body;
    }
    out["responses"] = responses(reference, schemas);
    facts(&mut out, reference, &head);
    out
}

fn parameter(
    area: &str,
    parameter: &'static Parameter,
    renamed: &[(&str, &str)],
    schemas: &mut Schemas,
) -> Value {
    let (place, name) = match parameter.location {
        ParameterLocation::Path => {
            let name = renamed.iter().find(|(own, _)| *own == parameter.name);
            ("path", name.map_or(parameter.name, |(_, name)| name))
        }
        ParameterLocation::Header => ("header", parameter.name),
        _ => ("query", parameter.name),
    };
    let mut out = json!({
        "name": name,
        "in": place,
        "required": parameter.required || place == "path",
        "schema": schemas.schema(area, &parameter.schema),
    });
    if let Some(label) = parameter.label {
        out["description"] = json!(label);
    }
    if name != parameter.name {
        out["x-name"] = json!(parameter.name);
    }
    out
}

/// The body: of several shapes one; of an upload two parts.
fn request(reference: &'static Reference, schemas: &mut Schemas) -> Option<Value> {
    let operation = reference.operation;
    let bodies: Vec<&Body> = reference.bodies.iter().filter(|body| body.request.is_some()).collect();
    let mut all: Vec<Value> = bodies
        .iter()
        .filter_map(|body| body.request)
        .map(|request| schemas.schema(operation.area, request))
        .collect();
    let schema = if all.len() > 1 { json!({ "oneOf": all }) } else { all.pop()? };
    if let Some(form) = operation.upload_form {
        let parts = json!({
            "type": "object",
            "properties": {
                (form.signed_part): schema,
                (form.file_part): { "type": "string", "contentMediaType": "application/octet-stream" },
            },
            "required": [form.signed_part, form.file_part],
        });
        let encoding = json!({ (form.signed_part): { "contentType": "application/json" } });
        let content = json!({ "multipart/form-data": { "schema": parts, "encoding": encoding } });
        return Some(json!({ "required": true, "content": content }));
    }
    let examples: Map<String, Value> = bodies
        .iter()
        .filter_map(|body| Some((body.shape.unwrap_or(body.name), body.request?)))
        .map(|(name, request)| (name.to_owned(), json!({ "value": sample(request) })))
        .collect();
    let content = json!({ "application/json": { "schema": schema, "examples": examples } });
    Some(json!({ "required": true, "content": content }))
}

fn responses(reference: &'static Reference, schemas: &mut Schemas) -> Value {
    let operation = reference.operation;
    let content = content(reference, schemas);
    let mut out = Map::new();
    for status in operation.success {
        let mut response =
            json!({ "description": if *status == 202 { "Taken, not finished" } else { "Done" } });
        if let (Some(content), false) = (&content, *status == 204) {
            response["content"] = content.clone();
        }
        out.insert(status.to_string(), response);
    }
    out.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Error" }));
    Value::Object(out)
}

fn content(reference: &'static Reference, schemas: &mut Schemas) -> Option<Value> {
    let operation = reference.operation;
    if operation.download {
        let types = operation.file.map_or(&[][..], |file| file.media_types);
        let types = if types.is_empty() { &["application/octet-stream"][..] } else { types };
        return Some(
            types.iter().map(|media| ((*media).to_owned(), json!({}))).collect::<Map<_, _>>().into(),
        );
    }
    let mut all: Vec<Value> = Vec::new();
    for answer in reference.bodies.iter().filter_map(|body| body.answer) {
        let schema = schemas.schema(operation.area, answer);
        if !all.contains(&schema) {
            all.push(schema);
        }
    }
    let schema = if all.len() > 1 { json!({ "anyOf": all }) } else { all.pop()? };
    Some(json!({ "application/json": { "schema": schema } }))
}

/// What `OpenAPI` has no word for.
fn facts(out: &mut Value, reference: &'static Reference, head: &Head) {
    let operation: &'static Operation = reference.operation;
    let mut set = |name: &str, value: Value| {
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        if !empty {
            out[name] = value;
        }
    };
    set("x-roles", json!(head.roles));
    set("x-rate-limit", json!(head.rate_limit));
    set("x-idempotency", json!(head.idempotency));
    set("x-query", json!(head.query));
    set("x-429", json!(head.too_many_requests));
    set("x-availability", json!(head.availability));
    set("x-replaced-by", json!(head.replaced_by));
    set("x-same-route", json!(head.same_route));
    set("x-requires-serial", json!(head.requires_serial));
    set("x-dynamic-url", json!(head.dynamic_url));
    let own = operation.errors.iter().chain(operation.error_tables.iter().copied().flatten());
    set("x-errors", own.map(error).collect());
    set("x-doc-urls", json!(reference.doc_urls));
    set("x-updated", json!(reference.updated));
    set("x-confirmed-by", json!(reference.confirmed_by));
    let disputed = reference.disputed.iter();
    set(
        "x-disputed",
        disputed.map(|(member, instead)| json!({ "member": member, "instead": instead })).collect(),
    );
    let shape = |body: &Body| json!({ "verb": body.name, "shape": body.shape, "evidence": body.evidence.as_str(), "source": body.source });
    set("x-shapes", reference.bodies.iter().map(shape).collect());
}

pub(super) fn error(error: &ErrorFact) -> Value {
    json!({
        "status": error.status,
        "code": error.code,
        "message": error.message,
        "evidence": error.evidence.as_str(),
        "source": error.source,
    })
}
