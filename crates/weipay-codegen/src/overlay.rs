//! Corrections of the facts files: OpenAPI Overlay 1.0.0 documents, each action with our `x-reason` and `x-source`.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json_path::{JsonPath, NormalizedPath};

use crate::error::{Problem, Problems};
use crate::load::{OPENAPI, Sources};
use crate::node::Node;

/// Applies every overlay to the file that it extends, in the order of file names and of actions.
///
/// An action that matches nothing, or changes nothing, is stale or misspelt: an error.
pub(crate) fn apply(sources: &mut Sources) -> Result<(), Problems> {
    let Sources { overlays, openapi, .. } = sources;
    let mut problems = Problems::default();
    for overlay in Sources::nodes(overlays) {
        problems.keep(apply_one(&overlay, openapi));
    }
    problems.or(())
}

fn apply_one(overlay: &Node<'_>, openapi: &mut BTreeMap<String, Value>) -> Result<(), Problem> {
    overlay.only(&["overlay", "info", "extends", "actions"])?;
    overlay.need("overlay")?.word(&[("1.0.0", "")])?;
    overlay.need("info")?.need_text("title")?;
    overlay.need("info")?.need_text("version")?;
    let extends = overlay.need("extends")?;
    let target = extends.text()?.strip_prefix("../openapi/").unwrap_or_default();
    let document = openapi.get_mut(&format!("{OPENAPI}/{target}"));
    let document = document.ok_or_else(|| extends.problem("names no file as `../openapi/NAME.yaml`"))?;
    overlay.need("actions")?;
    overlay.items("actions")?.iter().try_for_each(|action| apply_action(action, document))
}

fn apply_action(action: &Node<'_>, document: &mut Value) -> Result<(), Problem> {
    action.only(&["target", "description", "update", "remove", "x-reason", "x-source"])?;
    action.need_text("x-reason")?;
    action.need_text("x-source")?;
    let target = action.need("target")?;
    let query = JsonPath::parse(target.text()?)
        .map_err(|error| target.problem(format!("is no JSONPath: {error}")))?;
    let pointers: Vec<String> =
        query.query_located(document).dedup().locations().map(NormalizedPath::to_json_pointer).collect();
    if pointers.is_empty() {
        return Err(target.problem(format!("`{query}` matches nothing")));
    }
    let before = document.clone();
    match (action.get("update"), action.flag("remove")?) {
        (Some(update), false) => {
            for pointer in &pointers {
                let place = document.pointer_mut(pointer).ok_or_else(|| target.problem("matches no node"))?;
                merge(place, update.value)
                    .map_err(|message| update.problem(format!("at {pointer}: {message}")))?;
            }
        }
        // From the back, so that the earlier positions in an array stay what they are.
        (None, true) => pointers.iter().rev().for_each(|pointer| remove(document, pointer)),
        _ => return Err(action.problem("needs either `update` or `remove: true`")),
    }
    if *document == before { Err(target.problem(format!("`{query}` changes nothing"))) } else { Ok(()) }
}

/// Merges objects recursively, replaces simple values, and appends to an array that is the target itself.
///
/// An array that meets an array within an object is refused: the specification leaves open what becomes of it.
fn merge(place: &mut Value, update: &Value) -> Result<(), String> {
    match (place, update) {
        (Value::Object(place), Value::Object(update)) => {
            for (key, value) in update {
                match place.get_mut(key) {
                    Some(Value::Array(_)) => {
                        return Err(format!("`{key}` is an array already: target it, or remove it first"));
                    }
                    Some(old @ Value::Object(_)) => merge(old, value)?,
                    Some(old) => *old = value.clone(),
                    None => _ = place.insert(key.clone(), value.clone()),
                }
            }
            Ok(())
        }
        (Value::Array(place), item) => {
            place.push(item.clone());
            Ok(())
        }
        (Value::Object(_), _) => Err("an object is updated by an object".to_owned()),
        _ => Err("a simple value cannot be a target: target what contains it".to_owned()),
    }
}

fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => _ = members.shift_remove(&key.replace("~1", "/").replace("~0", "~")),
        Some(Value::Array(items)) => {
            if let Some(index) = key.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}
