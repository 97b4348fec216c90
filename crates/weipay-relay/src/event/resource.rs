//! Members of a resource that need a look before they fit.

use serde_json::{Map, Value, json};

use crate::hook::{Card, CardChange};

/// The card of a resource, which says by its event what happened.
pub(super) fn card(resource: &mut Value, change: CardChange) -> Result<Card, String> {
    let object = resource.as_object_mut().ok_or("the resource is no object")?;
    object.insert("change".to_owned(), json!(change));
    serde_json::from_value(resource.take()).map_err(|error| {
        // Only a missing member is named: other messages quote values.
        let text = error.to_string();
        match text.starts_with("missing field") {
            true => format!("the resource is not as documented: {text}"),
            false => "the resource is not as documented: a member has the wrong kind".to_owned(),
        }
    })
}

/// The first of these members that is a text.
pub(super) fn text(members: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| members.get(*name)?.as_str()).map(|text| text.chars().take(64).collect())
}
