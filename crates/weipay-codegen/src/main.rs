//! Generates the tables of `weipay-catalog` and the typed chain of `weipay-api` from `catalogue/`: `write` them, or `check`
//! that they are what it would write.
//!
//! The pipeline has one module per stage:
//! [`load`] (YAML → JSON) → [`overlay`] (corrections) → [`facts`] (what the official pages do not say in a schema)
//! → [`model`] (what the renderers know) → [`render`] (Rust text) → [`tree`] (files).

mod error;
mod facts;
mod load;
mod model;
mod node;
mod overlay;
mod render;
#[expect(unreachable_pub, reason = "the file is a public module of weipay-catalog")]
#[path = "../../weipay-catalog/src/reference/spelling.rs"]
mod spelling;
mod tree;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Problems;

#[derive(Parser)]
#[command(about = "Generates the tables of weipay-catalog and the typed chain of weipay-api from catalogue/")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The folder that holds `catalogue/` and `crates/`; without it, that of this workspace.
    #[arg(long, global = true)]
    root: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Write the generated files; touches none that is already right, and removes those that no longer belong.
    Write,
    /// Exit with 1 and name the first difference where the generated files are not what `write` would leave.
    Check,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let root = arguments.root.unwrap_or_else(workspace_root);
    match run(&arguments.command, &root) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprintln!("{problems}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command, root: &Path) -> Result<String, Problems> {
    let mut sources = load::sources(root)?;
    overlay::apply(&mut sources)?;
    let facts = facts::read(&sources)?;
    let catalogue = model::build(&sources, facts)?;
    let [api, cases] = render::api::folders(&catalogue)?;
    let folders = [(render::CATALOG_FOLDER, render::catalog(&catalogue)), api, cases];
    let sections = render::api::sections(&catalogue);
    let (on_folder, on_section): (OnFolder, OnSection) = match command {
        Command::Write => (tree::write, tree::write_section),
        Command::Check => (tree::check, tree::check_section),
    };
    let mut problems = Problems::default();
    let mut said = Vec::new();
    let folders = folders.iter().map(|(folder, files)| on_folder(root, folder, files));
    for done in folders.chain(sections.iter().map(|(file, text)| on_section(root, file, text))) {
        match done {
            Ok(line) => said.push(line),
            Err(found) => problems.append(found),
        }
    }
    problems.or(said.join("\n"))
}

type OnFolder = fn(&Path, &str, &tree::Files) -> Result<String, Problems>;
type OnSection = fn(&Path, &str, &str) -> Result<String, Problems>;

/// Cargo tells where this package is while it runs it; otherwise the current folder is taken for the root.
fn workspace_root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    package
        .as_deref()
        .and_then(Path::parent)
        .and_then(Path::parent)
        .map_or_else(|| PathBuf::from("."), Path::to_owned)
}
