//! The facts of an operation in words: one line each, and "not published" where nothing is.

use super::event::EventPage;
use super::head::Head;
use super::page::Page;
use super::words;

/// What stands where nothing is published.
pub(crate) const NOT_PUBLISHED: &str = "not published";

/// The facts of a page, as name and text.
pub(crate) fn facts(page: &Page) -> Vec<(&'static str, String)> {
    let head = &page.head;
    let success: Vec<String> = head.success.iter().map(u16::to_string).collect();
    let mut facts = vec![
        ("id", head.id.to_owned()),
        ("area", format!("{} {} (cargo feature {})", head.area, head.area_title, head.feature)),
        ("roles", roles(&head.roles)),
        ("scheme", head.scheme.to_owned()),
        ("success", format!("HTTP {}", success.join(", "))),
        ("limit", limit(head)),
        ("idempotency", idempotency(head)),
        ("outcome", outcome(head)),
        ("HTTP 429", too_many_requests(head)),
    ];
    facts.extend(head.host.map(|host| ("host", host.to_owned())));
    facts.extend(head.availability.map(|availability| ("open to", open_to(availability).to_owned())));
    if head.deprecated {
        let instead = head.replaced_by.map_or_else(|| "yes".to_owned(), |id| format!("use {id}"));
        facts.push(("deprecated", instead));
    }
    let same_route = |other| ("same route", format!("a server cannot tell it from {other}"));
    facts.extend(head.same_route.map(same_route));
    if head.dynamic_url {
        facts.push(("address", "comes from an earlier answer; the path only shows its shape".to_owned()));
    }
    if head.requires_serial {
        let text = "members can be encrypted; Wechatpay-Serial names the key (the client sends it)";
        facts.push(("encryption", text.to_owned()));
    }
    facts.extend(files(page));
    facts
}

/// The facts of a notification, as name and text.
pub(crate) fn event_facts(page: &EventPage) -> Vec<(&'static str, String)> {
    let mut facts = vec![("roles", roles(&page.roles))];
    for (name, values) in [
        ("original", page.original_types),
        ("arrives as", page.also_as),
        ("formerly", page.former_event_types),
    ] {
        if !values.is_empty() {
            facts.push((name, values.join(", ")));
        }
    }
    if let Some(name) = page.brand_event_type {
        facts.push(("to a brand", name.to_owned()));
    }
    let reply = match (&page.reply, page.reply_signed) {
        (None, _) => "an empty 200 or 204",
        (Some(_), true) => "a body, signed with your key",
        (Some(_), false) => "a body",
    };
    facts.push(("reply", reply.to_owned()));
    facts
}

/// The roles with their official titles.
fn roles(roles: &[&'static str]) -> String {
    let titled = |role: &&str| format!("{role} {}", words::role_title(role));
    match roles {
        [] => NOT_PUBLISHED.to_owned(),
        roles => roles.iter().map(titled).collect::<Vec<_>>().join(", "),
    }
}

fn limit(head: &Head) -> String {
    let Some(limit) = &head.rate_limit else { return NOT_PUBLISHED.to_owned() };
    let scope = limit.scope.map_or_else(String::new, |scope| format!(" for each {scope}"));
    let invalid =
        limit.invalid_requests_limit.map_or_else(String::new, |limit| format!("; {limit} that fail"));
    format!("{} calls a {}{scope}{invalid}", limit.limit, limit.per)
}

fn idempotency(head: &Head) -> String {
    match &head.idempotency {
        Some(fact) => format!(
            "same {} of the {}, same operation, within {} ({}: {})",
            fact.fields.join(" + "),
            fact.location,
            fact.scope,
            fact.evidence,
            fact.source
        ),
        None if head.method == "GET" => NOT_PUBLISHED.to_owned(),
        None => format!("{NOT_PUBLISHED}: never repeat it unless nothing was sent"),
    }
}

fn outcome(head: &Head) -> String {
    let Some(fact) = &head.query else { return format!("how to ask for it is {NOT_PUBLISHED}") };
    let bind = fact.bind.iter().map(|(name, from)| match from.strip_prefix('=') {
        Some(value) => format!("{name} = {value}"),
        None => format!("{name} from {from}"),
    });
    let bind = bind.collect::<Vec<_>>().join(", ");
    format!("ask {} {}: {bind} ({}: {})", fact.method, fact.path, fact.evidence, fact.source)
}

fn too_many_requests(head: &Head) -> String {
    match &head.too_many_requests {
        Some(fact) if fact.outcome == "unknown" => format!(
            "it may have happened: query before anything is sent again ({}: {})",
            fact.evidence, fact.source
        ),
        Some(fact) => format!("it did not happen ({}: {})", fact.evidence, fact.source),
        None => format!("what it says about the outcome is {NOT_PUBLISHED}"),
    }
}

fn open_to(availability: &'static str) -> &'static str {
    match availability {
        "on-application" => "whoever has applied for it and was admitted",
        "grey-test" => "the participants of a trial",
        other => other,
    }
}

/// Where files come in: parts of an upload, an answer that is a file, an answer that leads to one.
fn files(page: &Page) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(form) = &page.upload_form {
        let limits = form.limits.iter();
        let limits: Vec<String> = limits
            .map(|limit| format!("; {} up to {} bytes", limit.types.join(", "), limit.max_bytes))
            .collect();
        let text = format!(
            "multipart: {} as JSON, which alone is signed, with the {} of the file in {}; the file as {}{}",
            form.signed_part,
            form.digest,
            form.digest_member,
            form.file_part,
            limits.concat()
        );
        facts.push(("upload", text));
    }
    if let Some(file) = &page.file {
        let digest =
            file.digest_header.map_or_else(String::new, |name| format!("; its SHA-1 stands in {name}"));
        facts.push(("answer", format!("a file ({}){digest}", file.media_types.join(", "))));
    }
    if let Some(url) = &page.download_url {
        let hash = match (url.hash_type, url.hash_value) {
            (Some(kind), Some(value)) => format!("; its hash is in {value}, of the kind in {kind}"),
            _ => format!("; its hash is {NOT_PUBLISHED}"),
        };
        facts.push(("file", format!("its address is in {}{hash}", url.member)));
    }
    facts
}
