//! The typed chain: each path as nodes with names, which must not collide.

use std::collections::BTreeMap;

use super::{Catalogue, Operation};
use crate::error::{Problem, Problems};
use crate::load::OPENAPI;
use crate::spelling;

/// The name of a segment in the typed chain. A literal with an uncommon one has it in `x-chain-names`.
pub(crate) fn name(operation: &Operation, segment: &str) -> String {
    let named = operation.chain_names.iter().find(|(of, _)| of == segment);
    named.map_or_else(|| spelling::segment(segment), |(_, name)| name.clone())
}

/// Refuses two segments of one name on one node, two verbs of one name on one node, and names that are none.
pub(super) fn check(catalogue: &Catalogue) -> Result<(), Problems> {
    let mut problems = Problems::default();
    // Both by the names so far: the segment that a name stands for, and the operation of a verb.
    let mut segments: BTreeMap<String, &str> = BTreeMap::new();
    let mut verbs: BTreeMap<String, &str> = BTreeMap::new();
    let mut routes: BTreeMap<Route<'_>, Vec<&String>> = BTreeMap::new();
    for operation in catalogue.areas.iter().flat_map(|area| &area.operations) {
        routes.entry(route(operation)).or_default().push(&operation.id);
    }
    for area in &catalogue.areas {
        for operation in &area.operations {
            let problem = |message: String| {
                Problem::of_file(format!("{OPENAPI}/{}.yaml", area.name), message).within(&operation.id)
            };
            let unknown = |of: &String| !operation.template.split('/').any(|segment| segment == of);
            if let Some((of, _)) = operation.chain_names.iter().find(|(of, _)| unknown(of)) {
                problems.push(problem(format!("x-chain-names: there is no segment `{of}`")));
            }
            let chain = match chain(operation, &mut segments) {
                Ok(chain) => chain,
                Err(message) => {
                    problems.push(problem(message));
                    continue;
                }
            };
            for verb in operation.verbs() {
                if let Some(other) = verbs.insert(format!("{chain}.{verb}()"), &operation.id) {
                    problems.push(problem(format!("`{chain}.{verb}()` is taken by {other}")));
                }
            }
            problems.keep(same_route(operation, &routes).map_err(problem));
        }
    }
    problems.or(())
}

/// The chain that leads to an operation. A trailing slash makes no node of its own, unless it has a name.
fn chain<'a>(operation: &'a Operation, segments: &mut BTreeMap<String, &'a str>) -> Result<String, String> {
    let mut chain = "client".to_owned();
    let named = |segment: &str| operation.chain_names.iter().any(|(of, _)| of == segment);
    for segment in
        operation.template.split('/').skip(1).filter(|segment| !segment.is_empty() || named(segment))
    {
        let name = name(operation, segment);
        let good = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !good {
            return Err(format!("the segment `{segment}` gives no name; give it one in `x-chain-names`"));
        }
        chain = format!("{chain}.{name}()");
        let of = *segments.entry(chain.clone()).or_insert(segment);
        if of != segment {
            return Err(format!("`{chain}` is `{of}` already; give `{segment}` a name in `x-chain-names`"));
        }
    }
    Ok(chain)
}

/// A template with its parameters' names left out.
type Route<'a> = (&'a str, Vec<&'a str>);

fn route(operation: &Operation) -> Route<'_> {
    let segment = |segment| if str::starts_with(segment, '{') { "{}" } else { segment };
    (operation.method, operation.template.split('/').map(segment).collect())
}

/// `x-same-route` stands on both of two operations that differ in the names of parameters only, and on no others.
fn same_route(operation: &Operation, routes: &BTreeMap<Route<'_>, Vec<&String>>) -> Result<(), String> {
    let others = routes.get(&route(operation)).into_iter().flatten();
    let others: Vec<&String> = others.copied().filter(|id| **id != operation.id).collect();
    match (others.as_slice(), &operation.same_route) {
        ([], None) => Ok(()),
        ([other], Some(said)) if *other == said => Ok(()),
        ([], Some(said)) => Err(format!("`x-same-route`: `{said}` is no operation of the same route")),
        ([other, ..], _) => {
            Err(format!("a server cannot tell it from `{other}`: say so by `x-same-route` on both"))
        }
    }
}
