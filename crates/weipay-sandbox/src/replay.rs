//! Request numbers: the same number gives the answer that it got before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::serial;

/// Answers by caller, operation and request number, kept for ever. Refusals are not kept (ASSUME): a request that was
/// refused may be repaired and sent again under its number.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Replies(#[serde(with = "serial::pairs")] BTreeMap<Number, Reply>);

/// Caller, operation and request number.
type Number = (String, String, String);

/// What a number was used for.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reply {
    /// The request's body.
    pub(crate) body: Value,
    /// The answer.
    pub(crate) answer: Answer,
}

impl Replies {
    pub(crate) fn find(&self, call: &Call<'_>, number: &str) -> Option<&Reply> {
        self.0.get(&key(call, number))
    }

    /// The answer that this number got, if it came before. With another body it is refused (ASSUME).
    pub(crate) fn repeated(&self, call: &Call<'_>, number: &str) -> Result<Option<Answer>, Refusal> {
        match self.find(call, number) {
            None => Ok(None),
            Some(reply) if reply.body == call.body => Ok(Some(reply.answer.clone())),
            Some(_) => Err(Refusal::invalid("请求单号已使用且参数不一致")),
        }
    }

    pub(crate) fn keep(&mut self, call: &Call<'_>, number: &str, answer: &Answer) {
        self.0.insert(key(call, number), Reply { body: call.body.clone(), answer: answer.clone() });
    }
}

fn key(call: &Call<'_>, number: &str) -> Number {
    (call.caller.id.clone(), call.operation.id.to_owned(), number.to_owned())
}
