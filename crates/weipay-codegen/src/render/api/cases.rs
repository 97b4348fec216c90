//! The tests of every operation: a call by the typed chain with all members set, and the members of its answer.

use std::fmt::Write;

use serde_json::Value;

use super::super::literal::{imports, text};
use super::shapes::{Shapes, Type};
use super::{paths, sample};
use crate::model::{Area, Body, Kind, Object, Operation, Schema};
use crate::spelling::{field, module, pascal, type_name};

/// The cases of one area.
pub(super) fn area(area: &Area, shapes: &Shapes<'_>) -> String {
    let mut out = String::new();
    out.push_str("\npub(super) const CASES: &[Case] = &[\n");
    let writer = Cases { shapes };
    for operation in &area.operations {
        for body in &operation.bodies {
            out.push_str(&writer.case(operation, body, &body.name));
        }
        if let Some(verb) = operation.fetches().filter(|_| operation.download.is_none()) {
            out.push_str(&writer.case(operation, &operation.bodies[0], verb));
        }
    }
    out.push_str("];\n");
    out.push_str(&members(shapes));
    let deprecated = area.operations.iter().any(|operation| operation.deprecated);
    let deprecated =
        if deprecated { "#![expect(deprecated, reason = \"they can still be called\")]\n\n" } else { "" };
    let mut uses = imports("crate", &["Case", "time", "upload_file"], &out)
        + &imports("weipay_core::json", &["Embedded", "Sensitive"], &out);
    // Members and modules have these names too.
    for (sign, path) in [("found::<", "crate::found"), ("trunk::", "weipay_api::chain::trunk")] {
        if out.contains(sign) {
            _ = writeln!(uses, "use {path};");
        }
    }
    if out.contains("t::") {
        _ = writeln!(uses, "use weipay_api::{} as t;", module(&area.name));
    }
    format!("{deprecated}{uses}{out}")
}

/// How the members of each type that is read are found.
pub(super) fn members(shapes: &Shapes<'_>) -> String {
    let mut out = String::new();
    for title in &shapes.answers {
        let object = &shapes.types[*title];
        let members: Vec<String> = object
            .properties
            .iter()
            .map(|member| format!("{}: {}", field(&member.name), text(&member.name)))
            .collect();
        _ = writeln!(out, "\nmembers! {{ t::{} {{ {} }} }}", type_name(title), members.join(", "));
    }
    let texts: Vec<String> = shapes.enum_values.keys().map(|name| format!("t::{name}")).collect();
    if !texts.is_empty() {
        _ = writeln!(out, "\ntexts! {{ {} }}", texts.join(", "));
    }
    out
}

struct Cases<'a> {
    shapes: &'a Shapes<'a>,
}

