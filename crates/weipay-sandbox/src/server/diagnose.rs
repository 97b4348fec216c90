//! Why a signature does not match: tries the strings that clients sign by mistake, one after the other.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::received::Received;
use super::router::Route;
use crate::keys::{Keys, RegisteredKey};
use crate::mistake::Mistake;
use crate::protocol::canonical::RequestString;
use crate::protocol::percent;

/// The first known mistake that explains this signature.
pub(super) fn cause(
    keys: &Keys,
    key: &RegisteredKey,
    route: &Route,
    request: &Received,
    right: &RequestString<'_>,
    signature: &[u8],
) -> Option<Mistake> {
    let right_bytes = right.bytes();
    let explains = |message: &[u8]| message != right_bytes && key.public.verifies(message, signature);
    upload(route, request, right, explains)
        .or_else(|| line_ends(right, explains))
        .or_else(|| target(route, request, right, explains))
        .or_else(|| body(right, explains))
        .or_else(|| head_lines(right, explains))
        .or_else(|| {
            let (owner, _) =
                keys.everyone().find(|(_, other)| other.public.verifies(&right_bytes, signature))?;
            Some(Mistake::new(
                "Q16",
                format!("the string is right, but it was signed with the key of {owner}"),
            ))
        })
}

/// Q12
fn upload(
    route: &Route,
    request: &Received,
    right: &RequestString<'_>,
    explains: impl Fn(&[u8]) -> bool,
) -> Option<Mistake> {
    let form = route.operation.upload_form?;
    let signed = |body: &[u8]| explains(&RequestString { body, ..*right }.bytes());
    let cause = if signed(&request.body) {
        "the whole form was signed; of an upload only the JSON part is"
    } else if signed(b"") {
        "the JSON part of the upload was left out of the signed string"
    } else if request.form()?.iter().any(|part| part.name == form.file_part && signed(&part.content)) {
        "the file was signed; of an upload only the JSON part is"
    } else {
        return None;
    };
    Some(Mistake::new("Q12", cause))
}

/// Q01
fn line_ends(right: &RequestString<'_>, explains: impl Fn(&[u8]) -> bool) -> Option<Mistake> {
    let bytes = right.bytes();
    let head = [right.method, right.target, right.timestamp, right.nonce].join("\n");
    let without_last = &bytes[..bytes.len() - 1];
    let carriage = [head.replace('\n', "\r\n").as_bytes(), b"\r\n", right.body, b"\r\n"].concat();
    let cause = if explains(without_last) {
        "the last line of the signed string lacks its line feed"
    } else if explains(&carriage) {
        "the lines of the signed string end with CR LF instead of LF"
    } else if explains(head.as_bytes()) || explains(format!("{head}\n").as_bytes()) {
        "the signed string has four lines; the body's line is missing"
    } else {
        return None;
    };
    Some(Mistake::new("Q01", cause))
}

/// Q02 and Q03
fn target(
    route: &Route,
    request: &Received,
    right: &RequestString<'_>,
    explains: impl Fn(&[u8]) -> bool,
) -> Option<Mistake> {
    let signed = |target: &str| explains(&RequestString { target, ..*right }.bytes());
    let (path, query) = (request.path(), request.query());
    if route.operation.download && signed(path) {
        return Some(Mistake::new(
            "F05",
            "the token of the download address was left out of the signed string",
        ));
    }
    let with_query = |path: &str| if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let host = request.header("host").unwrap_or_default();
    let hosts = ["api.mch.weixin.qq.com", "api2.mch.weixin.qq.com", "api.wechatpay.cn", host];
    let placed = if signed(&with_query(route.operation.template)) {
        Some("the template was signed, with its placeholders not filled in")
    } else if hosts.iter().any(|host| {
        ["http://", "https://", ""].iter().any(|scheme| signed(&format!("{scheme}{host}{}", right.target)))
    }) {
        Some("the host is part of the signed target; only path and query belong there")
    } else if signed(&format!("/{}", right.target)) || signed(&right.target.replacen('/', "//", 1)) {
        Some("the signed path begins with two slashes")
    } else if signed(right.target.trim_start_matches('/')) {
        Some("the signed path lacks its leading slash")
    } else {
        None
    };
    if let Some(cause) = placed {
        return Some(Mistake::new("Q02", cause));
    }
    let mut sorted: Vec<_> = query.split('&').collect();
    sorted.sort_unstable();
    let rewritten = [
        (path.to_owned(), "the path was signed without the query that was sent"),
        (percent::decode(right.target, false), "the target was signed decoded, but sent percent-encoded"),
        (
            format!("{path}?{}", percent::decode(query, true)),
            "the query was signed decoded, but sent percent-encoded",
        ),
        (format!("{path}?{}", sorted.join("&")), "the query was signed in another order than it was sent"),
        (right.target.replace("%20", "+"), "a blank was signed as + and sent as %20"),
        (right.target.replace('+', "%20"), "a blank was signed as %20 and sent as +"),
        (right.target.replace('|', "%7C"), "a | was signed as %7C and sent as it is"),
        (right.target.replace("%7C", "|"), "a | was signed as it is and sent as %7C"),
        (right.target.replace("%7c", "|"), "a | was signed as it is and sent as %7c"),
    ];
    let (_, cause) = rewritten.into_iter().find(|(target, _)| signed(target))?;
    Some(Mistake::new("Q03", cause))
}

