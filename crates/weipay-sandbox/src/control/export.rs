//! The journal as lines of JSON that may leave the machine: no signature, no key, nothing that names a person.

use serde_json::{Map, Value, json};
use weipay_catalog::ops;

use super::{Control, Search};
use crate::Entry;

/// Headers that say nothing about anybody.
const HEADERS: &[&str] = &[
    "accept",
    "content-length",
    "content-type",
    "request-id",
    "user-agent",
    "wechatpay-nonce",
    "wechatpay-serial",
    "wechatpay-signature-type",
    "wechatpay-timestamp",
    "weipay-sandbox-basis",
];
/// Members whose values name a person, open something, or are sealed for somebody; compared without underscores.
const PERSONAL: &[&str] = &[
    "openid",
    "unionid",
    "mobile",
    "phone",
    "name",
    "idcard",
    "idnumber",
    "email",
    "address",
    "birthday",
    "ciphertext",
    "authcode",
    "paysign",
    "sign",
    "token",
    "bankaccount",
    "accountnumber",
    "usercardcode",
    "membercode",
];
const LEFT_OUT: &str = "…";

impl Control {
    /// The exchanges that match, oldest first, one JSON object per line. Signatures, targets with values, strings to sign,
    /// and every member that names a person are left out.
    pub fn export(&self, search: &Search) -> String {
        let state = self.world.shared.state();
        let limit = search.limit.unwrap_or(usize::MAX);
        let matching = state.journal.entries().filter(|entry| search.matches(entry)).take(limit);
        matching.map(|entry| line(entry).to_string() + "\n").collect()
    }
}

fn line(entry: &Entry) -> Value {
    let operation = entry.operation.and_then(ops::operation);
    json!({
        "number": entry.number,
        "at": entry.at,
        "direction": if entry.event.is_some() { "sent" } else { "received" },
        "method": entry.method,
        // Without an operation nobody knows which part of a path is a value.
        "path": operation.map(|operation| operation.template),
        "operation": entry.operation,
        "event": entry.event,
        "caller": entry.caller,
        "status": entry.status,
        "basis": entry.basis.map(crate::Basis::as_str),
        "fault": entry.fault,
        "mistakes": entry.mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "duration_us": u64::try_from(entry.duration.as_micros()).unwrap_or(u64::MAX),
        "request_headers": headers(&entry.request_headers),
        "request_body": body(&entry.request_body),
        "response_headers": headers(&entry.response_headers),
        "response_body": body(&entry.response_body),
    })
}

fn headers(headers: &[(String, String)]) -> Map<String, Value> {
    let known = headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str()));
    known.map(|(name, value)| (name.clone(), json!(value))).collect()
}

/// A JSON body with what is personal left out; of anything else only its length.
fn body(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    match serde_json::from_slice(body) {
        Ok(mut value) => {
            redact(&mut value);
            value
        }
        Err(_) => json!(format!("{} bytes", body.len())),
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(members) => {
            // A refusal shows the string that was signed, with the body in it.
            members.remove("sign_information");
            for (name, value) in members {
                let plain = name.to_lowercase().replace('_', "");
                let personal = PERSONAL.iter().any(|personal| plain.ends_with(personal));
                match value {
                    Value::String(text) if personal => *text = LEFT_OUT.to_owned(),
                    Value::Number(_) if personal => *value = json!(LEFT_OUT),
                    Value::Array(items) if personal => *items = vec![json!(LEFT_OUT)],
                    other => redact(other),
                }
            }
        }
        _ => {}
    }
}
