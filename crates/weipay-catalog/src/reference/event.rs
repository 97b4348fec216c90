use super::{Object, Schema};
use crate::ops::Role;

/// One kind of notification.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// The `event_type` of the envelope, such as `MALL_TRANSACTION.SUCCESS`.
    pub event_type: &'static str,
    /// Other event types under which it arrives as well; each is an event of its own here.
    pub also_as: &'static [&'static str],
    /// What it was called before; old notifications still carry these.
    pub former_event_types: &'static [&'static str],
    /// What it is called to a brand that calls for itself, where that is another name.
    pub brand_event_type: Option<&'static str>,
    /// The official Chinese title.
    pub title: &'static str,
    /// The known values of `resource.original_type`; empty where none is published.
    pub original_types: &'static [&'static str],
    /// Who receives it.
    pub roles: &'static [Role],
    /// The forms of its decrypted resource. Never empty; a single one has no conditions.
    pub variants: &'static [Variant],
    /// What the receiver must reply with; absent where an empty 200 or 204 will do.
    pub reply: Option<&'static Schema>,
    /// The reply must be signed with the receiver's key.
    pub reply_signed: bool,
    /// The ids of operations that answer it or query the same object.
    pub related: &'static [&'static str],
    /// The official pages.
    pub doc_urls: &'static [&'static str],
    /// Sources independent of the documentation that agree, as in [`Reference`](super::Reference::confirmed_by).
    pub confirmed_by: &'static [&'static str],
    /// Where independent sources differ, as in [`Reference`](super::Reference::disputed).
    pub disputed: &'static [(&'static str, &'static str)],
}

impl Event {
    /// The form of a notification: of the variants whose conditions all hold, the one with the most. No two with equally
    /// many can hold for one notification as documented. `None` where it is of no known form.
    ///
    /// `holds` looks into the notification; with JSON values it is
    ///
    /// ```
    /// # use weipay_catalog::reference::{self, Document};
    /// # use serde_json::json;
    /// # let (envelope, resource) = (json!({"resource": {"original_type": "mch_withdraw"}}), json!({"total_amount": 1}));
    /// let event = reference::event("MCHWITHDRAW.CHANGE").unwrap();
    /// let variant = event.select(&|condition| {
    ///     let document = if condition.document == Document::Envelope { &envelope } else { &resource };
    ///     document.pointer(condition.pointer).is_some_and(|value| {
    ///         !value.is_null() && condition.equals.is_none_or(|text| value.as_str() == Some(text))
    ///     })
    /// });
    /// assert_eq!(variant.unwrap().name, "sub_merchant_day_end");
    /// ```
    pub fn select(&self, holds: &dyn Fn(&Condition) -> bool) -> Option<&'static Variant> {
        let fitting = self.variants.iter().filter(|variant| variant.conditions.iter().all(holds));
        fitting.max_by_key(|variant| variant.conditions.len())
    }
}

/// One form of a notification's decrypted resource.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Variant {
    /// Its name in `snake_case`, such as `partner`; empty where there is one form only.
    pub name: &'static str,
    /// What tells it from the other forms.
    pub conditions: &'static [Condition],
    /// The decrypted resource.
    pub resource: &'static Object,
    /// The members of the resource that are encrypted once more, to the receiver's certificate, as JSON pointers in which
    /// `*` is each item of an array.
    pub decrypted: &'static [&'static str],
}

/// What must hold for a [`Variant`]. A member that is `null` is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// Where to look.
    pub document: Document,
    /// The member, as a JSON pointer.
    pub pointer: &'static str,
    /// The string that it must be; without one it must be there.
    pub equals: Option<&'static str>,
}

/// The two JSON texts of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Document {
    /// The notification's own body, in which the resource is still encrypted.
    Envelope,
    /// The decrypted resource.
    Resource,
}
