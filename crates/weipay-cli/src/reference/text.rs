//! The pages as text for a terminal.

use std::fmt::Write as _;

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::event::EventPage;
use super::facts::{NOT_PUBLISHED, event_facts, facts};
use super::member::Member;
use super::page::{Content, Error, Link, Page, Shape};

/// Where lines are broken, in columns.
const COLUMNS: usize = 110;

/// How many columns a text takes in a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text, and blanks up to this many columns.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The page of an operation.
pub(crate) fn operation(page: &Page) -> String {
    let head = &page.head;
    let mut out = format!("{}\n{} {}\n\n", head.title, head.method, head.path);
    for (name, text) in facts(page) {
        fact(&mut out, name, &text);
    }
    if !page.parameters.is_empty() {
        heading(&mut out, "Parameters 参数");
        members(&mut out, &page.parameters);
    }
    for shape in &page.shapes {
        self::shape(&mut out, page, shape);
    }
    heading(&mut out, "Errors 错误码");
    errors(&mut out, &page.errors);
    heading(&mut out, "Notifications that lead here or follow 相关通知");
    links(&mut out, &page.notifications);
    if !page.answers_for.is_empty() {
        heading(&mut out, "Answers for the outcome of 可查询其结果");
        links(&mut out, &page.answers_for);
    }
    sources(&mut out, page.doc_urls, page.updated, page.confirmed_by, page.disputed);
    out.trim_end().to_owned()
}

/// The page of a notification.
pub(crate) fn event(page: &EventPage) -> String {
    let mut out = format!("{}\n{}\n\n", page.title, page.event_type);
    for (name, text) in event_facts(page) {
        fact(&mut out, name, &text);
    }
    for variant in &page.variants {
        match variant.name {
            "" => heading(&mut out, "Resource 通知数据"),
            name => heading(&mut out, &format!("Resource 通知数据: {name}")),
        }
        for condition in &variant.conditions {
            let _ = writeln!(out, "  when {condition}");
        }
        members(&mut out, &variant.members);
        pointers(&mut out, "arrive encrypted once more", variant.decrypted);
        sample(&mut out, &variant.sample);
    }
    if let Some(reply) = &page.reply {
        heading(&mut out, "Reply 应答");
        content(&mut out, reply);
    }
    heading(&mut out, "Receiver in Rust");
    code(&mut out, &page.handler);
    heading(&mut out, "Operations that answer it or query the same object 相关接口");
    links(&mut out, &page.operations);
    sources(&mut out, page.doc_urls, None, page.confirmed_by, page.disputed);
    out.trim_end().to_owned()
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{text}");
}

fn fact(out: &mut String, name: &str, text: &str) {
    let mut pieces = text.split(' ').map(str::to_owned);
    wrapped(out, &format!("  {}", padded(name, 12)), " ", &mut pieces);
}

