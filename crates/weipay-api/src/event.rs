//! Which form of an event a notification is.

use serde_json::Value;
use weipay_core::{Notification, NotificationError};

use crate::events::{Event, FORMS};

/// One form of an event's resource.
pub(crate) struct Form {
    /// What tells it from the other forms; all must hold.
    pub(crate) conditions: &'static [Condition],
    /// Reads the resource.
    pub(crate) read: fn(&Notification) -> Result<Event, NotificationError>,
}

/// What must hold for a form.
pub(crate) enum Condition {
    /// The notification says that its resource is this kind of object.
    OriginalType(&'static str),
    /// The resource has the member at this pointer; with a text, it is this one.
    Member(&'static str, Option<&'static str>),
}

impl Event {
    /// Reads the resource of a verified notification. Former names of an event are known too.
    ///
    /// # Errors
    ///
    /// When the resource is no JSON or a member is of another type than documented.
    /// [`Notification::resource`] still has it then.
    // Compiled only where it is called: a program without notifications pays nothing for them.
    #[inline]
    pub fn read(notification: &Notification) -> Result<Self, NotificationError> {
        let named = |(names, _): &&(&[&str], &[Form])| names.contains(&notification.event_type());
        let forms = FORMS.iter().find(named).map_or(&[][..], |(_, forms)| forms);
        let resource = notification.resource()?;
        let fitting =
            forms.iter().filter(|form| form.conditions.iter().all(|one| one.holds(notification, &resource)));
        match fitting.max_by_key(|form| form.conditions.len()) {
            Some(form) => (form.read)(notification),
            None => Ok(Self::Other(resource)),
        }
    }
}

impl Condition {
    fn holds(&self, notification: &Notification, resource: &Value) -> bool {
        match self {
            Self::OriginalType(kind) => notification.original_type() == Some(kind),
            Self::Member(pointer, text) => resource.pointer(pointer).is_some_and(|value| {
                !value.is_null() && text.is_none_or(|text| value.as_str() == Some(text))
            }),
        }
    }
}
