#![expect(clippy::unwrap_used, reason = "a test without its files has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of this test's data.
pub(crate) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// A root of our own with a copy of the golden catalogue, removed when dropped.
pub(crate) struct Scratch {
    pub(crate) root: PathBuf,
}

/// What a run of the generator said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Scratch {
    /// The name must be that of the test: tests run side by side.
    pub(crate) fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let scratch = Self { root };
        for (file, text) in files(&golden().join("catalogue")) {
            scratch.put(&format!("catalogue/{file}"), &text);
        }
        scratch
    }

    pub(crate) fn put(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a text that occurs exactly once.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.root.join(file)).unwrap();
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
        self.put(file, &text.replace(from, to));
    }

    pub(crate) fn run(&self, command: &str) -> Said {
        run(&self.root, command)
    }

    /// The generated files by name.
    pub(crate) fn generated(&self) -> BTreeMap<String, String> {
        files(&self.root.join("crates/weipay-catalog/src/generated"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.root);
    }
}

pub(crate) fn run(root: &Path, command: &str) -> Said {
    let mut generator = Command::new(env!("CARGO_BIN_EXE_weipay-codegen"));
    let output = generator.arg("--root").arg(root).arg(command).output().unwrap();
    Said {
        success: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

/// All files under a folder, by name relative to it.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}
