//! A PostgreSQL server for a test or a proof: started from the programs that are installed, as a user that is not root, in a
//! folder of its own under `/tmp`, reached by a socket in that folder. It ends with the process that started it, however
//! that ends.
//!
//! ```no_run
//! let server = weipay_postgres::Server::start()?;
//! let url = server.database("first")?; // postgres://relay@localhost/first?host=/tmp/weipay-pg-…
//! # Ok::<(), weipay_postgres::Error>(())
//! ```

mod programs;

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SCRIPT: &str = include_str!("server.sh");

/// A server. All that it does blocks, a start for a second or two.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    shell: Mutex<Shell>,
}

/// The shell that runs the server, and ends it when its input ends.
#[derive(Debug)]
struct Shell {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// There is no server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// None is installed: neither in the path nor where Debian keeps it.
    NotInstalled,
    /// It cannot be started or used; the text says why, or which log does.
    Failed(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => {
                f.write_str("no PostgreSQL server is installed here; try apt-get install postgresql")
            }
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

impl Server {
    /// Makes an empty server and starts it.
    pub fn start() -> Result<Self, Error> {
        let programs = programs::folder().ok_or(Error::NotInstalled)?;
        let failed = |why: &dyn fmt::Display| Error::Failed(format!("PostgreSQL cannot be started: {why}"));
        let mut command = programs::as_user();
        command.args(["sh", "-c", SCRIPT, "sh"]).arg(programs);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = BufReader::new(output.ok_or_else(|| failed(&"its shell has no output"))?);
        let mut shell = Shell { child, input, output };
        let folder = PathBuf::from(shell.line().map_err(|error| failed(&error))?);
        let server = Self { folder, shell: Mutex::new(shell) };
        server.expect(&mut server.shell(), "started")?;
        Ok(server)
    }

    /// Makes a database of this name, letters and digits; its URL.
    pub fn database(&self, name: &str) -> Result<String, Error> {
        self.tell(&format!("database {name}"), "made")?;
        Ok(format!("postgres://relay@localhost/{name}?host={}", self.folder.display()))
    }

    /// Stops it in order: connections are closed, everything is written.
    pub fn stop(&self) -> Result<(), Error> {
        self.tell("stop INT", "stopped")
    }

    /// Stops it at once, as a crash would: connections break, and the next start recovers from the log.
    pub fn crash(&self) -> Result<(), Error> {
        self.tell("stop QUIT", "stopped")
    }

    /// Starts it again after a stop or a crash; its databases are still there.
    pub fn start_again(&self) -> Result<(), Error> {
        self.tell("start", "started")
    }

    fn tell(&self, words: &str, answer: &str) -> Result<(), Error> {
        let mut shell = self.shell();
        let written = shell.input.as_mut().map(|input| writeln!(input, "{words}"));
        match written {
            Some(Ok(())) => self.expect(&mut shell, answer),
            _ => Err(self.ended()),
        }
    }

    fn expect(&self, shell: &mut Shell, word: &str) -> Result<(), Error> {
        match shell.line() {
            Ok(line) if line == word => Ok(()),
            _ => Err(self.ended()),
        }
    }

    fn ended(&self) -> Error {
        let log = self.folder.join("log");
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let last = text.lines().next_back().unwrap_or_default();
        Error::Failed(format!("PostgreSQL ended: {last} ({})", log.display()))
    }

    fn shell(&self) -> MutexGuard<'_, Shell> {
        self.shell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut shell = self.shell();
        drop(shell.input.take());
        // The server is stopped and its folder removed, or never will be.
        let _ = shell.child.wait();
    }
}

impl Shell {
    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}
