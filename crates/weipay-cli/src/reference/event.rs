//! The page of a notification.

use serde::Serialize;
use serde_json::{Map, Value};
use weipay_catalog::ops;
use weipay_catalog::reference::{Document, Event, Kind, Schema};

use super::member::{self, Member};
use super::page::{Content, Link};
use super::sample;

/// Everything that is known of one notification. What is not published is `null` or empty.
#[derive(Serialize)]
pub(crate) struct EventPage {
    pub(crate) event_type: &'static str,
    /// The official Chinese title.
    pub(crate) title: &'static str,
    pub(crate) also_as: &'static [&'static str],
    pub(crate) former_event_types: &'static [&'static str],
    pub(crate) brand_event_type: Option<&'static str>,
    pub(crate) original_types: &'static [&'static str],
    pub(crate) roles: Vec<&'static str>,
    /// The forms of its decrypted resource.
    pub(crate) variants: Vec<Variant>,
    /// What the receiver must reply with, where an empty 200 or 204 will not do.
    pub(crate) reply: Option<Content>,
    pub(crate) reply_signed: bool,
    /// A receiver in Rust.
    pub(crate) handler: String,
    /// The operations that answer it or query the same object.
    pub(crate) operations: Vec<Link>,
    pub(crate) doc_urls: &'static [&'static str],
    pub(crate) confirmed_by: &'static [&'static str],
    pub(crate) disputed: &'static [(&'static str, &'static str)],
}

/// One form of a decrypted resource.
#[derive(Serialize)]
pub(crate) struct Variant {
    /// Empty where there is one form only.
    pub(crate) name: &'static str,
    /// What tells it from the others, in words.
    pub(crate) conditions: Vec<String>,
    pub(crate) title: &'static str,
    pub(crate) members: Vec<Member>,
    pub(crate) sample: Value,
    /// JSON pointers of members that are encrypted once more.
    pub(crate) decrypted: &'static [&'static str],
}

impl EventPage {
    pub(crate) fn of(event: &'static Event) -> Self {
        let variants: Vec<Variant> = event.variants.iter().map(variant).collect();
        Self {
            event_type: event.event_type,
            title: event.title,
            also_as: event.also_as,
            former_event_types: event.former_event_types,
            brand_event_type: event.brand_event_type,
            original_types: event.original_types,
            roles: event.roles.iter().map(|role| role.as_str()).collect(),
            handler: handler(event, variants.first()),
            variants,
            reply: event.reply.map(Content::of),
            reply_signed: event.reply_signed,
            operations: event.related.iter().filter_map(|id| ops::operation(id)).map(Link::to).collect(),
            doc_urls: event.doc_urls,
            confirmed_by: event.confirmed_by,
            disputed: event.disputed,
        }
    }
}

fn variant(variant: &'static weipay_catalog::reference::Variant) -> Variant {
    let condition = |condition: &weipay_catalog::reference::Condition| {
        let document = match condition.document {
            Document::Envelope => "of the envelope",
            _ => "of the resource",
        };
        match condition.equals {
            Some(value) => format!("{} {document} is {value:?}", condition.pointer),
            None => format!("{} {document} is there", condition.pointer),
        }
    };
    let members = variant.resource.properties.iter();
    let shown = |schema: &'static Schema| sample::printed(schema, &mut Vec::new());
    let members = members.filter(|property| property.required || shown(&property.schema));
    let members = members.map(|property| (property.name.to_owned(), sample::sample(&property.schema)));
    Variant {
        name: variant.name,
        conditions: variant.conditions.iter().map(condition).collect(),
        title: variant.resource.title,
        members: member::members_of(variant.resource),
        sample: Value::Object(members.collect::<Map<_, _>>()),
        decrypted: variant.decrypted,
    }
}

/// A receiver that any web framework can call: raw headers and body in, the status to answer with out.
fn handler(event: &'static Event, first: Option<&Variant>) -> String {
    let scalar = |name: &str| {
        let property = event.variants.first().and_then(|variant| variant.resource.property(name));
        property.is_some_and(|property| !matches!(property.schema.kind, Kind::Object(_) | Kind::Array(_)))
    };
    let member = first.and_then(|first| first.members.iter().find(|member| scalar(member.name)));
    let member = member.map_or("id", |member| member.name);
    let reply = match event.reply {
        Some(_) => "    // Answer 200 with the reply that the page asks for.\n",
        None => "    // Answer 204 once it is stored; on an error 4xx or 5xx, and it will be repeated.\n",
    };
    format!(
        "\
async fn received(client: &weipay::Client, headers: &http::HeaderMap, body: &[u8]) -> Result<(), weipay::NotificationError> {{
    // Verified, then decrypted; body and headers exactly as received.
    let notification = client.notification(headers, body).await?;
    if notification.event_type() == {:?} {{
        println!(\"{{}}\", notification.resource()?[{member:?}]);
    }}
{reply}    Ok(())
}}",
        event.event_type
    )
}
