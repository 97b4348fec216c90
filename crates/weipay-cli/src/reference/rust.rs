//! The six Rust styles of a call as code: path template, index and typed chain, each async and blocking.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use weipay_catalog::ops::{Method, Operation};
use weipay_catalog::reference::{Body, Kind, ParameterLocation, Reference};

use super::{sample, typed};

/// The code of one shape of a request in all styles.
#[derive(Serialize)]
pub(crate) struct Code {
    /// What the four dynamic styles begin with.
    #[serde(skip)]
    pub(crate) dynamic: String,
    /// What the two typed styles begin with.
    #[serde(skip)]
    pub(crate) typed: String,
    /// Why there are none, or fewer.
    pub(crate) note: Option<&'static str>,
    pub(crate) styles: Vec<Style>,
}

/// A call in one style.
#[derive(Serialize)]
pub(crate) struct Style {
    /// Such as `path template, async`.
    #[serde(rename = "style")]
    pub(crate) name: &'static str,
    pub(crate) typed: bool,
    /// Complete: for a function that has a `client` and returns a `Result`.
    pub(crate) code: String,
    /// Without what all calls of its kind begin with.
    #[serde(skip)]
    pub(crate) call: String,
}

const UPLOAD: &str = "uploads are not among the styles yet: the client has no multipart body";
const DOWNLOAD: &str = "downloads are not among the styles yet: a file is verified by its published hash, and has a verb of its own to come";

/// The width that a line of code should not exceed.
pub(super) const WIDTH: usize = 100;

impl Code {
    pub(super) fn of(reference: &'static Reference, body: &'static Body, sample: Option<&Value>) -> Self {
        let operation = reference.operation;
        let note = match (operation.upload, operation.download) {
            (true, _) => Some(UPLOAD),
            (_, true) => Some(DOWNLOAD),
            _ => None,
        };
        let mut code = Self { dynamic: String::new(), typed: String::new(), note, styles: Vec::new() };
        if note.is_some() {
            return code;
        }
        if let Some(sample) = sample {
            code.dynamic = let_body(sample);
        }
        let path = operation.template.trim_start_matches('/');
        let steps = steps(reference, sample.is_some());
        for (style, root, blocking) in [
            ("path template, async", format!("client.chain({path:?})"), false),
            ("path template, blocking", format!("client.chain({path:?})"), true),
            ("index, async", format!("client[{path:?}]"), false),
            ("index, blocking", format!("client[{path:?}]"), true),
        ] {
            let answer = member_of(body).map(|member| format!("println!(\"{{}}\", answer[{member:?}]);"));
            let call = statement(&root, &steps, blocking, answer.as_deref());
            code.styles.push(Style { name: style, typed: false, code: join(&code.dynamic, &call), call });
        }
        if let Some(typed) = typed::code(reference, body, sample) {
            code.typed = typed.setup;
            for (style, blocking) in [("typed chain, async", false), ("typed chain, blocking", true)] {
                let answer = member_of(body)
                    .map(|member| format!("println!(\"{{:?}}\", answer.{});", super::names::member(member)));
                let call = statement(&typed.root, &typed.steps, blocking, answer.as_deref());
                code.styles.push(Style { name: style, typed: true, code: join(&code.typed, &call), call });
            }
        }
        code
    }
}

impl Code {
    /// The dynamic or the typed styles as one listing: what they begin with, then each call under its name.
    pub(crate) fn blocks(&self, typed: bool) -> Vec<String> {
        let setup = if typed { &self.typed } else { &self.dynamic };
        let styles = self.styles.iter().filter(|style| style.typed == typed);
        let mut blocks: Vec<String> =
            styles.map(|style| format!("// {}\n{}", style.name, style.call)).collect();
        if !setup.is_empty() {
            blocks.insert(0, setup.clone());
        }
        blocks
    }
}

fn join(setup: &str, call: &str) -> String {
    if setup.is_empty() { call.to_owned() } else { format!("{setup}\n{call}") }
}

