//! Query and header parameters of an operation, as a type of its own.

use std::fmt::Write;

use super::docs::{comment, member, plain};
use super::shapes::{Shapes, Type};
use crate::model::{Area, Operation, Parameter};
use crate::spelling::{field, pascal, type_name};

/// The parameters of one operation that do not stand in the path.
pub(super) struct ParametersType<'a> {
    pub(super) name: String,
    pub(super) operation: &'a Operation,
    pub(super) members: Vec<&'a Parameter>,
}

impl ParametersType<'_> {
    /// Whether a call cannot do without.
    pub(super) fn required(&self) -> bool {
        self.members.iter().any(|member| member.required)
    }
}

/// The operation's parameters; none where all are in the path or set by the protocol itself.
pub(super) fn parameters<'a>(area: &Area, operation: &'a Operation) -> Option<ParametersType<'a>> {
    let own = |parameter: &&Parameter| match parameter.location {
        "Query" => true,
        "Header" => {
            !["wechatpay-serial", "accept-encoding"].contains(&parameter.name.to_lowercase().as_str())
        }
        _ => false,
    };
    let members: Vec<&Parameter> = operation.parameters.iter().filter(own).collect();
    let prefix = area.name.replace('-', "_") + "_";
    let stem = pascal(operation.id.strip_prefix(&prefix).unwrap_or(&operation.id));
    let mut name = format!("{stem}Query");
    if area.types.contains_key(&name) {
        name.push_str("Parameters");
    }
    (!members.is_empty()).then_some(ParametersType { name: type_name(&name), operation, members })
}

/// The type, its constructor and setters, and how it is written.
pub(super) fn render(out: &mut String, shapes: &Shapes<'_>, parameters: &ParametersType<'_>) {
    let ParametersType { name, operation, members } = parameters;
    let of = |parameter: &Parameter| match shapes.member(name, &parameter.name, &parameter.schema) {
        Type::Ciphertext => Type::Text,
        other => other,
    };
    let title = plain(&operation.title);
    let place = format!("`{} {}`", operation.method.to_uppercase(), operation.template);
    let headers = members.iter().any(|member| member.location == "Header");
    let what = if headers { "Query and headers" } else { "Query" };
    out.push('\n');
    out.push_str(&comment("", &format!("{what} of {title}, {place}.")));
    let default = if parameters.required() { "" } else { ", Default" };
    _ = writeln!(out, "#[derive(Clone, PartialEq{default})]\n#[non_exhaustive]\npub struct {name} {{");
    for parameter in members {
        let (field, rust) = (field(&parameter.name), of(parameter).rust());
        let rust = if parameter.required { rust } else { format!("Option<{rust}>") };
        let mut docs = member(&parameter.name, parameter.label.as_deref(), &parameter.schema);
        if let Type::List(_) = of(parameter) {
            docs.push_str(" Assumed, for nothing is published: sent once for each item.");
        }
        out.push_str(&comment("    ", &docs));
        _ = writeln!(out, "    pub {field}: {rust},");
    }
    let inits: Vec<super::types::Member> = members
        .iter()
        .map(|parameter| super::types::Member {
            field: field(&parameter.name),
            of: of(parameter),
            required: parameter.required,
            sure: parameter.required,
        })
        .collect();
    _ = writeln!(out, "}}\n\nimpl {name} {{");
    super::types::constructor(out, &inits);
    _ = writeln!(out, "}}\n\nimpl Parameters for {name} {{");
    _ = writeln!(out, "    #[inline]\n    fn add(&self, call: &mut Call) {{");
    for parameter in members {
        let (wire, field) = (&parameter.name, field(&parameter.name));
        let (value, borrowed) = match parameter.required {
            true => (format!("&self.{field}"), format!("&self.{field}")),
            false => ("value".to_owned(), "value".to_owned()),
        };
        let add = match (parameter.location, of(parameter)) {
            ("Header", _) => format!("call.header({wire:?}, {value});"),
            (_, Type::Sensitive) => format!("call.sensitive_query({wire:?}, {value});"),
            (_, Type::List(_)) => format!("for value in {borrowed} {{ call.query({wire:?}, value); }}"),
            (_, Type::Integer | Type::Unsigned | Type::Real | Type::Flag) if parameter.required => {
                format!("call.query({wire:?}, self.{field});")
            }
            _ => format!("call.query({wire:?}, {value});"),
        };
        match parameter.required {
            true => _ = writeln!(out, "        {add}"),
            false => _ = writeln!(out, "        if let Some(value) = &self.{field} {{ {add} }}"),
        }
    }
    out.push_str("    }\n}\n");
}
