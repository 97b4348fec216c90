//! The notifications: an open enum of typed resources, one variant for each form.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::literal::{optional_text, text, texts};
use super::cases::members;
use super::docs::{comment, plain};
use super::names::variant;
use super::shapes::Shapes;
use super::types::{all, with_imports};
use crate::error::{Problem, Problems};
use crate::model::{Catalogue, Condition, Event, Kind, Variant};
use crate::spelling::{pascal, type_name};

/// The enum, how its forms are told apart, and the resources.
pub(super) fn types(catalogue: &Catalogue, shapes: &Shapes<'_>, problems: &mut Problems) -> String {
    let mut roles = BTreeMap::new();
    let (mut variants, mut forms) = (String::new(), String::new());
    for event in &catalogue.events {
        let (title, code) = (plain(&event.title), format!("`{}`", event.event_type));
        let mut names = vec![event.event_type.as_str()];
        names.extend(event.former_event_types.iter().chain(&event.brand_event_type).map(String::as_str));
        _ = writeln!(forms, "    (&{}, &[", texts(&names).trim_start_matches('&'));
        for form in &event.variants {
            let said = if form.name.is_empty() { String::new() } else { format!(", `{}`", form.name) };
            let role = format!("{title} · {code}{said}");
            let resource = type_name(&form.resource);
            variants.push_str(&comment("    ", &role));
            _ = writeln!(variants, "    {}(Box<{resource}>),", name(event, form));
            roles
                .entry(form.resource.as_str())
                .or_insert_with(|| format!("Resource of {title}, {code}{said}."));
            _ = writeln!(forms, "        {},", self::form(event, form, problems));
        }
        forms.push_str("    ]),\n");
        if let Some(Kind::Object(title)) = event.reply.as_ref().map(|reply| &reply.kind) {
            roles.entry(title).or_insert_with(|| format!("The reply to {code}."));
        }
    }
    let head = "/// A notification's resource, by what happened.\n#[derive(Clone, Debug, PartialEq)]\n#[non_exhaustive]\n";
    let other = "    /// An event, or a form of one, that this version does not know: its resource as it came.\n    Other(Value),\n";
    let table = "/// The forms of each event, under all its names.\npub(crate) const FORMS: &[(&[&str], &[Form])] = &[\n";
    let code =
        format!("\n{head}pub enum Event {{\n{variants}{other}}}\n\n{table}{forms}];\n{}", all(shapes, roles));
    format!("//! The notifications.\n\nuse crate::event::{{Condition, Form}};\n{}", with_imports(&code))
}

/// The variant of the enum.
fn name(event: &Event, form: &Variant) -> String {
    format!("{}{}", variant(&event.event_type), pascal(&form.name))
}

fn form(event: &Event, form: &Variant, problems: &mut Problems) -> String {
    let mut conditions = Vec::new();
    for Condition { document, pointer, equals } in &form.conditions {
        conditions.push(match (*document, pointer.as_str(), equals) {
            ("Resource", pointer, equals) => {
                format!("Condition::Member({}, {})", text(pointer), optional_text(equals.as_deref()))
            }
            ("Envelope", "/resource/original_type", Some(value)) => {
                format!("Condition::OriginalType({})", text(value))
            }
            (_, pointer, _) => {
                let why = format!(
                    "{}: the typed events know no condition on `{pointer}` like this",
                    event.event_type
                );
                problems.push(Problem::of_file("catalogue/openapi/webhooks.yaml", why));
                continue;
            }
        });
    }
    let read = format!("|notification| notification.decode().map(Event::{})", name(event, form));
    format!("Form {{ conditions: &[{}], read: {read} }}", conditions.join(", "))
}

/// Each form with what finds its members.
pub(super) fn cases(catalogue: &Catalogue, shapes: &Shapes<'_>) -> String {
    let mut out = String::from("use crate::Found;\nuse weipay_api::events as t;\n\n");
    out.push_str("/// Event type, form, and its resource where the event is read as that form.\n");
    out.push_str("pub(crate) type Resource = fn(&t::Event) -> Option<&dyn Found>;\n\n");
    out.push_str("pub(crate) const EVENTS: &[(&str, &str, Resource)] = &[\n");
    for event in &catalogue.events {
        for form in &event.variants {
            let (code, said) = (text(&event.event_type), text(&form.name));
            let name = name(event, form);
            _ = writeln!(
                out,
                "    ({code}, {said}, |event| if let t::Event::{name}(resource) = event {{ Some(resource) }} else {{ None }}),"
            );
        }
    }
    out.push_str("];\n");
    out + &members(shapes)
}
