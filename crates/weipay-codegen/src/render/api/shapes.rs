//! Which types an area needs: their directions, their members' types, its enums.

use std::collections::{BTreeMap, BTreeSet};

use super::queries::{self, ParametersType};
use crate::error::{Problem, Problems};
use crate::model::{Area, Body, Catalogue, Kind, Object, Operation, Property, Schema, Types};
use crate::spelling::{field, pascal, type_name};

/// What is known of the types of one area.
pub(super) struct Shapes<'a> {
    pub(super) types: &'a Types,
    /// The titles of types that are written.
    pub(super) requests: BTreeSet<&'a str>,
    /// The titles of types that are read.
    pub(super) answers: BTreeSet<&'a str>,
    /// The titles of written types that reach a sensitive member.
    pub(super) sealed: BTreeSet<&'a str>,
    /// The titles of read types that some operation reaches which the official Go SDK does not confirm.
    unconfirmed: BTreeSet<&'a str>,
    /// Members of read types that independent sources dispute.
    disputed: BTreeSet<(&'a str, String)>,
    /// Query and header parameters by operation.
    pub(super) parameters: BTreeMap<&'a str, ParametersType<'a>>,
    /// The name of the enum of each member, by the owner's title and the member's name.
    enums: BTreeMap<(String, String), String>,
    /// The values of each enum, and what it is called in Chinese.
    pub(super) enum_values: BTreeMap<String, (&'a [String], Option<&'a str>)>,
}

/// A member that is an enum.
struct EnumUse<'a> {
    /// The title or type that it is a member of.
    owner: String,
    schema: &'a Schema,
    label: Option<&'a str>,
}

/// The Rust type of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    Text,
    Time,
    Integer,
    Unsigned,
    Real,
    Flag,
    Enum(String),
    Object {
        title: String,
        boxed: bool,
    },
    List(Box<Type>),
    Any,
    Sensitive,
    Ciphertext,
    /// JSON text of this type.
    Embedded(Box<Type>),
}

impl<'a> Shapes<'a> {
    /// Those of an area.
    pub(super) fn of(area: &'a Area, types: &'a Types, problems: &mut Problems) -> Self {
        let mut shapes = Self::none(types);
        for operation in &area.operations {
            for body in &operation.bodies {
                reach(types, shapes.request(operation, body), &mut shapes.requests);
                reach(types, body.answer.as_ref(), &mut shapes.answers);
                if !operation.confirmed_by.iter().any(|source| source == "go") {
                    reach(types, body.answer.as_ref(), &mut shapes.unconfirmed);
                }
                shapes.dispute(operation, body.answer.as_ref());
            }
            if let Some(parameters) = queries::parameters(area, operation) {
                for parameter in &parameters.members {
                    reach(types, Some(&parameter.schema), &mut shapes.requests);
                }
                shapes.parameters.insert(&operation.id, parameters);
            }
        }
        shapes.finish(&format!("catalogue/openapi/{}.yaml", area.name), problems);
        shapes
    }

    /// Those of the notifications: no official SDK confirms any.
    pub(super) fn of_events(catalogue: &'a Catalogue, problems: &mut Problems) -> Self {
        let mut shapes = Self::none(&catalogue.event_types);
        for event in &catalogue.events {
            for variant in &event.variants {
                reach_title(shapes.types, &variant.resource, &mut shapes.answers);
            }
            reach(shapes.types, event.reply.as_ref(), &mut shapes.requests);
        }
        shapes.unconfirmed = shapes.answers.clone();
        shapes.finish("catalogue/openapi/webhooks.yaml", problems);
        shapes
    }

    fn none(types: &'a Types) -> Self {
        Self {
            types,
            requests: BTreeSet::new(),
            answers: BTreeSet::new(),
            sealed: BTreeSet::new(),
            unconfirmed: BTreeSet::new(),
            disputed: BTreeSet::new(),
            parameters: BTreeMap::new(),
            enums: BTreeMap::new(),
            enum_values: BTreeMap::new(),
        }
    }

