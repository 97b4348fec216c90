//! The register of faults: everything that is known to go wrong between a merchant and WeChat Pay, who answers for it
//! here, and which tests prove it.
//!
//! A test proves a fault by its name: `r05_300_seconds_both_ways` and `n12_n16_unknown_serials` carry the ids that they
//! cover. [`tests`] finds them in the sources, so the register cannot promise what no test holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod table;

pub use table::FAULTS;

/// One way in which an integration fails.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Section letter and number, such as `R01`.
    pub id: &'static str,
    /// Who answers for it.
    pub owner: Owner,
    /// Whether tests have to cover it today.
    pub due: bool,
    /// What happens, in a few words.
    pub what: &'static str,
}

/// Who answers for a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The sandbox makes it happen.
    Inject,
    /// The sandbox recognises it in a caller.
    Detect,
    /// The client prevents it or reacts to it.
    Client,
    /// The merchant's receiver has to react; a conformance run shows it.
    Receiver,
    /// The relay reacts to it.
    Relay,
    /// Byte-exact vectors decide it.
    Vector,
    /// Not taken up yet.
    Later,
}

impl Owner {
    /// Its name in the printed register.
    pub fn name(self) -> &'static str {
        match self {
            Owner::Inject => "inject",
            Owner::Detect => "detect",
            Owner::Client => "client",
            Owner::Receiver => "receiver",
            Owner::Relay => "relay",
            Owner::Vector => "vector",
            Owner::Later => "later",
        }
    }
}

/// Every test below `workspace` whose name carries fault ids: id → `crate::file::name`.
///
/// # Panics
///
/// When a source file cannot be read.
pub fn tests(workspace: &Path) -> BTreeMap<String, Vec<String>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(workspace.join("crates")).expect("the workspace has crates") {
        let krate = entry.expect("a readable folder").path();
        for folder in ["src", "tests"] {
            rust_files(&krate.join(folder), &mut files);
        }
    }
    rust_files(&workspace.join("examples"), &mut files);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a readable source file");
        let place = file.strip_prefix(workspace).unwrap_or(&file).display().to_string();
        for name in source.lines().filter_map(function_name) {
            for id in ids(name) {
                found.entry(id).or_default().push(format!("{place}: {name}"));
            }
        }
    }
    found
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn function_name(line: &str) -> Option<&str> {
    let rest = line.trim_start();
    let rest = rest.strip_prefix("pub ").unwrap_or(rest);
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    rest.strip_prefix("fn ")?.split(['(', '<']).next()
}

/// The ids at the start of a test's name.
fn ids(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split('_').map_while(|part| {
        let (letter, number) = part.split_at_checked(1)?;
        let known = "rkqtnfl".contains(letter)
            && number.len() == 2
            && number.bytes().all(|byte| byte.is_ascii_digit());
        known.then(|| part.to_ascii_uppercase())
    })
}
