//! What is known beyond the schemas: idempotency, queries for the outcome, errors. Keyed by operationId; errors also
//! by area, in tables that several share, and for every operation.

use std::collections::BTreeMap;

use crate::error::{Problem, Problems};
use crate::load::Sources;
use crate::node::Node;

/// All facts of all files.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The facts of one operation each.
    pub(crate) operations: BTreeMap<String, OperationFacts>,
    /// The errors that the operations of one area can answer with.
    pub(crate) areas: BTreeMap<String, AreaFacts>,
    /// The tables of errors that operations and areas name.
    pub(crate) tables: BTreeMap<String, ErrorTable>,
    /// The errors that every operation can answer with.
    pub(crate) common_errors: Vec<ErrorFact>,
}

/// The facts of one area.
#[derive(Debug)]
pub(crate) struct AreaFacts {
    /// Where they stand, to say so when they fit nothing.
    pub(crate) place: Problem,
    /// The names of the tables of errors that all its operations share.
    pub(crate) error_tables: Vec<String>,
}

/// One table of `error-tables`.
#[derive(Debug)]
pub(crate) struct ErrorTable {
    /// Where it stands, to say so when nothing names it.
    pub(crate) place: Problem,
    pub(crate) errors: Vec<ErrorFact>,
}

/// The facts of one operation.
#[derive(Debug)]
pub(crate) struct OperationFacts {
    /// Where they stand, to say so when they fit nothing.
    pub(crate) place: Problem,
    pub(crate) idempotency: Option<Idempotency>,
    pub(crate) query: Option<Query>,
    pub(crate) errors: Vec<ErrorFact>,
    pub(crate) error_tables: Vec<String>,
    pub(crate) too_many_requests: Option<TooManyRequests>,
}

/// How well something is known (a variant of `ops::Evidence`), and from where.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) evidence: &'static str,
    pub(crate) source: String,
}

/// `x-idempotency`: the members that make a repetition the same operation.
#[derive(Debug)]
pub(crate) struct Idempotency {
    /// A variant of `ops::Location`.
    pub(crate) location: &'static str,
    pub(crate) fields: Vec<String>,
    pub(crate) scope: String,
    pub(crate) known: Known,
}

/// `x-query`: the operation that tells the outcome, and what to ask it with.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) operation: String,
    /// Its parameter, and the place in the first request that has the value.
    pub(crate) bind: Vec<(String, String)>,
    pub(crate) known: Known,
}

/// One of `x-errors`.
#[derive(Debug, Clone)]
pub(crate) struct ErrorFact {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: Option<String>,
    pub(crate) known: Known,
}

/// `x-429`: whether an operation answered with 429 may have happened.
#[derive(Debug)]
pub(crate) struct TooManyRequests {
    /// A variant of `ops::TooManyRequestsOutcome`.
    pub(crate) outcome: &'static str,
    pub(crate) known: Known,
}

/// Reads every facts file.
pub(crate) fn read(sources: &Sources) -> Result<Facts, Problems> {
    let mut facts = Facts::default();
    let mut problems = Problems::default();
    for file in Sources::nodes(&sources.facts) {
        problems.keep(general(&file, &mut facts));
        for (id, node) in problems.keep(file.members_of("operations")).unwrap_or_default() {
            problems.keep(operation(id, &node, &mut facts).map_err(|problem| problem.within(id)));
        }
    }
    // Only then: a table whose name could not be read is no unnamed one.
    let facts = problems.or(facts)?;
    named_tables(&facts)?;
    Ok(facts)
}

/// Refuses names of tables that are not there, and tables that nothing names.
fn named_tables(facts: &Facts) -> Result<(), Problem> {
    let of_operations = facts.operations.values().map(|facts| (&facts.place, &facts.error_tables));
    let of_areas = facts.areas.values().map(|facts| (&facts.place, &facts.error_tables));
    let mut unnamed: BTreeMap<&String, &ErrorTable> = facts.tables.iter().collect();
    for (place, tables) in of_operations.chain(of_areas) {
        for name in tables {
            if !facts.tables.contains_key(name) {
                let message = format!("x-error-tables: there is no table `{name}` in `error-tables`");
                return Err(Problem { message, ..place.clone() });
            }
            unnamed.remove(name);
        }
    }
    unnamed.into_values().next().map_or(Ok(()), |table| Err(table.place.clone()))
}