/// Pieces in a row, broken where the line would become too long; further lines begin below the first piece.
fn wrapped(out: &mut String, first: &str, between: &str, pieces: &mut dyn Iterator<Item = String>) {
    let indent = width(first);
    let mut line = first.to_owned();
    let mut empty = true;
    for piece in pieces {
        if !empty && width(&line) + width(between) + width(&piece) > COLUMNS {
            let _ = writeln!(out, "{}{}", line, between.trim_end());
            line = " ".repeat(indent);
        } else if !empty {
            line.push_str(between);
        }
        line.push_str(&piece);
        empty = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

fn shape(out: &mut String, page: &Page, shape: &Shape) {
    if let Some(name) = shape.name {
        heading(out, &format!("--- {name}: one of {} documented shapes ---", page.shapes.len()));
        fact(out, "evidence", &format!("{}: {}", shape.evidence, shape.source));
    }
    heading(out, if page.upload_form.is_some() { "JSON part 请求参数" } else { "Body 请求参数" });
    match &shape.request {
        Some(request) => content(out, request),
        None => out.push_str("  none\n"),
    }
    pointers(
        out,
        "sent encrypted (the typed chain does it, the other styles send what they are given)",
        shape.encrypted,
    );
    heading(out, "Rust");
    rust(out, shape);
    heading(out, "Answer 应答参数");
    match &shape.answer {
        Some(answer) => content(out, answer),
        None if page.head.download => out.push_str("  a file\n"),
        None => out.push_str("  no body\n"),
    }
    pointers(out, "arrive encrypted", shape.decrypted);
}

fn rust(out: &mut String, shape: &Shape) {
    let blocks = [shape.code.blocks(false), shape.code.blocks(true)].concat();
    code(out, &blocks.join("\n\n"));
}

fn code(out: &mut String, code: &str) {
    for line in code.lines() {
        let _ = writeln!(out, "{}", format!("  {line}").trim_end());
    }
}

fn pointers(out: &mut String, what: &str, pointers: &[&str]) {
    if !pointers.is_empty() {
        let _ = writeln!(out, "  {what}: {}", pointers.join(", "));
    }
}

fn content(out: &mut String, content: &Content) {
    if content.kind != "object" {
        let _ = writeln!(out, "  {}", content.kind);
    }
    members(out, &content.members);
    sample(out, &content.sample);
}

fn sample(out: &mut String, sample: &Value) {
    out.push('\n');
    code(out, &serde_json::to_string_pretty(sample).unwrap_or_default());
}

/// One line per member, indented by depth; `*` marks those that must be there.
fn members(out: &mut String, members: &[Member]) {
    let mut rows = Vec::new();
    flatten(members, 0, &mut rows);
    let most = |of: fn(&(usize, &Member)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let names = most(|(depth, member)| 2 * depth + width(member.name));
    let kinds = most(|(_, member)| width(&member.words()));
    for (depth, member) in rows {
        let mark = if member.required { '*' } else { ' ' };
        let name = padded(&format!("{}{}", "  ".repeat(depth), member.name), names);
        let first = format!("  {mark} {name}  {}  ", padded(&member.words(), kinds));
        wrapped(out, &first, "; ", &mut member.told().into_iter());
    }
    if members.is_empty() {
        out.push_str("    no member is known\n");
    } else {
        out.push_str("  * = required 必填\n");
    }
}

fn flatten<'a>(members: &'a [Member], depth: usize, rows: &mut Vec<(usize, &'a Member)>) {
    for member in members {
        rows.push((depth, member));
        flatten(&member.members, depth + 1, rows);
    }
}

fn errors(out: &mut String, errors: &[Error]) {
    let codes = errors.iter().map(|error| width(error.code)).max().unwrap_or(0);
    for error in errors.iter().filter(|error| error.of != "common") {
        let first = format!("  {} {}  ", error.status, padded(error.code, codes));
        let message = error.message.unwrap_or("(no message is published)").to_owned();
        wrapped(out, &first, " ", &mut [message, format!("({})", error.evidence)].into_iter());
    }
    if errors.iter().all(|error| error.of == "common") {
        let _ = writeln!(out, "  of its own: {NOT_PUBLISHED}");
    }
    let mut seen = Vec::new();
    for error in errors.iter().filter(|error| error.of == "common") {
        let known = format!("{} {}", error.status, error.code);
        if !seen.contains(&known) {
            seen.push(known);
        }
    }
    if !seen.is_empty() {
        wrapped(out, "  and those of every operation: ", ", ", &mut seen.into_iter());
    }
}

fn links(out: &mut String, links: &[Link]) {
    let name = |link: &Link| match (link.method, link.path) {
        (Some(method), Some(path)) => format!("{method} {path}"),
        _ => link.id.to_owned(),
    };
    let columns = links.iter().map(|link| width(&name(link))).max().unwrap_or(0);
    for link in links {
        let _ = writeln!(out, "  {}  {}", padded(&name(link), columns), link.title);
    }
    if links.is_empty() {
        let _ = writeln!(out, "  {NOT_PUBLISHED}");
    }
}

fn sources(
    out: &mut String,
    urls: &[&str],
    updated: Option<&str>,
    confirmed_by: &[&str],
    disputed: &[(&str, &str)],
) {
    heading(out, "Official pages and evidence 官方文档");
    for url in urls {
        let _ = writeln!(out, "  {url}");
    }
    if urls.is_empty() {
        let _ = writeln!(out, "  {NOT_PUBLISHED}");
    }
    if let Some(updated) = updated {
        let _ = writeln!(out, "  as of {updated}");
    }
    let confirmed =
        if confirmed_by.is_empty() { "no independent source".to_owned() } else { confirmed_by.join(", ") };
    let _ = writeln!(out, "  confirmed by {confirmed}");
    for (member, instead) in disputed {
        wrapped(out, "  disputed: ", " ", &mut [(*member).to_owned(), (*instead).to_owned()].into_iter());
    }
}
