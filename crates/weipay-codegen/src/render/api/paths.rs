//! The tree of all templates.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Problem, Problems};
use crate::model::{Catalogue, Operation, chain};
use crate::spelling::pascal;

/// A place in the tree: one node type.
#[derive(Default)]
pub(super) struct Place<'a> {
    /// The method that leads here.
    pub(super) method: String,
    /// The name of the path parameter that this segment is.
    pub(super) parameter: Option<String>,
    /// The node's type.
    pub(super) name: String,
    /// The path up to here.
    pub(super) path: String,
    /// By segment, as it stands in the template.
    pub(super) children: BTreeMap<String, Place<'a>>,
    /// The operations of this very path, with the index of their area.
    pub(super) operations: Vec<(usize, &'a Operation)>,
    /// The areas of this place and all below it.
    pub(super) areas: BTreeSet<usize>,
}

/// The roots by their first segment: `v3`, `brand`, `hk`.
pub(super) fn roots<'a>(catalogue: &'a Catalogue, problems: &mut Problems) -> BTreeMap<String, Place<'a>> {
    let mut top = Place::default();
    for (index, area) in catalogue.areas.iter().enumerate() {
        for operation in &area.operations {
            let place = segments(operation).fold(&mut top, |place, segment| {
                place.child(segment, chain::name(operation, segment), index)
            });
            place.operations.push((index, operation));
        }
    }
    let mut names = BTreeMap::new();
    check(&top, &mut names, problems);
    top.children
}

/// The segments that are places. A slash at the end is part of the template, but no place unless it has a name.
pub(super) fn segments(operation: &Operation) -> impl Iterator<Item = &str> {
    let named =
        |segment: &&str| !segment.is_empty() || operation.chain_names.iter().any(|(of, _)| of == segment);
    operation.template.split('/').skip(1).filter(named)
}

impl<'a> Place<'a> {
    fn child(&mut self, segment: &str, method: String, area: usize) -> &mut Place<'a> {
        let place = self.children.entry(segment.to_owned()).or_insert_with(|| {
            let parameter =
                segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).map(str::to_owned);
            let by = if parameter.is_some() { "By" } else { "" };
            Place {
                name: format!("{}{by}{}", self.name, pascal(&method)),
                path: format!("{}/{segment}", self.path),
                method,
                parameter,
                ..Place::default()
            }
        });
        place.areas.insert(area);
        place
    }
}

/// Refuses two methods of one name on a node, and two node types of one name.
fn check(place: &Place<'_>, names: &mut BTreeMap<String, String>, problems: &mut Problems) {
    let mut methods: BTreeMap<String, String> = BTreeMap::new();
    let children = place.children.values().map(|child| (child.method.clone(), child.path.clone()));
    let verbs = place.operations.iter().flat_map(|(_, operation)| {
        let said = format!("{} {}", operation.method.to_uppercase(), operation.template);
        operation.verbs().map(move |verb| (verb.to_owned(), said.clone()))
    });
    for (method, what) in children.chain(verbs) {
        if let Some(other) = methods.insert(method.clone(), what.clone()) {
            let why =
                format!("`{other}` and `{what}` would both be `.{method}()`; name one of them by an overlay");
            problems.push(Problem::of_file("catalogue", why));
        }
    }
    for child in place.children.values() {
        if let Some(other) = names.insert(child.name.clone(), child.path.clone()) {
            let why =
                format!("the paths `{other}` and `{}` would both be the type `{}`", child.path, child.name);
            problems.push(Problem::of_file("catalogue", why));
        }
        check(child, names, problems);
    }
}
