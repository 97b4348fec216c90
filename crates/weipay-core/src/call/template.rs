//! Path templates and queries, percent-encoded exactly once.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::BuildReason;

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Puts `params` into the `{…}` of `template`.
pub(crate) fn expand(template: &str, params: &[(String, String)]) -> Result<String, BuildReason> {
    let names = check(template)?;
    for (position, (name, _)) in params.iter().enumerate() {
        if !names.contains(&name.as_str()) {
            let known = names.iter().map(|&name| name.to_owned()).collect();
            return Err(BuildReason::UnknownParam { name: name.clone(), known });
        }
        if params[..position].iter().any(|(earlier, _)| earlier == name) {
            return Err(BuildReason::RepeatedParam(name.clone()));
        }
    }
    let mut path = String::with_capacity(template.len() + 32);
    for (position, segment) in template.split('/').enumerate() {
        if position > 0 {
            path.push('/');
        }
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => path.push_str(segment),
            Some(name) => {
                let value = params.iter().find(|(given, _)| given == name);
                let (_, value) = value.ok_or_else(|| BuildReason::MissingParam(name.to_owned()))?;
                if matches!(value.as_str(), "" | "." | "..") || value.contains('\\') {
                    return Err(BuildReason::ParamValue(name.to_owned()));
                }
                path.extend(utf8_percent_encode(value, ENCODED));
            }
        }
    }
    Ok(path)
}

/// Appends `?name=value&…` in the given order.
pub(crate) fn encode_query(target: &mut String, query: &[(&String, String)]) {
    for (position, (name, value)) in query.iter().enumerate() {
        target.push(if position == 0 { '?' } else { '&' });
        target.extend(utf8_percent_encode(name, ENCODED));
        target.push('=');
        target.extend(utf8_percent_encode(value, ENCODED));
    }
}

/// Checks that `template` is a plain path, and lists its parameters.
fn check(template: &str) -> Result<Vec<&str>, BuildReason> {
    let refuse = |why: &str| Err(BuildReason::Template(why.to_owned()));
    if template.contains("://") {
        return refuse("it is an address; give the path alone, the host belongs to the client");
    }
    if template.contains('?') {
        return refuse("it holds a query; use .query(name, value), which encodes and signs it");
    }
    if template.contains('%') {
        return refuse("it holds a percent sign; write a {parameter} and give its plain value by .param()");
    }
    let mut names = Vec::new();
    // A slash at the end is part of the path; an empty segment elsewhere is a mistake that servers treat differently.
    let body = template.strip_prefix('/').unwrap_or(template);
    for segment in body.strip_suffix('/').unwrap_or(body).split('/') {
        if let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            if name.is_empty() || name.contains(['{', '}']) {
                return refuse("a parameter has no name, or braces inside");
            }
            if names.contains(&name) {
                return refuse("a parameter stands there twice");
            }
            names.push(name);
        } else if segment.is_empty() {
            return refuse("it has an empty segment ('//')");
        } else if matches!(segment, "." | "..") {
            return refuse("it has a segment '.' or '..'");
        } else if segment.contains(['{', '}']) {
            return refuse("braces have to enclose a whole segment");
        } else if !segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
            return refuse(
                "a segment holds a character that would need encoding; write a {parameter} instead",
            );
        }
    }
    Ok(names)
}
