//! The typed chain as code: constructors with the required members, setters, and the path as methods.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value};
use weipay_catalog::ops::{self, Operation};
use weipay_catalog::reference::{
    self, Body, Kind, Object, Parameter, ParameterLocation, Reference, Schema, spelling,
};

use super::{rust, sample};

/// The parts of a typed call.
pub(super) struct Typed {
    /// Imports, query and body.
    pub(super) setup: String,
    /// The client, with the path where that fits on one line.
    pub(super) root: String,
    /// The methods after that.
    pub(super) steps: Vec<String>,
}

/// The typed call with this body; none where the chain has no verb for it.
pub(super) fn code(
    reference: &'static Reference,
    body: &'static Body,
    sample: Option<&Value>,
) -> Option<Typed> {
    let operation = reference.operation;
    let mut writer = Writer::default();
    let mut lets = String::new();
    let mut arguments = [false, false];
    let own: Vec<&'static Parameter> =
        reference.parameters.iter().filter(|parameter| is_own(parameter)).collect();
    let shown = |parameter: &&&'static Parameter| {
        parameter.required || sample::printed(&parameter.schema, &mut Vec::new())
    };
    let query: Vec<&'static Parameter> = own.iter().filter(shown).copied().collect();
    if !query.is_empty() {
        let value = writer.query(query_name(operation), &query);
        let _ = writeln!(lets, "let query = {value};");
        arguments[0] = true;
    }
    // The JSON part of an upload may have nothing that the file does not decide.
    let decided = operation.upload && sample.is_some_and(|sample| *sample == Value::Object(Map::new()));
    if let (Some(schema), Some(sample)) = (body.request, sample.filter(|_| !decided)) {
        let value = match schema.kind {
            Kind::Object(_) | Kind::Any => writer.value(schema, sample, 0),
            _ => return None,
        };
        let _ = writeln!(lets, "let body = {value};");
        arguments[1] = true;
    }
    let required = own.iter().any(|parameter| parameter.required);
    let path = path(reference);
    let joined = format!("client{}", path.concat());
    let (root, mut steps) =
        if joined.len() < rust::WIDTH { (joined, Vec::new()) } else { ("client".to_owned(), path) };
    let verb = body.name;
    match arguments {
        [true, true] => steps.extend([".with(&query)".to_owned(), format!(".{verb}(&body)")]),
        [false, true] => steps.push(format!(".{verb}(&body)")),
        [true, false] if required => steps.push(format!(".{verb}(&query)")),
        [true, false] => steps.push(format!(".{verb}_with(&query)")),
        [false, false] => steps.push(format!(".{verb}()")),
    }
    if let Some(form) = operation.upload_form {
        let _ = writeln!(lets, "{}", rust::let_file(form));
        for step in &mut steps {
            *step =
                step.replace(".upload()", ".upload(file)").replace(".upload(&body)", ".upload(&body, file)");
        }
    }
    let imports = writer.imports(operation);
    let setup = if imports.is_empty() { lets } else { format!("{imports}\n{lets}") };
    Some(Typed { setup: setup.trim_end().to_owned(), root, steps })
}

/// Whether the parameter is a member of the query type.
fn is_own(parameter: &Parameter) -> bool {
    match parameter.location {
        ParameterLocation::Path => false,
        ParameterLocation::Header => !rust::set_by_the_protocol(parameter.name),
        _ => true,
    }
}

/// The methods that lead to the operation's place.
fn path(reference: &'static Reference) -> Vec<String> {
    let chain_name = |segment: &str| reference.chain_names.iter().find(|(of, _)| *of == segment);
    let segments = reference.operation.template.split('/').skip(1);
    segments
        .filter(|segment| !segment.is_empty() || chain_name(segment).is_some())
        .map(|segment| {
            let name = chain_name(segment)
                .map_or_else(|| spelling::segment(segment), |(_, name)| (*name).to_owned());
            let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let known = |parameter: &&Parameter, name: &str| {
                parameter.location == ParameterLocation::Path && parameter.name == name
            };
            let parameter = parameter
                .and_then(|name| reference.parameters.iter().find(|parameter| known(parameter, name)));
            match parameter.map(|parameter| sample::sample(&parameter.schema)) {
                None => format!(".{name}()"),
                Some(value) => format!(".{name}({})", rust::json(&value, 0)),
            }
        })
        .collect()
}

/// The type of an operation's query: named by its id, and apart from the bodies' types of its area.
fn query_name(operation: &'static Operation) -> String {
    let prefix = operation.area.replace('-', "_") + "_";
    let stem = spelling::pascal(operation.id.strip_prefix(&prefix).unwrap_or(operation.id));
    let name = format!("{stem}Query");
    let taken = titles(operation.area).contains(name.as_str());
    spelling::type_name(&if taken { format!("{name}Parameters") } else { name })
}

/// The titles of an area's objects.
fn titles(area: &str) -> BTreeSet<&'static str> {
    let mut titles = BTreeSet::new();
    let operations = ops::operations().iter().filter(|operation| operation.area == area);
    for body in
        operations.filter_map(|operation| reference::reference(operation.id)).flat_map(|entry| entry.bodies)
    {
        [body.request, body.answer].into_iter().flatten().for_each(|schema| collect(schema, &mut titles));
    }
    titles
}

fn collect(schema: &'static Schema, titles: &mut BTreeSet<&'static str>) {
    match schema.kind {
        Kind::Array(item) => collect(item, titles),
        Kind::Object(object) if titles.insert(object.title) => {
            object.properties.iter().for_each(|property| collect(&property.schema, titles));
        }
        _ => {}
    }
}

/// Writes values as expressions, and remembers what they need.
#[derive(Default)]
struct Writer {
    types: BTreeSet<String>,
    time: bool,
    json: bool,
    embedded: bool,
}

