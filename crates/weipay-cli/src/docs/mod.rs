//! `weipay docs build`: the reference as a static site.

mod event;
mod html;
mod index;
mod operation;
mod parts;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use weipay_catalog::{ops, reference};

use crate::output::{self, Failure};
use crate::reference::{EventPage, Page};
use index::Index;

/// What tells a folder of ours from others.
const MARK: &str = "Written by `weipay docs build`.";

/// The text above the options in `weipay docs --help`.
pub(crate) const ABOUT: &str = "\
The reference as a static site: a page for each operation and each notification, and a front page that searches them.
It opens from the disk as well as from a server, loads nothing from elsewhere, and works without scripts but for the
search. A folder that this command did not write is left alone.";

/// What the command line says.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Write the site into a folder
    Build {
        /// The folder; it is made if need be
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Writes the site.
pub(crate) fn run(command: &Command) -> Result<bool, Failure> {
    let Command::Build { folder } = command;
    let failed = |error: io::Error| format!("{} cannot be written: {error}", folder.display());
    if !is_ours(folder).map_err(failed)? {
        return Err(format!(
            "{} has files that were not written by `weipay docs build`; name another folder or remove them",
            folder.display()
        )
        .into());
    }
    let pages = write(folder).map_err(failed)?;
    output::result(&format!("{pages} pages; open {}", folder.join("index.html").display()));
    Ok(true)
}

/// Whether the folder may be written: there is none, it is empty, or we wrote it.
fn is_ours(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()
            || fs::read_to_string(folder.join("index.js")).is_ok_and(|text| text.contains(MARK))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// The same pages without a folder: content type and text of one by its path; none if there is no such page.
pub(crate) fn page(path: &str) -> Option<(&'static str, String)> {
    const HTML: &str = "text/html; charset=utf-8";
    let named = |folder: &str| path.strip_prefix(folder)?.strip_suffix(".html");
    if let Some(id) = named("operation/") {
        return Some((HTML, operation::operation(&Page::of(ops::operation(id)?)?)));
    }
    if let Some(event_type) = named("event/") {
        return Some((HTML, event::event(&EventPage::of(reference::event(event_type)?))));
    }
    match path {
        "index.html" => Some((HTML, Index::whole().front())),
        "index.js" => Some(("text/javascript; charset=utf-8", Index::whole().script())),
        "search.js" => Some(("text/javascript; charset=utf-8", include_str!("assets/search.js").to_owned())),
        "style.css" => Some(("text/css; charset=utf-8", include_str!("assets/style.css").to_owned())),
        _ => None,
    }
}

fn write(folder: &Path) -> io::Result<usize> {
    let mut index = Index::default();
    let mut pages = 0;
    for name in ["operation", "event"] {
        let folder = folder.join(name);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&folder)?,
        }
    }
    for page in ops::operations().iter().filter_map(Page::of) {
        let file = folder.join("operation").join(format!("{}.html", page.head.id));
        fs::write(file, operation::operation(&page))?;
        index.operation(&page);
        pages += 1;
    }
    for page in reference::events().iter().map(EventPage::of) {
        fs::write(folder.join("event").join(format!("{}.html", page.event_type)), event::event(&page))?;
        index.event(&page);
        pages += 1;
    }
    fs::write(folder.join("index.js"), index.script())?;
    fs::write(folder.join("index.html"), index.front())?;
    fs::write(folder.join("style.css"), include_str!("assets/style.css"))?;
    fs::write(folder.join("search.js"), include_str!("assets/search.js"))?;
    Ok(pages)
}
