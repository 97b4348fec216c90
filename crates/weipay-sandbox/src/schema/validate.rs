//! Requests against the catalogue's schemas: the first member that is wrong, and what to say about it.
//!
//! Patterns are left to the rules: the few that the catalogue has are character lists, not worth an engine.

use serde_json::Value;
use weipay_catalog::reference::{Kind, Object, Parameter, ParameterLocation, Schema};

use crate::json;
use crate::mistake::Mistake;
use crate::protocol::time;
use crate::refusal::Refusal;

/// What is wrong with a value, in words, and the client's mistake if it is a known one.
#[derive(Debug)]
struct Issue(String, Option<&'static str>);

fn issue(text: impl Into<String>) -> Issue {
    Issue(text.into(), None)
}

/// The refusal of one member, by its JSON pointer.
fn refuse(pointer: &str, Issue(issue, cause): Issue, value: Option<&Value>) -> Refusal {
    let mut refusal = Refusal::member(pointer, issue).by_schema();
    if let (Some(value), Some(Value::Object(detail))) = (value, refusal.detail.as_deref_mut()) {
        detail.shift_insert(1, "value".to_owned(), value.clone());
    }
    match cause {
        Some(cause) => refusal.because(Mistake::new("Q15", cause)),
        None => refusal,
    }
}

/// Checks a body. Members that the schema does not declare are accepted and noted.
pub(crate) fn body(schema: &Schema, value: &Value, notes: &mut Vec<String>) -> Result<(), Refusal> {
    nulls_and_characters("", value)?;
    check(schema, "", value, notes)
}

/// Whether a value is valid by the schema.
pub(crate) fn fits(schema: &Schema, value: &Value) -> bool {
    nulls_and_characters("", value).is_ok() && check(schema, "", value, &mut Vec::new()).is_ok()
}

/// `null` is not a legal value, and text has no characters beyond the Basic Multilingual Plane.
fn nulls_and_characters(pointer: &str, value: &Value) -> Result<(), Refusal> {
    let wrong = |text: &str, cause| Err(refuse(pointer, Issue(text.to_owned(), Some(cause)), None));
    match value {
        Value::Null => wrong("null is not a legal value", "null instead of leaving the member out"),
        Value::String(text) if text.chars().any(|character| character.len_utf8() > 3) => {
            wrong("a character of more than 3 UTF-8 bytes", "an emoji or another 4-byte character")
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(at, item)| nulls_and_characters(&json::join(pointer, &at.to_string()), item)),
        Value::Object(members) => members
            .iter()
            .try_for_each(|(name, member)| nulls_and_characters(&json::join(pointer, name), member)),
        _ => Ok(()),
    }
}

fn check(schema: &Schema, pointer: &str, value: &Value, notes: &mut Vec<String>) -> Result<(), Refusal> {
    // Only what cannot be personal is repeated: numbers, booleans, and times.
    let harmless = match value {
        Value::Number(_) | Value::Bool(_) => true,
        _ => schema.format == Some("date-time") && value.is_string(),
    };
    let wrong = |issue: Issue| refuse(pointer, issue, harmless.then_some(value));
    match (schema.kind, value) {
        (Kind::String, Value::String(text)) => string(schema, text).map_err(wrong),
        (Kind::Integer, Value::Number(number)) => {
            let known = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            let Some(number) = known else {
                let cause = "a fraction where a whole number belongs, such as yuan instead of fen";
                return Err(wrong(Issue("not a whole number".to_owned(), Some(cause))));
            };
            integer(schema, number).map_err(wrong)
        }
        (Kind::Number, Value::Number(_)) | (Kind::Boolean, Value::Bool(_)) => Ok(()),
        (Kind::Array(item), Value::Array(items)) => {
            let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
            if schema.min_items.is_some_and(|least| count < least) {
                return Err(wrong(issue("too few items")));
            }
            if schema.max_items.is_some_and(|most| count > most) {
                return Err(wrong(issue("too many items")));
            }
            items
                .iter()
                .enumerate()
                .try_for_each(|(at, value)| check(item, &json::join(pointer, &at.to_string()), value, notes))
        }
        (Kind::Object(object), Value::Object(_)) => members(object, pointer, value, notes),
        (Kind::String, _) => Err(wrong(issue("not a string"))),
        (Kind::Integer, _) => Err(wrong(issue("not an integer"))),
        (Kind::Number, _) => Err(wrong(issue("not a number"))),
        (Kind::Boolean, _) => Err(wrong(issue("not a boolean"))),
        (Kind::Array(_), _) => Err(wrong(issue("not an array"))),
        (Kind::Object(_), _) => Err(wrong(issue("not an object"))),
        _ => Ok(()),
    }
}

fn members(object: &Object, pointer: &str, value: &Value, notes: &mut Vec<String>) -> Result<(), Refusal> {
    for property in object.properties {
        let pointer = json::join(pointer, property.name);
        match value.get(property.name) {
            Some(member) => check(&property.schema, &pointer, member, notes)?,
            None if property.required => {
                return Err(refuse(&pointer, issue("required, but missing"), None));
            }
            None => {}
        }
    }
    for name in value.as_object().into_iter().flat_map(serde_json::Map::keys) {
        if object.property(name).is_none() {
            notes.push(format!("Q15: {} is not a declared member; accepted", json::join(pointer, name)));
        }
    }
    Ok(())
}

fn string(schema: &Schema, text: &str) -> Result<(), Issue> {
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    if schema.min_length.is_some_and(|least| length < least) {
        return Err(issue(format!("shorter than {} characters", schema.min_length.unwrap_or(0))));
    }
    if schema.max_length.is_some_and(|most| length > most) {
        return Err(issue(format!("longer than {} characters", schema.max_length.unwrap_or(0))));
    }
    if schema.closed && !schema.values.contains(&text) {
        return Err(issue(format!("not one of {}", schema.values.join(", "))));
    }
    if schema.format == Some("date-time") && time::parse(text).is_none() {
        let cause = "a time that is not RFC 3339 with an offset, such as 2026-05-20T13:29:35+08:00";
        return Err(Issue("not an RFC 3339 time with an offset".to_owned(), Some(cause)));
    }
    Ok(())
}

fn integer(schema: &Schema, number: i128) -> Result<(), Issue> {
    if let Some(least) = schema.minimum.filter(|least| number < i128::from(*least)) {
        return Err(issue(format!("less than {least}")));
    }
    if let Some(most) = schema.maximum.filter(|most| number > i128::from(*most)) {
        return Err(issue(format!("more than {most}")));
    }
    Ok(())
}

/// Checks what stands outside the body: path and query. Headers have their own checks.
pub(crate) fn parameters(
    declared: &[Parameter],
    path: &[(String, String)],
    query: &[(String, String)],
    notes: &mut Vec<String>,
) -> Result<(), Refusal> {
    for parameter in declared {
        let (values, location) = match parameter.location {
            ParameterLocation::Path => (path, "url"),
            ParameterLocation::Query => (query, "query"),
            _ => continue,
        };
        let found = values.iter().find(|(name, _)| name == parameter.name);
        let outcome = match found {
            None if parameter.required => Err(issue("required, but missing")),
            None => Ok(()),
            Some((_, text)) => text_value(&parameter.schema, text),
        };
        outcome.map_err(|issue| Refusal::parameter(location, parameter.name, issue.0).by_schema())?;
    }
    for (name, _) in query {
        if !declared.iter().any(|parameter| parameter.name == name) {
            notes.push(format!("Q15: the query parameter `{name}` is not declared; accepted"));
        }
    }
    Ok(())
}

fn text_value(schema: &Schema, text: &str) -> Result<(), Issue> {
    match schema.kind {
        Kind::Integer => match text.parse::<i64>() {
            Ok(number) => integer(schema, i128::from(number)),
            Err(_) => Err(issue("not an integer")),
        },
        Kind::Boolean if !matches!(text, "true" | "false") => Err(issue("not true or false")),
        Kind::String => string(schema, text),
        _ => Ok(()),
    }
}
