//! Where the server's programs are, and as whom they run.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian and others keep the server's programs out of the path.
pub(crate) fn folder() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let complete = |folder: &Path| {
        ["initdb", "postgres", "pg_isready", "createdb"].iter().all(|name| folder.join(name).exists())
    };
    folders.into_iter().find(|folder| complete(folder))
}

/// PostgreSQL refuses to run as root.
pub(crate) fn as_user() -> Command {
    let said = |arguments: &[&str]| Command::new("id").args(arguments).output();
    if said(&["-u"]).is_ok_and(|said| said.stdout.trim_ascii() != b"0") {
        return Command::new("env");
    }
    let known = said(&["postgres"]).is_ok_and(|said| said.status.success());
    let (user, group) = if known { ("postgres", "postgres") } else { ("nobody", "nogroup") };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", group, "--clear-groups"]);
    command
}
