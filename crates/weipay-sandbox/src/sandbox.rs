//! A running sandbox: its worlds, and the end of them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use axum::Router;

use crate::Error;
use crate::builder::Builder;
use crate::control::Control;
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

    /// The control plane of the first world, inside the process.
    pub fn control(&self) -> Control {
        self.control_of(&self.world)
    }

    /// The control plane of a world that was opened beside it.
    pub fn control_of(&self, world: &RunningWorld) -> Control {
        Control { world: world.clone(), worlds: Arc::clone(&self.worlds) }
    }

    /// Shows pages on the ports of all its worlds, at `/` and `/console/…`, also of those that are opened later. False if
    /// that was said before; a world that has pages keeps them.
    pub fn mount_all(&self, pages: impl Fn(Control) -> Router + Send + Sync + 'static) -> bool {
        self.worlds.mount(Box::new(pages), |world| self.control_of(world))
    }

    /// Closes a world that was opened beside the first one, and returns when its address is free. An error if it is the
    /// first, which ends with the sandbox, or is not open.
    pub async fn close(&self, world: RunningWorld) -> Result<(), Error> {
        let all = self.worlds.all();
        let found = all.iter().find(|(_, known)| known.address == world.address);
        let (number, _) = found.ok_or_else(|| Error::State("this world is not open".to_owned()))?;
        self.control().close_world(*number).await
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
