//! A running sandbox: its worlds, and the end of them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Error;
use crate::builder::Builder;
use crate::running::RunningWorld;
use crate::worlds::Worlds;

/// A running `WeChat` Pay server. Stops when it is dropped.
///
/// It has at least one world, and is the handle of the first: everything that a [`RunningWorld`] can do it can do.
/// [`Builder::beside`] opens others.
pub struct Sandbox {
    pub(crate) world: RunningWorld,
    pub(crate) worlds: Arc<Worlds>,
}

impl Sandbox {
    /// Starts on a free port of 127.0.0.1, with the world of the documentation pages.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// To start it otherwise.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Stops listening, ends all connections and deliveries of all worlds, and returns when that is done.
    pub async fn stop(self) {
        for task in self.worlds.abort() {
            let _ = task.await;
        }
    }
}

impl Deref for Sandbox {
    type Target = RunningWorld;

    fn deref(&self) -> &RunningWorld {
        &self.world
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.worlds.abort();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.world.address).finish_non_exhaustive()
    }
}
