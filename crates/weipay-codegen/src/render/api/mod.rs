//! The files of `weipay-api`: the typed chain and its types.

mod cases;
mod docs;
mod events;
mod features;
mod names;
mod nodes;
mod paths;
mod queries;
mod sample;
mod shapes;
mod types;

use std::collections::BTreeMap;
use std::fmt::Write;

pub(crate) use features::sections;

use self::shapes::Shapes;
use super::FIRST_LINE;
use super::literal::imports;
use crate::error::Problems;
use crate::model::{Area, Catalogue, Types};
use crate::spelling::module;
use crate::tree::Files;

/// Where the generated part of `weipay-api` lives.
const FOLDER: &str = "crates/weipay-api/src/generated";

/// Where its generated tests live.
const CASES: &str = "crates/weipay-api/tests/it/generated";

/// The folders with all their files, or what keeps them from being written.
pub(crate) fn folders(catalogue: &Catalogue) -> Result<[(&'static str, Files); 2], Problems> {
    let mut problems = Problems::default();
    let roots = paths::roots(catalogue, &mut problems);
    let types: Vec<Types> = catalogue.areas.iter().map(Area::typed).collect();
    let areas = catalogue.areas.iter().zip(&types);
    let shapes: Vec<_> = areas.map(|(area, types)| Shapes::of(area, types, &mut problems)).collect();
    let mut chain = nodes::Chain::new(catalogue, &shapes);
    for root in roots.values() {
        chain.root(root);
    }
    let events = Shapes::of_events(catalogue, &mut problems);
    let nodes::Chain { files: nodes, problems: more, .. } = chain;
    problems.append(more);
    let (mut code, mut cases) = (code(catalogue, nodes, &shapes), cases(catalogue, &shapes));
    code.insert(
        "types/events.rs".to_owned(),
        format!("{FIRST_LINE}\n{}", events::types(catalogue, &events, &mut problems)),
    );
    cases.insert("events.rs".to_owned(), format!("{FIRST_LINE}\n{}", events::cases(catalogue, &events)));
    problems.or([(FOLDER, code), (CASES, cases)])
}

/// The chain and the types.
fn code(catalogue: &Catalogue, nodes: BTreeMap<String, String>, shapes: &[Shapes<'_>]) -> Files {
    let mut files = Files::new();
    let mut add = |name: String, text: String| _ = files.insert(name, format!("{FIRST_LINE}\n{text}"));
    let (mut chain_index, mut types_index) = (String::new(), String::new());
    for (name, code) in nodes {
        let area = catalogue.areas.iter().find(|area| module(&area.name) == name);
        let (docs, gate) = match area {
            Some(area) => (
                format!("//! The paths of {} alone: {}.\n\n", area.name, docs::plain(&area.title)),
                format!("#[cfg(feature = {:?})]\n", area.feature),
            ),
            None => ("//! The paths that lead to several areas.\n\n".to_owned(), String::new()),
        };
        // Which of its verbs are there depends on the features: full paths need no imports.
        let code = match area {
            Some(_) => code,
            None => code
                .replace("Method::", "weipay_catalog::ops::Method::")
                .replace("-> Request<", "-> weipay_core::Request<"),
        };
        let uses = imports("weipay_catalog::ops", &["Method"], &code)
            + &imports("weipay_core", &["Handle", "Node", "Request"], &code);
        _ = writeln!(chain_index, "{gate}pub mod {name};");
        add(format!("chain/{name}.rs"), format!("{docs}{uses}{code}"));
    }
    for (area, shapes) in catalogue.areas.iter().zip(shapes) {
        let name = module(&area.name);
        let docs = format!("//! The types of {}: {}.\n\n", area.name, docs::plain(&area.title));
        _ = writeln!(types_index, "#[cfg(feature = {:?})]\npub mod {name};", area.feature);
        add(format!("types/{name}.rs"), docs + &types::area(area, shapes));
    }
    types_index.push_str("pub use weipay_core::json::{Ciphertext, Embedded, Sensitive};\n");
    types_index.push_str("#[cfg(feature = \"events\")]\npub mod events;\n");
    add(
        "chain/mod.rs".to_owned(),
        format!("//! The places of the typed chain; a program need not name them.\n\n{chain_index}"),
    );
    add("types/mod.rs".to_owned(), format!("//! Requests, answers and queries by area.\n\n{types_index}"));
    add("mod.rs".to_owned(), "pub mod chain;\npub(crate) mod types;\n".to_owned());
    files
}

/// The tests.
fn cases(catalogue: &Catalogue, shapes: &[Shapes<'_>]) -> Files {
    let mut files = Files::new();
    let (mut modules, mut all) = (String::new(), String::new());
    for (area, shapes) in catalogue.areas.iter().zip(shapes) {
        let (name, gate) = (module(&area.name), format!("#[cfg(feature = {:?})]", area.feature));
        _ = writeln!(modules, "{gate}\nmod {name};");
        _ = writeln!(all, "    {gate}\n    {name}::CASES,");
        files.insert(format!("{name}.rs"), format!("{FIRST_LINE}\n{}", cases::area(area, shapes)));
    }
    modules.push_str("#[cfg(feature = \"events\")]\npub(crate) mod events;\n");
    let index = format!("{modules}\nuse crate::Case;\n\npub(crate) const CASES: &[&[Case]] = &[\n{all}];\n");
    files.insert("mod.rs".to_owned(), format!("{FIRST_LINE}\n{index}"));
    files
}