impl Writer {
    fn imports(&self, operation: &Operation) -> String {
        let mut imports = String::new();
        if self.json {
            imports.push_str("use serde_json::json;\n");
        }
        let own: &[&str] = match (self.time, operation.upload) {
            (true, true) => &["{Time, UploadFile}"],
            (true, false) => &["Time"],
            (false, true) => &["UploadFile"],
            (false, false) => &[],
        };
        for own in own {
            let _ = writeln!(imports, "use weipay::{own};");
        }
        if self.embedded {
            imports.push_str("use weipay::api::Embedded;\n");
        }
        let types: Vec<&str> = self.types.iter().map(String::as_str).collect();
        let module = spelling::module(operation.area);
        let _ = match types.as_slice() {
            [] => Ok(()),
            [one] => writeln!(imports, "use weipay::api::{module}::{one};"),
            several => writeln!(imports, "use weipay::api::{module}::{{{}}};", several.join(", ")),
        };
        imports
    }

    fn query(&mut self, name: String, parameters: &[&'static Parameter]) -> String {
        let members = parameters.iter().map(|parameter| {
            (parameter.name, parameter.required, &parameter.schema, sample::sample(&parameter.schema))
        });
        let members: Vec<_> = members.collect();
        self.constructor(name, &members, 0)
    }

    fn object(&mut self, object: &'static Object, value: &Value, indent: usize) -> String {
        let members = object.properties.iter().filter_map(|property| {
            let value = value.get(property.name)?;
            Some((property.name, property.required, &property.schema, value.clone()))
        });
        let members: Vec<_> = members.collect();
        self.constructor(spelling::type_name(object.title), &members, indent)
    }

    /// `Name::new(required, …).optional(…)`, on one line where nothing is lost by that.
    fn constructor(
        &mut self,
        name: String,
        members: &[(&'static str, bool, &'static Schema, Value)],
        indent: usize,
    ) -> String {
        let pad = "    ".repeat(indent);
        let mut code = format!("{name}::new(");
        self.types.insert(name);
        let required: Vec<_> = members.iter().filter(|(_, required, ..)| *required).collect();
        if let [(_, _, schema, value)] = required.as_slice() {
            code.push_str(&self.value(schema, value, indent));
        } else {
            for (name, _, schema, value) in &required {
                let value = self.value(schema, value, indent + 1);
                let _ = write!(code, "\n{pad}    {value}, // {name}");
            }
            if !required.is_empty() {
                let _ = write!(code, "\n{pad}");
            }
        }
        code.push(')');
        for (name, _, schema, value) in members.iter().filter(|(_, required, ..)| !required) {
            let value = self.value(schema, value, indent);
            let _ = write!(code, "\n{pad}.{}({value})", spelling::field(name));
        }
        code
    }

    /// An expression for an argument, which converts texts by itself.
    fn value(&mut self, schema: &'static Schema, value: &Value, indent: usize) -> String {
        if let (Some(content), Value::String(text)) = (schema.content, value) {
            return self.embedded(content, text, indent);
        }
        match (schema.kind, value) {
            (Kind::Object(object), _) => self.object(object, value, indent),
            (Kind::Array(item), Value::Array(values)) => self.list(item, values, indent),
            (Kind::Any, _) => {
                self.json = true;
                format!("json!({})", rust::json(value, indent))
            }
            // The examples of the pages are ciphertexts; the typed chain takes clear text and encrypts it.
            (Kind::String, _) if schema.encrypted => {
                format!("{:?}.into()", schema.label.unwrap_or("clear text"))
            }
            (Kind::String, Value::String(text)) if schema.format == Some("date-time") => {
                self.time = true;
                format!("Time::parse({text:?})?")
            }
            (Kind::String, Value::String(text)) => format!("{text:?}"),
            (Kind::Number, Value::Number(number)) if !number.is_f64() => format!("{number}.0"),
            _ => value.to_string(),
        }
    }

    /// What a text of JSON stands for, or the text where it is less than that.
    fn embedded(&mut self, content: &'static Schema, text: &str, indent: usize) -> String {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        match (content.kind, &value) {
            (Kind::Object(object), Value::Object(members))
                if object.properties.iter().all(|one| !one.required || members.contains_key(one.name)) =>
            {
                self.object(object, &value, indent)
            }
            (Kind::Array(Schema { kind: Kind::String, .. }), Value::Array(items)) => {
                let items: Vec<String> = items.iter().map(|item| format!("{item}.to_owned()")).collect();
                format!("vec![{}]", items.join(", "))
            }
            _ => {
                self.embedded = true;
                format!("Embedded::raw({text:?})")
            }
        }
    }

    fn list(&mut self, item: &'static Schema, values: &[Value], indent: usize) -> String {
        // Lists of lists are taken as they are, so their texts are owned.
        let owned = |code: String| if code.starts_with('"') { format!("{code}.to_owned()") } else { code };
        let nested = |writer: &mut Self, value: &Value| match (item.kind, value) {
            (Kind::Array(inner), Value::Array(values)) => {
                let values: Vec<_> =
                    values.iter().map(|value| owned(writer.value(inner, value, indent + 1))).collect();
                format!("vec![{}]", values.join(", "))
            }
            _ => writer.value(item, value, indent + 1),
        };
        let values: Vec<String> = values.iter().map(|value| nested(self, value)).collect();
        if values.iter().any(|value| value.contains('\n')) {
            let pad = "    ".repeat(indent);
            let between = format!(",\n{pad}    ");
            return format!("[\n{pad}    {},\n{pad}]", values.join(&between));
        }
        format!("[{}]", values.join(", "))
    }
}
