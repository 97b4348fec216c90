//! A process that is started, killed, and started again.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use crate::{Error, loopback};

/// How long a process may take until it answers.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// How a process is started.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// `relay`, `relay 2`, `shop`.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, String)>,
    /// The variable that arms a point at which it dies.
    pub(crate) variable: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) health: &'static str,
    pub(crate) log: PathBuf,
}

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) recipe: Recipe,
    child: Child,
    /// The point that will end it, and since when it waits there.
    pub(crate) armed: Option<(String, Instant)>,
}

impl Process {
    /// Starts it. With a point (`after-commit:3`) it will end itself there.
    pub(crate) fn start(recipe: Recipe, point: Option<String>) -> Result<Self, Error> {
        let failed = || Error::io(format!("{} cannot be started", recipe.name));
        let log = OpenOptions::new().create(true).append(true).open(&recipe.log).map_err(failed())?;
        let mut command = Command::new(&recipe.program);
        command
            .args(&recipe.arguments)
            .envs(recipe.environment.iter().map(|(name, value)| (name, value)))
            .env_remove(recipe.variable)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed())?)
            .stderr(log)
            .kill_on_drop(true);
        if let Some(point) = &point {
            command.env(recipe.variable, point);
        }
        let child = command.spawn().map_err(failed())?;
        Ok(Self { child, armed: point.map(|point| (point, Instant::now())), recipe })
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self) -> Option<ExitStatus> {
        self.child.wait().await.ok()
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    pub(crate) async fn kill(&mut self) {
        // That it has ended already is as good.
        let _ = self.child.kill().await;
    }

    /// Whether it answers.
    pub(crate) async fn healthy(&self) -> bool {
        matches!(loopback::get(self.recipe.address, self.recipe.health).await, Some((200..=299, _)))
    }

    /// Waits until it answers.
    pub(crate) async fn ready(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        while !self.healthy().await {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.unexpected(status));
            }
            if begun.elapsed() > STARTS_WITHIN {
                let Recipe { name, log, .. } = &self.recipe;
                let seconds = STARTS_WITHIN.as_secs();
                return Err(Error::Process(format!(
                    "{name} is not ready after {seconds} s; see {}",
                    log.display()
                )));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// It ended although nobody wanted it.
    pub(crate) fn unexpected(&self, status: ExitStatus) -> Error {
        let Recipe { name, log, .. } = &self.recipe;
        Error::Process(format!("{name} ended by itself ({status}); see {}", log.display()))
    }
}
