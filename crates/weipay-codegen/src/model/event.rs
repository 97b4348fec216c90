use super::area::WEBHOOKS;
use super::operation::{disputed, roles};
use super::schema::Builder;
use super::{Event, Kind, Types};
use crate::error::{Problem, Problems};
use crate::load::Sources;
use crate::node::Node;

const KEYS: [&str; 14] = [
    "operationId",
    "summary",
    "parameters",
    "requestBody",
    "responses",
    "x-event-type",
    "x-former-event-types",
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
    let resource = node.need("x-resource")?;
    let Kind::Object(title) = builder.schema(&resource)?.kind else {
        return Err(resource.problem("must be an object with properties"));
    };
    Ok(Event {
        event_type: event_type.to_owned(),
        former_event_types: node.texts("x-former-event-types")?,
        title: node.need_text("summary")?,
        original_types: node.texts("x-original-types")?,
        roles: roles(&node)?,
        resource: title,
        related: node.texts("x-related-operations")?,
        doc_urls: node.texts("x-doc-urls")?,
        confirmed_by: node.texts("x-confirmed-by")?,
        disputed: disputed(&node)?,
    })
}
