//! The generated files on disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::{Problem, Problems};

/// Generated text by file name relative to the folder.
pub(crate) type Files = BTreeMap<String, String>;

/// Makes `folder` hold exactly `files`; says what it did.
pub(crate) fn write(root: &Path, folder: &str, files: &Files) -> Result<String, Problems> {
    let mut problems = Problems::default();
    let there = read(root, folder, &mut problems);
    let (mut written, mut removed) = (0, 0);
    for (name, text) in files {
        let path = root.join(folder).join(name);
        if there.get(name) == Some(text) {
            continue;
        }
        let result = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        problems.keep(result.map_err(|error| problem(folder, name, format!("cannot be written: {error}"))));
        written += 1;
    }
    for name in there.keys().filter(|name| !files.contains_key(*name)) {
        let result = fs::remove_file(root.join(folder).join(name));
        problems.keep(result.map_err(|error| problem(folder, name, format!("cannot be removed: {error}"))));
        removed += 1;
    }
    problems.or(format!("{folder}: {} files, {written} written, {removed} removed", files.len()))
}

/// Names every file that is not as it should be, with the first line that differs.
pub(crate) fn check(root: &Path, folder: &str, files: &Files) -> Result<String, Problems> {
    let mut problems = Problems::default();
    let there = read(root, folder, &mut problems);
    for (name, text) in files {
        match there.get(name) {
            None => problems.push(problem(folder, name, "is missing; run `just gen`")),
            Some(old) if old != text => problems.push(problem(folder, name, first_difference(old, text))),
            Some(_) => {}
        }
    }
    for name in there.keys().filter(|name| !files.contains_key(*name)) {
        problems.push(problem(folder, name, "is not generated and does not belong here; run `just gen`"));
    }
    problems.or(format!("{folder}: {} files, all as generated", files.len()))
}

fn problem(folder: &str, name: &str, message: impl std::fmt::Display) -> Problem {
    Problem::of_file(format!("{folder}/{name}"), message)
}

fn first_difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let index = (0..old.len()).find(|index| old.get(*index) != new.get(*index)).unwrap_or(old.len());
    let show = |line: Option<&&str>| line.map_or("nothing".to_owned(), |line| format!("{line:?}"));
    let (is, should) = (show(old.get(index)), show(new.get(index)));
    format!("line {} is {is}, but should be {should}; run `just gen`", index + 1)
}

/// What is in the folder now, with its sub-folders; nothing where it does not exist.
fn read(root: &Path, folder: &str, problems: &mut Problems) -> Files {
    let mut files = Files::new();
    let mut folders = vec![String::new()];
    while let Some(prefix) = folders.pop() {
        let Ok(entries) = fs::read_dir(root.join(folder).join(&prefix)) else { continue };
        for entry in entries.flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(format!("{name}/"));
                continue;
            }
            // As bytes: a file that is no UTF-8 differs like any other.
            let bytes = fs::read(entry.path());
            let bytes = bytes.map_err(|error| problem(folder, &name, format!("cannot be read: {error}")));
            if let Some(bytes) = problems.keep(bytes) {
                files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    files
}