    /// What a caller writes as the body; nothing of an upload whose JSON part the file decides.
    pub(super) fn request<'b>(&self, operation: &Operation, body: &'b Body) -> Option<&'b Schema> {
        let request = body.request.as_ref()?;
        let decided = operation.upload.is_some()
            && object(self.types, request).is_some_and(|meta| meta.properties.is_empty());
        (!decided).then_some(request)
    }

    /// What follows from the directions of the types.
    fn finish(&mut self, file: &str, problems: &mut Problems) {
        let types = self.types;
        let sealed = |title: &&'a str| {
            let mut members = closure(types, title).into_iter().flat_map(|title| &types[title].properties);
            members.any(|member| leaf(&member.schema).encrypted)
        };
        self.sealed = self.requests.iter().copied().filter(sealed).collect();
        self.name_enums(file, problems);
        self.check(file, problems);
    }

    /// The members that `response.a.b` in `x-disputed` names.
    fn dispute(&mut self, operation: &'a Operation, answer: Option<&'a Schema>) {
        for (path, _) in &operation.disputed {
            let Some(path) = path.strip_prefix("response.") else { continue };
            let mut here = answer.and_then(|answer| object(self.types, answer));
            for name in path.split('.') {
                let Some(object) = here else { break };
                self.disputed.insert((&object.title, name.trim_end_matches("[]").to_owned()));
                let property =
                    object.properties.iter().find(|property| property.name == name.trim_end_matches("[]"));
                here = property.and_then(|property| self::object(self.types, &property.schema));
            }
        }
    }

    /// An enum is named by its member where all members of that name have the same values, else by its owner too.
    fn name_enums(&mut self, file: &str, problems: &mut Problems) {
        let used: BTreeSet<&str> = self.requests.union(&self.answers).copied().collect();
        let mut taken: BTreeSet<String> = used.iter().map(|title| type_name(title)).collect();
        taken.extend(self.parameters.values().map(|parameters| parameters.name.clone()));
        for (member, uses) in self.enum_uses(&used) {
            let plain = pascal(member);
            let one =
                type_name(&plain) == plain && uses.iter().all(|of| of.schema.values == uses[0].schema.values);
            for EnumUse { owner, schema, label } in uses {
                let mut name = if one { plain.clone() } else { format!("{owner}{plain}") };
                if taken.contains(&name) {
                    name.push_str("Value");
                }
                self.enums.insert((owner, member.to_owned()), name.clone());
                let (values, _) = self.enum_values.entry(name.clone()).or_insert((&schema.values, label));
                if *values != schema.values {
                    problems
                        .push(Problem::of_file(file, format!("two enums would both be the type `{name}`")));
                }
            }
        }
    }

    /// Every member that is an enum, by its name.
    fn enum_uses(&self, used: &BTreeSet<&str>) -> BTreeMap<&'a str, Vec<EnumUse<'a>>> {
        let types = self.types.values().filter(|object| used.contains(object.title.as_str()));
        let members = types.flat_map(|object| {
            let owner = &object.title;
            object
                .properties
                .iter()
                .map(move |one| (owner.clone(), &*one.name, &one.schema, one.schema.label.as_deref()))
        });
        let parameters = self.parameters.values().flat_map(|of| {
            of.members.iter().map(|one| (of.name.clone(), &*one.name, &one.schema, one.label.as_deref()))
        });
        let mut uses: BTreeMap<&str, Vec<EnumUse<'a>>> = BTreeMap::new();
        for (owner, member, schema, label) in members.chain(parameters) {
            let schema = leaf(schema);
            if is_enum(schema) {
                uses.entry(member).or_default().push(EnumUse { owner, schema, label });
            }
        }
        uses
    }

    fn check(&self, file: &str, problems: &mut Problems) {
        let both = self.requests.intersection(&self.answers);
        for title in both {
            let object = &self.types[*title];
            let encrypted =
                |member: &&Property| leaf(&member.schema).encrypted || leaf(&member.schema).decrypted;
            if let Some(member) = object.properties.iter().find(encrypted) {
                let why = format!(
                    "`{title}` is sent and received; its member `{}` is encrypted in one",
                    member.name
                );
                problems.push(Problem::of_file(file, why));
            }
        }
        for object in self.types.values() {
            let mut names = BTreeMap::new();
            for member in &object.properties {
                if let Some(other) = names.insert(field(&member.name), &member.name) {
                    let why = format!(
                        "`{}` and `{other}` of `{}` have one name in Rust",
                        member.name, object.title
                    );
                    problems.push(Problem::of_file(file, why));
                }
            }
            let secret = |member: &&Property| {
                let content = leaf(&member.schema).content.as_deref();
                let within = content.and_then(|content| self::object(self.types, content));
                within.is_some_and(|within| self.sealed.contains(within.title.as_str()))
            };
            if let Some(member) = object.properties.iter().find(secret) {
                let why =
                    format!("`{}` of `{}` is JSON text with encrypted members", member.name, object.title);
                problems.push(Problem::of_file(file, why));
            }
            if object.properties.len() > 128 {
                problems
                    .push(Problem::of_file(file, format!("`{}` has more than 128 members", object.title)));
            }
        }
    }

    /// The type of a member.
    pub(super) fn member(&self, owner: &str, name: &str, schema: &Schema) -> Type {
        match &schema.kind {
            Kind::Array(item) => Type::List(Box::new(self.member(owner, name, item))),
            Kind::Object(title) => {
                let boxed = closure(self.types, title).contains(owner);
                Type::Object { title: type_name(title), boxed }
            }
            Kind::Any => Type::Any,
            Kind::Boolean => Type::Flag,
            Kind::Number => Type::Real,
            Kind::Integer if schema.format.as_deref() == Some("uint64") => Type::Unsigned,
            Kind::Integer => Type::Integer,
            Kind::String if schema.encrypted && !self.answers.contains(owner) => Type::Sensitive,
            Kind::String if schema.decrypted && self.answers.contains(owner) => Type::Ciphertext,
            Kind::String if schema.format.as_deref() == Some("date-time") => Type::Time,
            Kind::String => {
                if let Some(content) = &schema.content {
                    // Kept as text, so it needs no box where it repeats its owner.
                    return Type::Embedded(Box::new(match &content.kind {
                        Kind::Object(title) => Type::Object { title: type_name(title), boxed: false },
                        _ => self.member(owner, name, content),
                    }));
                }
                let key = (owner.to_owned(), name.to_owned());
                self.enums.get(&key).map_or(Type::Text, |name| Type::Enum(name.clone()))
            }
        }
    }

    /// Whether a member of this object is always there in Rust.
    pub(super) fn is_sure(&self, object: &Object, member: &Property) -> bool {
        let title = object.title.as_str();
        let answered = self.answers.contains(title);
        let unsure =
            self.unconfirmed.contains(title) || self.disputed.contains(&(title, member.name.clone()));
        member.required && !(answered && unsure)
    }

    /// Whether a value of this type is written with a key.
    pub(super) fn is_sealed(&self, of: &Type) -> bool {
        match of {
            Type::Sensitive => true,
            Type::List(item) => self.is_sealed(item),
            Type::Object { title, .. } => self.sealed.iter().any(|sealed| type_name(sealed) == *title),
            _ => false,
        }
    }
}

