//! A deed by its name, with what it needs to know.

use serde_json::{Map, Value};

use crate::world::Secret;
use crate::{Error, RunningWorld};

/// A deed. Its name is that of the handle's method, with `-` for `_`.
pub(crate) struct Act {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) title_zh: &'static str,
    pub(crate) members: &'static [Member],
    /// Does it and returns the id that came of it; empty for none.
    pub(crate) deed: fn(&RunningWorld, &Said<'_>) -> Result<String, Error>,
}

/// A member of a deed.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    /// What it is if not said; empty for nothing.
    pub(crate) default: &'static str,
    pub(crate) required: bool,
}

/// A member that is this if not said: something of the documentation's world.
pub(super) const fn usual(name: &'static str, default: &'static str) -> Member {
    Member { name, default, required: false }
}

/// A member that has to be said.
pub(super) const fn needed(name: &'static str) -> Member {
    Member { name, default: "", required: true }
}

/// A member that may be left out.
pub(super) const fn optional(name: &'static str) -> Member {
    Member { name, default: "", required: false }
}

/// A deed with what was said about it.
pub(crate) struct Said<'a> {
    act: &'static Act,
    members: &'a Map<String, Value>,
}

impl<'a> Said<'a> {
    /// An error that lists the members if one was said that the deed has not.
    pub(crate) fn of(act: &'static Act, members: &'a Map<String, Value>) -> Result<Self, Error> {
        match members.keys().find(|name| act.members.iter().all(|known| known.name != *name)) {
            None => Ok(Self { act, members }),
            Some(name) => {
                let known: Vec<_> = act.members.iter().map(|member| member.name).collect();
                let known = known.join(", ");
                Err(Error::State(format!("{} has no member `{name}`; it has {known}", act.name)))
            }
        }
    }

    /// What was said or is usual; `null` means that it is left out.
    pub(super) fn maybe(&self, name: &str) -> Option<String> {
        let said = match self.members.get(name) {
            Some(Value::Null) => return None,
            Some(Value::String(text)) => text.clone(),
            None => String::new(),
            Some(other) => other.to_string(),
        };
        let usual = self.act.members.iter().find(|known| known.name == name).map(|known| known.default);
        let text = if said.is_empty() { usual.unwrap_or_default().to_owned() } else { said };
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn text(&self, name: &str) -> Result<String, Error> {
        self.maybe(name).ok_or_else(|| Error::State(format!("{} needs `{name}`", self.act.name)))
    }

    /// Fen, points: whole numbers.
    pub(super) fn number(&self, name: &str) -> Result<i64, Error> {
        let text = self.text(name)?;
        text.parse().map_err(|_| Error::State(format!("`{name}` is a whole number")))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Error> {
        match self.maybe(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Error::State(format!("`{name}` is true or false"))),
        }
    }

    /// One of the words of an enum, as on the wire.
    pub(super) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<T, Error> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Error::State(format!("`{name}` is one of {}", known.join(", ")))
        })
    }

    /// What a user filled in: an object, or `NAME=VALUE, NAME=VALUE`.
    pub(super) fn filled_in(&self, name: &str) -> Result<Vec<(String, Secret)>, Error> {
        if let Some(Value::Object(fields)) = self.members.get(name) {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            return Ok(fields.iter().map(|(name, value)| (name.clone(), text(value).into())).collect());
        }
        let Some(text) = self.maybe(name) else { return Ok(Vec::new()) };
        let field = |field: &str| {
            let (name, value) = field.split_once('=')?;
            Some((name.trim().to_owned(), value.trim().into()))
        };
        let fields: Option<Vec<_>> = text.split(',').map(field).collect();
        fields.ok_or_else(|| Error::State(format!("`{name}` is an object, or NAME=VALUE, NAME=VALUE")))
    }
}
