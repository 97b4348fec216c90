//! Members of bodies and parameters, with those below them.

use serde::Serialize;
use serde_json::Value;
use weipay_catalog::reference::{Kind, Object, Parameter, ParameterLocation, Schema};

/// A member of a JSON object, or a parameter. What is not published is `null` or left out.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as the catalogue has them")]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    /// `path`, `query` or `header`; absent for a member of a body.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<&'static str>,
    pub(crate) required: bool,
    /// The JSON type in words, such as `array of string`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) format: Option<&'static str>,
    pub(crate) label: Option<&'static str>,
    /// What another official rendering of the page calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label_disputed: Option<&'static str>,
    /// The known values; new ones appear without notice unless `closed`.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) values: &'static [&'static str],
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) closed: bool,
    /// Lengths, ranges and the like, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) limits: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) examples: Vec<Value>,
    /// To be encrypted before it is sent.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) encrypted: bool,
    /// Arrives encrypted.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) decrypted: bool,
    /// The one source that knows it, where it is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<&'static str>,
    /// The type's name, of an object or of an array's items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'static str>,
    /// The members below; of a type that contains itself they are told once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<Member>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Member {
    /// Where it stands and what it is.
    pub(crate) fn words(&self) -> String {
        let place = self.location.map_or_else(String::new, |place| format!("{place} "));
        let format = self.format.map_or_else(String::new, |format| format!(" ({format})"));
        format!("{place}{}{format}", self.kind)
    }

    /// What is told of it, piece by piece.
    pub(crate) fn told(&self) -> Vec<String> {
        let mut told = vec![self.label.unwrap_or("(no label)").to_owned()];
        told.extend(self.label_disputed.map(|label| format!("another page calls it {label}")));
        if !self.values.is_empty() {
            let open = if self.closed { "one of" } else { "known values" };
            told.push(format!("{open} {}", self.values.join(" | ")));
        }
        told.extend(self.limits.iter().cloned());
        told.extend(self.default.map(|value| format!("{value} where absent")));
        if self.encrypted {
            told.push("sent encrypted".to_owned());
        }
        if self.decrypted {
            told.push("arrives encrypted".to_owned());
        }
        told.extend(self.source.map(|source| format!("known from {source} alone")));
        told.extend(self.examples.first().map(|example| format!("such as {example}")));
        told
    }
}

/// The members of a body: those of the object, or of an array's items.
pub(crate) fn members(schema: &'static Schema) -> Vec<Member> {
    object(schema).map_or_else(Vec::new, |object| below(object, &mut Vec::new()))
}

/// The members of an object.
pub(crate) fn members_of(object: &'static Object) -> Vec<Member> {
    below(object, &mut Vec::new())
}

pub(crate) fn parameter(parameter: &'static Parameter) -> Member {
    let mut member = member(parameter.name, parameter.required, &parameter.schema, &mut Vec::new());
    member.label = parameter.label.or(member.label);
    member.location = Some(match parameter.location {
        ParameterLocation::Path => "path",
        ParameterLocation::Header => "header",
        _ => "query",
    });
    member
}

fn below(object: &'static Object, above: &mut Vec<&'static str>) -> Vec<Member> {
    if above.contains(&object.title) {
        return Vec::new();
    }
    above.push(object.title);
    let members = object.properties.iter();
    let members =
        members.map(|property| member(property.name, property.required, &property.schema, above)).collect();
    above.pop();
    members
}

fn member(
    name: &'static str,
    required: bool,
    schema: &'static Schema,
    above: &mut Vec<&'static str>,
) -> Member {
    let item = leaf(schema);
    let inner = object(schema).or_else(|| item.content.and_then(object));
    let values = if schema.values.is_empty() { item.values } else { schema.values };
    Member {
        name,
        location: None,
        required,
        kind: kind(schema),
        format: item.format,
        label: schema.label,
        label_disputed: schema.label_disputed,
        values,
        closed: schema.closed || item.closed,
        limits: limits(schema),
        default: schema.default,
        examples: schema.examples.iter().filter_map(|example| serde_json::from_str(example).ok()).collect(),
        encrypted: item.encrypted,
        decrypted: item.decrypted,
        source: schema.source,
        title: inner.map(|object| object.title),
        members: inner.map_or_else(Vec::new, |object| below(object, above)),
    }
}

/// The schema itself, or that of an array's items.
pub(crate) fn leaf(schema: &'static Schema) -> &'static Schema {
    match schema.kind {
        Kind::Array(item) => leaf(item),
        _ => schema,
    }
}

pub(crate) fn object(schema: &'static Schema) -> Option<&'static Object> {
    leaf(schema).object()
}

/// The JSON type in words.
pub(crate) fn kind(schema: &'static Schema) -> String {
    match schema.kind {
        Kind::String if schema.content.is_some() => "string of JSON".to_owned(),
        Kind::String => "string".to_owned(),
        Kind::Integer => "integer".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Object(_) => "object".to_owned(),
        Kind::Array(item) => format!("array of {}", kind(item)),
        _ => "any".to_owned(),
    }
}

/// The limits of a value and of an array's items, in words.
fn limits(schema: &'static Schema) -> Vec<String> {
    let mut limits = Vec::new();
    let mut say = |least: Option<i64>, most: Option<i64>, of: &str| match (least, most) {
        (Some(least), Some(most)) if least == most => limits.push(format!("{most}{of}")),
        (Some(least), Some(most)) => limits.push(format!("{least} to {most}{of}")),
        (None, Some(most)) => limits.push(format!("at most {most}{of}")),
        (Some(least), None) => limits.push(format!("at least {least}{of}")),
        (None, None) => {}
    };
    let item = leaf(schema);
    let count = |limit: Option<u32>| limit.map(i64::from);
    say(count(schema.min_items), count(schema.max_items), " items");
    say(count(item.min_length), count(item.max_length), " characters");
    say(item.minimum, item.maximum, "");
    if let Some(pattern) = item.pattern {
        limits.push(format!("matches {pattern}"));
    }
    limits
}
