//! Any notification of the catalogue on demand, with a resource that is valid by the event's schema.

use serde_json::{Map, Value, json};
use weipay_catalog::reference::{self, Condition, Document, Variant};

use crate::Error;
use crate::keys::Keys;
use crate::notify::Event;
use crate::protocol::authorization::Scheme;
use crate::schema::sample::Sample;
use crate::state::State;

/// A notification to send: `Trigger::new("REFUND.SUCCESS").set("amount.refund", 5)`.
#[derive(Debug, Clone)]
pub struct Trigger {
    event_type: String,
    receiver: Option<String>,
    variant: Option<String>,
    url: Option<String>,
    set: Vec<(String, Value)>,
}

impl Trigger {
    /// A notification of this event type to the world's default caller, in the event's first form.
    pub fn new(event_type: &str) -> Self {
        Self { event_type: event_type.to_owned(), receiver: None, variant: None, url: None, set: Vec::new() }
    }

    /// To this mchid.
    pub fn to(mut self, mchid: &str) -> Self {
        self.receiver = Some(mchid.to_owned());
        self
    }

    /// To this address instead of the receiver's own.
    pub fn at(mut self, url: &str) -> Self {
        self.url = Some(url.to_owned());
        self
    }

    /// In this form, by its name in the catalogue, such as `partner`.
    pub fn variant(mut self, name: &str) -> Self {
        self.variant = Some(name.to_owned());
        self
    }

    /// A member of the resource, by its names with dots between them: `amount.refund`.
    pub fn set(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.set.push((member.to_owned(), value.into()));
        self
    }
}

impl From<&str> for Trigger {
    fn from(event_type: &str) -> Self {
        Self::new(event_type)
    }
}

/// Raises it and returns the notification's id. An error if there is no such event, form or receiver, or if a member that
/// was set does not fit.
pub(crate) fn trigger(state: &mut State, keys: &Keys, order: &Trigger) -> Result<String, Error> {
    let unknown = |what, name: &str| Error::Unknown { what, name: name.to_owned() };
    let event = reference::event(&order.event_type)
        .ok_or_else(|| Error::State(format!("the catalogue has no event `{}`", order.event_type)))?;
    let mut variants = event.variants.iter();
    let variant = match &order.variant {
        None => variants.next(),
        Some(name) => variants.find(|variant| variant.name == name),
    };
    let variant = variant.ok_or_else(|| {
        let names: Vec<&str> = event.variants.iter().map(|variant| variant.name).collect();
        Error::State(format!("{} has no such form; it has {}", event.event_type, names.join(", ")))
    })?;
    let receiver = order.receiver.clone().unwrap_or_else(|| state.world.default_caller.clone());
    if state.world.merchant(&receiver).is_none() {
        return Err(unknown("mchid", &receiver));
    }
    let resource = resource(state, keys, variant, event.variants.len() == 1, &receiver, order)?;
    let told = variant.conditions.iter().find(|condition| condition.document == Document::Envelope);
    let original_type = told.and_then(|condition| condition.equals);
    Ok(state.raise(Event {
        name: event.event_type,
        // ASSUME: where none is published, none of the receiver's business.
        original_type: original_type.or(event.original_types.first().copied()).unwrap_or("sandbox"),
        summary: event.title,
        receiver,
        key: "triggered".to_owned(),
        url: order.url.clone(),
        resource,
    }))
}

fn resource(
    state: &mut State,
    keys: &Keys,
    variant: &Variant,
    alone: bool,
    receiver: &str,
    order: &Trigger,
) -> Result<Value, Error> {
    let mut known = identities(state, variant, alone, receiver);
    let schemas = variant.resource;
    let now = state.clock.business();
    let key = keys.registered(Scheme::Merchant, receiver).and_then(<[_]>::first);
    let encrypt = |plain: &str| key.and_then(|key| key.public.encrypt(plain));
    let mut sample = Sample { ids: &mut state.ids, now, encrypt: &encrypt };
    for Condition { document, pointer, equals, .. } in variant.conditions {
        let property = schemas.property(pointer.trim_start_matches('/'));
        if let (Document::Resource, Some(property)) = (document, property) {
            let value = equals.map_or_else(|| sample.value(&property.schema, None), |text| json!(text));
            known.entry(property.name).or_insert(value);
        }
    }
    let mut known = Value::Object(known);
    for (member, value) in &order.set {
        put(&mut known, member, value.clone());
    }
    let resource = sample.object(schemas, Some(&known));
    // What was set and does not fit was replaced or left out: that is told instead.
    for (member, value) in &order.set {
        let pointer = format!("/{}", member.replace('.', "/"));
        if resource.pointer(&pointer) != Some(value) {
            return Err(Error::State(format!(
                "{pointer} is no member of this event, or its value does not fit it"
            )));
        }
    }
    Ok(resource)
}

/// The receiver's own numbers where the resource names them: the required ones, and, where one form serves merchants and
/// partners, those of the one that the receiver is.
fn identities(state: &State, variant: &Variant, alone: bool, receiver: &str) -> Map<String, Value> {
    let merchant = state.world.merchant(receiver);
    let first = |of: fn(&crate::world::Merchant) -> &Vec<String>| {
        merchant.and_then(|merchant| of(merchant).first()).cloned()
    };
    let receiver = Some(receiver.to_owned());
    let known = [
        ("mchid", receiver.clone()),
        ("sp_mchid", receiver),
        ("sub_mchid", first(|merchant| &merchant.sub_mchids)),
        ("appid", first(|merchant| &merchant.appids)),
        ("sp_appid", first(|merchant| &merchant.appids)),
        ("brand_id", first(|merchant| &merchant.brands)),
    ];
    let named = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    let partner = merchant.is_some_and(|merchant| !merchant.sub_mchids.is_empty());
    let own: &[&str] = if partner { &["sp_mchid", "sub_mchid"] } else { &["mchid"] };
    let needed = |name: &str| {
        let property = variant.resource.property(name);
        property.is_some_and(|property| property.required || alone && own.contains(&name))
    };
    named.filter(|(name, _)| needed(name)).collect()
}

/// Sets a member at the end of a path of names.
fn put(object: &mut Value, path: &str, value: Value) {
    let Value::Object(members) = object else { return };
    match path.split_once('.') {
        None => {
            members.insert(path.to_owned(), value);
        }
        Some((first, rest)) => put(members.entry(first).or_insert_with(|| json!({})), rest, value),
    }
}
