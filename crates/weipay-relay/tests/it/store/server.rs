//! A PostgreSQL server of our own, which ends with the test binary.

use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use weipay_postgres::Error;

/// Under this variable a missing server is a failure.
const REQUIRED: &str = "WEIPAY_REQUIRE_POSTGRES";

pub(crate) struct Server {
    server: weipay_postgres::Server,
    databases: AtomicU32,
}

/// The server that all tests share, each with a database of its own.
pub(crate) fn shared() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::start).as_ref()
}

impl Server {
    /// A server that only the caller uses, or none where none is installed.
    pub(crate) fn start() -> Option<Self> {
        match weipay_postgres::Server::start() {
            Ok(server) => Some(Self { server, databases: AtomicU32::new(0) }),
            Err(Error::NotInstalled) => {
                assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set: {}", Error::NotInstalled);
                // Aloud: a skip that nobody sees is a test that does not run.
                let _ = writeln!(std::io::stderr(), "SKIPPED: {}", Error::NotInstalled);
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// A new, empty database; its address.
    pub(crate) fn database(&self) -> String {
        self.server.database(&format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed))).unwrap()
    }

    pub(crate) fn stop(&self) {
        self.server.stop().unwrap();
    }

    pub(crate) fn start_again(&self) {
        self.server.start_again().unwrap();
    }
}
