//! Requests that are valid by the catalogue, made by the tests' own hand, and a check of answers against it.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use weipay_catalog::ops::{Digest, Operation, Scheme};
use weipay_catalog::reference::{self, Kind, Object, ParameterLocation, Schema};
use weipay_sandbox::Sandbox;

use crate::client::{Client, Draft};

pub(crate) const BOUNDARY: &str = "sandbox-tests";

/// A valid value of the schema; required members only.
pub(crate) fn value(schema: &Schema) -> Value {
    let examples = schema.examples.iter().filter_map(|text| serde_json::from_str(text).ok());
    match schema.kind {
        Kind::Object(object) => {
            let required = object.properties.iter().filter(|property| property.required);
            Value::Object(
                required.map(|property| (property.name.to_owned(), value(&property.schema))).collect(),
            )
        }
        Kind::Array(item) => {
            let count = schema.min_items.unwrap_or(1).max(1) as usize;
            Value::Array(vec![value(item); count])
        }
        _ => examples
            .into_iter()
            .find(|example| wrong(schema, example, "").is_none())
            .unwrap_or_else(|| plain(schema)),
    }
}

fn plain(schema: &Schema) -> Value {
    match schema.kind {
        Kind::Integer => {
            let listed = schema.values.first().map(|value| value.parse().unwrap());
            json!(listed.unwrap_or_else(|| schema.minimum.unwrap_or(1).max(1)))
        }
        Kind::Number => json!(1.5),
        Kind::Boolean => json!(true),
        Kind::String => match (schema.values.first(), schema.format) {
            (Some(value), _) => json!(value),
            (_, Some("date-time")) => json!("2026-01-02T03:04:05+08:00"),
            (_, Some("date")) => json!("2026-01-02"),
            _ => json!("x".repeat(schema.min_length.unwrap_or(1).max(1) as usize)),
        },
        _ => json!({}),
    }
}

/// What is wrong with a value, with its JSON pointer. Patterns are not checked.
pub(crate) fn wrong(schema: &Schema, value: &Value, pointer: &str) -> Option<String> {
    let say = |what: &str| Some(format!("{pointer}: {what}: {value}"));
    match (schema.kind, value) {
        (Kind::String, Value::String(text)) => {
            let length = u32::try_from(text.chars().count()).unwrap();
            let long = schema.max_length.is_some_and(|most| length > most);
            let short = schema.min_length.is_some_and(|least| length < least);
            let strange = schema.closed && !schema.values.contains(&text.as_str());
            let dated = schema.format == Some("date-time")
                && !(text.len() >= 20 && text.as_bytes()[10] == b'T' && text.as_bytes()[16] == b':');
            (long || short || strange || dated)
                .then(|| format!("{pointer}: a string out of its limits: {value}"))
        }
        (Kind::Integer, Value::Number(number)) => {
            let number = number.as_i64()?;
            let out = schema.minimum.is_some_and(|least| number < least)
                || schema.maximum.is_some_and(|most| number > most);
            if out { say("an integer out of its limits") } else { None }
        }
        (Kind::Number, Value::Number(_)) | (Kind::Boolean, Value::Bool(_)) | (Kind::Any, _) => None,
        (Kind::Array(item), Value::Array(items)) => {
            let count = u32::try_from(items.len()).unwrap();
            if schema.min_items.is_some_and(|least| count < least)
                || schema.max_items.is_some_and(|most| count > most)
            {
                return say("an array out of its limits");
            }
            items.iter().enumerate().find_map(|(at, value)| wrong(item, value, &format!("{pointer}/{at}")))
        }
        (Kind::Object(object), Value::Object(members)) => object.properties.iter().find_map(|property| {
            let pointer = format!("{pointer}/{}", property.name);
            match members.get(property.name) {
                Some(member) => wrong(&property.schema, member, &pointer),
                None if property.required => Some(format!("{pointer}: missing")),
                None => None,
            }
        }),
        _ => say("another type"),
    }
}

/// Every answer so far with a body has what the catalogue requires, within its limits, and nothing that it does not know.
pub(crate) fn answers_fit(sandbox: &Sandbox) {
    let entries = sandbox.journal().entries();
    let answered = entries.iter().filter(|entry| entry.status == Some(200));
    for (entry, operation) in answered.filter_map(|entry| Some((entry, entry.operation?))) {
        let schema =
            reference::reference(operation).unwrap().bodies.iter().find_map(|body| body.answer).unwrap();
        let answer: Value = serde_json::from_slice(&entry.response_body).unwrap();
        assert_eq!(wrong(schema, &answer, ""), None, "{operation}: {answer}");
        assert_eq!(undeclared(schema, &answer, ""), None, "{operation}: {answer}");
    }
}

