//! The chain: one type per place, one method per segment and verb.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::literal::text;
use super::docs::{comment, operation as described};
use super::paths::Place;
use super::shapes::Shapes;
use crate::error::{Problem, Problems};
use crate::model::{Area, Body, Catalogue, Kind, Operation, Schema};
use crate::spelling::{module, type_name};

/// Writes the files of the chain.
pub(super) struct Chain<'a> {
    catalogue: &'a Catalogue,
    shapes: &'a [Shapes<'a>],
    /// By module.
    pub(super) files: BTreeMap<String, String>,
    pub(super) problems: Problems,
}

/// The nodes that several areas share.
const TRUNK: &str = "trunk";

impl<'a> Chain<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, shapes: &'a [Shapes<'a>]) -> Self {
        Self { catalogue, shapes, files: BTreeMap::new(), problems: Problems::default() }
    }

    /// A root: always there, whatever features are on.
    pub(super) fn root(&mut self, place: &Place<'a>) {
        self.place(place, true);
    }

    /// The module of a place: its area's, where all below is of one.
    fn module(&self, place: &Place<'_>, root: bool) -> String {
        match place.areas.iter().collect::<Vec<_>>().as_slice() {
            [area] if !root => module(&self.catalogue.areas[**area].name),
            _ => TRUNK.to_owned(),
        }
    }

    /// `#[cfg(…)]` of what leads to these areas.
    fn gate(&self, place: &Place<'_>) -> String {
        let mut features: Vec<&str> =
            place.areas.iter().map(|area| self.catalogue.areas[*area].feature.as_str()).collect();
        features.sort_unstable();
        features.dedup();
        gate(&features)
    }

    fn place(&mut self, place: &Place<'a>, root: bool) {
        let home = self.module(place, root);
        let shared = home == TRUNK;
        let gate = if shared && !root { self.gate(place) } else { String::new() };
        let name = &place.name;
        let mut out = format!("\n/// `{}`\n", place.path);
        _ = write!(out, "{gate}");
        _ = writeln!(
            out,
            "#[derive(Clone, Debug)]\n#[must_use = \"a path does nothing until a verb is called and the request is sent\"]"
        );
        // With no feature on, nothing reads a root's; but it is there all the same.
        let field = if root { "#[doc(hidden)] pub" } else { "pub(crate)" };
        _ = writeln!(out, "pub struct {name}<'c, C>({field} Node<'c, C>);\n");
        let mut after = String::new();
        _ = writeln!(out, "{gate}impl<'c, C: Handle> {name}<'c, C> {{");
        if root {
            out.push_str("    /// The root, carried out by `handle`.\n");
            _ = writeln!(
                out,
                "    pub fn new(handle: &'c C) -> Self {{\n        Self(Node::new(handle))\n    }}"
            );
        }
        for child in place.children.values() {
            self.step(&mut out, child, &home);
        }
        for (index, operation) in &place.operations {
            let area = &self.catalogue.areas[*index];
            let gate = if shared { format!("    {}", self::gate(&[&area.feature])) } else { String::new() };
            let writer = Verbs { area, shapes: &self.shapes[*index], operation, place, gate };
            writer.write(&mut out, &mut after);
        }
        if after.matches("\npub struct").count() > 1 {
            let why = format!(
                "two operations of `{}` have parameters beside a body, and `with` serves one",
                place.path
            );
            self.problems.push(Problem::of_file("catalogue", why));
        }
        _ = writeln!(out, "}}\n{after}");
        self.files.entry(home).or_default().push_str(out.trim_end_matches('\n'));
        let home = self.module(place, root);
        self.files.entry(home).or_default().push('\n');
        for child in place.children.values() {
            self.place(child, false);
        }
    }

    /// The method that leads to a child.
    fn step(&self, out: &mut String, child: &Place<'a>, home: &str) {
        let module = self.module(child, false);
        let (gate, path) = match module == home {
            true if home == TRUNK => (format!("    {}", self.gate(child)), String::new()),
            true => (String::new(), String::new()),
            false => (format!("    {}", self.gate(child)), format!("super::{module}::")),
        };
        let Place { name, method, path: at, .. } = child;
        _ = write!(out, "\n    /// `{at}`\n{gate}");
        _ = match &child.parameter {
            None => {
                writeln!(out, "    pub fn {method}(self) -> {path}{name}<'c, C> {{ {path}{name}(self.0) }}")
            }
            Some(wire) => writeln!(
                out,
                "    pub fn {method}(self, {method}: impl ::core::fmt::Display) -> {path}{name}<'c, C> {{ \
                 {path}{name}(self.0.bind({}, {method})) }}",
                text(wire)
            ),
        };
    }
}

