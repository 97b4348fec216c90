//! Whether an example fits its own schema.

use serde_json::Value;

use super::{Kind, Schema};

/// Says what is wrong with the example.
pub(super) fn fits(value: &Value, schema: &Schema) -> Result<(), String> {
    match (&schema.kind, value) {
        (Kind::String, Value::String(text)) => {
            let length = text.chars().count();
            at_least(length, schema.min_length, "characters")?;
            at_most(length, schema.max_length, "characters")?;
            known(text, schema)
        }
        (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            if let (Some(minimum), Some(number)) = (schema.minimum, number.as_i64()) {
                (number >= minimum)
                    .then_some(())
                    .ok_or_else(|| format!("is below the minimum of {minimum}"))?;
            }
            if let (Some(maximum), Some(number)) = (schema.maximum, number.as_i64()) {
                (number <= maximum)
                    .then_some(())
                    .ok_or_else(|| format!("is above the maximum of {maximum}"))?;
            }
            known(&number.to_string(), schema)
        }
        (Kind::Array(item), Value::Array(items)) => {
            at_least(items.len(), schema.min_items, "items")?;
            at_most(items.len(), schema.max_items, "items")?;
            items.iter().try_for_each(|value| fits(value, item))
        }
        (Kind::Number, Value::Number(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Object(_), Value::Object(_)) => Ok(()),
        (Kind::Any, _) => Ok(()),
        _ => Err("is of another type than its schema".to_owned()),
    }
}

fn at_least(length: usize, limit: Option<u32>, of: &str) -> Result<(), String> {
    match limit.filter(|limit| length < *limit as usize) {
        Some(limit) => Err(format!("has {length} {of}, fewer than the {limit} that its schema wants")),
        None => Ok(()),
    }
}

fn at_most(length: usize, limit: Option<u32>, of: &str) -> Result<(), String> {
    match limit.filter(|limit| length > *limit as usize) {
        Some(limit) => Err(format!("has {length} {of}, more than the {limit} that its schema allows")),
        None => Ok(()),
    }
}

fn known(text: &str, schema: &Schema) -> Result<(), String> {
    if schema.values.is_empty() || schema.values.iter().any(|value| value == text) {
        return Ok(());
    }
    Err(format!("is none of {}", schema.values.join(", ")))
}
