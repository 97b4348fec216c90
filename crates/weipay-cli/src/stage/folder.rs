//! Where the databases are; removed at the end unless it was asked for.

use std::path::{Path, PathBuf};

use crate::output::Failure;

pub(super) struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    pub(super) fn of(data: Option<PathBuf>) -> Result<Self, Failure> {
        let kept = data.is_some();
        let fresh = || std::env::temp_dir().join(format!("weipay-stage-{}", std::process::id()));
        let path = data.unwrap_or_else(fresh);
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path, kept })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed is in nobody's way.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
