//! One exchange of the journal as text.

use std::fmt::Write as _;

use weipay_sandbox::control::{Content, ExchangeView};

use crate::output;

/// Causes first, then both strings, then the messages.
pub(super) fn text(exchange: &ExchangeView) -> String {
    let summary = &exchange.summary;
    let status = summary.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let mut text = format!("{} {} -> {status}\n", summary.method, output::one_line(&exchange.target));
    for mistake in &summary.mistakes {
        let _ = writeln!(text, "  {}: {}", mistake.id, output::one_line(&mistake.cause));
    }
    for note in &summary.notes {
        let _ = writeln!(text, "  {}", output::one_line(note));
    }
    if let Some(fault) = &summary.fault {
        let _ = writeln!(text, "  fault {fault}");
    }
    let strings = [
        ("the string to sign, as the server sees it", &exchange.string_to_sign),
        ("what the client signed instead", &exchange.signed_instead),
        ("what the sandbox signed", &exchange.sandbox_signed),
    ];
    for (title, string) in strings {
        if let Some(string) = string {
            section(&mut text, title, string);
        }
    }
    let parts = [
        ("request", &exchange.request_headers, &exchange.request_body),
        ("answer", &exchange.response_headers, &exchange.response_body),
    ];
    for (title, headers, body) in parts {
        let headers: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\n"]).collect();
        section(&mut text, title, &headers);
        match body {
            Content::Text(body) if !body.is_empty() => section(&mut text, &format!("{title}'s body"), body),
            Content::Base64(body) => section(&mut text, &format!("{title}'s body in Base64"), body),
            Content::Text(_) => {}
        }
    }
    text.trim_end().to_owned()
}

fn section(text: &mut String, title: &str, content: &str) {
    let _ = writeln!(text, "\n{title}:");
    for line in content.lines() {
        let _ = writeln!(text, "  {}", output::one_line(line));
    }
}
