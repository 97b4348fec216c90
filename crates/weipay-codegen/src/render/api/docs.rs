//! Doc comments.

use std::fmt::Write;

use crate::model::{Area, Operation, Schema};

/// A `///` line per line of the text.
pub(super) fn comment(indent: &str, text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        _ = writeln!(out, "{}", format!("{indent}/// {line}").trim_end());
        out
    })
}

/// Text that rustdoc shows as it is, on one line.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if "[]<>`*_\\#|".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text in the type of code.
fn code(text: &str) -> String {
    let text = text.replace('`', "'");
    format!("`{}`", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The title, the template, and what is known of the operation.
pub(super) fn operation(area: &Area, operation: &Operation, shape: Option<&str>) -> String {
    let (title, method) = (plain(&operation.title), operation.method.to_uppercase());
    let mut out = format!("{title} · `{method} {}`", operation.template);
    if let Some(shape) = shape {
        _ = write!(out, " · {}", code(shape));
    }
    out.push_str("\n\n");
    if !operation.roles.is_empty() {
        let roles: Vec<String> = operation.roles.iter().map(|role| words(role)).collect();
        _ = write!(out, "For: {}. ", roles.join(", "));
    }
    match &operation.rate_limit {
        Some(limit) => {
            let scope = match limit.scope {
                "Unspecified" => String::new(),
                scope => format!(" for each {}", words(scope)),
            };
            _ = write!(out, "At most {} calls a {}{scope}. ", limit.limit, words(limit.per));
        }
        None => out.push_str("No limit of calls is published. "),
    }
    if let Some(idempotency) = operation.facts.as_ref().and_then(|facts| facts.idempotency.as_ref()) {
        let fields: Vec<String> = idempotency.fields.iter().map(|field| code(field)).collect();
        let assumed = if idempotency.known.evidence == "Assumed" { " (assumed)" } else { "" };
        _ = write!(out, "Repeated safely with the same {}{assumed}. ", fields.join(", "));
    }
    if let Some(form) = &operation.upload {
        let filled = form.name_member.iter().chain([&form.digest_member]).map(|member| code(member));
        _ = write!(out, "Filled in from the file: {}. ", filled.collect::<Vec<_>>().join(", "));
        for (types, most) in &form.limits {
            let types: Vec<String> = types.iter().map(|of| code(&format!(".{of}"))).collect();
            _ = write!(out, "{}: at most {most} bytes. ", types.join(", "));
        }
    }
    match operation.download.as_ref().map(|file| &file.digest_header) {
        Some(Some(_)) => out.push_str("A file whose hash is signed. "),
        Some(None) => out.push_str("A file for which this answer publishes no hash. "),
        None => {}
    }
    if let Some(availability) = &operation.availability {
        _ = write!(out, "Availability: {}. ", words(availability));
    }
    if operation.deprecated {
        match &operation.replaced_by {
            Some(id) => _ = write!(out, "Deprecated: use {}. ", code(id)),
            None => out.push_str("Deprecated. "),
        }
    }
    match operation.doc_urls.first() {
        Some(url) => _ = writeln!(out, "[Official page]({url})."),
        None => _ = writeln!(out, "No official page is known; area {}.", code(&area.name)),
    }
    out
}

/// What a member is: label, limits, example.
pub(super) fn member(name: &str, label: Option<&str>, schema: &Schema) -> String {
    let mut out = label.map_or_else(|| code(name), plain);
    let mut say = |text: String| _ = write!(out, "; {text}");
    if let Some(format) =
        schema.format.as_deref().filter(|format| !["int64", "uint64", "date-time"].contains(format))
    {
        say(plain(format));
    }
    match (schema.min_length, schema.max_length) {
        (Some(least), Some(most)) if least == most => say(format!("{most} characters")),
        (Some(least), Some(most)) => say(format!("{least} to {most} characters")),
        (None, Some(most)) => say(format!("at most {most} characters")),
        (Some(least), None) => say(format!("at least {least} characters")),
        (None, None) => {}
    }
    match (schema.minimum, schema.maximum) {
        (Some(least), Some(most)) => say(format!("{least} to {most}")),
        (Some(least), None) => say(format!("at least {least}")),
        (None, Some(most)) => say(format!("at most {most}")),
        (None, None) => {}
    }
    if let Some(default) = &schema.default {
        say(format!("{} where absent", code(default)));
    }
    if schema.encrypted {
        say("sent encrypted".to_owned());
    }
    if schema.decrypted {
        say("arrives encrypted".to_owned());
    }
    if let Some(example) = schema.examples.first().filter(|example| example.len() <= 60) {
        say(format!("such as {}", code(example.trim_matches('"'))));
    }
    out.push('.');
    out
}

/// `EcommercePlatform` → `ecommerce platform`.
fn words(variant: &str) -> String {
    variant.chars().enumerate().fold(String::new(), |mut out, (index, c)| {
        if index > 0 && c.is_ascii_uppercase() {
            out.push(' ');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}
