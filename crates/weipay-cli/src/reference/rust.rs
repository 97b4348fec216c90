//! The six Rust styles of a call as code: path template, index and typed chain, each async and blocking.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};
use weipay_catalog::ops::{Method, Operation, UploadForm};
use weipay_catalog::reference::{Body, Kind, ParameterLocation, Reference, spelling};

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

/// The width that a line of code should not exceed.
pub(super) const WIDTH: usize = 100;

impl Code {
    pub(super) fn of(reference: &'static Reference, body: &'static Body, sample: Option<&Value>) -> Self {
        let operation = reference.operation;
        let mut code = Self { dynamic: String::new(), typed: String::new(), styles: Vec::new() };
        let sample = sample.map(|sample| written(operation, sample));
        let sample = sample.as_ref();
        match (operation.upload_form, sample) {
            (Some(form), meta) => {
                let meta = meta.filter(|meta| **meta != Value::Object(Map::new()));
                let meta = meta.map_or("use serde_json::json;\n\nlet body = json!({});".to_owned(), let_body);
                let meta = meta.replacen(
                    "use serde_json::json;",
                    "use serde_json::json;\nuse weipay::UploadFile;",
                    1,
                );
                code.dynamic = format!("{meta}\n{}", let_file(form));
            }
            (None, Some(sample)) => code.dynamic = let_body(sample),
            (None, None) => {}
        }
        let path = operation.template.trim_start_matches('/');
        let steps = steps(reference, sample.is_some());
        let fetch = fetch(operation);
        for (style, root, blocking) in [
            ("path template, async", format!("client.chain({path:?})"), false),
            ("path template, blocking", format!("client.chain({path:?})"), true),
            ("index, async", format!("client[{path:?}]"), false),
            ("index, blocking", format!("client[{path:?}]"), true),
        ] {
            let answer = member_of(body).map(|member| format!("println!(\"{{}}\", answer[{member:?}]);"));
            let call = call(&root, &steps, fetch, operation, blocking, answer.as_deref());
            code.styles.push(Style { name: style, typed: false, code: join(&code.dynamic, &call), call });
        }
        if let Some(typed) = typed::code(reference, body, sample) {
            code.typed = typed.setup;
            for (style, blocking) in [("typed chain, async", false), ("typed chain, blocking", true)] {
                let answer = member_of(body)
                    .map(|member| format!("println!(\"{{:?}}\", answer.{});", spelling::field(member)));
                let call = call(&typed.root, &typed.steps, fetch, operation, blocking, answer.as_deref());
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
    if operation.upload {
        return ".upload(&body, file)".to_owned();
    }
    let name = operation.method.as_str().to_ascii_lowercase();
    match operation.method {
        Method::Get | Method::Delete => format!(".{name}()"),
        _ if has_body => format!(".{name}(&body)"),
        _ => format!(".{name}(&())"),
    }
}

/// What of a sample a caller writes: the file decides the rest of an upload's JSON part.
fn written(operation: &Operation, sample: &Value) -> Value {
    let mut written = sample.clone();
    if let (Some(form), Value::Object(members)) = (operation.upload_form, &mut written) {
        let decided = |name: &str| name == form.digest_member || Some(name) == form.name_member;
        members.retain(|name, _| !decided(name));
    }
    written
}

/// The file of an upload.
pub(super) fn let_file(form: &UploadForm) -> String {
    let extension = form.limits.first().and_then(|limit| limit.types.first()).unwrap_or(&"bin");
    format!("let file = UploadFile::new(\"file.{extension}\", std::fs::read(\"file.{extension}\")?);")
}

/// The verb that fetches the file which the answer is or leads to.
fn fetch(operation: &Operation) -> Option<&'static str> {
    let verified = match (operation.file, operation.download_url) {
        (Some(file), _) => file.digest_header.is_some(),
        (None, Some(leads)) => leads.hash_value.is_some(),
        (None, None) => return None,
    };
    Some(if verified { "download" } else { "download_unverified" })
}

/// The statements of one style.
fn call(
    root: &str,
    steps: &[String],
    fetch: Option<&str>,
    operation: &Operation,
    blocking: bool,
    answer: Option<&str>,
) -> String {
    let asked = || {
        let end = if blocking { ".call()?;" } else { ".await?;" };
        let left = if answer.is_some() { "let answer = " } else { "" };
        let statement = statement(left, root, steps, &[end]);
        answer.map_or(statement.clone(), |answer| format!("{statement}\n{answer}"))
    };
    let Some(fetch) = fetch else { return asked() };
    let Some((verb, steps)) = steps.split_last() else { return asked() };
    let argument = verb.split_once('(').map_or("", |(_, argument)| argument);
    // The typed verb of a query that may be left out.
    let with = if verb.contains("_with(") { "_with" } else { "" };
    let steps = [steps, &[format!(".{fetch}{with}({argument}")]].concat();
    let end = if blocking { "?;" } else { ".await?;" };
    let fetched = statement("let file = ", root, &steps, &[".to_file(\"downloaded\")", end]);
    let fetched = format!("{fetched}\nprintln!(\"{{}} bytes\", file.bytes());");
    match operation.download {
        true => fetched,
        false => format!("{}\n\n// Or the file that it leads to, in one call:\n{fetched}", asked()),
    }
}

/// A whole statement, on one line where it fits. The last end stands behind the step before it.
fn statement(left: &str, root: &str, steps: &[String], ends: &[&str]) -> String {
    let line = format!("{left}{root}{}{}", steps.concat(), ends.concat());
    if line.chars().count() <= WIDTH {
        return line;
    }
    let mut lines = format!("{left}{root}");
    for step in steps.iter().map(String::as_str).chain(ends.iter().copied()) {
        let between = if step.starts_with('?') { "" } else { "\n    " };
        let _ = write!(lines, "{between}{step}");
    }
    lines
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
