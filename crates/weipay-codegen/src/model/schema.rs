use std::collections::BTreeMap;

use serde_json::Value;

use super::{Kind, Object, Property, Schema, Types, example};
use crate::error::{Problem, Problems};
use crate::node::Node;

/// All that may stand on a schema. The last line is known but says nothing that the tables need.
#[rustfmt::skip]
const KEYS: [&str; 29] = [
    "type", "title", "required", "properties", "items", "enum", "format", "x-format", "minLength", "maxLength",
    "minimum", "maximum", "minItems", "maxItems", "pattern", "default", "examples", "contentMediaType",
    "contentSchema", "x-label", "x-label-disputed", "x-closed", "x-encrypted", "x-decrypted", "x-source", "$ref",
    "contentEncoding", "x-variant", "x-when",
];

/// Builds the schemas of one file and collects its object types.
pub(super) struct Builder<'a> {
    document: &'a Node<'a>,
    types: Types,
    /// Where each title was first met: the same title elsewhere is another type by the same name.
    origins: BTreeMap<String, String>,
    problems: Problems,
    /// The operation that is being read, for messages.
    pub(super) operation: Option<String>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(document: &'a Node<'a>) -> Self {
        Self {
            document,
            types: Types::new(),
            origins: BTreeMap::new(),
            problems: Problems::default(),
            operation: None,
        }
    }

    /// The types, and what is wrong with examples.
    pub(super) fn finish(self) -> (Types, Problems) {
        (self.types, self.problems)
    }

    /// Whether the object of this title has this member.
    pub(super) fn has_member(&self, title: &str, name: &str) -> bool {
        self.property(title, name).is_some()
    }

    /// A member of the object of this title.
    pub(super) fn property(&self, title: &str, name: &str) -> Option<&Property> {
        self.types.get(title)?.properties.iter().find(|property| property.name == name)
    }

    /// JSON pointers to all that is marked within a schema, `*` being each item of an array. A type within itself is
    /// followed once.
    pub(super) fn pointers(&self, schema: &Schema, marked: fn(&Schema) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(schema, marked, String::new(), &mut Vec::new(), &mut found);
        found
    }

    fn collect<'s>(
        &'s self,
        schema: &'s Schema,
        marked: fn(&Schema) -> bool,
        pointer: String,
        within: &mut Vec<&'s str>,
        found: &mut Vec<String>,
    ) {
        match &schema.kind {
            Kind::Array(item) => self.collect(item, marked, format!("{pointer}/*"), within, found),
            Kind::Object(title) if !within.contains(&title.as_str()) => {
                within.push(title);
                for property in self.types.get(title).map_or(&[][..], |object| &object.properties) {
                    let name = property.name.replace('~', "~0").replace('/', "~1");
                    self.collect(&property.schema, marked, format!("{pointer}/{name}"), within, found);
                }
                within.pop();
            }
            _ => {}
        }
        if marked(schema) {
            found.push(pointer);
        }
    }

    /// What a `$ref` refers to, or the node itself.
    pub(super) fn resolve(&self, node: Node<'a>) -> Result<Node<'a>, Problem> {
        let Some(reference) = node.get("$ref") else { return Ok(node) };
        let target = reference.text()?;
        let mut found = self.document.clone();
        for key in target.strip_prefix("#/").unwrap_or(target).split('/') {
            found =
                found.get(key).ok_or_else(|| reference.problem(format!("`{target}` is not in this file")))?;
        }
        if found.get("$ref").is_some() {
            return Err(reference.problem(format!("`{target}` is only another reference")));
        }
        Ok(found)
    }

    /// Reads a schema; what stands beside a `$ref` is said of this use only.
    pub(super) fn schema(&mut self, node: &Node<'a>) -> Result<Schema, Problem> {
        node.only(&KEYS)?;
        let target = self.resolve(node.clone())?;
        target.only(&KEYS)?;
        let kind = self.kind(&target)?;
        // For each key, what this use says comes before what the referred schema says.
        let said = |key: &str| if node.get(key).is_some() { node.clone() } else { target.clone() };
        let text = |key: &str| said(key).optional_text(key);
        let values = said("enum").items("enum")?;
        let examples = said("examples").items("examples")?;
        let default = said("default").get("default");
        let content = said("contentSchema").get("contentSchema");
        let schema = Schema {
            format: text("format")?.map_or_else(|| text("x-format"), |format| Ok(Some(format)))?,
            values: values.iter().map(plain_text).collect::<Result<_, _>>()?,
            closed: said("x-closed").flag("x-closed")?,
            min_length: said("minLength").number("minLength")?,
            max_length: said("maxLength").number("maxLength")?,
            minimum: said("minimum").number("minimum")?,
            maximum: said("maximum").number("maximum")?,
            min_items: said("minItems").number("minItems")?,
            max_items: said("maxItems").number("maxItems")?,
            pattern: text("pattern")?,
            default: default.as_ref().map(|node| node.value.to_string()),
            label: text("x-label")?,
            label_disputed: text("x-label-disputed")?,
            examples: examples.iter().map(|node| node.value.to_string()).collect(),
            encrypted: said("x-encrypted").flag("x-encrypted")?,
            decrypted: said("x-decrypted").flag("x-decrypted")?,
            content: content.map(|node| self.schema(&node).map(Box::new)).transpose()?,
            source: text("x-source")?,
            kind,
        };
        for node in examples.iter().chain(&default) {
            if let Err(reason) = example::fits(node.value, &schema) {
                let problem = node.problem(format!("`{}` {reason}", node.value));
                self.problems.push(Problem { operation: self.operation.clone(), ..problem });
            }
        }
        Ok(schema)
    }

    fn kind(&mut self, node: &Node<'a>) -> Result<Kind, Problem> {
        Ok(match node.need("type")?.text()? {
            "string" => Kind::String,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "array" => Kind::Array(Box::new(self.schema(&node.need("items")?)?)),
            "object" if node.get("properties").is_none() => Kind::Any,
            "object" => Kind::Object(self.object(node)?),
            other => return Err(node.problem(format!("the type `{other}` is not used by this API"))),
        })
    }

    fn object(&mut self, node: &Node<'a>) -> Result<String, Problem> {
        let title = node.need_text("title")?;
        let good = title.starts_with(|c: char| c.is_ascii_uppercase())
            && title.chars().all(|c| c.is_ascii_alphanumeric());
        if !good {
            return Err(node.problem(format!("the title `{title}` must be in PascalCase")));
        }
        match self.origins.get(&title) {
            Some(origin) if *origin == node.path => return Ok(title),
            Some(origin) => return Err(node.problem(format!("the title `{title}` is taken by {origin}"))),
            None => self.origins.insert(title.clone(), node.path.clone()),
        };
        let required = node.texts("required")?;
        let mut properties = Vec::new();
        for (name, member) in node.need("properties")?.members()? {
            let required = required.iter().any(|required| required == name);
            properties.push(Property { name: name.to_owned(), required, schema: self.schema(&member)? });
        }
        match required.iter().find(|name| !properties.iter().any(|property| property.name == **name)) {
            Some(name) => {
                return Err(node.problem(format!("requires `{name}`, which is none of its properties")));
            }
            None => self.types.insert(title.clone(), Object { title: title.clone(), properties }),
        };
        Ok(title)
    }
}

/// The text of an enum's value: strings as they are, numbers in decimal.
fn plain_text(node: &Node<'_>) -> Result<String, Problem> {
    match node.value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(node.problem("must be a string or a number")),
    }
}
