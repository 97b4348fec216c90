//! Request numbers: the same number gives the answer that it got before.

use std::collections::HashMap;

use serde_json::Value;

use crate::call::{Answer, Call};
use crate::refusal::Refusal;

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

    /// The answer that this number got, if it came before. With another body it is refused (ASSUME).
    pub(crate) fn repeated(&self, call: &Call<'_>, number: &str) -> Result<Option<Answer>, Refusal> {
        match self.find(call, number) {
            None => Ok(None),
            Some(reply) if reply.body == call.body => Ok(Some(reply.answer.clone())),
            Some(_) => Err(Refusal::invalid("请求单号已使用且参数不一致")),
        }
    }

    pub(crate) fn keep(&mut self, call: &Call<'_>, number: &str, answer: &Answer) {
        let key = (call.caller.id.clone(), call.operation.id, number.to_owned());
        self.0.insert(key, Reply { body: call.body.clone(), answer: answer.clone() });
    }
}
