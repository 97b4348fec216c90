//! What holds between operations, facts and notifications.

use std::collections::{BTreeMap, BTreeSet};

use super::operation::names_in;
use super::{Area, Body, Catalogue, Kind, Operation, Schema, Types};
use crate::error::{Problem, Problems};
use crate::facts::{Idempotency, Query};
use crate::load::OPENAPI;

/// Refuses every broken link.
pub(super) fn check(catalogue: &Catalogue) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let mut by_id = BTreeMap::new();
    let mut routes = BTreeSet::new();
    for (area, operation) in operations(catalogue) {
        if by_id.insert(operation.id.as_str(), operation).is_some() {
            problems.push(problem(area, operation, "the operationId is used twice"));
        }
        if !routes.insert((operation.method, &operation.template)) {
            problems.push(problem(area, operation, format!("{} has this method twice", operation.template)));
        }
    }
    for (area, operation) in operations(catalogue) {
        if let Some(id) = operation.replaced_by.as_ref().filter(|id| !by_id.contains_key(id.as_str())) {
            problems.push(problem(area, operation, format!("is replaced by the unknown operation `{id}`")));
        }
        let Some(facts) = &operation.facts else { continue };
        let idempotency =
            facts.idempotency.as_ref().map(|fact| check_idempotency(fact, operation, &area.types));
        let query = facts.query.as_ref().map(|fact| check_query(fact, operation, &area.types, &by_id));
        for result in [idempotency, query].into_iter().flatten() {
            let fact = |message| Problem { message, ..facts.place.clone() }.within(&operation.id);
            problems.keep(result.map_err(fact));
        }
    }
    let types: BTreeSet<&str> = catalogue.events.iter().map(|event| event.event_type.as_str()).collect();
    for event in &catalogue.events {
        let unknown = event.also_as.iter().find(|other| !types.contains(other.as_str()));
        let others = event.former_event_types.iter().chain(&event.brand_event_type);
        let taken = others.into_iter().find(|other| types.contains(other.as_str()));
        for (other, what) in
            [(unknown, "no other event type"), (taken, "an event of its own, and no other name")]
        {
            let Some(other) = other else { continue };
            let message = format!("{}: `{other}` is {what}", event.event_type);
            problems.push(Problem::of_file(format!("{OPENAPI}/webhooks.yaml"), message));
        }
        for id in event.related.iter().filter(|id| !by_id.contains_key(id.as_str())) {
            let message = format!("{} is related to the unknown operation `{id}`", event.event_type);
            problems.push(Problem::of_file(format!("{OPENAPI}/webhooks.yaml"), message));
        }
    }
    problems.or(())
}

fn operations(catalogue: &Catalogue) -> impl Iterator<Item = (&Area, &Operation)> {
    catalogue.areas.iter().flat_map(|area| area.operations.iter().map(move |operation| (area, operation)))
}

fn problem(area: &Area, operation: &Operation, message: impl std::fmt::Display) -> Problem {
    Problem::of_file(format!("{OPENAPI}/{}.yaml", area.name), message).within(&operation.id)
}

fn check_idempotency(fact: &Idempotency, operation: &Operation, types: &Types) -> Result<(), String> {
    let place = fact.location.to_lowercase();
    match fact.fields.iter().find(|field| !has(operation, types, &place, field)) {
        Some(field) => Err(format!("x-idempotency: the request has no `{place}.{field}`")),
        None => Ok(()),
    }
}

fn check_query(
    fact: &Query,
    operation: &Operation,
    types: &Types,
    by_id: &BTreeMap<&str, &Operation>,
) -> Result<(), String> {
    let id = fact.operation.as_str();
    let asked = by_id.get(id).ok_or_else(|| format!("x-query: there is no operation `{id}`"))?;
    for (name, source) in &fact.bind {
        if !asked.parameters.iter().any(|parameter| parameter.name == *name) {
            return Err(format!("x-query: `{id}` has no parameter `{name}`"));
        }
        let (place, field) = source.split_once('.').unwrap_or((source, ""));
        if !source.starts_with('=') && !has(operation, types, place, field) {
            return Err(format!(
                "x-query: the request has no `{source}` (`body.…`, `path.…`, `query.…`, or `=` and a value)"
            ));
        }
    }
    let needed =
        asked.parameters.iter().filter(|parameter| parameter.required && parameter.location != "Header");
    match needed.into_iter().find(|parameter| !fact.bind.iter().any(|(name, _)| *name == parameter.name)) {
        Some(parameter) => {
            Err(format!("x-query: nothing is bound to `{}`, which `{id}` needs", parameter.name))
        }
        None => Ok(()),
    }
}

/// Whether the request has this field at this place: a member in every shape of its body, or a parameter.
fn has(operation: &Operation, types: &Types, place: &str, field: &str) -> bool {
    match place {
        "body" => operation.bodies.iter().all(|body| has_member(body, types, field)),
        "path" => names_in(&operation.template).contains(&field),
        "query" => operation.parameters.iter().any(|other| other.location == "Query" && other.name == field),
        _ => false,
    }
}

fn has_member(body: &Body, types: &Types, field: &str) -> bool {
    let mut schema: Option<&Schema> = body.request.as_ref();
    for name in field.split('.') {
        let Some(Schema { kind: Kind::Object(title), .. }) = schema else { return false };
        let properties = types.get(title).map(|object| &object.properties);
        let found =
            properties.and_then(|properties| properties.iter().find(|property| property.name == name));
        let Some(property) = found else { return false };
        schema = Some(&property.schema);
    }
    true
}
