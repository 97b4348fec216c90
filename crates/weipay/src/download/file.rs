//! A file that gets its name when it is complete.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

/// A file under a passing name in the folder where it will be. Dropped unfinished, it is removed.
pub(super) struct PartFile {
    part: TempPath,
    path: PathBuf,
}

impl PartFile {
    /// Readable by this user alone: bills hold personal data.
    pub(super) fn create(path: &Path) -> io::Result<(Self, File)> {
        let named = |error: io::Error| name(path, &error);
        let file_name = path.file_name().ok_or_else(|| named(io::ErrorKind::InvalidFilename.into()))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(file_name);
        prefix.push(".");
        let part = Builder::new().prefix(&prefix).suffix(".part").tempfile_in(folder).map_err(named)?;
        let (file, part) = part.into_parts();
        Ok((Self { part, path: path.to_owned() }, file))
    }

    /// Gives it its name; what stood under it before is replaced in one step.
    pub(super) fn finish(self, file: &File) -> io::Result<()> {
        let Self { part, path } = self;
        file.sync_all().map_err(|error| name(&path, &error))?;
        part.persist(&path).map_err(|error| name(&path, &error.error))
    }
}

/// An error that says which file it is about.
pub(super) fn name(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
