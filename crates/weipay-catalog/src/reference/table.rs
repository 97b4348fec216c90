use super::{Event, Reference};
use crate::generated;
use crate::ops::{areas, operation};

/// The reference of the operation with this id.
pub fn reference(operation_id: &str) -> Option<&'static Reference> {
    let area = operation(operation_id)?.area;
    let area = areas().binary_search_by(|other| other.name.cmp(area)).ok()?;
    let references = generated::reference::REFERENCES[area];
    let index = references.binary_search_by(|reference| reference.operation.id.cmp(operation_id)).ok()?;
    Some(&references[index])
}

/// Every kind of notification, sorted by event type.
pub fn events() -> &'static [Event] {
    &generated::reference::EVENTS
}

/// The notification of this event type; a former one, and the one under the brand scheme, lead to it as well.
pub fn event(event_type: &str) -> Option<&'static Event> {
    let events = events();
    let otherwise = |event: &&Event| {
        event.former_event_types.contains(&event_type) || event.brand_event_type == Some(event_type)
    };
    match events.binary_search_by(|event| event.event_type.cmp(event_type)) {
        Ok(index) => Some(&events[index]),
        Err(_) => events.iter().find(otherwise),
    }
}
