//! Who answers an operation: its rule, or else what the catalogue says.

use serde_json::json;
use weipay_catalog::ops::{self, Operation};

use crate::call::{Answer, Call, Content};
use crate::journal::Basis;
use crate::ledger::LedgerEntry;
use crate::refusal::Refusal;
use crate::rules;
use crate::state::State;

/// Carries the call out.
pub(crate) fn answer(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    match rules::entry(call.operation.id) {
        Some(entry) => (entry.rule)(state, call),
        None => Ok(without_rule(call.operation)),
    }
}

/// 501 for an operation that has no rule yet. The request was checked against the schema.
fn without_rule(operation: &Operation) -> Answer {
    let message = format!("the sandbox has no rule for {} yet; the request fits the catalogue", operation.id);
    let body = json!({ "code": "NOT_IMPLEMENTED", "message": message });
    Answer { status: 501, content: Content::Json(body), basis: Basis::Schema }
}

/// On what the answer of every operation rests, in the order of their ids.
pub fn ledger() -> Vec<LedgerEntry> {
    let line = |operation: &'static Operation| match rules::entry(operation.id) {
        Some(entry) => LedgerEntry {
            operation: operation.id,
            basis: Basis::Rule,
            withheld: false,
            known: entry.known,
            date: Some(entry.date),
        },
        None => LedgerEntry {
            operation: operation.id,
            basis: Basis::Schema,
            withheld: false,
            known: &[],
            date: None,
        },
    };
    ops::operations().iter().map(line).collect()
}
