//! `MEMBER=VALUE` on the command line.

use serde_json::Value;

/// Reads it; a value that is no JSON is a text.
pub(crate) fn member(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected MEMBER=VALUE, such as amount.refund=5")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}
