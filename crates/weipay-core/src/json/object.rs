//! The one visitor that reads every generated object.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::read::WRONG_TYPE;

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether an object without it is refused.
    pub required: bool,
}

impl Field {
    /// A member that has to be there.
    pub const fn required(name: &'static str) -> Self {
        Self { name, required: true }
    }

    /// A member that may be absent.
    pub const fn optional(name: &'static str) -> Self {
        Self { name, required: false }
    }
}

/// A generated type that is read from a JSON object of at most 128 known members.
pub trait Object: Default {
    /// The members, in the order of their indices.
    const FIELDS: &'static [Field];

    /// Reads the value of member `index` from `map`; `false` where it was `null` and is needed.
    fn set<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<bool, A::Error>;
}

/// Reads an object; `null` is `None`. Unknown members are passed over; the last of a repeated one counts.
pub fn read_object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom(WRONG_TYPE))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = T::default();
        let mut seen = 0_u128;
        while let Some(index) = map.next_key_seed(Name(T::FIELDS))? {
            match index {
                Some(index) if object.set(index, &mut map)? => seen |= 1 << index,
                Some(_) => {}
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        let missing = |(index, field): &(usize, &Field)| field.required && seen & (1 << index) == 0;
        match T::FIELDS.iter().enumerate().find(missing) {
            Some((_, field)) => Err(A::Error::custom(format_args!("{MISSING}{}", field.name))),
            None => Ok(Some(object)),
        }
    }
}

/// How the error for a missing member begins.
pub(crate) const MISSING: &str = "missing member ";

/// Finds a member's index by its name.
struct Name(&'static [Field]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|field| field.name == name))
    }
}

/// Implements [`Read`](super::Read) and `Deserialize` for types that implement [`Object`].
#[macro_export]
macro_rules! json_object {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::json::Read for $type {
            fn read<'de, D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                $crate::json::read_object(deserializer)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $type {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::json::read_object(deserializer)?
                    .ok_or_else(|| <D::Error as $crate::serde::de::Error>::custom("null instead of an object"))
            }
        }

        impl $crate::Decode for $type {
            // Compiled only where it is called: a program pays for the answers that it reads.
            #[inline]
            fn decode(answer: &$crate::Answer, call: &$crate::Call) -> Result<Self, $crate::Error> {
                $crate::decode_object(answer, call)
            }
        }
    )+};
}

/// Implements a `Debug` that names the type and shows no value: any of them may be personal data.
#[macro_export]
macro_rules! json_opaque {
    ($($type:ident),+ $(,)?) => {$(
        impl ::core::fmt::Debug for $type {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(concat!(stringify!($type), " { .. }"))
            }
        }
    )+};
}
