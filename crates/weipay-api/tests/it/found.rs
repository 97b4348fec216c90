//! Whether a typed value holds what the JSON does.

use serde_json::Value;
use weipay_core::Time;
use weipay_core::json::{Ciphertext, Embedded};

pub(crate) trait Found {
    /// Panics with the place where the two differ.
    fn found(&self, json: &Value, place: &str);
}

macro_rules! scalars {
    ($($type:ty: $of:expr),+) => {$(
        impl Found for $type {
            fn found(&self, json: &Value, place: &str) {
                let value: fn(&$type) -> Value = $of;
                assert_eq!(value(self), *json, "{place}");
            }
        }
    )+};
}

scalars! {
    String: |text| text.as_str().into(),
    Time: |time| time.as_str().into(),
    Ciphertext: |text| text.as_str().into(),
    i64: |number| (*number).into(),
    u64: |number| (*number).into(),
    f64: |number| (*number).into(),
    bool: |flag| (*flag).into(),
    Value: Clone::clone
}

impl<T: Found + serde::de::DeserializeOwned> Found for Embedded<T> {
    fn found(&self, json: &Value, place: &str) {
        let text = json.as_str().unwrap();
        assert_eq!(self.as_str(), text, "{place}");
        // Some examples are the empty object.
        if let Ok(value) = self.read() {
            value.found(&serde_json::from_str(text).unwrap(), place);
        }
    }
}

impl<T: Found> Found for Option<T> {
    fn found(&self, json: &Value, place: &str) {
        match self {
            Some(value) => value.found(json, place),
            None => assert!(json.is_null(), "{place} was lost"),
        }
    }
}

impl<T: Found> Found for Box<T> {
    fn found(&self, json: &Value, place: &str) {
        (**self).found(json, place);
    }
}

impl<T: Found> Found for Vec<T> {
    fn found(&self, json: &Value, place: &str) {
        let items = json.as_array().unwrap();
        assert_eq!(self.len(), items.len(), "{place}");
        for (index, (value, item)) in self.iter().zip(items).enumerate() {
            value.found(item, &format!("{place}/{index}"));
        }
    }
}

/// The members of an object, each with its name on the wire.
macro_rules! members {
    ($type:ty { $($member:ident: $name:literal),* }) => {
        impl crate::found::Found for $type {
            fn found(&self, json: &serde_json::Value, place: &str) {
                let known: &[&str] = &[$($name),*];
                for name in json.as_object().unwrap().keys() {
                    assert!(known.contains(&name.as_str()), "{place}/{name} has no member");
                }
                $(crate::found::Found::found(&self.$member, &json[$name], &format!("{place}/{}", $name));)*
            }
        }
    };
}

/// Open enums; each value of an example is one that the type knows.
macro_rules! texts {
    ($($type:ty),+) => {$(
        impl crate::found::Found for $type {
            fn found(&self, json: &serde_json::Value, place: &str) {
                assert_eq!(weipay_core::json::Text::as_text(self), json.as_str().unwrap(), "{place}");
                assert!(!matches!(self, Self::Other(_)), "{place} is a value that its type does not know");
            }
        }
    )+};
}
