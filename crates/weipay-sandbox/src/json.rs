//! A JSON parser that tells which members stand twice; the last one counts, as with most servers.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads a whole JSON text. Returns the value and JSON pointers to members that stand more than once.
pub(crate) fn parse(text: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let mut twice = Vec::new();
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = Node { pointer: String::new(), twice: &mut twice }.deserialize(&mut parser)?;
    parser.end()?;
    Ok((value, twice))
}

/// Appends one reference token to a JSON pointer.
pub(crate) fn join(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
}

/// Lays one value over another: objects member by member, everything else as a whole.
pub(crate) fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, member) in over {
                merge(under.entry(name.as_str()).or_insert(Value::Null), member);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

/// The members of both objects; those of the second win.
pub(crate) fn merged(first: &Value, second: &Value) -> Value {
    let members = [first, second].into_iter().filter_map(Value::as_object).flatten();
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
}

struct Node<'a> {
    pointer: String,
    twice: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let pointer = join(&self.pointer, &values.len().to_string());
            match items.next_element_seed(Node { pointer, twice: &mut *self.twice })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let pointer = join(&self.pointer, &name);
            if object.contains_key(&name) {
                self.twice.push(pointer.clone());
            }
            let value = members.next_value_seed(Node { pointer, twice: &mut *self.twice })?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_stand_twice_are_named_and_the_last_counts() {
        let (value, twice) = parse(br#"{"a":1,"b":[{"c":1,"c/d":2,"c/d":3}],"a":-2.5}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": -2.5, "b": [{"c": 1, "c/d": 3}]}));
        assert_eq!(twice, ["/b/0/c~1d", "/a"]);
    }

    #[test]
    fn merging_keeps_what_is_not_named() {
        let mut under = serde_json::json!({"a": {"b": 1, "c": [1, 2]}, "d": 1});
        merge(&mut under, &serde_json::json!({"a": {"c": [3]}, "d": {"e": 2}}));
        assert_eq!(under, serde_json::json!({"a": {"b": 1, "c": [3]}, "d": {"e": 2}}));
    }

    #[test]
    fn what_is_not_one_json_text_is_an_error() {
        for bad in ["", "{", "{} x", "[1,]", "{\"a\":NaN}", "\u{feff}{}"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = "[".repeat(100_000);
        assert!(parse(deep.as_bytes()).is_err(), "too deep is an error, not a crash");
    }
}
