//! What the catalogue's schemas alone can do: check a request, and make an answer or a notification of it.

pub(crate) mod money;
pub(crate) mod sample;
pub(crate) mod validate;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use weipay_catalog::ops::DownloadUrl;
use weipay_catalog::reference::{self, ParameterLocation, Schema};

use crate::call::{Answer, Call, Content};
use crate::journal::Basis;
use crate::json::merged;
use crate::linked::Linked;
use crate::offer;
use crate::refusal::Refusal;
use crate::state::State;
use sample::Sample;

/// Answers an operation that has no rule: `linked` where a fact ties it to another operation, else `schema`.
pub(crate) fn answer(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    if call.operation.download {
        return Err(Refusal::not_found("文件不存在"));
    }
    if !Linked::asks(call.operation) {
        return Ok(made(state, call));
    }
    let stored = state.linked.find(call).ok_or_else(|| Refusal::not_found("查询的资源不存在"))?;
    let content = match schema_of(call) {
        Some(schema) => Content::Json(sample(state, call, schema, &merged(&stored, &request(call)))),
        None => Content::Empty,
    };
    Ok(Answer { content, basis: Basis::Linked, ..Answer::no_content() }.with_status(call))
}

/// The body of a successful answer, valid by its schema: what is known, else what the request says, else made up.
/// None where the operation answers without a body.
pub(crate) fn fill(state: &mut State, call: &Call<'_>, known: &Value) -> Option<Value> {
    let known = merged(&request(call), known);
    schema_of(call).map(|schema| sample(state, call, schema, &known))
}

/// Makes the address in an answer one that works, and the hash beside it that of the file behind it.
fn downloadable(state: &mut State, call: &Call<'_>, fact: &DownloadUrl, body: &mut Value) {
    let text = "This file was made by the sandbox from the schema alone.\n";
    let offered = offer::file(state, call, Bytes::from_static(text.as_bytes()), "text/plain", false);
    for (member, value) in [
        (Some(fact.member), offered.url.as_str()),
        (fact.hash_type, "SHA1"),
        (fact.hash_value, offered.sha1.as_str()),
    ] {
        if let Some(member) = member {
            body[member] = json!(value);
        }
    }
}

/// An answer valid by the schema; a write that a fact ties to a query is from now on seen by it.
fn made(state: &mut State, call: &Call<'_>) -> Answer {
    let sent = request(call);
    let mut body = fill(state, call, &Value::Null);
    if let (Some(fact), Some(body)) = (call.operation.download_url, &mut body) {
        downloadable(state, call, fact, body);
    }
    let tied = state.linked.keep(call, &merged(&sent, body.as_ref().unwrap_or(&Value::Null)));
    let basis = if tied { Basis::Linked } else { Basis::Schema };
    let content = body.map_or(Content::Empty, Content::Json);
    Answer { content, basis, ..Answer::no_content() }.with_status(call)
}

impl Answer {
    /// The first documented status; 204 only without a body.
    fn with_status(mut self, call: &Call<'_>) -> Self {
        let documented = call.operation.success.first().copied();
        self.status = match self.content {
            Content::Empty => documented.filter(|status| *status != 200).unwrap_or(204),
            _ => documented.filter(|status| *status != 204).unwrap_or(200),
        };
        self
    }
}

/// The body of the successful answer; none where the catalogue has none.
fn schema_of(call: &Call<'_>) -> Option<&'static Schema> {
    if call.operation.success == [204] {
        return None;
    }
    let reference = reference::reference(call.operation.id)?;
    reference.bodies.iter().find_map(|body| body.answer)
}

fn sample(state: &mut State, call: &Call<'_>, schema: &Schema, known: &Value) -> Value {
    let now = call.now;
    Sample { ids: &mut state.ids, now, encrypt: &|plain| call.encrypt(plain) }.value(schema, Some(known))
}

/// All that the request says by name: path, then query, then body.
fn request(call: &Call<'_>) -> Value {
    let mut members = Map::new();
    let declared = reference::reference(call.operation.id).map_or(&[][..], |reference| reference.parameters);
    for (name, text) in call.path.iter().chain(&call.query) {
        let known = declared
            .iter()
            .find(|parameter| parameter.name == name && parameter.location != ParameterLocation::Header);
        let value = known.map_or_else(|| json!(text), |parameter| sample::read(&parameter.schema, text));
        members.insert(name.clone(), value);
    }
    merged(&Value::Object(members), &call.body)
}
