//! The types of one area: requests, answers, and what they are made of.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::literal::{imports, text};
use super::docs::{comment, member, plain};
use super::names::variant;
use super::queries;
use super::shapes::{Shapes, Type, leaf};
use crate::model::{Area, Kind, Object, Property};
use crate::spelling::{field, type_name};

/// The file of the area's types.
pub(super) fn area(area: &Area, shapes: &Shapes<'_>) -> String {
    with_imports(&all(shapes, operation_roles(area)))
}

/// The types; `roles` says what some of them are for.
pub(super) fn all<'a>(shapes: &Shapes<'a>, mut roles: BTreeMap<&'a str, String>) -> String {
    part_roles(shapes, &mut roles);
    let mut out = String::new();
    let (mut opaque, mut read) = (Vec::new(), Vec::new());
    for (title, object) in shapes.types {
        let (sent, received) = (shapes.requests.contains(&**title), shapes.answers.contains(&**title));
        if sent || received {
            let role = roles.get(&**title).map_or_else(|| plain(title), Clone::clone);
            self::object(&mut out, shapes, object, &role);
            opaque.push(type_name(title));
        }
        if received {
            read.push(type_name(title));
        }
    }
    for parameters in shapes.parameters.values() {
        queries::render(&mut out, shapes, parameters);
        opaque.push(parameters.name.clone());
    }
    for (name, (values, label)) in &shapes.enum_values {
        self::values(&mut out, name, values, *label);
    }
    for (name, types) in [("json_object", read), ("json_opaque", opaque)] {
        if !types.is_empty() {
            _ = writeln!(out, "\n{name}! {{ {} }}", types.join(", "));
        }
    }
    out
}

/// The code with what it names.
pub(super) fn with_imports(code: &str) -> String {
    let json = ["Ciphertext", "Embedded", "Field", "Object", "ObjectWriter", "Seal", "Sealing", "Sensitive"];
    let core = [
        "Call",
        "Notification",
        "Parameters",
        "PlatformKey",
        "Time",
        "json_object",
        "json_opaque",
        "json_text",
    ];
    let mut out = String::new();
    out.push_str(&imports("serde::de", &["MapAccess"], code));
    out.push_str(&imports("serde", &["Serialize", "Serializer"], code));
    out.push_str(&imports("serde_json", &["Value"], code));
    out.push_str(&imports("weipay_core", &core, code));
    out.push_str(&imports("weipay_core::json", &json, code));
    // Methods have these names too.
    for reader in ["optional", "required"] {
        if code.contains(&format!(" {reader}(&mut self.")) {
            _ = writeln!(out, "use weipay_core::json::{reader};");
        }
    }
    out + code
}

/// The types that are the request or answer of an operation.
fn operation_roles(area: &Area) -> BTreeMap<&str, String> {
    let mut roles = BTreeMap::new();
    for operation in &area.operations {
        let place = format!("`{} {}`", operation.method.to_uppercase(), operation.template);
        for body in &operation.bodies {
            for (schema, what) in [(&body.request, "Request"), (&body.answer, "Answer")] {
                if let Some(Kind::Object(title)) = schema.as_ref().map(|schema| &schema.kind) {
                    let role = format!("{what} of {}, {place}.", plain(&operation.title));
                    roles.entry(title.as_str()).or_insert(role);
                }
            }
        }
    }
    roles
}

/// The types that are members of others.
fn part_roles<'a>(shapes: &Shapes<'a>, roles: &mut BTreeMap<&'a str, String>) {
    for object in shapes.types.values() {
        for Property { name, schema, .. } in &object.properties {
            if let Kind::Object(title) = &leaf(schema).kind {
                let label = schema.label.as_deref().map_or_else(|| format!("`{name}`"), plain);
                let role = format!("{label}: `{name}` of [`{}`].", type_name(&object.title));
                let known =
                    shapes.requests.contains(&*object.title) || shapes.answers.contains(&*object.title);
                if known {
                    roles.entry(title).or_insert(role);
                }
            }
        }
    }
}

/// A member as a constructor sees it.
pub(super) struct Member {
    pub(super) field: String,
    pub(super) of: Type,
    /// An argument of `new`.
    pub(super) required: bool,
    /// No `Option`.
    pub(super) sure: bool,
}

fn object(out: &mut String, shapes: &Shapes<'_>, object: &Object, role: &str) {
    let title = object.title.as_str();
    let name = type_name(title);
    let (sent, received) = (shapes.requests.contains(title), shapes.answers.contains(title));
    let members: Vec<Member> = object
        .properties
        .iter()
        .map(|property| Member {
            field: field(&property.name),
            of: shapes.member(title, &property.name, &property.schema),
            required: property.required,
            sure: shapes.is_sure(object, property),
        })
        .collect();
    out.push('\n');
    out.push_str(&comment("", role));
    let default = if received || members.iter().all(|member| !member.required) { ", Default" } else { "" };
    _ = writeln!(out, "#[derive(Clone, PartialEq{default})]\n#[non_exhaustive]\npub struct {name} {{");
    for (property, Member { field, of, sure, .. }) in object.properties.iter().zip(&members) {
        let rust = if *sure { of.rust() } else { format!("Option<{}>", of.rust()) };
        out.push_str(&comment(
            "    ",
            &member(&property.name, property.schema.label.as_deref(), &property.schema),
        ));
        _ = writeln!(out, "    pub {field}: {rust},");
    }
    out.push_str("}\n");
    if sent {
        _ = writeln!(out, "\nimpl {name} {{");
        constructor(out, &members);
        out.push_str("}\n");
        write(out, shapes, object, &name, &members);
    }
    if received {
        read(out, object, &name, &members);
    }
}

