//! The front page, and the index that it searches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use weipay_catalog::{ops, reference};

use super::MARK;
use super::html::{escaped, page};
use crate::reference::{EventPage, Member, Page};

/// What the front page needs of all pages.
#[derive(Default)]
pub(super) struct Index {
    entries: Vec<Value>,
    /// List items by area.
    areas: BTreeMap<&'static str, (&'static str, Vec<String>)>,
    events: Vec<String>,
}

impl Index {
    /// Of all pages.
    pub(super) fn whole() -> Self {
        let mut index = Self::default();
        ops::operations().iter().filter_map(Page::of).for_each(|page| index.operation(&page));
        reference::events().iter().map(EventPage::of).for_each(|page| index.event(&page));
        index
    }

    pub(super) fn operation(&mut self, of: &Page) {
        let head = &of.head;
        let href = format!("operation/{}.html", head.id);
        let mut words = BTreeSet::new();
        collect(&of.parameters, &mut words);
        for content in of.shapes.iter().flat_map(|shape| [&shape.request, &shape.answer]).flatten() {
            collect(&content.members, &mut words);
        }
        self.entries.push(json!({
            "href": href, "id": head.id, "method": head.method, "path": head.path, "title": head.title,
            "area": format!("{} {}", head.area, head.area_title), "words": joined(&words),
        }));
        let (_, items) = self.areas.entry(head.area).or_insert((head.area_title, Vec::new()));
        items.push(item(&href, head.title, &format!("{} {}", head.method, head.path)));
    }

    pub(super) fn event(&mut self, of: &EventPage) {
        let href = format!("event/{}.html", of.event_type);
        let mut words = BTreeSet::new();
        of.variants.iter().for_each(|variant| collect(&variant.members, &mut words));
        self.entries.push(json!({
            "href": href, "id": of.event_type, "method": "", "path": of.event_type, "title": of.title,
            "area": "notification 通知", "words": joined(&words),
        }));
        self.events.push(item(&href, of.title, of.event_type));
    }

    /// The index as a script.
    pub(super) fn script(&self) -> String {
        let mut out = format!("// {MARK}\nwindow.WEIPAY_INDEX = [\n");
        for entry in &self.entries {
            let _ = writeln!(out, "{entry},");
        }
        out.push_str("];\n");
        out
    }

    /// The front page, which lists everything also without scripts.
    pub(super) fn front(&self) -> String {
        let operations: usize = self.areas.values().map(|(_, items)| items.len()).sum();
        let mut out = format!(
            "<!-- {MARK} -->\n<h1>WeChat Pay APIv3 微信支付</h1>\n<p class=\"soft\">{operations} operations 接口, {} notifications 通知</p>\n\
             <p><input type=\"search\" id=\"query\" autofocus aria-label=\"Search 搜索\" \
             placeholder=\"积分, coupon, refund notify_url …\"></p>\n<ul class=\"links\" id=\"found\" aria-live=\"polite\"></ul>\n<div id=\"all\">\n",
            self.events.len()
        );
        let events = ("notifications", ("通知", &self.events));
        let areas = self.areas.iter().map(|(name, (title, items))| (*name, (*title, items)));
        for (name, (title, items)) in areas.chain([events]) {
            let _ = writeln!(
                out,
                "<details><summary>{} <code>{}</code> <span class=\"soft\">{}</span></summary>\n<ul class=\"links\">\n{}</ul>\n</details>",
                escaped(title),
                escaped(name),
                items.len(),
                items.concat()
            );
        }
        out.push_str("</div>\n<script src=\"index.js\"></script>\n<script src=\"search.js\"></script>\n");
        page("", "WeChat Pay APIv3 微信支付", &out)
    }
}

fn item(href: &str, title: &str, place: &str) -> String {
    let (href, title, place) = (escaped(href), escaped(title), escaped(place));
    format!("<li><a href=\"{href}\">{title}</a><br><code>{place}</code></li>\n")
}

fn collect(members: &[Member], words: &mut BTreeSet<String>) {
    for member in members {
        words.insert(member.name.to_lowercase());
        words.extend(member.label.map(str::to_lowercase));
        collect(&member.members, words);
    }
}

fn joined(words: &BTreeSet<String>) -> String {
    words.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}
