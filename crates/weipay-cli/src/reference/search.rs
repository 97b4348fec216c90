//! From what a user types to operations: by words, and by name.

use weipay_catalog::ops::{self, Method, Operation};
use weipay_catalog::reference::{self, Event, Kind, Object, Schema};

use super::member::leaf;

/// The operations that have all words of the query, best first. Without words, all of them by path.
pub(crate) fn find(query: &str) -> Vec<&'static Operation> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let score = |operation: &'static Operation| {
        let scores = words.iter().map(|word| score(operation, word));
        Some((scores.collect::<Option<Vec<u32>>>()?.iter().sum::<u32>(), operation))
    };
    let mut found: Vec<(u32, &'static Operation)> = ops::operations().iter().filter_map(score).collect();
    found.sort_by_key(|(score, operation)| {
        let length = if words.is_empty() { 0 } else { operation.template.len() };
        (std::cmp::Reverse(*score), operation.deprecated, length, operation.template, operation.method)
    });
    found.into_iter().map(|(_, operation)| operation).collect()
}

/// How well one word in lower case fits; none where it does not stand anywhere.
fn score(operation: &'static Operation, word: &str) -> Option<u32> {
    let one = word.strip_suffix('s').filter(|one| one.len() > 2);
    let has = |text: &str| text.contains(word) || one.is_some_and(|one| text.contains(one));
    let path = operation.template.to_lowercase();
    let is_word = |segment: &str| {
        let plain = segment.trim_end_matches('s');
        segment == word || plain == word || Some(plain) == one
    };
    let area = || ops::areas().iter().find(|area| area.name == operation.area);
    Some(match () {
        () if operation.id == word || path == word || path[1..] == *word => 1000,
        () if operation.title.to_lowercase() == word => 900,
        () if operation.method.as_str().to_lowercase() == word => 1,
        () if operation.title.to_lowercase().contains(word) => 100,
        () if path.split(['/', '-', '_', '{', '}']).any(is_word) => 80,
        () if has(&path) || has(operation.id) => 60,
        () if operation.area.contains(word) || area().is_some_and(|area| area.title.contains(word)) => 40,
        () => members(operation, &has)?,
    })
}

/// By the names and labels of members: those of the request count more than those of the answer.
fn members(operation: &Operation, has: &dyn Fn(&str) -> bool) -> Option<u32> {
    let entry = reference::reference(operation.id)?;
    let fits = |name: &str, label: Option<&str>| has(&name.to_lowercase()) || label.is_some_and(has);
    let within = |schema: Option<&'static Schema>| {
        schema
            .and_then(|schema| leaf(schema).object())
            .is_some_and(|object| inside(object, &fits, &mut Vec::new()))
    };
    if entry.parameters.iter().any(|parameter| fits(parameter.name, parameter.label)) {
        return Some(20);
    }
    if entry.bodies.iter().any(|body| within(body.request)) {
        return Some(20);
    }
    entry.bodies.iter().any(|body| within(body.answer)).then_some(10)
}

fn inside(
    object: &'static Object,
    fits: &dyn Fn(&str, Option<&str>) -> bool,
    above: &mut Vec<&'static str>,
) -> bool {
    if above.contains(&object.title) {
        return false;
    }
    above.push(object.title);
    let found = object.properties.iter().any(|property| {
        fits(property.name, property.schema.label)
            || matches!(leaf(&property.schema).kind, Kind::Object(below) if inside(below, fits, above))
    });
    above.pop();
    found
}

/// What a name leads to.
pub(crate) enum Wanted {
    /// One operation, or all of one path.
    Operations(Vec<&'static Operation>),
    /// A notification.
    Event(&'static Event),
}

/// What a name means: an id, a path with or without method and leading slash, the end of a path, a path with values in
/// its parameters, or an event type.
///
/// # Errors
///
/// One line that names the nearest, or those that may be meant.
pub(crate) fn named(name: &str) -> Result<Wanted, String> {
    let name = name.trim();
    if let Some(operation) = ops::operation(&name.to_lowercase()) {
        return Ok(Wanted::Operations(vec![operation]));
    }
    if let Some(event) = reference::event(&name.to_uppercase()) {
        return Ok(Wanted::Event(event));
    }
    let (method, path) = match name.split_once(char::is_whitespace) {
        Some((method, path)) => {
            let known = Method::parse(&method.to_uppercase());
            (
                Some(known.ok_or_else(|| {
                    format!("'{method}' is no method; expected GET, POST, PUT, PATCH or DELETE")
                })?),
                path.trim(),
            )
        }
        None => (None, name),
    };
    let templates = matching(path);
    let on = |path: &str| {
        let all = ops::template(path).map_or(&[][..], |place| ops::templates()[place].operations);
        all.iter()
            .copied()
            .filter(|operation| method.is_none_or(|method| operation.method == method))
            .collect::<Vec<_>>()
    };
    match templates.as_slice() {
        [path] => match on(path) {
            operations if operations.is_empty() => Err(format!(
                "{path} has no {}; it has {}",
                method.map_or("operation", Method::as_str),
                methods(path).join(", ")
            )),
            operations => Ok(Wanted::Operations(operations)),
        },
        [] => Err(unknown(path)),
        several => Err(format!("'{path}' may be {}", list(several))),
    }
}

/// The methods on a template.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    let place = ops::template(path);
    let operations = place.map_or(&[][..], |place| ops::templates()[place].operations);
    operations.iter().map(|operation| operation.method.as_str()).collect()
}

/// The templates that a path may mean: itself, those it is an instance of, else those that end with it.
fn matching(path: &str) -> Vec<&'static str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if let Some(place) = ops::template(path) {
        return vec![ops::templates()[place].path];
    }
    let of = |fits: &dyn Fn(&str) -> bool| -> Vec<&'static str> {
        ops::templates().iter().map(|template| template.path).filter(|template| fits(template)).collect()
    };
    let mut instances = of(&|template| is_instance(path, &template[1..]));
    // The one with the fewest parameters is what a server would take.
    let parameters = |template: &&str| template.matches('{').count();
    if let Some(least) = instances.iter().map(parameters).min() {
        instances.retain(|template| parameters(template) == least);
        return instances;
    }
    let end = format!("/{}", path.trim_end_matches('/'));
    of(&|template| !path.is_empty() && template.trim_end_matches('/').ends_with(&end))
}

fn is_instance(path: &str, template: &str) -> bool {
    let (values, segments): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
    let fits = |(value, segment): (&&str, &&str)| {
        value == segment || segment.starts_with('{') && !value.is_empty() && !value.starts_with('{')
    };
    values.len() == segments.len() && values.iter().zip(&segments).all(fits)
}

fn unknown(path: &str) -> String {
    let nearest = ops::nearest(path).map(|nearest| format!("; the nearest is {nearest}"));
    format!(
        "no operation or notification is '{path}'{}",
        nearest.unwrap_or_else(|| "; `weipay ops WORD` finds one".to_owned())
    )
}

fn list(paths: &[&str]) -> String {
    match paths {
        [shown @ .., last] if paths.len() <= 4 => format!("{} or {last}", shown.join(", ")),
        _ => format!("{} or {} others", paths[..3].join(", "), paths.len() - 3),
    }
}
