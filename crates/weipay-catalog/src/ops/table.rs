use super::{ErrorFact, Method, Operation};
use crate::generated;

/// One path template with the operations on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Template {
    /// The path with its parameters in braces, with the leading slash.
    pub path: &'static str,
    /// The operations on it, one per method, in the order of [`Method`]. Never empty.
    pub operations: &'static [&'static Operation],
}

/// One product area.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Area {
    /// The name, as in [`Operation::area`].
    pub name: &'static str,
    /// The official Chinese title.
    pub title: &'static str,
    /// The cargo feature that holds its typed API.
    pub feature: &'static str,
    /// The cargo feature of the group that it belongs to.
    pub group: &'static str,
}

/// Every product area, sorted by name.
pub fn areas() -> &'static [Area] {
    &generated::ops::AREAS
}

/// Every operation, sorted by id.
pub fn operations() -> &'static [Operation] {
    &generated::ops::OPERATIONS
}

/// The operation of this id.
pub fn operation(id: &str) -> Option<&'static Operation> {
    let operations = operations();
    operations.binary_search_by(|operation| operation.id.cmp(id)).ok().map(|index| &operations[index])
}

/// The operation of this method on this template.
///
/// One leading slash is optional; a trailing slash and the names of the parameters count.
pub fn find(method: Method, path: &str) -> Option<&'static Operation> {
    let template = &templates()[template(path)?];
    template.operations.iter().copied().find(|operation| operation.method == method)
}

/// Every distinct template, sorted by path.
pub fn templates() -> &'static [Template] {
    &generated::ops::TEMPLATES
}

/// The index of this template in [`templates`].
///
/// One leading slash is optional; a trailing slash and the names of the parameters count.
pub fn template(path: &str) -> Option<usize> {
    let path = path.strip_prefix('/').unwrap_or(path);
    templates().binary_search_by(|template| template.path[1..].cmp(path)).ok()
}

/// The errors that every operation can answer with.
pub fn common_errors() -> &'static [ErrorFact] {
    generated::ops::COMMON
}
