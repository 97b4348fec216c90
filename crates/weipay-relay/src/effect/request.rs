//! A request as it is stored before its first send, and sent on every attempt.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use weipay::Call;
use weipay::catalog::ops::{self, Location, Operation};

use super::Effect;
use crate::hook::{Exchange, Holder};
use crate::merchant::Merchant;
use crate::vault::derived;

/// The request numbers of the catalogue's idempotency facts. What is no request number is a key that the merchant owns
/// (`record_id`, `transaction_id`), and never made up.
const NUMBERS: [&str; 9] = [
    "out_request_no",
    "add_request_no",
    "use_request_no",
    "return_request_no",
    "send_request_no",
    "upload_request_no",
    "deactivate_request_no",
    "modify_budget_request_no",
    "delete_request_no",
];

/// A stored request: the same bytes on every attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) operation: String,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    /// The body's text, byte for byte.
    pub(crate) body: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) subject: Subject,
}

/// What a request is about, as far as its end concerns the merchant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub(crate) enum Subject {
    /// A decision. `allowed`: then a coupon has to come out of it.
    Confirm { exchange: Exchange, allowed: bool },
    /// A balance that is shown.
    Sync { holder: Holder },
    /// Anything else.
    Other,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("operation", &self.operation).finish_non_exhaustive()
    }
}

/// Checks an effect and writes its request once and for all. `key` is its job's, and its number derives from it.
///
/// The error says what is wrong with the effect, without a value.
pub(crate) fn prepare(effect: &Effect, merchant: &Merchant, key: &str) -> Result<Request, String> {
    let operation = operation(effect, merchant)?;
    let mut body = match &effect.body {
        None | Some(Value::Null) => None,
        Some(Value::Object(members)) => Some(members.clone()),
        Some(_) => return Err(format!("the body of {} has to be a JSON object", operation.id)),
    };
    let sent_number =
        number(operation, &mut body, || derived(&["number", &merchant.name, key, operation.id]));
    let request = Request {
        operation: operation.id.to_owned(),
        path: effect.path.clone().into_iter().collect(),
        query: effect.query.clone().into_iter().collect(),
        body: body.map(|members| Value::Object(members).to_string()),
        number: sent_number,
        subject: Subject::Other,
    };
    for (name, _) in &request.path {
        if !operation.template.contains(&format!("{{{name}}}")) {
            return Err(format!("{} has no path parameter `{name}`", operation.id));
        }
    }
    for name in operation.template.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        match effect.path.get(name) {
            Some(value) if !value.is_empty() => {}
            _ => return Err(format!("{} needs the path parameter `{name}`", operation.id)),
        }
    }
    Ok(request)
}

fn operation(effect: &Effect, merchant: &Merchant) -> Result<&'static Operation, String> {
    let operation = ops::operation(&effect.operation);
    let operation = operation.ok_or_else(|| {
        let name: String = effect.operation.chars().take(80).collect();
        format!("the catalogue has no operation `{name}`; `weipay ops` finds it")
    })?;
    if operation.upload || operation.download || operation.dynamic_url {
        return Err(format!("{} moves a file and cannot be an effect", operation.id));
    }
    if operation.scheme != merchant.scheme() {
        return Err(format!("{} is not called by a {:?}'s credential", operation.id, merchant.scheme()));
    }
    Ok(operation)
}

/// The number that the body has, or a derived one where the operation wants one.
fn number(
    operation: &Operation,
    body: &mut Option<Map<String, Value>>,
    derive: impl FnOnce() -> String,
) -> Option<String> {
    let fact = operation.idempotency.filter(|fact| fact.location == Location::Body)?;
    let name = fact.fields.iter().find(|field| NUMBERS.contains(field))?;
    let members = body.get_or_insert_default();
    if !members.contains_key(*name) {
        members.insert((*name).to_owned(), json!(derive()));
    }
    members.get(*name)?.as_str().map(str::to_owned)
}

/// Whether a repetition of this request is the same operation (a fact of the catalogue, documented or assumed).
pub(crate) fn repeatable(operation: &str) -> bool {
    ops::operation(operation).is_some_and(|operation| operation.idempotency.is_some())
}

impl Request {
    pub(crate) fn about(self, subject: Subject) -> Self {
        Self { subject, ..self }
    }

    /// The catalogue's entry; an error when an older relay stored what this one does not know.
    pub(crate) fn operation(&self) -> Result<&'static Operation, String> {
        ops::operation(&self.operation)
            .ok_or_else(|| format!("this version's catalogue has no operation {}", self.operation))
    }

    /// The call, with exactly the stored bytes.
    pub(crate) fn call(&self) -> Result<Call, String> {
        let operation = self.operation()?;
        let mut call = Call::new(operation.method, operation.template);
        for (name, value) in &self.path {
            call.param(name, value);
        }
        for (name, value) in &self.query {
            call.query(name, value);
        }
        if let Some(body) = &self.body {
            let raw: &RawValue =
                serde_json::from_str(body).map_err(|_| "the stored body is no JSON".to_owned())?;
            call.body(raw);
        }
        Ok(call)
    }
}
