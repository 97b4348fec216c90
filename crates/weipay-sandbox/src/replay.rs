//! Request numbers: the same number gives the answer that it got before.

use std::collections::HashMap;

use serde_json::Value;

use crate::call::{Answer, Call};

/// Answers by caller, operation and request number, kept for ever. Refusals are not kept (ASSUME): a request that was
/// refused may be repaired and sent again under its number.
#[derive(Debug, Default)]
pub(crate) struct Replies(HashMap<(String, &'static str, String), Reply>);

/// What a number was used for.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The request's body.
    pub(crate) body: Value,
    /// The answer.
    pub(crate) answer: Answer,
}

impl Replies {
    pub(crate) fn find(&self, call: &Call<'_>, number: &str) -> Option<&Reply> {
        self.0.get(&(call.caller.id.clone(), call.operation.id, number.to_owned()))
    }

    pub(crate) fn keep(&mut self, call: &Call<'_>, number: &str, answer: &Answer) {
        let key = (call.caller.id.clone(), call.operation.id, number.to_owned());
        self.0.insert(key, Reply { body: call.body.clone(), answer: answer.clone() });
    }
}
