//! Who answers an operation: its rule, or else what the catalogue says.

use serde_json::json;
use weipay_catalog::ops::{self, Operation};

use crate::call::{Answer, Call, Content};
use crate::journal::Basis;
use crate::ledger::LedgerEntry;
use crate::linked::Linked;
use crate::refusal::Refusal;
use crate::rules;
use crate::schema::{self, money};
use crate::state::State;

/// Carries the call out: by a rule, else by a link or the schema, as far as that is allowed.
pub(crate) fn answer(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let operation = call.operation;
    if let Some(entry) = rules::entry(operation.id) {
        return (entry.rule)(state, call);
    }
    if state.policy.strict && !Linked::ties(operation) {
        return Ok(not_implemented(&format!(
            "the sandbox is strict and has no rule for {}; the request fits the catalogue",
            operation.id
        )));
    }
    if money::moves(operation) && !state.policy.allow_generated {
        return Ok(not_implemented(&format!(
            "{} moves money and the sandbox has no rule for it yet; --allow-generated lets it answer by the schema",
            operation.id
        )));
    }
    schema::answer(state, call)
}

/// 501, after the request was authenticated and checked.
fn not_implemented(message: &str) -> Answer {
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
            basis: if Linked::ties(operation) { Basis::Linked } else { Basis::Schema },
            withheld: money::moves(operation),
            known: &[],
            date: None,
        },
    };
    ops::operations().iter().map(line).collect()
}
