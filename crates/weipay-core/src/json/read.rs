//! Generous readers of single values.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::list::ListVisitor;
use crate::Time;

/// A type that an answer's member can have.
pub trait Read: Sized {
    /// Reads a value; `null` is `None`.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>;
}

/// Reads the value of a member that may be absent.
pub fn optional<'de, T: Read, A: MapAccess<'de>>(
    place: &mut Option<T>,
    map: &mut A,
) -> Result<bool, A::Error> {
    *place = map.next_value_seed(Reader(PhantomData))?;
    Ok(true)
}

/// Reads the value of a member that must be there; `null` counts as missing.
pub fn required<'de, T: Read, A: MapAccess<'de>>(place: &mut T, map: &mut A) -> Result<bool, A::Error> {
    match map.next_value_seed(Reader(PhantomData))? {
        Some(value) => *place = value,
        None => return Ok(false),
    }
    Ok(true)
}

/// [`Read::read`] as a seed.
pub(super) struct Reader<T>(pub(super) PhantomData<T>);

impl<'de, T: Read> DeserializeSeed<'de> for Reader<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::read(deserializer)
    }
}

impl Read for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(Scalar::Text).map(|value| match value {
            Value::Null => None,
            Value::Text(text) => Some(text),
            Value::Signed(number) => Some(number.to_string()),
            Value::Unsigned(number) => Some(number.to_string()),
            Value::Real(number) => Some(number.to_string()),
            Value::Flag(flag) => Some(flag.to_string()),
        })
    }
}

impl Read for Time {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(String::read(deserializer)?.map(Time::received))
    }
}

macro_rules! integer {
    ($type:ty) => {
        impl Read for $type {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                let value = deserializer.deserialize_any(Scalar::Integer)?;
                let number = match value {
                    Value::Null => return Ok(None),
                    Value::Text(text) if text.is_empty() => return Ok(None),
                    Value::Text(text) => text.parse().ok(),
                    Value::Signed(number) => number.try_into().ok(),
                    Value::Unsigned(number) => number.try_into().ok(),
                    Value::Real(_) | Value::Flag(_) => None,
                };
                number.map(Some).ok_or_else(|| D::Error::custom(WRONG_TYPE))
            }
        }
    };
}

integer!(i64);
integer!(u64);

impl Read for f64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        #[expect(clippy::cast_precision_loss, reason = "the member is a real number")]
        let number = match deserializer.deserialize_any(Scalar::Number)? {
            Value::Null => return Ok(None),
            Value::Text(text) => text.parse().ok(),
            Value::Signed(number) => Some(number as f64),
            Value::Unsigned(number) => Some(number as f64),
            Value::Real(number) => Some(number),
            Value::Flag(_) => None,
        };
        number.map(Some).ok_or_else(|| D::Error::custom(WRONG_TYPE))
    }
}

impl Read for bool {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match deserializer.deserialize_any(Scalar::Boolean)? {
            Value::Null => Ok(None),
            Value::Flag(flag) => Ok(Some(flag)),
            Value::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Value::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(D::Error::custom(WRONG_TYPE)),
        }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

impl<T: Read> Read for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(T::read(deserializer)?.map(Box::new))
    }
}

impl Read for serde_json::Value {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
        Ok(Some(value).filter(|value| !value.is_null()))
    }
}

/// What an error says instead of the value, which may be personal data.
pub(crate) const WRONG_TYPE: &str = "another type than documented";

/// A scalar as it came.
enum Value {
    Null,
    Text(String),
    Signed(i64),
    Unsigned(u64),
    Real(f64),
    Flag(bool),
}

/// Takes any scalar; the variant only says what was hoped for.
#[derive(Clone, Copy)]
enum Scalar {
    Text,
    Integer,
    Number,
    Boolean,
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scalar::Text => "a string",
            Scalar::Integer => "an integer",
            Scalar::Number => "a number",
            Scalar::Boolean => "a boolean",
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Signed(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Unsigned(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Real(number))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
        Err(A::Error::custom(WRONG_TYPE))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
        Err(A::Error::custom(WRONG_TYPE))
    }
}
