//! The dotenv file that points a program at the sandbox.
//!
//! Values stand in double quotes with real line breaks inside: a shell, `node --env-file` and the dotenv parsers of
//! other languages agree on that form, while they disagree on `\n` escapes and, some of them, on single quotes.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::output::Failure;

/// The first line; what has another one was not written by us.
const MARK: &str = "# Written by `weipay sandbox`.";

/// Writes the file, readable by its owner only, and gives its absolute path.
pub(super) fn write(path: &Path, environment: &[(&str, String)]) -> Result<PathBuf, Failure> {
    let text = text(environment)?;
    let failed = |error: io::Error| format!("{} cannot be written: {error}", path.display());
    if !ours(path).map_err(failed)? {
        return Err(format!(
            "{} exists and was not written by `weipay sandbox`; name another file or remove it",
            path.display()
        )
        .into());
    }
    let absolute = std::path::absolute(path).map_err(failed)?;
    let mut file = create(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(absolute)
}

/// Whether the file may be replaced: there is none, it is empty, or we wrote it.
fn ours(path: &Path) -> io::Result<bool> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes.is_empty() || bytes.starts_with(MARK.as_bytes())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// An empty file that nobody else may read, also if it was there before with other permissions.
pub(super) fn create(path: &Path) -> io::Result<File> {
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

fn text(environment: &[(&str, String)]) -> Result<String, Failure> {
    let mut text = format!("{MARK} The keys in it are public and worthless.\n");
    for (name, value) in environment {
        // What a shell or a parser would read otherwise than it stands there. Keys, ids and addresses have none of it.
        if value.contains(['"', '\\', '$', '`']) {
            return Err(format!("{name} has a character that a dotenv file cannot carry").into());
        }
        let _ = writeln!(text, "{name}=\"{}\"", value.trim_end());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_value_that_a_shell_would_expand_is_refused() {
        for value in ["a\"b", "a\\b", "$(a)", "`a`"] {
            assert!(text(&[("NAME", value.to_owned())]).is_err(), "{value}");
        }
    }

    #[test]
    fn a_key_keeps_its_line_breaks() {
        let text =
            text(&[("A", "-----BEGIN X-----\nQUJD\n-----END X-----\n".to_owned()), ("B", "b".to_owned())]);
        let lines: Vec<_> = text.unwrap().lines().skip(1).map(str::to_owned).collect();
        assert_eq!(lines, ["A=\"-----BEGIN X-----", "QUJD", "-----END X-----\"", "B=\"b\""]);
    }
}
