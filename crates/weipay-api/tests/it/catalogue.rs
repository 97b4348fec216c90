//! What the catalogue says of a call: its target, body and answer, made of the schemas alone.

use serde_json::{Map, Value, json};
use weipay_catalog::reference::{Body, Kind, Object, ParameterLocation, Reference, Schema};

/// What stands for every member that has to be encrypted.
pub(crate) const SECRET: &str = "张三";

/// The value that the calls give for this schema.
pub(crate) fn sample(schema: &Schema) -> Value {
    value(schema, &mut Vec::new(), false)
}

/// An object of this type; where `required`, only with the members that must be there.
#[cfg(feature = "events")]
pub(crate) fn object(of: &'static Object, required: bool) -> Value {
    members(of, &mut Vec::new(), required)
}

fn value(schema: &Schema, within: &mut Vec<&'static str>, required: bool) -> Value {
    let example = schema.examples.first().map(|example| serde_json::from_str::<Value>(example).unwrap());
    match schema.kind {
        Kind::Object(of) => members(of, within, required),
        Kind::Array(item) => match (leaf(item), example) {
            (Schema { kind: Kind::Object(_) | Kind::Any, .. }, _) | (_, None) => {
                json!([value(item, within, required)])
            }
            (item_schema, Some(example)) => match item_schema.encrypted || example == json!([]) {
                true => json!([value(item, within, required)]),
                false => example,
            },
        },
        Kind::String if schema.encrypted => SECRET.into(),
        Kind::String if schema.format == Some("date-time") => match example {
            Some(Value::String(text)) if weipay_core::Time::parse(text.as_str()).is_ok() => text.into(),
            _ => "2015-05-20T13:29:35+08:00".into(),
        },
        Kind::String if schema.content.is_some() && example.is_none() => {
            schema.content.map(|content| value(content, within, required).to_string()).into()
        }
        kind => example.filter(|example| !example.is_null()).unwrap_or_else(|| simplest(kind, schema)),
    }
}

fn members(of: &'static Object, within: &mut Vec<&'static str>, required: bool) -> Value {
    within.push(of.title);
    let mut members = Map::new();
    for property in of.properties {
        // A type within itself ends where it repeats.
        let repeats = matches!(leaf(&property.schema).kind, Kind::Object(of) if within.contains(&of.title));
        if !repeats && (property.required || !required) {
            members.insert(property.name.to_owned(), value(&property.schema, within, required));
        }
    }
    within.pop();
    Value::Object(members)
}

fn simplest(kind: Kind, schema: &Schema) -> Value {
    match (kind, schema.values.first()) {
        (Kind::Integer, Some(first)) => serde_json::from_str(first).unwrap(),
        (_, Some(first)) => (*first).into(),
        (Kind::String, None) => "x".repeat(schema.min_length.unwrap_or(1).max(1).try_into().unwrap()).into(),
        (Kind::Integer, None) => schema.minimum.unwrap_or(1).into(),
        (Kind::Number, None) => 1.5.into(),
        (Kind::Boolean, None) => true.into(),
        _ => json!({ "any": "thing" }),
    }
}

/// The schema itself, or that of a list's items.
fn leaf(schema: &Schema) -> &Schema {
    match schema.kind {
        Kind::Array(item) => leaf(item),
        _ => schema,
    }
}

/// The shape that a verb sends; the verb that fetches what an answer leads to sends what asks for that answer.
pub(crate) fn body(reference: &'static Reference, verb: &str) -> &'static Body {
    let leads = reference.operation.download_url.is_some() && verb.starts_with("download");
    reference.bodies.iter().find(|body| body.name == verb || leads).unwrap()
}

/// Path, and the query's pairs in order.
pub(crate) fn target(reference: &'static Reference) -> (String, Vec<(&'static str, Value)>) {
    let mut path = String::new();
    let mut query = Vec::new();
    for segment in reference.operation.template.split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => path.push_str(segment),
            Some(name) => {
                let of = |location| {
                    move |one: &&weipay_catalog::reference::Parameter| {
                        one.name == name && one.location == location
                    }
                };
                let parameter = reference.parameters.iter().find(of(ParameterLocation::Path)).unwrap();
                path.push_str(&encoded(&text(&sample(&parameter.schema))));
            }
        }
    }
    for parameter in reference.parameters.iter().filter(|one| one.location == ParameterLocation::Query) {
        match sample(&parameter.schema) {
            Value::Array(items) => query.extend(items.into_iter().map(|item| (parameter.name, item))),
            value => query.push((parameter.name, value)),
        }
    }
    (path, query)
}

/// A value as it stands in a path or query, before it is encoded.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The bytes that a query's value stands for.
pub(crate) fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}