/// `new` with the required members, and a setter for each other.
pub(super) fn constructor(out: &mut String, members: &[Member]) {
    let mut arguments = Vec::new();
    let mut values = Vec::new();
    for Member { field, of, required, sure } in members {
        let (argument, value) = of.argument(field);
        match (required, sure) {
            (true, true) if value == *field => values.push(field.clone()),
            (true, true) => values.push(format!("{field}: {value}")),
            (true, false) => values.push(format!("{field}: Some({value})")),
            (false, _) => values.push(format!("{field}: None")),
        }
        if *required {
            arguments.push(format!("{field}: {argument}"));
        }
    }
    let what = match arguments.len() {
        0 => "Without any member set.".to_owned(),
        1..=6 => "With the members that must be there.".to_owned(),
        // Where a reader loses count, the order is told.
        _ => {
            let names = members.iter().filter(|member| member.required).map(|member| &member.field);
            let lines = names.enumerate().fold(String::new(), |mut lines, (index, name)| {
                _ = write!(lines, "\n{}. [`{name}`](Self::{name})", index + 1);
                lines
            });
            format!("With the members that must be there, in the order of the official page:\n{lines}")
        }
    };
    out.push_str(&comment("    ", &what));
    _ = writeln!(out, "    pub fn new({}) -> Self {{", arguments.join(", "));
    _ = writeln!(out, "        Self {{ {} }}\n    }}", values.join(", "));
    for Member { field, of, .. } in members.iter().filter(|member| !member.required) {
        let (argument, value) = of.argument("value");
        _ = writeln!(out, "\n    /// Sets [`{field}`](Self::{field}).");
        _ = writeln!(
            out,
            "    pub fn {field}(mut self, value: {argument}) -> Self {{ self.{field} = Some({value}); self }}"
        );
    }
}

fn write(out: &mut String, shapes: &Shapes<'_>, object: &Object, name: &str, members: &[Member]) {
    let sealed = shapes.sealed.contains(object.title.as_str());
    _ = match sealed {
        true => writeln!(
            out,
            "\nimpl Seal for {name} {{\n    fn seal<S: Serializer>(&self, s: S, key: &PlatformKey) -> Result<S::Ok, S::Error> {{"
        ),
        false => writeln!(
            out,
            "\nimpl Serialize for {name} {{\n    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {{"
        ),
    };
    let mutable = if members.is_empty() { "" } else { "mut " };
    _ = writeln!(out, "        let {mutable}object = ObjectWriter::new(s)?;");
    for (property, Member { field, of, sure, .. }) in object.properties.iter().zip(members) {
        let wire = text(&property.name);
        _ = match (*sure, shapes.is_sealed(of)) {
            (true, false) => writeln!(out, "        object.required({wire}, &self.{field})?;"),
            (false, false) => writeln!(out, "        object.optional({wire}, &self.{field})?;"),
            (true, true) => writeln!(out, "        object.required({wire}, &Sealing(&self.{field}, key))?;"),
            (false, true) => {
                writeln!(
                    out,
                    "        object.optional({wire}, &self.{field}.as_ref().map(|value| Sealing(value, key)))?;"
                )
            }
        };
    }
    out.push_str("        object.end()\n    }\n}\n");
}

fn read(out: &mut String, object: &Object, name: &str, members: &[Member]) {
    _ = writeln!(out, "\nimpl Object for {name} {{");
    let fields: Vec<String> = object
        .properties
        .iter()
        .zip(members)
        .map(|(property, member)| {
            let kind = if member.sure { "required" } else { "optional" };
            format!("Field::{kind}({})", text(&property.name))
        })
        .collect();
    _ = writeln!(out, "    const FIELDS: &'static [Field] = &[{}];\n", fields.join(", "));
    let unused = match members {
        [] => ["_", "_"],
        [_] => ["_", ""],
        _ => ["", ""],
    };
    let [index, map] = unused;
    _ = writeln!(
        out,
        "    fn set<'de, A: MapAccess<'de>>(&mut self, {index}index: usize, {map}map: &mut A) -> Result<bool, A::Error> {{"
    );
    let reading = |member: &Member| {
        let kind = if member.sure { "required" } else { "optional" };
        format!("{kind}(&mut self.{}, map)", member.field)
    };
    match members {
        [] => out.push_str("        Ok(false)\n"),
        [one] => _ = writeln!(out, "        {}", reading(one)),
        [first @ .., last] => {
            out.push_str("        match index {\n");
            for (index, member) in first.iter().enumerate() {
                _ = writeln!(out, "            {index} => {},", reading(member));
            }
            _ = writeln!(out, "            _ => {},\n        }}", reading(last));
        }
    }
    out.push_str("    }\n}\n");
}

/// An open enum. Two values that would have one name in Rust are numbered by their place.
fn values(out: &mut String, name: &str, values: &[String], label: Option<&str>) {
    out.push_str("\njson_text! {\n");
    out.push_str(&comment(
        "    ",
        &format!("{}.", label.map_or_else(|| format!("A known value of {name}"), plain)),
    ));
    _ = writeln!(out, "    pub enum {name} {{");
    let mut taken: Vec<String> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let mut rust = variant(value);
        if taken.contains(&rust) {
            rust = format!("{rust}{index}");
        }
        _ = writeln!(out, "        /// `{value}`\n        {rust} = {},", text(value));
        taken.push(rust);
    }
    out.push_str("    }\n}\n");
}
