use std::collections::BTreeMap;

use super::schema::Builder;
use super::{Area, operation};
use crate::error::{Problem, Problems};
use crate::facts::Facts;
use crate::load::{OPENAPI, Sources};
use crate::node::Node;

/// The file beside the areas that holds the notifications.
pub(super) const WEBHOOKS: &str = "catalogue/openapi/webhooks.yaml";

/// Every area, in the order of names. Takes the facts of its operations out of `facts`.
pub(super) fn all(sources: &Sources, facts: &mut Facts, problems: &mut Problems) -> Vec<Area> {
    let (file, value) = &sources.areas;
    let root = Node::root(file, value);
    let groups = problems.keep(groups(&root)).unwrap_or_default();
    let entries = problems.keep(root.members_of("areas")).unwrap_or_default();
    let mut entries: BTreeMap<&str, Node<'_>> = entries.into_iter().collect();
    let mut areas = Vec::new();
    for document in Sources::nodes(&sources.openapi).filter(|document| document.file != WEBHOOKS) {
        let name = document.file.trim_start_matches(OPENAPI).trim_matches('/').trim_end_matches(".yaml");
        let area = match entries.remove(name) {
            Some(entry) => one(name, &entry, &groups),
            None => unlisted(name, &document),
        };
        let Some(mut area) = problems.keep(area) else { continue };
        area.error_tables = facts.areas.remove(name).map(|facts| facts.error_tables).unwrap_or_default();
        operations(&mut area, &document, facts, problems);
        areas.push(area);
    }
    for (name, entry) in entries {
        problems.push(entry.problem(format!("there is no {OPENAPI}/{name}.yaml")));
    }
    for (group, node) in groups {
        if !areas.iter().any(|area: &Area| area.group == group) {
            problems.push(node.problem("no area belongs to this group"));
        }
        if group == "full" || areas.iter().any(|area| area.feature == group) {
            problems.push(node.problem("the name is that of a feature already"));
        }
    }
    // By name, not by file: `type` comes before `type-x`, but `type-x.yaml` before `type.yaml`.
    areas.sort_by(|a: &Area, b| a.name.cmp(&b.name));
    areas
}

/// The groups of features, each with its title.
fn groups<'a>(root: &Node<'a>) -> Result<BTreeMap<&'a str, Node<'a>>, Problem> {
    root.only(&["groups", "areas"])?;
    let groups = root.need("groups")?.members()?;
    groups.iter().try_for_each(|(_, title)| title.text().map(|_| ()))?;
    Ok(groups.into_iter().collect())
}

/// An area, whose feature is its own name unless the entry says otherwise.
fn one(name: &str, entry: &Node<'_>, groups: &BTreeMap<&str, Node<'_>>) -> Result<Area, Problem> {
    entry.only(&["title", "feature", "group"])?;
    let feature = entry.optional_text("feature")?.unwrap_or_else(|| name.to_owned());
    check_feature(&feature, entry)?;
    let title = entry.need_text("title")?;
    let group = entry.need_text("group")?;
    if !groups.contains_key(group.as_str()) {
        return Err(entry.problem(format!("`{group}` is none of `groups`")));
    }
    Ok(area(name, feature, group, title))
}

/// The group of areas of which `areas.yaml` says nothing.
const UNLISTED: &str = "others";

/// An area that nobody has sorted in yet: a feature of its own name, called what its operations are tagged with.
fn unlisted(name: &str, document: &Node<'_>) -> Result<Area, Problem> {
    check_feature(name, document)?;
    let mut tags: Vec<String> = Vec::new();
    for (_, item) in document.members_of("paths")? {
        for (_, operation) in item.members()? {
            for tag in operation.texts("tags")? {
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
        }
    }
    let title = if tags.is_empty() { document.need("info")?.need_text("title")? } else { tags.join("、") };
    Ok(area(name, name.to_owned(), UNLISTED.to_owned(), title))
}

fn check_feature(feature: &str, place: &Node<'_>) -> Result<(), Problem> {
    if feature.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Ok(());
    }
    Err(place.problem(format!("the feature `{feature}` must be of `a-z`, `0-9` and `-`")))
}

fn area(name: &str, feature: String, group: String, title: String) -> Area {
    Area {
        name: name.to_owned(),
        feature,
        group,
        title,
        operations: Vec::new(),
        error_tables: Vec::new(),
        types: BTreeMap::new(),
    }
}

fn operations(area: &mut Area, document: &Node<'_>, facts: &mut Facts, problems: &mut Problems) {
    let mut builder = Builder::new(document);
    let known = document.only(&["openapi", "info", "servers", "tags", "paths", "components"]);
    problems.keep(known);
    for (template, item) in problems.keep(document.members_of("paths")).unwrap_or_default() {
        for (method, node) in problems.keep(item.members()).unwrap_or_default() {
            let id = problems.keep(node.need_text("operationId"));
            let Some(id) = id else { continue };
            builder.operation = Some(id.clone());
            let operation =
                operation::build(&id, method, template, &node, &mut builder, facts.operations.remove(&id));
            area.operations.extend(problems.keep(operation.map_err(|problem| problem.within(&id))));
        }
    }
    let (types, found) = builder.finish();
    area.types = types;
    problems.append(found);
}
