//! The page of an operation as HTML.

use std::fmt::Write as _;

use super::html::{code, escaped, facts, heading, page, paragraph};
use super::parts::{content, links, members, sources};
use crate::reference::{self, Page, Shape};

pub(super) fn operation(of: &Page) -> String {
    let head = &of.head;
    let mut out = format!(
        "<h1>{}</h1>\n<p class=\"target\"><code><span class=\"method\">{}</span> {}</code></p>\n",
        escaped(head.title),
        head.method,
        escaped(head.path)
    );
    facts(&mut out, &reference::facts(of));
    if !of.parameters.is_empty() {
        heading(&mut out, "Parameters 参数");
        members(&mut out, &of.parameters);
    }
    for shape in &of.shapes {
        self::shape(&mut out, of, shape);
    }
    heading(&mut out, "Errors 错误码");
    errors(&mut out, of);
    heading(&mut out, "Notifications that lead here or follow 相关通知");
    links(&mut out, &of.notifications);
    if !of.answers_for.is_empty() {
        heading(&mut out, "Answers for the outcome of 可查询其结果");
        links(&mut out, &of.answers_for);
    }
    sources(&mut out, of.doc_urls, of.updated, of.confirmed_by, of.disputed);
    page("../", &format!("{} {} {}", head.title, head.method, head.path), &out)
}

fn shape(out: &mut String, of: &Page, shape: &Shape) {
    if let Some(name) = shape.name {
        heading(out, &format!("{name}: one of {} documented shapes", of.shapes.len()));
        paragraph(out, &format!("{}: {}", shape.evidence, shape.source));
    }
    heading(out, if of.upload_form.is_some() { "JSON part 请求参数" } else { "Body 请求参数" });
    match &shape.request {
        Some(request) => content(out, request),
        None => paragraph(out, "none"),
    }
    if !shape.encrypted.is_empty() {
        let members = shape.encrypted.join(", ");
        paragraph(
            out,
            &format!(
                "sent encrypted (the typed chain does it, the other styles send what they are given): {members}"
            ),
        );
    }
    heading(out, "Rust");
    for (typed, title) in [(false, "Path template and index 动态"), (true, "Typed chain 类型化链")] {
        let blocks = shape.code.blocks(typed);
        if !blocks.is_empty() {
            let _ = writeln!(out, "<h3>{title}</h3>");
            code(out, &blocks.join("\n\n"));
        }
    }
    heading(out, "Answer 应答参数");
    match &shape.answer {
        Some(answer) => content(out, answer),
        None if of.head.download => paragraph(out, "a file"),
        None => paragraph(out, "no body"),
    }
    if !shape.decrypted.is_empty() {
        paragraph(out, &format!("arrive encrypted: {}", shape.decrypted.join(", ")));
    }
}

fn errors(out: &mut String, of: &Page) {
    out.push_str("<table>\n");
    for error in &of.errors {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td class=\"soft\">{}, {}</td></tr>",
            error.status,
            escaped(error.code),
            escaped(error.message.unwrap_or("")),
            match error.of {
                "common" => "of every operation",
                "family" => "of its family",
                _ => "its own",
            },
            error.evidence
        );
    }
    out.push_str("</table>\n");
}
