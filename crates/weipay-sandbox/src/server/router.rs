//! Raw path → operation. Literal segments win over parameters; nothing is decoded before the route is known.

use std::collections::HashMap;
use std::sync::LazyLock;

use weipay_catalog::ops::{self, Method, Operation, Template};

use crate::protocol::percent;

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) operation: &'static Operation,
    /// The path parameters, decoded.
    pub(crate) parameters: Vec<(String, String)>,
}

/// Why there is no route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoRoute {
    /// 404
    Path,
    /// 405
    Method,
}

/// The templates by what every path of theirs has in common. No template has a parameter that early.
static INDEX: LazyLock<HashMap<(usize, &str), Vec<&Template>>> = LazyLock::new(|| {
    let mut index: HashMap<_, Vec<_>> = HashMap::new();
    for template in ops::templates() {
        index.entry(key(template.path)).or_default().push(template);
    }
    index
});

/// The number of segments, and the first two of them.
fn key(path: &str) -> (usize, &str) {
    let third = path.match_indices('/').nth(2).map_or(path.len(), |(at, _)| at);
    (path.split('/').count(), &path[..third])
}

/// Finds the operation for a method and a raw path without its query.
pub(crate) fn route(method: &str, path: &str) -> Result<Route, NoRoute> {
    let method = Method::parse(method);
    let candidates = INDEX.get(&key(path)).map_or(&[][..], Vec::as_slice);
    let matching = candidates.iter().filter(|template| matches(template.path, path));
    let mut path_known = false;
    let mut best: Option<&'static Operation> = None;
    for template in matching {
        path_known = true;
        let operation =
            template.operations.iter().copied().find(|operation| Some(operation.method) == method);
        if let Some(operation) = operation
            && best.is_none_or(|best| literal_first(operation.template, best.template))
        {
            best = Some(operation);
        }
    }
    match best {
        Some(operation) => Ok(Route { operation, parameters: parameters(operation.template, path) }),
        None if path_known => Err(NoRoute::Method),
        None => Err(NoRoute::Path),
    }
}

/// The name inside a template segment such as `{card_id}`.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found => {}
            (Some(wanted), Some(found)) if parameter(wanted).is_some() && !found.is_empty() => {}
            _ => return false,
        }
    }
}

/// Whether `one` has a literal where `other` first has a parameter.
fn literal_first(one: &str, other: &str) -> bool {
    one.split('/')
        .zip(other.split('/'))
        .map(|(one, other)| (parameter(one).is_some(), parameter(other).is_some()))
        .find(|(one, other)| one != other)
        .is_some_and(|(one, _)| !one)
}

fn parameters(template: &str, path: &str) -> Vec<(String, String)> {
    template
        .split('/')
        .zip(path.split('/'))
        .filter_map(|(segment, value)| Some((parameter(segment)?.to_owned(), percent::decode(value, false))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_segments_win_over_parameters() {
        assert!(literal_first("/v3/a/b", "/v3/{x}/b"));
        assert!(!literal_first("/v3/{x}/b", "/v3/a/{y}"));
        let path = "/v3/marketing/membercard-open/cards/478515832665/codes/a%2Fb/bonus/commit";
        let found = route("POST", path).unwrap();
        assert_eq!(found.operation.id, "marketing_membercard_open_cards_codes_bonus_commit");
        assert_eq!(found.parameters[1], ("code".to_owned(), "a/b".to_owned()));
    }

    #[test]
    fn every_template_is_found_by_a_path_of_its_own() {
        for template in ops::templates() {
            assert!(!key(template.path).1.contains('{'), "{}", template.path);
            let filled = template.path.replace(['{', '}'], "");
            let operation = template.operations[0];
            let found = route(operation.method.as_str(), &filled).unwrap().operation;
            let same = found.id == operation.id || Some(found.id) == operation.same_route;
            assert!(same || literal_first(found.template, template.path), "{filled}");
        }
    }

    #[test]
    fn what_is_unknown_is_told_from_a_wrong_method() {
        let path = "/v3/businesscircle/points/notify";
        assert!(route("POST", path).is_ok());
        assert_eq!(route("GET", path).unwrap_err(), NoRoute::Method);
        assert_eq!(route("BREW", path).unwrap_err(), NoRoute::Method);
        for unknown in
            ["/v3/businesscircle/points/notify/", "//v3/businesscircle/points/notify", "/v3/nothing", "/"]
        {
            assert_eq!(route("POST", unknown).unwrap_err(), NoRoute::Path, "{unknown}");
        }
    }
}
