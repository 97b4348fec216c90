//! Members, samples, links and sources as HTML.

use std::fmt::Write as _;

use super::html::{code, escaped, heading, paragraph};
use crate::reference::{Content, Link, Member, NOT_PUBLISHED};

pub(super) fn members(out: &mut String, members: &[Member]) {
    if members.is_empty() {
        return paragraph(out, "no member is known");
    }
    out.push_str("<ul class=\"members\">\n");
    list(out, members);
    out.push_str("</ul>\n");
}

fn list(out: &mut String, members: &[Member]) {
    for member in members {
        let told = member.told();
        let (label, rest) = told.split_first().map_or(("", &[][..]), |(label, rest)| (label.as_str(), rest));
        let must = if member.required { "<span class=\"must\">必填 required</span>" } else { "" };
        let _ = write!(
            out,
            "<li><code>{}</code><span class=\"type\">{}</span>{must} {}",
            escaped(member.name),
            escaped(&member.words()),
            escaped(label)
        );
        if !rest.is_empty() {
            let _ = write!(out, "<div class=\"told\">{}</div>", escaped(&rest.join("; ")));
        }
        if !member.members.is_empty() {
            out.push_str("\n<ul>\n");
            list(out, &member.members);
            out.push_str("</ul>\n");
        }
        out.push_str("</li>\n");
    }
}

pub(super) fn content(out: &mut String, content: &Content) {
    if content.kind != "object" {
        paragraph(out, &content.kind);
    }
    members(out, &content.members);
    code(out, &serde_json::to_string_pretty(&content.sample).unwrap_or_default());
}

/// Links to other pages, from a page in a folder of its own.
pub(super) fn links(out: &mut String, links: &[Link]) {
    if links.is_empty() {
        return paragraph(out, NOT_PUBLISHED);
    }
    out.push_str("<ul class=\"links\">\n");
    for link in links {
        let (folder, place) = match (link.method, link.path) {
            (Some(method), Some(path)) => ("operation", format!("{method} {path}")),
            _ => ("event", link.id.to_owned()),
        };
        let (id, title) = (escaped(link.id), escaped(link.title));
        let _ = writeln!(
            out,
            "<li><a href=\"../{folder}/{id}.html\">{title}</a><br><code>{}</code></li>",
            escaped(&place)
        );
    }
    out.push_str("</ul>\n");
}

pub(super) fn sources(
    out: &mut String,
    urls: &[&str],
    updated: Option<&str>,
    confirmed_by: &[&str],
    disputed: &[(&str, &str)],
) {
    heading(out, "Official pages and evidence 官方文档");
    out.push_str("<ul>\n");
    for url in urls {
        let url = escaped(url);
        let _ = writeln!(out, "<li><a href=\"{url}\">{url}</a></li>");
    }
    if urls.is_empty() {
        let _ = writeln!(out, "<li>{NOT_PUBLISHED}</li>");
    }
    if let Some(updated) = updated {
        let _ = writeln!(out, "<li>as of {}</li>", escaped(updated));
    }
    let confirmed =
        if confirmed_by.is_empty() { "no independent source".to_owned() } else { confirmed_by.join(", ") };
    let _ = writeln!(out, "<li>confirmed by {}</li>", escaped(&confirmed));
    for (member, instead) in disputed {
        let _ = writeln!(out, "<li>disputed: <code>{}</code> {}</li>", escaped(member), escaped(instead));
    }
    out.push_str("</ul>\n");
}
