//! A PostgreSQL server of our own: started from installed binaries as a user that is not root, in a folder of its own, and
//! ended with the test binary, however that ends.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use sqlx::{Connection, PgConnection};

/// Under this variable a missing server is a failure.
const REQUIRED: &str = "WEIPAY_REQUIRE_POSTGRES";

pub(crate) struct Server {
    folder: PathBuf,
    // Its end is what stops the server: the shell below waits for it.
    input: Mutex<(Child, Option<ChildStdin>)>,
    databases: AtomicU32,
}

/// The server that all tests share, each with a database of its own.
pub(crate) fn shared() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::start).as_ref()
}

const SCRIPT: &str = r#"
set -e
trap '' INT TERM
folder=$(mktemp -d /tmp/weipay-pg-XXXXXX)
echo "$folder"
start() {
  "$1/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 >>"$folder/log" 2>&1 &
  server=$!
  tries=0
  until "$1/pg_isready" -q -h "$folder" -U relay; do
    kill -0 $server
    tries=$((tries + 1))
    [ $tries -lt 600 ]
    sleep 0.05
  done
  echo ready
}
"$1/initdb" -D "$folder/data" -U relay -A trust -E UTF8 >"$folder/log" 2>&1
start "$1"
while read -r line; do
  case "$line" in
    stop) kill -INT $server; wait $server || true; echo stopped;;
    start) start "$1";;
  esac
done
kill -INT $server 2>/dev/null || true
wait $server || true
rm -rf "$folder"
"#;

impl Server {
    /// A server that only the caller uses, or none where none is installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            assert!(
                std::env::var_os(REQUIRED).is_none(),
                "{REQUIRED} is set and no PostgreSQL server is installed"
            );
            // Aloud: a skip that nobody sees is a test that does not run.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no PostgreSQL server is installed (apt-get install postgresql)"
            );
            return None;
        };
        let mut command = as_user();
        let mut child = command
            .args(["sh", "-c", SCRIPT, "sh"])
            .arg(binaries)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let folder = PathBuf::from(line(&mut child));
        expect(&mut child, "ready", &folder);
        let input = child.stdin.take();
        Some(Self { folder, input: Mutex::new((child, input)), databases: AtomicU32::new(0) })
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://relay@localhost/{database}?host={}", self.folder.display())
    }

    /// A new, empty database; its address.
    pub(crate) async fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        self.url(&name)
    }

    pub(crate) fn stop(&self) {
        self.tell("stop", "stopped");
    }

    pub(crate) fn start_again(&self) {
        self.tell("start", "ready");
    }

    fn tell(&self, word: &str, answer: &str) {
        let mut guard = self.input.lock().unwrap();
        let (child, input) = &mut *guard;
        writeln!(input.as_mut().unwrap(), "{word}").unwrap();
        expect(child, answer, &self.folder);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut guard = self.input.lock().unwrap();
        drop(guard.1.take());
        let _ = guard.0.wait();
    }
}

/// One line at a time is written, so nothing is lost in the reader.
fn line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    line.trim().to_owned()
}

fn expect(child: &mut Child, word: &str, folder: &Path) {
    let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    assert_eq!(line(child), word, "PostgreSQL says:\n{}", log());
}

/// Debian and others keep the server's programs out of the path.
fn binaries() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect())?;
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let complete =
        |folder: &PathBuf| ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).exists());
    folders.into_iter().find(complete)
}

/// PostgreSQL refuses to run as root.
fn as_user() -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout.trim_ascii() != b"0" {
        return Command::new("env");
    }
    let exists = |user: &str| Command::new("id").arg(user).output().unwrap().status.success();
    let user = if exists("postgres") { "postgres" } else { "nobody" };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid"]).arg(if user == "postgres" { "postgres" } else { "nogroup" });
    command.arg("--clear-groups");
    command
}
