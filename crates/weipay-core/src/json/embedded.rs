//! Members whose text is JSON again.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Serialize, Serializer};

use super::Read;

/// A value that travels as JSON text within a JSON string, `"{\"openid\":\"…\"}"`. The text is kept as it was received.
///
/// # Examples
///
/// ```
/// use weipay_core::json::Embedded;
///
/// let valid: Embedded<Vec<String>> = vec!["2014-01-01".to_owned(), "长期".to_owned()].into();
/// assert_eq!(valid.as_str(), r#"["2014-01-01","长期"]"#);
/// assert_eq!(serde_json::to_string(&valid).unwrap(), r#""[\"2014-01-01\",\"长期\"]""#);
/// assert_eq!(valid.read().unwrap()[1], "长期");
/// ```
pub struct Embedded<T> {
    text: String,
    value: PhantomData<fn() -> T>,
}

impl<T> Embedded<T> {
    /// A text that is sent as it is, whatever the pages say of its shape.
    pub fn raw(text: impl Into<String>) -> Self {
        Self { text: text.into(), value: PhantomData }
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value that the text stands for.
    ///
    /// # Errors
    ///
    /// When the text is not what the pages say. A received text is not looked at before, so that it breaks no answer.
    pub fn read(&self) -> Result<T, serde_json::Error>
    where
        T: DeserializeOwned,
    {
        serde_json::from_str(&self.text)
    }
}

impl<T: Serialize> From<T> for Embedded<T> {
    fn from(value: T) -> Self {
        // Generated types have names as keys and cannot fail.
        Self::raw(serde_json::to_string(&value).unwrap_or_default())
    }
}

impl<T> Clone for Embedded<T> {
    fn clone(&self) -> Self {
        Self::raw(self.text.clone())
    }
}

impl<T> Default for Embedded<T> {
    fn default() -> Self {
        Self::raw(String::new())
    }
}

impl<T> PartialEq for Embedded<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T> fmt::Debug for Embedded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Embedded({} bytes)", self.text.len())
    }
}

/// The text, as a query has it.
impl<T> fmt::Display for Embedded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T> Serialize for Embedded<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Generous: a server that sends the value itself, and not its text, is understood.
impl<T> Read for Embedded<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(serde_json::Value::read(deserializer)?.map(|value| match value {
            serde_json::Value::String(text) => Self::raw(text),
            value => Self::raw(value.to_string()),
        }))
    }
}