impl Type {
    /// As it stands in a struct.
    pub(super) fn rust(&self) -> String {
        match self {
            Self::Text => "String".to_owned(),
            Self::Time => "Time".to_owned(),
            Self::Integer => "i64".to_owned(),
            Self::Unsigned => "u64".to_owned(),
            Self::Real => "f64".to_owned(),
            Self::Flag => "bool".to_owned(),
            Self::Enum(name) => name.clone(),
            Self::Object { title, boxed: false } => title.clone(),
            Self::Object { title, boxed: true } => format!("Box<{title}>"),
            Self::List(item) => format!("Vec<{}>", item.rust()),
            Self::Any => "Value".to_owned(),
            Self::Sensitive => "Sensitive".to_owned(),
            Self::Ciphertext => "Ciphertext".to_owned(),
            Self::Embedded(of) => format!("Embedded<{}>", of.rust()),
        }
    }

    /// As an argument, and how the argument becomes the value.
    pub(super) fn argument(&self, name: &str) -> (String, String) {
        match self {
            // A sensitive text is said to be one where it is given: it takes no plain text.
            Self::Text | Self::Time | Self::Enum(_) | Self::Any | Self::Embedded(_) => {
                (format!("impl Into<{}>", self.rust()), format!("{name}.into()"))
            }
            Self::Object { title, boxed: true } => (title.clone(), format!("Box::new({name})")),
            Self::List(item) => match item.as_ref() {
                Self::Text | Self::Time | Self::Enum(_) | Self::Any => (
                    format!("impl IntoIterator<Item: Into<{}>>", item.rust()),
                    format!("{name}.into_iter().map(Into::into).collect()"),
                ),
                _ => (
                    format!("impl IntoIterator<Item = {}>", item.rust()),
                    format!("{name}.into_iter().collect()"),
                ),
            },
            _ => (self.rust(), name.to_owned()),
        }
    }
}

fn is_enum(schema: &Schema) -> bool {
    matches!(schema.kind, Kind::String)
        && !schema.values.is_empty()
        && !schema.encrypted
        && !schema.decrypted
        && schema.format.as_deref() != Some("date-time")
}

/// The schema itself, or that of an array's items.
pub(super) fn leaf(schema: &Schema) -> &Schema {
    match &schema.kind {
        Kind::Array(item) => leaf(item),
        _ => schema,
    }
}

fn object<'a>(types: &'a Types, schema: &'a Schema) -> Option<&'a Object> {
    match (&leaf(schema).kind, &leaf(schema).content) {
        (Kind::Object(title), _) => types.get(title),
        (Kind::String, Some(content)) => object(types, content),
        _ => None,
    }
}

/// Adds the types that `schema` reaches.
fn reach<'a>(types: &'a Types, schema: Option<&'a Schema>, into: &mut BTreeSet<&'a str>) {
    if let Some(object) = schema.and_then(|schema| object(types, schema)) {
        reach_title(types, &object.title, into);
    }
}

/// Adds a type and those that it reaches.
fn reach_title<'a>(types: &'a Types, title: &str, into: &mut BTreeSet<&'a str>) {
    let Some(object) = types.get(title) else { return };
    if into.insert(&object.title) {
        object.properties.iter().for_each(|member| reach(types, Some(&member.schema), into));
    }
}

/// A type and all that it reaches.
fn closure<'a>(types: &'a Types, title: &str) -> BTreeSet<&'a str> {
    let mut all = BTreeSet::new();
    reach_title(types, title, &mut all);
    all
}