fn gate(features: &[&str]) -> String {
    let features: Vec<String> =
        features.iter().map(|feature| format!("feature = {}", text(feature))).collect();
    match features.as_slice() {
        [one] => format!("#[cfg({one})]\n"),
        several => format!("#[cfg(any({}))]\n", several.join(", ")),
    }
}

/// The verbs of one operation.
struct Verbs<'a> {
    area: &'a Area,
    shapes: &'a Shapes<'a>,
    operation: &'a Operation,
    place: &'a Place<'a>,
    /// The attribute above each verb, indented.
    gate: String,
}

impl Verbs<'_> {
    /// Writes the verbs into the node's `impl`, and types of their own after it.
    fn write(&self, out: &mut String, after: &mut String) {
        let parameters = self.shapes.parameters.get(self.operation.id.as_str());
        let query = parameters.map(|parameters| self.of_area(&parameters.name));
        let required = parameters.is_some_and(super::queries::ParametersType::required);
        let with_body = self.operation.bodies.iter().any(|body| body.request.is_some());
        match query {
            Some(query) if with_body => {
                self.with(out, &query, required);
                let (name, gate) = (format!("{}With", self.place.name), self.gate.trim_start());
                _ = writeln!(
                    after,
                    "\n/// `{}` with its query.\n{gate}#[derive(Clone, Debug)]",
                    self.place.path
                );
                _ = writeln!(
                    after,
                    "#[must_use = \"a path does nothing until a verb is called and the request is sent\"]"
                );
                _ = writeln!(
                    after,
                    "pub struct {name}<'c, C>(Node<'c, C>);\n\n{gate}impl<'c, C: Handle> {name}<'c, C> {{"
                );
                self.verbs(after, "", "", false);
                after.push_str("}\n");
                if !required {
                    self.verbs(out, "", "", true);
                }
            }
            Some(query) if required => self.verbs(out, &format!(", query: &{query}"), ".with(query)", true),
            Some(query) => {
                self.verbs(out, "", "", true);
                self.get_with(out, &query);
            }
            None => self.verbs(out, "", "", true),
        }
    }

    fn verbs(&self, out: &mut String, argument: &str, with: &str, gated: bool) {
        for body in &self.operation.bodies {
            let docs = described(self.area, self.operation, body.shape.as_deref());
            let gate = if gated { self.gate.as_str() } else { "" };
            _ = write!(out, "\n{}{gate}", comment("    ", &docs));
            if self.operation.deprecated {
                let instead = self.operation.replaced_by.as_ref();
                let why = instead
                    .map_or("the official page says so".to_owned(), |id| format!("its successor is {id}"));
                _ = writeln!(out, "    #[deprecated = {}]", text(&why));
            }
            self.verb(out, body, &body.name, argument, with);
        }
        if let (Some(verb), true) = (self.leads(), gated) {
            let verbs = &self.operation.bodies[0].name;
            let docs = match verb {
                "download" => format!(
                    "Fetches the file that [`{verbs}`](Self::{verbs}) leads to, and verifies it by its published hash."
                ),
                _ => format!(
                    "Fetches the file that [`{verbs}`](Self::{verbs}) leads to. No hash is published for it."
                ),
            };
            _ = write!(out, "\n{}{}", comment("    ", &docs), self.gate);
            self.fetch(out, verb, argument, with);
        }
    }

    /// The verb that fetches the file that the answer leads to.
    fn leads(&self) -> Option<&'static str> {
        self.operation.fetches().filter(|_| self.operation.download.is_none())
    }

    fn target(&self) -> String {
        format!("Method::{}, {}", self.operation.method, text(&self.operation.template))
    }

    fn fetch(&self, out: &mut String, verb: &str, argument: &str, with: &str) {
        let kind =
            if self.operation.fetches() == Some("download") { "VerifiedFile" } else { "UnverifiedFile" };
        let target = self.target();
        _ = writeln!(
            out,
            "    pub fn {verb}(self{argument}) -> C::Downloading<'c, weipay_core::{kind}> {{\n        self.0{with}.download({target})\n    }}"
        );
    }

    fn upload(&self, out: &mut String, body: &Body, with: &str) {
        let answer = self.name(body.answer.as_ref()).unwrap_or_else(|| "()".to_owned());
        let target = self.target();
        let meta = self.shapes.request(self.operation, body);
        let (argument, send) = match (self.name(meta), meta) {
            (Some(meta), Some(Schema { kind: Kind::Object(title), .. })) => {
                let how = if self.shapes.sealed.contains(title.as_str()) { "sealed" } else { "json" };
                (format!("meta: &{meta}, "), format!("{how}({target}, meta).upload(file)"))
            }
            _ => (String::new(), format!("request({target}).upload(file)")),
        };
        _ = writeln!(
            out,
            "    pub fn {}(self, {argument}file: weipay_core::UploadFile) -> Request<'c, C, {answer}> {{\n        self.0{with}.{send}\n    }}",
            body.name
        );
    }

    fn verb(&self, out: &mut String, body: &Body, verb: &str, argument: &str, with: &str) {
        if self.operation.download.is_some() {
            return self.fetch(out, verb, argument, with);
        }
        if self.operation.upload.is_some() {
            return self.upload(out, body, with);
        }
        let answer = self.name(body.answer.as_ref()).unwrap_or_else(|| "()".to_owned());
        let target = self.target();
        let (argument, send) = match (self.name(body.request.as_ref()), body.request.as_ref()) {
            (Some(request), Some(Schema { kind: Kind::Object(title), .. })) => {
                let how = if self.shapes.sealed.contains(title.as_str()) { "sealed" } else { "json" };
                (format!(", body: &{request}"), format!("{how}({target}, body)"))
            }
            _ => (argument.to_owned(), format!("request({target})")),
        };
        _ = writeln!(out, "    pub fn {verb}(self{argument}) -> Request<'c, C, {answer}> {{");
        _ = writeln!(out, "        self.0{with}.{send}\n    }}");
    }

    /// The door for a query that may be left out.
    fn get_with(&self, out: &mut String, query: &str) {
        for body in &self.operation.bodies {
            let verb = &body.name;
            let name = format!("{verb}_with");
            _ = write!(out, "\n    /// [`{verb}`](Self::{verb}) with a query.\n{}", self.gate);
            self.verb(out, body, &name, &format!(", query: &{query}"), ".with(query)");
        }
        if let Some(verb) = self.leads() {
            _ = write!(out, "\n    /// [`{verb}`](Self::{verb}) with a query.\n{}", self.gate);
            self.fetch(out, &format!("{verb}_with"), &format!(", query: &{query}"), ".with(query)");
        }
    }

    /// Parameters beside a body come first.
    fn with(&self, out: &mut String, query: &str, required: bool) {
        let name = format!("{}With", self.place.name);
        let verbs: Vec<&str> = self.operation.bodies.iter().map(|body| body.name.as_str()).collect();
        let verbs = verbs.join("` or `");
        let must = if required { "Needed: the" } else { "The" };
        _ = write!(out, "\n    /// {must} query; then `{verbs}` with the body.\n{}", self.gate);
        _ = writeln!(
            out,
            "    pub fn with(self, query: &{query}) -> {name}<'c, C> {{\n        {name}(self.0.with(query))\n    }}"
        );
    }

    /// The path of a schema's type.
    fn name(&self, schema: Option<&Schema>) -> Option<String> {
        match &schema?.kind {
            Kind::Object(title) => Some(self.of_area(&type_name(title))),
            Kind::Any => Some("serde_json::Value".to_owned()),
            _ => None,
        }
    }

    fn of_area(&self, name: &str) -> String {
        format!("crate::{}::{name}", module(&self.area.name))
    }
}