/// Q04 and Q13
fn body(right: &RequestString<'_>, explains: impl Fn(&[u8]) -> bool) -> Option<Mistake> {
    let signed = |body: &[u8]| explains(&RequestString { body, ..*right }.bytes());
    if signed(b"") {
        return Some(Mistake::new("Q13", "a body was sent, but the string was signed with an empty one"));
    }
    if right.body.is_empty() {
        let filled = [b"{}".as_slice(), b"null", b"[]"].into_iter().any(signed);
        return filled
            .then(|| Mistake::new("Q13", "an empty body was sent, but the string was signed with one"));
    }
    let text = std::str::from_utf8(right.body).ok()?;
    let value: Value = serde_json::from_str(text).ok()?;
    let compact = value.to_string();
    let pretty = serde_json::to_string_pretty(&value).unwrap_or_default();
    let spelled = |text: &str| {
        [text.to_owned(), text.replace('/', "\\/"), ascii(text), ascii(text).replace('/', "\\/")]
            .iter()
            .any(|text| signed(text.as_bytes()))
    };
    let layouts = [
        (text.trim().to_owned(), "blanks around the body differ"),
        (compact, "the signed body was written compactly"),
        (spaced(&value), "the signed body has blanks behind commas and colons"),
        (pretty, "the signed body was written with line breaks"),
        (sorted(&value).to_string(), "the signed body has its members in alphabetical order"),
        (spaced(&sorted(&value)), "the signed body has its members in alphabetical order, with blanks"),
    ];
    let (_, how) = layouts.into_iter().find(|(layout, _)| spelled(layout))?;
    Some(Mistake::new(
        "Q04",
        format!("the body was serialised twice: {how}; sign the very bytes that are sent"),
    ))
}

/// Q06, and a method that differs
fn head_lines(right: &RequestString<'_>, explains: impl Fn(&[u8]) -> bool) -> Option<Mistake> {
    let timestamp: i64 = right.timestamp.parse().ok()?;
    let other_time = (-5..=5).map(|off| (timestamp + off).to_string()).chain([format!("{timestamp}000")]);
    for signed in other_time {
        if explains(&RequestString { timestamp: &signed, ..*right }.bytes()) {
            let cause = "the timestamp in the signed string is not the one in the header";
            return Some(Mistake::new("Q06", cause));
        }
    }
    let lower = right.method.to_lowercase();
    for method in [lower.as_str(), "GET", "POST", "PATCH", "PUT", "DELETE"] {
        if explains(&RequestString { method, ..*right }.bytes()) {
            return Some(Mistake::new("Q17", format!("the string was signed for the method {method}")));
        }
    }
    None
}

/// A JSON text with every non-ASCII character as `\uXXXX`.
fn ascii(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// A JSON text with a blank behind each comma and colon, as Python writes it.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), spaced(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// The same value with its members in alphabetical order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut names: Vec<_> = members.keys().collect();
            names.sort();
            let sorted: Map<_, _> =
                names.into_iter().map(|name| (name.clone(), sorted(&members[name]))).collect();
            Value::Object(sorted)
        }
        plain => plain.clone(),
    }
}
