//! A PostgreSQL server for one proof: from installed programs, as a user that is not root, in a folder of its own. It ends
//! with the proof, however that ends: the shell below goes when its input does.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Error;

const SCRIPT: &str = include_str!("postgres.sh");

/// A running server.
pub(crate) struct Server {
    folder: PathBuf,
    shell: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts one.
    pub(crate) async fn start() -> Result<Self, Error> {
        let programs = programs().ok_or_else(|| {
            Error::Unavailable(
                "no PostgreSQL server is installed here; try apt-get install postgresql".to_owned(),
            )
        })?;
        let failed = || Error::io("PostgreSQL cannot be started");
        let mut command = as_user();
        command.args(["sh", "-c", SCRIPT, "sh"]).arg(programs);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = command.spawn().map_err(failed())?;
        let (Some(input), Some(output)) = (shell.stdin.take(), shell.stdout.take()) else {
            return Err(Error::Unavailable("the shell of PostgreSQL has no pipes".to_owned()));
        };
        let mut server =
            Self { folder: PathBuf::new(), shell, input, output: BufReader::new(output).lines() };
        server.folder = PathBuf::from(server.line().await?);
        server.expect("ready").await?;
        Ok(server)
    }

    /// A new database; its URL.
    pub(crate) async fn database(&mut self, name: &str) -> Result<String, Error> {
        self.say(&format!("database {name}")).await?;
        self.expect("made").await?;
        Ok(format!("postgres://relay@localhost/{name}?host={}", self.folder.display()))
    }

    /// Stops it at once, and starts it again: every connection breaks.
    pub(crate) async fn restart(&mut self) -> Result<(), Error> {
        self.say("restart").await?;
        self.expect("ready").await
    }

    /// Ends it and removes its folder.
    pub(crate) async fn end(mut self) {
        drop(self.input);
        let _ = self.shell.wait().await;
    }

    async fn say(&mut self, words: &str) -> Result<(), Error> {
        let line = format!("{words}\n");
        self.input.write_all(line.as_bytes()).await.map_err(Error::io("PostgreSQL's shell"))
    }

    async fn line(&mut self) -> Result<String, Error> {
        let line = self.output.next_line().await.map_err(Error::io("PostgreSQL's shell"))?;
        line.ok_or_else(|| {
            Error::Process(format!("PostgreSQL ended; see {}", self.folder.join("log").display()))
        })
    }

    async fn expect(&mut self, word: &str) -> Result<(), Error> {
        match self.line().await? {
            line if line == word => Ok(()),
            other => Err(Error::Process(format!("PostgreSQL's shell says `{other}` instead of `{word}`"))),
        }
    }
}

/// Debian and others keep the server's programs out of the path.
fn programs() -> Option<PathBuf> {
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
fn as_user() -> Command {
    let said = |arguments: &[&str]| std::process::Command::new("id").args(arguments).output();
    if said(&["-u"]).is_ok_and(|said| said.stdout.trim_ascii() != b"0") {
        return Command::new("env");
    }
    let known = said(&["postgres"]).is_ok_and(|said| said.status.success());
    let (user, group) = if known { ("postgres", "postgres") } else { ("nobody", "nogroup") };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", group, "--clear-groups"]);
    command
}