impl Cases<'_> {
    fn case(&self, operation: &Operation, body: &Body, verb: &str) -> String {
        let mut chain = String::new();
        for segment in paths::segments(operation) {
            if chain.is_empty() {
                chain = format!("trunk::{}::new(stage)", pascal(segment));
                continue;
            }
            let method = crate::model::chain::name(operation, segment);
            let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let value = parameter.map_or_else(String::new, |name| {
                let parameter =
                    operation.parameters.iter().find(|one| one.name == name && one.location == "Path");
                parameter.map_or_else(String::new, |parameter| {
                    let value = sample::value(&parameter.schema);
                    if value.is_number() { format!("{value}_i64") } else { scalar(&value) }
                })
            });
            _ = write!(chain, ".{method}({value})");
        }
        let request = match self.shapes.request(operation, body).map(|schema| &schema.kind) {
            Some(Kind::Object(title)) => {
                Some(format!("&{}", self.object(&self.shapes.types[title], &mut Vec::new())))
            }
            _ => None,
        };
        let request = match (&operation.upload, request) {
            (None, request) => request,
            (Some(form), meta) => {
                let extension = form.limits.first().and_then(|(types, _)| types.first());
                let name = format!("name.{}", extension.map_or("bin", String::as_str));
                let file = format!("upload_file({})", text(&name));
                Some(meta.map_or_else(|| file.clone(), |meta| format!("{meta}, {file}")))
            }
        };
        let query = self.shapes.parameters.get(operation.id.as_str()).map(|parameters| {
            let members = parameters.members.iter().map(|parameter| {
                let of = self.shapes.member(&parameters.name, &parameter.name, &parameter.schema);
                let value = sample::value(&parameter.schema);
                (
                    parameter.name.as_str(),
                    parameter.required,
                    self.expression(&of, &parameter.schema, &value, &mut Vec::new()),
                )
            });
            (format!("&{}", built(&parameters.name, members)), parameters.required())
        });
        let call = match (query, request) {
            (None, None) => format!(".{verb}()"),
            (None, Some(request)) => format!(".{verb}({request})"),
            (Some((query, true)), None) => format!(".{verb}({query})"),
            (Some((query, false)), None) => format!(".{verb}_with({query})"),
            (Some((query, _)), Some(request)) => format!(".with({query}).{verb}({request})"),
        };
        let sent = if operation.fetches() == Some(verb) { "" } else { ".send()" };
        let found = match body.answer.as_ref().map(|schema| &schema.kind) {
            Some(Kind::Object(title)) if !sent.is_empty() => {
                format!("Some(found::<t::{}>)", type_name(title))
            }
            _ => "None".to_owned(),
        };
        format!(
            "    Case {{\n        operation: {}, verb: {},\n        send: |stage| {chain}{call}{sent},\n        found: {found},\n    }},\n",
            text(&operation.id),
            text(verb)
        )
    }

    /// An object with all its members, but for those that would repeat what it stands in.
    fn object(&self, object: &Object, within: &mut Vec<String>) -> String {
        within.push(object.title.clone());
        let mut members = Vec::new();
        for member in &object.properties {
            if sample::repeats(&member.schema, within) {
                continue;
            }
            let of = self.shapes.member(&object.title, &member.name, &member.schema);
            let value = sample::value(&member.schema);
            let value = self.expression(&of, &member.schema, &value, within);
            members.push((member.name.as_str(), member.required, value));
        }
        within.pop();
        built(&type_name(&object.title), members.into_iter())
    }

    fn expression(&self, of: &Type, schema: &Schema, value: &Value, within: &mut Vec<String>) -> String {
        match (of, &schema.kind) {
            (Type::Object { .. }, Kind::Object(title)) => self.object(&self.shapes.types[title], within),
            (Type::List(item), Kind::Array(inner)) => {
                let one = |value| self.expression(item, inner, value, within);
                let values: Vec<String> = value.as_array().into_iter().flatten().map(one).collect();
                // Only the outermost list takes anything that can be listed.
                let values: Vec<String> = match item.as_ref() {
                    Type::List(_) => values.iter().map(|value| format!("Vec::from({value})")).collect(),
                    _ => values,
                };
                format!("[{}]", values.join(", "))
            }
            (Type::Embedded(of), _) => match schema.content.as_deref() {
                Some(content @ Schema { kind: Kind::Object(_), .. }) if schema.examples.is_empty() => {
                    self.expression(of, content, value, within)
                }
                _ => format!("Embedded::raw({})", scalar(value)),
            },
            (Type::Sensitive, _) => format!("Sensitive::from({})", scalar(value)),
            (Type::Time, _) => format!("time({})", scalar(value)),
            (Type::Any, _) => {
                format!("serde_json::from_str::<serde_json::Value>({}).unwrap()", text(&value.to_string()))
            }
            (Type::Integer | Type::Unsigned | Type::Real | Type::Flag, _) => value.to_string(),
            _ => scalar(value),
        }
    }
}

/// A constructor and its setters.
fn built<'a>(name: &str, members: impl Iterator<Item = (&'a str, bool, String)>) -> String {
    let (mut needed, mut set) = (Vec::new(), String::new());
    for (member, required, value) in members {
        match required {
            true => needed.push(value),
            false => _ = write!(set, ".{}({value})", field(member)),
        }
    }
    format!("t::{name}::new({}){set}", needed.join(", "))
}

/// A string literal, or a number as it is.
fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), text)
}