/// The resource of a notification fits one of the forms that the catalogue has of it.
pub(crate) fn event_fits(event_type: &str, resource: &Value) {
    let event = reference::event(event_type).unwrap();
    let fits = |object: &Object| {
        let members = resource.as_object().unwrap();
        members.iter().all(|(name, member)| {
            object.property(name).is_some_and(|property| {
                wrong(&property.schema, member, name).is_none()
                    && undeclared(&property.schema, member, name).is_none()
            })
        }) && object
            .properties
            .iter()
            .all(|property| !property.required || members.contains_key(property.name))
    };
    assert!(event.variants.iter().any(|variant| fits(variant.resource)), "{event_type}: {resource}");
}

/// The pointer of a member that the schema does not know.
fn undeclared(schema: &Schema, value: &Value, pointer: &str) -> Option<String> {
    match (schema.kind, value) {
        (Kind::Object(object), Value::Object(members)) if !object.properties.is_empty() => {
            members.iter().find_map(|(name, member)| {
                let pointer = format!("{pointer}/{name}");
                match object.property(name) {
                    Some(property) => undeclared(&property.schema, member, &pointer),
                    None => Some(pointer),
                }
            })
        }
        (Kind::Array(item), Value::Array(items)) => items
            .iter()
            .enumerate()
            .find_map(|(at, value)| undeclared(item, value, &format!("{pointer}/{at}"))),
        _ => None,
    }
}

/// The schema of the request's body or of an upload's JSON part.
pub(crate) fn request(operation: &Operation) -> Option<&'static Schema> {
    let bodies = reference::reference(operation.id).unwrap().bodies;
    bodies.iter().find_map(|body| body.request)
}

/// The body of a valid request; the caller's own number where it has to stand.
pub(crate) fn body(operation: &Operation, client: &Client) -> Option<Value> {
    let schema = request(operation)?;
    let mut body = value(schema);
    for name in ["mchid", "sp_mchid"] {
        if body.get(name).is_some() {
            body[name] = json!(client.credentials.mchid);
        }
    }
    if operation.scheme == Scheme::Brand && body.get("brand_id").is_some() {
        body["brand_id"] = json!("1004");
    }
    Some(body)
}

/// The target with all required parameters.
pub(crate) fn target(operation: &Operation) -> String {
    let parameters = reference::reference(operation.id).unwrap().parameters;
    let text = |schema: &Schema| match value(schema) {
        Value::String(text) => percent(&text),
        other => percent(&other.to_string()),
    };
    let mut target = operation.template.to_owned();
    let mut query = Vec::new();
    for parameter in parameters {
        match parameter.location {
            ParameterLocation::Path => {
                target = target.replace(&format!("{{{}}}", parameter.name), &text(&parameter.schema));
            }
            ParameterLocation::Query if parameter.required => {
                query.push(format!("{}={}", percent(parameter.name), text(&parameter.schema)));
            }
            _ => {}
        }
    }
    if query.is_empty() { target } else { format!("{target}?{}", query.join("&")) }
}

fn percent(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A signed request of the operation with this body; of an upload with a file that fits.
pub(crate) fn draft(operation: &Operation, client: &Client, body: Option<&Value>) -> Draft {
    let text = body.map(Value::to_string).unwrap_or_default();
    let draft = client.draft(operation.method.as_str(), &target(operation), &text);
    let Some(form) = operation.upload_form else { return draft };
    let file = b"a small file";
    let extension = form.limits.first().and_then(|limit| limit.types.first()).unwrap_or(&"png");
    let mut meta = body.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    if meta.get(form.digest_member).is_some_and(Value::is_string) {
        let sum = digest(&SHA256, file);
        let sha256 = hexadecimal(sum.as_ref());
        // SM3 of the same bytes, computed by another program.
        let sm3 = SM3.to_owned();
        meta[form.digest_member] = json!(if form.digest == Digest::Sm3 { sm3 } else { sha256 });
    }
    upload(draft, form.signed_part, &meta.to_string(), form.file_part, &format!("a.{extension}"), file)
}

/// SM3 of `a small file`.
const SM3: &str = "035cda4a6c51dd2ac45c3e9b94ace0bb6804d186407fe7feeb90f5e43d280c32";

/// Makes a draft an upload.
pub(crate) fn upload(
    draft: Draft,
    meta_part: &str,
    meta: &str,
    file_part: &str,
    name: &str,
    file: &[u8],
) -> Draft {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{meta_part}\"\r\nContent-Type: application/json\r\n\r\n\
         {meta}\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{file_part}\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let draft = draft.header("Content-Type", &format!("multipart/form-data; boundary={BOUNDARY}"));
    Draft { signed_body: Some(meta.as_bytes().to_vec()), body, ..draft }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
