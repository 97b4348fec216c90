use super::area::WEBHOOKS;
use super::operation::{pairs, roles};
use super::schema::Builder;
use super::{Event, Types, variant};
use crate::error::{Problem, Problems};
use crate::load::Sources;
use crate::node::Node;

const KEYS: [&str; 18] = [
    "operationId",
    "summary",
    "parameters",
    "requestBody",
    "responses",
    "x-event-type",
    "x-event-types",
    "x-reply-required",
    "x-reply-signed",
    "x-former-event-types",
    "x-brand-event-type",
    "x-original-types",
    "x-roles",
    "x-related-operations",
    "x-resource",
    "x-confirmed-by",
    "x-disputed",
    "x-doc-urls",
];

/// Every notification, in the order of event types, with the types of their resources.
pub(super) fn all(sources: &Sources, problems: &mut Problems) -> (Vec<Event>, Types) {
    let Some(value) = sources.openapi.get(WEBHOOKS) else { return (Vec::new(), Types::new()) };
    let document = Node::root(WEBHOOKS, value);
    let mut builder = Builder::new(&document);
    let mut events = Vec::new();
    for (event_type, node) in problems.keep(document.members_of("webhooks")).unwrap_or_default() {
        let event = one(event_type, &node, &mut builder);
        events.extend(problems.keep(event.map_err(|problem| problem.within(event_type))));
    }
    events.sort_by(|a: &Event, b| a.event_type.cmp(&b.event_type));
    let (types, found) = builder.finish();
    problems.append(found);
    (events, types)
}

fn one<'a>(event_type: &str, node: &Node<'a>, builder: &mut Builder<'a>) -> Result<Event, Problem> {
    builder.operation = Some(event_type.to_owned());
    node.only(&["post"])?;
    let node = node.need("post")?;
    node.only(&KEYS)?;
    let told = node.need("x-event-type")?;
    if told.text()? != event_type {
        return Err(told.problem(format!("must be the key it stands under, `{event_type}`")));
    }
    let mut also_as = node.texts("x-event-types")?;
    also_as.retain(|other| other != event_type);
    let original_types = node.texts("x-original-types")?;
    let variants = variant::all(&node.need("x-resource")?, &original_types, builder)?;
    let reply_signed = node.flag("x-reply-signed")?;
    let reply = if node.flag("x-reply-required")? {
        let media = node.need("responses")?.need("200")?.need("content")?.need("application/json")?;
        Some(builder.schema(&media.need("schema")?)?)
    } else if reply_signed {
        return Err(node.problem("`x-reply-signed` without `x-reply-required`"));
    } else {
        None
    };
    Ok(Event {
        event_type: event_type.to_owned(),
        also_as,
        former_event_types: node.texts("x-former-event-types")?,
        brand_event_type: node.optional_text("x-brand-event-type")?,
        title: node.need_text("summary")?,
        original_types,
        roles: roles(&node)?,
        variants,
        reply,
        reply_signed,
        related: node.texts("x-related-operations")?,
        doc_urls: node.texts("x-doc-urls")?,
        confirmed_by: node.texts("x-confirmed-by")?,
        disputed: pairs(&node, "x-disputed")?,
    })
}