/// The member of the answer that the samples print.
fn member_of(body: &'static Body) -> Option<&'static str> {
    let object = body.answer?.object()?;
    let scalar = |kind: Kind| !matches!(kind, Kind::Array(_) | Kind::Object(_) | Kind::Any);
    let member = object.properties.iter().find(|property| scalar(property.schema.kind));
    Some(member.or(object.properties.first())?.name)
}

/// The calls after the root: values, then the verb.
fn steps(reference: &'static Reference, has_body: bool) -> Vec<String> {
    let mut steps = Vec::new();
    for parameter in reference.parameters {
        let step = match parameter.location {
            ParameterLocation::Path => "param",
            ParameterLocation::Header if set_by_the_protocol(parameter.name) => continue,
            ParameterLocation::Header => "header",
            _ => "query",
        };
        if !parameter.required && !sample::printed(&parameter.schema, &mut Vec::new()) {
            continue;
        }
        let values = match sample::sample(&parameter.schema) {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let value = match value {
                Value::String(_) => json(&value, 0),
                Value::Number(_) | Value::Bool(_) if step != "header" => json(&value, 0),
                other => format!("{:?}", other.to_string()),
            };
            steps.push(format!(".{step}({:?}, {value})", parameter.name));
        }
    }
    steps.push(verb(reference.operation, has_body));
    steps
}

/// The headers that a client sends by itself.
pub(super) fn set_by_the_protocol(header: &str) -> bool {
    ["wechatpay-serial", "accept-encoding"].contains(&header.to_ascii_lowercase().as_str())
}

fn verb(operation: &Operation, has_body: bool) -> String {
    let name = operation.method.as_str().to_ascii_lowercase();
    match operation.method {
        Method::Get | Method::Delete => format!(".{name}()"),
        _ if has_body => format!(".{name}(&body)"),
        _ => format!(".{name}(&())"),
    }
}

/// A whole statement, on one line where it fits.
fn statement(root: &str, steps: &[String], blocking: bool, answer: Option<&str>) -> String {
    let send = if blocking { ".call()?;" } else { ".await?;" };
    let left = if answer.is_some() { "let answer = " } else { "" };
    let line = format!("{left}{root}{}{send}", steps.concat());
    let mut code = if line.chars().count() <= WIDTH {
        line
    } else {
        let mut lines = format!("{left}{root}");
        for step in steps.iter().map(String::as_str).chain([send]) {
            let _ = write!(lines, "\n    {step}");
        }
        lines
    };
    if let Some(answer) = answer {
        let _ = write!(code, "\n{answer}");
    }
    code
}

/// `let body = json!(…);`, or a parsed text where the macro would run into the compiler's recursion limit.
fn let_body(sample: &Value) -> String {
    if depth(sample) > 100 {
        let text = serde_json::to_string_pretty(sample).unwrap_or_default();
        let hashes = "#".repeat(1 + text.matches("\"#").count());
        return format!(
            "let body: serde_json::Value = serde_json::from_str(\n    r{hashes}\"{text}\"{hashes},\n)?;"
        );
    }
    format!("use serde_json::json;\n\nlet body = json!({});", json(sample, 0))
}

/// How deep `json!` recurses: about three levels for each member before and around a value.
fn depth(value: &Value) -> usize {
    let deepest = |values: &mut dyn Iterator<Item = &Value>| {
        values.enumerate().map(|(place, value)| 3 * (place + 1) + depth(value)).max().unwrap_or(0)
    };
    match value {
        Value::Array(items) => 2 + deepest(&mut items.iter()),
        Value::Object(members) => 2 + deepest(&mut members.values()),
        _ => 1,
    }
}

/// A value as `json!` takes it.
pub(super) fn json(value: &Value, indent: usize) -> String {
    let inner = "    ".repeat(indent + 1);
    let end = "    ".repeat(indent);
    match value {
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Vec<String> = items.iter().map(|item| json(item, indent)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| format!("{inner}{},\n", json(item, indent + 1)));
            format!("[\n{}{end}]", items.collect::<String>())
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter();
            let members =
                members.map(|(name, value)| format!("{inner}{name:?}: {},\n", json(value, indent + 1)));
            format!("{{\n{}{end}}}", members.collect::<String>())
        }
        Value::String(text) => format!("{text:?}"),
        // A literal without a suffix is an i32.
        Value::Number(number) => match number.as_i64() {
            Some(small) if i32::try_from(small).is_ok() => number.to_string(),
            Some(_) => format!("{number}_i64"),
            None if number.is_u64() => format!("{number}_u64"),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}
