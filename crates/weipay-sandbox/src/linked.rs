//! Creates that are visible in their query, as the `x-query` facts of the catalogue tie them. Nothing is told from paths.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weipay_catalog::ops::{self, Query};

use crate::call::Call;
use crate::json::merged;

/// What was created, by the operation that queries it.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Linked(Vec<Object>);

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Object {
    caller: String,
    /// The id of the operation that answers the query.
    query: String,
    /// The parameters of the query, as far as the create said them.
    key: Vec<(String, String)>,
    members: Value,
}

/// The operations that a fact names as the query of another.
static QUERIES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    ops::operations().iter().filter_map(|operation| operation.query).map(|query| query.operation).collect()
});

impl Linked {
    /// Whether a fact ties this operation to another, at either end.
    pub(crate) fn ties(operation: &ops::Operation) -> bool {
        operation.query.is_some() || Self::asks(operation)
    }

    /// Whether this operation is the query of another.
    pub(crate) fn asks(operation: &ops::Operation) -> bool {
        QUERIES.contains(operation.id)
    }

    /// What a query asks for; none if nothing like it was created.
    pub(crate) fn find(&self, call: &Call<'_>) -> Option<Value> {
        let given = |name: &str| call.query(name).unwrap_or_else(|| call.path(name));
        let object = self.0.iter().rev().find(|object| {
            object.caller == call.caller.id
                && object.query == call.operation.id
                && object.key.iter().all(|(name, value)| given(name) == value)
        });
        object.map(|object| object.members.clone())
    }

    /// Keeps what a write made or changed. False if no fact ties it to a query.
    pub(crate) fn keep(&mut self, call: &Call<'_>, members: &Value) -> bool {
        let Some(query) = call.operation.query else { return false };
        let key = key(query, call);
        let mut objects = self.0.iter_mut();
        let known = objects.find(|object| {
            object.caller == call.caller.id && object.query == query.operation && object.key == key
        });
        // What names its object in the path changes it, and does not make one.
        let changes = query.bind.iter().any(|(_, place)| place.starts_with("path."));
        match known {
            Some(object) => object.members = merged(&object.members, members),
            None if changes => {}
            None => {
                let (caller, members) = (call.caller.id.clone(), members.clone());
                self.0.push(Object { caller, query: query.operation.to_owned(), key, members });
            }
        }
        true
    }
}

/// The query's parameters with the values that the first request has for them.
fn key(query: &Query, call: &Call<'_>) -> Vec<(String, String)> {
    let value = |place: &str| -> Option<String> {
        match place.split_once('.') {
            _ if place.starts_with('=') => Some(place[1..].to_owned()),
            Some(("path", name)) => Some(call.path(name).to_owned()),
            Some(("query", name)) => call.query(name).map(str::to_owned),
            Some(("body", name)) => match call.body.get(name)? {
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            },
            _ => None,
        }
    };
    query.bind.iter().filter_map(|(name, place)| Some(((*name).to_owned(), value(place)?))).collect()
}
