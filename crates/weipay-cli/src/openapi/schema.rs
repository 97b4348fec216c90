//! Schemas, and the components that they refer to.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use weipay_catalog::reference::{Kind, Object, Schema};

/// The components so far, by name.
#[derive(Default)]
pub(super) struct Schemas {
    components: BTreeMap<String, Value>,
}

impl Schemas {
    /// All components, and those that are not the catalogue's.
    pub(super) fn finish(mut self) -> BTreeMap<String, Value> {
        let text = json!({ "type": "string" });
        self.components.insert(
            "Error".to_owned(),
            json!({
                "type": "object",
                "properties": { "code": text, "message": text, "detail": { "description": "Varies by error" } },
                "required": ["code", "message"],
            }),
        );
        self.components.insert(
            "Notification".to_owned(),
            json!({
                "type": "object",
                "description": "The resource is encrypted with the APIv3 key; x-resource of each webhook is what is in it",
                "properties": {
                    "id": text,
                    "create_time": { "type": "string", "format": "date-time" },
                    "event_type": text,
                    "resource_type": text,
                    "summary": text,
                    "resource": {
                        "type": "object",
                        "properties": {
                            "original_type": text,
                            "algorithm": text,
                            "ciphertext": text,
                            "associated_data": text,
                            "nonce": text,
                        },
                        "required": ["algorithm", "ciphertext", "nonce"],
                    },
                },
                "required": ["id", "event_type", "resource"],
            }),
        );
        self.components
    }

    /// A reference to the component of an object of this area.
    pub(super) fn reference(&mut self, area: &str, object: &'static Object) -> Value {
        let name = format!("{area}.{}", object.title);
        if !self.components.contains_key(&name) {
            // Before its members, among which it may stand itself.
            self.components.insert(name.clone(), Value::Null);
            let component = self.object(area, object);
            self.components.insert(name.clone(), component);
        }
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    fn object(&mut self, area: &str, object: &'static Object) -> Value {
        let mut properties = Map::new();
        for property in object.properties {
            properties.insert(property.name.to_owned(), self.schema(area, &property.schema));
        }
        let required = object.properties.iter().filter(|property| property.required);
        let required: Vec<&str> = required.map(|property| property.name).collect();
        let mut out = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            out["required"] = json!(required);
        }
        out
    }

    /// A schema as it stands in its place.
    pub(super) fn schema(&mut self, area: &str, schema: &'static Schema) -> Value {
        let mut out = match schema.kind {
            Kind::String => json!({ "type": "string" }),
            Kind::Integer => json!({ "type": "integer" }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Array(item) => json!({ "type": "array", "items": self.schema(area, item) }),
            Kind::Object(object) => self.reference(area, object),
            _ => json!({}),
        };
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                out[name] = value;
            }
        };
        set("title", schema.label.map(Value::from));
        set("format", schema.format.filter(|format| *format != "binary").map(Value::from));
        set("minLength", schema.min_length.map(Value::from));
        set("maxLength", schema.max_length.map(Value::from));
        set("minimum", schema.minimum.map(Value::from));
        set("maximum", schema.maximum.map(Value::from));
        set("minItems", schema.min_items.map(Value::from));
        set("maxItems", schema.max_items.map(Value::from));
        // The catalogue's match the whole value, those of JSON Schema any part of it.
        let pattern = schema.pattern.filter(|pattern| is_regex(pattern));
        set("pattern", pattern.map(|pattern| Value::from(format!("^(?:{pattern})$"))));
        set("x-pattern", schema.pattern.filter(|pattern| !is_regex(pattern)).map(Value::from));
        set("default", schema.default.and_then(|text| serde_json::from_str(text).ok()));
        let examples = schema.examples.iter().filter_map(|text| serde_json::from_str(text).ok());
        let examples: Vec<Value> = examples.collect();
        set("examples", (!examples.is_empty()).then(|| Value::from(examples)));
        let known = (!schema.values.is_empty()).then(|| values(schema));
        set(if schema.closed { "enum" } else { "x-known-values" }, known);
        set("x-label-disputed", schema.label_disputed.map(Value::from));
        set("x-encrypted", schema.encrypted.then(|| Value::from(true)));
        set("x-decrypted", schema.decrypted.then(|| Value::from(true)));
        set("x-source", schema.source.map(Value::from));
        if let Some(content) = schema.content {
            out["contentMediaType"] = json!("application/json");
            out["contentSchema"] = self.schema(area, content);
        }
        out
    }
}

/// The known values in the type that they are sent in.
fn values(schema: &Schema) -> Value {
    let typed = |text: &&str| match schema.kind {
        Kind::Integer => text.parse::<i64>().map_or_else(|_| Value::from(*text), Value::from),
        _ => Value::from(*text),
    };
    schema.values.iter().map(typed).collect()
}

/// Whether no class of the expression has a range whose end comes before its beginning: one is published like that.
fn is_regex(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    // The characters of the class so far; none outside of one.
    let mut class: Option<Vec<char>> = None;
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => chars.next().unwrap_or(c),
            '[' if class.is_none() => {
                class = Some(Vec::new());
                continue;
            }
            ']' => {
                class = None;
                continue;
            }
            '-' => match (class.as_ref().and_then(|class| class.last()), chars.peek()) {
                (Some(from), Some(to)) if *to != ']' && to < from => return false,
                _ => c,
            },
            _ => c,
        };
        if let Some(class) = &mut class {
            class.push(c);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_regex;

    #[test]
    fn a_range_that_runs_backwards_is_no_regular_expression() {
        for good in
            [r"[0-9A-Za-z_-]+", r"[0-9a-zA-Z \-_\\/=|]+", r"\d{8}|\d{14}", r"[a-zA-Z0-9\|\*_-]{1,128}"]
        {
            assert!(is_regex(good), "{good}");
        }
        assert!(!is_regex(r"[a-zA-Z0-9\|-_\*]{1,128}"));
    }
}
