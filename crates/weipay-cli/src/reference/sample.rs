//! Sample values: what the pages print, and where they print nothing, a value that fits the schema.

use serde_json::{Map, Value};
use weipay_catalog::reference::{Kind, Object, Schema};

/// A sample of this schema. Optional members are in it where the pages have an example of them.
pub(crate) fn sample(schema: &'static Schema) -> Value {
    value(schema, &mut Vec::new())
}

fn value(schema: &'static Schema, above: &mut Vec<&'static str>) -> Value {
    match schema.kind {
        Kind::Object(inner) => object(inner, above),
        Kind::Array(item) => {
            let printed =
                example(schema).filter(|value| value.as_array().is_some_and(|items| !items.is_empty()));
            match printed {
                Some(printed) if item.object().is_none() => printed,
                _ => {
                    let count = schema.min_items.unwrap_or(1).max(1);
                    Value::Array((0..count).map(|_| value(item, above)).collect())
                }
            }
        }
        _ => example(schema).unwrap_or_else(|| made_up(schema, above)),
    }
}

fn object(object: &'static Object, above: &mut Vec<&'static str>) -> Value {
    above.push(object.title);
    let mut members = Map::new();
    for property in object.properties {
        if property.required || printed(&property.schema, above) {
            members.insert(property.name.to_owned(), value(&property.schema, above));
        }
    }
    above.pop();
    Value::Object(members)
}

/// Whether the pages have an example of the value or of something in it.
pub(super) fn printed(schema: &'static Schema, above: &mut Vec<&'static str>) -> bool {
    match schema.kind {
        Kind::Array(item) => !schema.examples.is_empty() && item.object().is_none() || printed(item, above),
        Kind::Object(object) if above.contains(&object.title) => false,
        Kind::Object(object) => {
            above.push(object.title);
            let found = object.properties.iter().any(|property| printed(&property.schema, above));
            above.pop();
            found
        }
        _ => !schema.examples.is_empty(),
    }
}

fn example(schema: &'static Schema) -> Option<Value> {
    serde_json::from_str(schema.examples.first()?).ok()
}

fn made_up(schema: &'static Schema, above: &mut Vec<&'static str>) -> Value {
    match schema.kind {
        Kind::Integer => {
            let known = schema.values.first().and_then(|value| value.parse().ok());
            Value::from(known.unwrap_or_else(|| {
                1.max(schema.minimum.unwrap_or(1)).min(schema.maximum.unwrap_or(i64::MAX))
            }))
        }
        Kind::Number => Value::from(1.5),
        Kind::Boolean => Value::from(true),
        Kind::String => match schema.content {
            Some(content) => Value::from(value(content, above).to_string()),
            None => Value::from(text(schema)),
        },
        _ => Value::Object(Map::new()),
    }
}

fn text(schema: &'static Schema) -> String {
    if let Some(value) = schema.values.first() {
        return (*value).to_owned();
    }
    let plain = match schema.format {
        Some("date-time") => return "2015-05-20T13:29:35+08:00".to_owned(),
        Some("date") => return "2015-05-20".to_owned(),
        Some("uri" | "media-url") => "https://example.com/",
        Some("numeric") => "1",
        _ if schema.pattern.is_some_and(|pattern| pattern.contains("0-9")) => "1",
        _ => "example",
    };
    let fill = if plain == "1" { '1' } else { 'x' };
    let (least, most) =
        (schema.min_length.unwrap_or(0) as usize, schema.max_length.map_or(usize::MAX, |most| most as usize));
    let length = plain.len().clamp(least, most.max(least));
    plain.chars().chain(std::iter::repeat(fill)).take(length).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use weipay_catalog::ops::operations;
    use weipay_catalog::reference::{Kind, Schema, reference};

    use super::sample;

    /// What of a value does not fit its schema, with its place.
    fn misfits(value: &Value, schema: &'static Schema, place: &str, found: &mut Vec<String>) {
        let within = |length: usize, least: Option<u32>, most: Option<u32>| {
            least.is_none_or(|least| length >= least as usize)
                && most.is_none_or(|most| length <= most as usize)
        };
        let fits = match (schema.kind, value) {
            (Kind::String, Value::String(text)) => {
                within(text.chars().count(), schema.min_length, schema.max_length)
                    && (!schema.closed || schema.values.contains(&text.as_str()))
            }
            (Kind::Integer, Value::Number(number)) => number.as_i64().is_none_or(|number| {
                schema.minimum.is_none_or(|least| number >= least)
                    && schema.maximum.is_none_or(|most| number <= most)
            }),
            (Kind::Array(item), Value::Array(items)) => {
                let place = format!("{place}[]");
                for value in items {
                    misfits(value, item, &place, found);
                }
                within(items.len(), schema.min_items, schema.max_items)
            }
            (Kind::Object(object), Value::Object(members)) => {
                for property in object.properties {
                    match members.get(property.name) {
                        Some(value) => {
                            misfits(value, &property.schema, &format!("{place}.{}", property.name), found);
                        }
                        None if property.required => {
                            found.push(format!("{place}.{} is missing", property.name));
                        }
                        None => {}
                    }
                }
                members.keys().all(|name| object.property(name).is_some())
            }
            (Kind::Number, Value::Number(_)) | (Kind::Boolean, Value::Bool(_)) | (Kind::Any, _) => true,
            _ => false,
        };
        if !fits {
            found.push(place.to_owned());
        }
    }

    #[test]
    fn every_sample_fits_its_schema() {
        let mut found = Vec::new();
        for operation in operations() {
            let entry = reference(operation.id).unwrap();
            for parameter in entry.parameters {
                let place = format!("{} {}", operation.id, parameter.name);
                misfits(&sample(&parameter.schema), &parameter.schema, &place, &mut found);
            }
            for schema in entry.bodies.iter().flat_map(|body| [body.request, body.answer]).flatten() {
                misfits(&sample(schema), schema, operation.id, &mut found);
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
