//! A refusal: status, code, message, and what the caller should look at.

use serde_json::{Value, json};

use crate::journal::Basis;
use crate::mistake::Mistake;

/// An answer that is an error of the documented form.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// Empty for a refusal without a body.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    // Boxed, so that every result of a rule stays small.
    pub(crate) detail: Option<Box<Value>>,
    pub(crate) mistake: Option<Box<Mistake>>,
    pub(crate) basis: Basis,
    /// Whether the answer is signed: only once the request's own signature was accepted, and not by the gateway.
    pub(crate) signed: bool,
    /// The number behind the dash of `Request-ID`, where one has been seen for this error.
    pub(crate) internal: u32,
}

/// The number of an error for which none has been seen.
const SOME_ERROR: u32 = 268_435_456;

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            detail: None,
            mistake: None,
            basis: Basis::Rule,
            signed: true,
            internal: SOME_ERROR,
        }
    }

    /// An unknown path (404) or method (405): no body, no signature.
    pub(crate) fn empty(status: u16) -> Self {
        Self { signed: false, ..Self::new(status, "", "") }
    }

    /// 401 `SIGN_ERROR`, unsigned.
    pub(crate) fn sign(message: &str) -> Self {
        Self { signed: false, internal: 268_443_699, ..Self::new(401, "SIGN_ERROR", message) }
    }

    /// 400 `PARAM_ERROR` about one member of the body, named by a JSON pointer.
    pub(crate) fn member(pointer: &str, issue: impl Into<String>) -> Self {
        Self::parameter("body", pointer, issue)
    }

    /// 400 `PARAM_ERROR` about one parameter; `location` is `body`, `query` or `url`.
    pub(crate) fn parameter(location: &str, field: &str, issue: impl Into<String>) -> Self {
        let issue = issue.into();
        Self {
            detail: Some(Box::new(json!({ "field": field, "issue": issue, "location": location }))),
            internal: 268_435_461,
            ..Self::new(400, "PARAM_ERROR", format!("参数错误：{field} {issue}"))
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_REQUEST", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { internal: 268_578_608, ..Self::new(404, "RESOURCE_NOT_EXISTS", message) }
    }

    pub(crate) fn no_auth(message: impl Into<String>) -> Self {
        Self { internal: 268_579_803, ..Self::new(403, "NO_AUTH", message) }
    }

    /// Names the client's mistake in the journal and beside the issue.
    pub(crate) fn because(mut self, mistake: Mistake) -> Self {
        let cause = json!(mistake.to_string());
        let detail = self.detail.get_or_insert_with(|| Box::new(json!({}))).as_mut();
        let beside = if detail.get("issue").is_some() || detail.get("detail").is_none() {
            Some(detail)
        } else {
            detail.get_mut("detail")
        };
        if let Some(Value::Object(members)) = beside {
            members.insert("likely_cause".to_owned(), cause);
        }
        self.mistake = Some(Box::new(mistake));
        self
    }

    /// Says that the catalogue's schema refused, not a rule.
    pub(crate) fn by_schema(mut self) -> Self {
        self.basis = Basis::Schema;
        self
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        if self.code.is_empty() {
            return Vec::new();
        }
        let mut body = json!({ "code": self.code, "message": self.message });
        if let (Some(detail), Value::Object(members)) = (&self.detail, &mut body) {
            members.insert("detail".to_owned(), (**detail).clone());
        }
        body.to_string().into_bytes()
    }
}
