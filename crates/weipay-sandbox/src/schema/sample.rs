//! Values that are valid by a schema: what is already known by name, an official example, or one made to fit.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use weipay_catalog::reference::{Kind, Object, Schema};

use super::validate;
use crate::ids::Ids;
use crate::protocol::time;

/// Makes values. The same ids in the same state make the same values.
pub(crate) struct Sample<'a> {
    pub(crate) ids: &'a mut Ids,
    /// Business time, for members that are times.
    pub(crate) now: Timestamp,
    /// Encrypts a member that arrives encrypted at the merchant; none when there is no key for it.
    pub(crate) encrypt: &'a dyn Fn(&str) -> Option<String>,
}

impl Sample<'_> {
    /// A valid value. Where `known` fits the schema it is taken over, member by member in objects.
    pub(crate) fn value(&mut self, schema: &Schema, known: Option<&Value>) -> Value {
        if let Kind::Object(object) = schema.kind {
            return self.object(object, known);
        }
        if let Some(known) = known.filter(|known| validate::fits(schema, known)) {
            return known.clone();
        }
        let made = example(schema).unwrap_or_else(|| self.make(schema));
        if !schema.decrypted {
            return made;
        }
        made.as_str().and_then(|plain| (self.encrypt)(plain)).map_or(made, Value::String)
    }

    /// The required members, and of the others those that are known.
    pub(crate) fn object(&mut self, object: &Object, known: Option<&Value>) -> Value {
        let mut members = Map::new();
        for property in object.properties {
            let known = known.and_then(|known| known.get(property.name));
            let takes = known.is_some_and(|known| {
                // Of an object that is known in part the rest is made.
                let in_part = property.schema.object().is_some() && known.is_object();
                in_part || validate::fits(&property.schema, known)
            });
            if property.required || takes {
                members.insert(property.name.to_owned(), self.value(&property.schema, known));
            }
        }
        Value::Object(members)
    }

    fn make(&mut self, schema: &Schema) -> Value {
        match schema.kind {
            Kind::String => json!(self.text(schema)),
            Kind::Integer => json!(number(schema)),
            Kind::Number => json!(1.0),
            Kind::Boolean => json!(true),
            Kind::Array(item) => {
                let count = schema.min_items.unwrap_or(0).max(1).min(schema.max_items.unwrap_or(u32::MAX));
                Value::Array((0..count).map(|_| self.value(item, None)).collect())
            }
            Kind::Object(object) => self.object(object, None),
            _ => json!({}),
        }
    }

    fn text(&mut self, schema: &Schema) -> String {
        if let Some(value) = schema.values.first() {
            return (*value).to_owned();
        }
        if let Some(content) = schema.content {
            return self.value(content, None).to_string();
        }
        let formatted = |form: &str| self.now.to_zoned(time::china()).strftime(form).to_string();
        match schema.format {
            Some("date-time") => return time::print(self.now),
            Some("date") => return formatted("%Y-%m-%d"),
            Some("yyyyMMddHHmmss") => return formatted("%Y%m%d%H%M%S"),
            Some("yyyy-MM-dd HH:mm:ss") => return formatted("%Y-%m-%d %H:%M:%S"),
            Some("mm/yy") => return formatted("%m/%y"),
            Some("uri" | "media-url") => return "https://wx.gtimg.com/sandbox".to_owned(),
            Some("data-url") => return "data:image/png;base64,iVBORw0KGgo=".to_owned(),
            _ => {}
        }
        let least = schema.min_length.unwrap_or(0);
        let length = least.max(24).min(schema.max_length.unwrap_or(u32::MAX)) as usize;
        match schema.pattern {
            Some(r"\d{8}|\d{14}" | r"\d{8}|\d{14}|OnAccept") => formatted("%Y%m%d"),
            Some("[0-9]{6}") => self.ids.digits(6),
            Some("[0-9a-fA-F]{64}") => self.ids.hexadecimal(64),
            _ if schema.format == Some("numeric") => self.ids.digits(length),
            _ => self.ids.letters(length),
        }
    }
}

/// An official example that the schema takes.
fn example(schema: &Schema) -> Option<Value> {
    let examples = schema.examples.iter().filter_map(|text| serde_json::from_str(text).ok());
    // Long lists of samples say nothing more, and an old time is no time of this business.
    examples.take(3).find(|value| schema.format != Some("date-time") && validate::fits(schema, value))
}

fn number(schema: &Schema) -> i64 {
    let listed = schema.values.first().and_then(|value| value.parse().ok());
    let least = schema.minimum.unwrap_or(i64::MIN);
    listed.unwrap_or_else(|| 1.max(least).min(schema.maximum.unwrap_or(i64::MAX)))
}

/// A path or query value as the JSON value that its schema means.
pub(crate) fn read(schema: &Schema, text: &str) -> Value {
    let read = match schema.kind {
        Kind::Integer => text.parse::<i64>().ok().map(Value::from),
        Kind::Boolean => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    read.unwrap_or_else(|| json!(text))
}