fn general(file: &Node<'_>, facts: &mut Facts) -> Result<(), Problem> {
    file.only(&["every-operation", "error-tables", "areas", "operations"])?;
    if let Some(every) = file.get("every-operation") {
        every.only(&["x-errors"])?;
        facts.common_errors.extend(errors(&every)?);
    }
    for (name, node) in file.members_of("error-tables")? {
        node.only(&["x-errors"])?;
        let new = ErrorTable { place: node.problem("nothing names this table"), errors: errors(&node)? };
        let good = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !good || new.errors.is_empty() {
            return Err(node.problem("needs a name of `a-z`, `0-9` and `-`, and at least one of `x-errors`"));
        }
        if let Some(old) = facts.tables.insert(name.to_owned(), new) {
            return Err(twice(&node, &old.place));
        }
    }
    for (name, node) in file.members_of("areas")? {
        node.only(&["x-error-tables"])?;
        let place = node.problem("no area has this name");
        let new = AreaFacts { place, error_tables: node.texts("x-error-tables")? };
        if let Some(old) = facts.areas.insert(name.to_owned(), new) {
            return Err(twice(&node, &old.place));
        }
    }
    Ok(())
}

fn operation(id: &str, node: &Node<'_>, facts: &mut Facts) -> Result<(), Problem> {
    node.only(&["x-idempotency", "x-query", "x-errors", "x-error-tables", "x-429"])?;
    let new = OperationFacts {
        place: node.problem("no operation has this id"),
        idempotency: node.get("x-idempotency").map(|node| idempotency(&node)).transpose()?,
        query: node.get("x-query").map(|node| query(&node)).transpose()?,
        errors: errors(node)?,
        error_tables: node.texts("x-error-tables")?,
        too_many_requests: node.get("x-429").map(|node| too_many_requests(&node)).transpose()?,
    };
    facts.operations.insert(id.to_owned(), new).map_or(Ok(()), |old| Err(twice(node, &old.place)))
}

fn twice(node: &Node<'_>, old: &Problem) -> Problem {
    node.problem(format!("has facts in {} already; keep them in one place", old.file))
}

/// Reads `evidence` and `source` of a fact.
pub(crate) fn known(node: &Node<'_>) -> Result<Known, Problem> {
    const WORDS: [(&str, &str); 3] =
        [("documented", "Documented"), ("observed", "Observed"), ("assumed", "Assumed")];
    Ok(Known { evidence: node.need("evidence")?.word(&WORDS)?, source: node.need_text("source")? })
}

fn idempotency(node: &Node<'_>) -> Result<Idempotency, Problem> {
    node.only(&["in", "fields", "scope", "evidence", "source"])?;
    let location = node.need("in")?.word(&[("body", "Body"), ("query", "Query"), ("path", "Path")])?;
    let fields = node.texts("fields")?;
    if fields.is_empty() {
        return Err(node.problem("needs at least one of `fields`"));
    }
    Ok(Idempotency { location, fields, scope: node.need_text("scope")?, known: known(node)? })
}

fn query(node: &Node<'_>) -> Result<Query, Problem> {
    node.only(&["operation", "bind", "evidence", "source"])?;
    let bind = node.need("bind")?.members()?;
    let bind = bind.iter().map(|(name, place)| Ok(((*name).to_owned(), place.text()?.to_owned())));
    let bind = bind.collect::<Result<_, Problem>>()?;
    Ok(Query { operation: node.need_text("operation")?, bind, known: known(node)? })
}

fn errors(node: &Node<'_>) -> Result<Vec<ErrorFact>, Problem> {
    let error = |node: Node<'_>| {
        node.only(&["status", "code", "message", "evidence", "source"])?;
        let status = node.need("status").and_then(|_| node.number::<u16>("status"))?;
        let status = status.filter(|status| (400..600).contains(status));
        let status = status.ok_or_else(|| node.problem("`status` must be a 4xx or 5xx"))?;
        let message = node.optional_text("message")?;
        Ok(ErrorFact { status, code: node.need_text("code")?, message, known: known(&node)? })
    };
    node.items("x-errors")?.into_iter().map(error).collect()
}

fn too_many_requests(node: &Node<'_>) -> Result<TooManyRequests, Problem> {
    node.only(&["outcome", "evidence", "source"])?;
    let outcome = node.need("outcome")?.word(&[("unknown", "Unknown"), ("rejected", "Rejected")])?;
    Ok(TooManyRequests { outcome, known: known(node)? })
}
