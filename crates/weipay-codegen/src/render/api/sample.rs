//! A value for each schema: its first example, or the simplest that fits.

use serde_json::{Value, json};

use super::shapes::leaf;
use crate::model::{Kind, Schema};

/// The value; of an object, `null`: its members have values of their own.
pub(super) fn value(schema: &Schema) -> Value {
    let example = schema.examples.first().and_then(|example| serde_json::from_str(example).ok());
    match &schema.kind {
        Kind::String if schema.encrypted => json!("张三"),
        Kind::String if schema.format.as_deref() == Some("date-time") => match example {
            Some(Value::String(text)) if is_time(&text) => json!(text),
            _ => json!("2015-05-20T13:29:35+08:00"),
        },
        Kind::Object(_) => Value::Null,
        Kind::Array(item) => match (&leaf(item).kind, example) {
            (Kind::Object(_) | Kind::Any, _) => json!([value(item)]),
            (_, Some(Value::Array(values))) if !values.is_empty() && !leaf(item).encrypted => json!(values),
            _ => json!([value(item)]),
        },
        _ => match (example, schema.values.first()) {
            (Some(example), _) if !example.is_null() => example,
            (_, Some(first)) if matches!(schema.kind, Kind::Integer) => {
                serde_json::from_str(first).unwrap_or_default()
            }
            (_, Some(first)) => json!(first),
            _ => simplest(schema),
        },
    }
}

/// Whether the value of a member would hold what it stands in.
pub(super) fn repeats(schema: &Schema, within: &[String]) -> bool {
    matches!(&leaf(schema).kind, Kind::Object(title) if within.contains(title))
}

fn simplest(schema: &Schema) -> Value {
    match schema.kind {
        Kind::String => json!("x".repeat(schema.min_length.unwrap_or(1).max(1) as usize)),
        Kind::Integer => json!(schema.minimum.unwrap_or(1)),
        Kind::Number => json!(1.5),
        Kind::Boolean => json!(true),
        _ => json!({ "any": "thing" }),
    }
}

/// RFC 3339 with an offset, as far as a look can tell.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 20
        && bytes[10] == b'T'
        && (bytes.ends_with(b"Z")
            || matches!(bytes[bytes.len() - 6], b'+' | b'-') && bytes[bytes.len() - 3] == b':')
}
