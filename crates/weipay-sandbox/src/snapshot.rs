//! A world as it was at one moment: one JSON document, to be loaded again.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::keys::Keys;
use crate::state::State;
use crate::world::Secret;
use crate::{Credentials, Error, rules};

/// What the document calls itself.
const FORMAT: &str = "weipay-sandbox-world";
/// Goes up whenever a document of before would be read otherwise than it was meant.
const VERSION: u32 = 1;

/// A world as it was saved: what every family of rules knows, the clocks, what is planned, the notifications with their
/// attempts, the next ids, the answers of request numbers, the effects, the faults and the keys. Not the journal, and
/// not what the process was started with: addresses, limits, what it allows.
///
/// It is text, UTF-8 JSON, and has the private keys of the world in it, and what users filled in. Those of the
/// documentation's world are public and worthless; `Debug` shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot(String);

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    /// The version of weipay that wrote it, for people.
    weipay: &'static str,
    state: &'a State,
}

#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u32>,
}

#[derive(Deserialize)]
struct Saved {
    state: State,
}

impl Snapshot {
    /// The document's text. An error if it is no such document, or one of a version that this weipay does not read.
    pub fn parse(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        let no = |why: String| Error::Snapshot(why);
        let head: Head =
            serde_json::from_str(&text).map_err(|error| no(format!("it is no JSON object: {error}")))?;
        if head.format.as_deref() != Some(FORMAT) {
            return Err(no(format!(
                "it is no world that a sandbox has saved; its `format` is not `{FORMAT}`"
            )));
        }
        if head.version != Some(VERSION) {
            let found = head.version.map_or_else(|| "none".to_owned(), |version| version.to_string());
            return Err(no(format!(
                "its version is {found}, and weipay {} reads version {VERSION}; load it with the weipay that wrote it",
                env!("CARGO_PKG_VERSION")
            )));
        }
        Ok(Self(text))
    }

    /// The document's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a file that [`write`](Self::write) wrote.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| at(path, &error))?;
        Self::parse(text).map_err(|error| match error {
            Error::Snapshot(why) => Error::Snapshot(format!("{}: {why}", path.display())),
            other => other,
        })
    }

    /// Writes it into a file that only its owner may read. Whoever reads finds either all of the old or all of the new:
    /// it is written beside it, under its name and `.part`, and then renamed. A file that is not a saved world is left
    /// alone, which is an error.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        if !replaceable(path).map_err(|error| at(path, &error))? {
            let why = "it exists and is no world that a sandbox has saved; name another file or remove it";
            return Err(Error::Snapshot(format!("{}: {why}", path.display())));
        }
        let part = part_of(path);
        let written = private(&part).and_then(|mut file| {
            file.write_all(self.0.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&part, path)).map_err(|error| at(path, &error))
    }

    pub(crate) fn of(state: &State) -> Result<Self, Error> {
        let written = Written { format: FORMAT, version: VERSION, weipay: env!("CARGO_PKG_VERSION"), state };
        let text = Secret::exposed(|| serde_json::to_string_pretty(&written));
        let mut text = text.map_err(|error| Error::Snapshot(error.to_string()))?;
        text.push('\n');
        Ok(Self(text))
    }

    /// The state and its keys; an error if the sandbox could not go on with them.
    pub(crate) fn open(&self) -> Result<(State, Keys), Error> {
        let saved: Result<Saved, _> = serde_json::from_str(&self.0);
        let state = saved.map_err(|error| Error::Snapshot(error.to_string()))?.state;
        let keys = Keys::parse(&state.world)?;
        if Credentials::of(&state.world, &keys, &state.world.default_caller).is_none() {
            return Err(Error::Snapshot("its default_caller is no merchant with a certificate".to_owned()));
        }
        if let Some(task) = state.agenda.tasks().iter().find(|task| !rules::knows(&task.deed)) {
            return Err(Error::Snapshot(format!("it plans `{}`, which no family of rules does", task.deed)));
        }
        Ok((state, keys))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("bytes", &self.0.len()).finish_non_exhaustive()
    }
}

fn at(path: &Path, error: &io::Error) -> Error {
    Error::Snapshot(format!("{}: {error}", path.display()))
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Whether there is no file, an empty one, or one of ours.
fn replaceable(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(200).read_to_end(&mut head)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    Ok(head.is_empty() || String::from_utf8_lossy(&head).contains(FORMAT))
}

/// An empty file that nobody else may read, also if it was there before with other permissions.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = options.mode(0o600).open(path)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}
