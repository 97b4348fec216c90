//! The page of a notification as HTML.

use super::html::{code, escaped, facts, heading, page, paragraph};
use super::parts::{content, links, members, sources};
use crate::reference::{self, EventPage};

pub(super) fn event(of: &EventPage) -> String {
    let (title, event_type) = (escaped(of.title), escaped(of.event_type));
    let mut out = format!(
        "<h1>{title}</h1>\n<p class=\"target\"><code><span class=\"method\">通知</span> {event_type}</code></p>\n"
    );
    facts(&mut out, &reference::event_facts(of));
    for variant in &of.variants {
        let name = if variant.name.is_empty() { String::new() } else { format!(": {}", variant.name) };
        heading(&mut out, &format!("Resource 通知数据{name}"));
        for condition in &variant.conditions {
            paragraph(&mut out, &format!("when {condition}"));
        }
        members(&mut out, &variant.members);
        if !variant.decrypted.is_empty() {
            paragraph(&mut out, &format!("arrive encrypted once more: {}", variant.decrypted.join(", ")));
        }
        code(&mut out, &serde_json::to_string_pretty(&variant.sample).unwrap_or_default());
    }
    if let Some(reply) = &of.reply {
        heading(&mut out, "Reply 应答");
        content(&mut out, reply);
    }
    heading(&mut out, "Receiver in Rust");
    code(&mut out, &of.handler);
    heading(&mut out, "Operations that answer it or query the same object 相关接口");
    links(&mut out, &of.operations);
    sources(&mut out, of.doc_urls, None, of.confirmed_by, of.disputed);
    page("../", &format!("{} {}", of.title, of.event_type), &out)
}
