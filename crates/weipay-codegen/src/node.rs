//! A JSON value that knows where it stands, so that every complaint can say so.

use serde_json::{Map, Value};

use crate::error::Problem;

/// A value in a file, with its JSON path.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub(crate) file: &'a str,
    pub(crate) path: String,
    pub(crate) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(crate) fn root(file: &'a str, value: &'a Value) -> Self {
        Self { file, path: "$".to_owned(), value }
    }

    /// A problem at this place.
    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem {
            file: self.file.to_owned(),
            operation: None,
            path: self.path.clone(),
            message: message.into(),
        }
    }

    /// The member of this name, if it is there.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(self.child(key, value))
    }

    /// The member of this name, which must be there.
    pub(crate) fn need(&self, key: &str) -> Result<Self, Problem> {
        self.get(key).ok_or_else(|| self.problem(format!("lacks the member `{key}`")))
    }

    /// The members of an object, in document order.
    pub(crate) fn members(&self) -> Result<Vec<(&'a str, Self)>, Problem> {
        let members = self.object()?.iter();
        Ok(members.map(|(key, value)| (key.as_str(), self.child(key, value))).collect())
    }

    /// The members of the object of this name; none where it is absent.
    pub(crate) fn members_of(&self, key: &str) -> Result<Vec<(&'a str, Self)>, Problem> {
        self.get(key).map_or_else(|| Ok(Vec::new()), |node| node.members())
    }

    /// The items of the array of this name; none where it is absent.
    pub(crate) fn items(&self, key: &str) -> Result<Vec<Self>, Problem> {
        let Some(node) = self.get(key) else { return Ok(Vec::new()) };
        let Value::Array(items) = node.value else { return Err(node.problem("must be an array")) };
        let item = |(index, value)| Self { file: self.file, path: format!("{}[{index}]", node.path), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// The texts of the array of this name; none where it is absent.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>, Problem> {
        self.items(key)?.iter().map(|item| item.text().map(str::to_owned)).collect()
    }

    /// This value as a string.
    pub(crate) fn text(&self) -> Result<&'a str, Problem> {
        self.value.as_str().ok_or_else(|| self.problem(format!("must be a string, not `{}`", self.value)))
    }

    /// The string of this name, if it is there.
    pub(crate) fn optional_text(&self, key: &str) -> Result<Option<String>, Problem> {
        self.get(key).map(|node| node.text().map(str::to_owned)).transpose()
    }

    /// The string of this name, which must be there and must not be empty.
    pub(crate) fn need_text(&self, key: &str) -> Result<String, Problem> {
        let node = self.need(key)?;
        let text = node.text()?.trim();
        if text.is_empty() { Err(node.problem("must not be empty")) } else { Ok(text.to_owned()) }
    }

    /// The boolean of this name; false where it is absent.
    pub(crate) fn flag(&self, key: &str) -> Result<bool, Problem> {
        self.get(key).map_or(Ok(false), |node| {
            node.value.as_bool().ok_or_else(|| node.problem("must be `true` or `false`"))
        })
    }

    /// The whole number of this name, if it is there.
    pub(crate) fn number<N: TryFrom<i64>>(&self, key: &str) -> Result<Option<N>, Problem> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let number = node.value.as_i64().and_then(|number| N::try_from(number).ok());
        number
            .map(Some)
            .ok_or_else(|| node.problem(format!("`{}` is no whole number that fits here", node.value)))
    }

    /// What `words` says for this string.
    pub(crate) fn word(&self, words: &[(&str, &'static str)]) -> Result<&'static str, Problem> {
        let text = self.text()?;
        words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.problem(format!("`{text}` is none of {}", known.join(", ")))
        })
    }

    /// Refuses members of other names than these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.object()?.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(self.problem(format!("unknown key `{key}`; known here: {}", known.join(", ")))),
            None => Ok(()),
        }
    }

    fn object(&self) -> Result<&'a Map<String, Value>, Problem> {
        self.value.as_object().ok_or_else(|| self.problem("must be an object"))
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let path = if plain { format!("{}.{key}", self.path) } else { format!("{}['{key}']", self.path) };
        Self { file: self.file, path, value }
    }
}
