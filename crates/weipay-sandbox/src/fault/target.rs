//! Where a fault strikes.

use std::fmt;

use serde::{Deserialize, Serialize};
use weipay_catalog::ops;
use weipay_catalog::reference;

use super::Spot;
use crate::Error;

/// The exchanges that a fault is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Target {
    Any,
    /// An operation's id or an event type.
    Named(String),
    /// Both with `*` for anything.
    Path {
        method: String,
        path: String,
    },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Named(name) => f.write_str(name),
            Self::Path { method, path } => write!(f, "{method} {path}"),
        }
    }
}

impl Target {
    /// Reads a name, `METHOD /path` or `/path`; an error if the catalogue has nothing like it.
    pub(super) fn read(pattern: &str) -> Result<Self, Error> {
        let nothing = |what: &str| {
            Error::Fault(format!("`{pattern}` can never match: the catalogue has no such {what}"))
        };
        let (method, path) = match pattern.split_once(' ') {
            Some((method, path)) => (method, path.trim()),
            None if pattern.starts_with('/') => ("*", pattern),
            None => {
                let known = ops::operation(pattern).is_some() || reference::event(pattern).is_some();
                let named = Self::Named(pattern.to_owned());
                return if known { Ok(named) } else { Err(nothing("operation or event")) };
            }
        };
        let matches = |operation: &ops::Operation| {
            like(method, operation.method.as_str())
                && (like(path, operation.template) || path_of(operation.template, path))
        };
        let target = Self::Path { method: method.to_owned(), path: path.to_owned() };
        if ops::operations().iter().any(matches) { Ok(target) } else { Err(nothing("method and path")) }
    }

    pub(super) fn is_at(&self, spot: Spot<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Named(name) => name == spot.name,
            Self::Path { method, path } => {
                like(method, spot.method) && (like(path, spot.path) || like(path, spot.template))
            }
        }
    }
}

/// Whether a text is like a pattern in which `*` stands for anything.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            rest.is_empty() || (0..=text.len()).any(|at| text.is_char_boundary(at) && like(rest, &text[at..]))
        }),
    }
}

/// Whether a path is one of a template.
fn path_of(template: &str, path: &str) -> bool {
    let (wanted, found) = (template.split('/'), path.split('/'));
    wanted.clone().count() == found.clone().count()
        && wanted.zip(found).all(|(wanted, found)| wanted == found || wanted.starts_with('{'))
}
