//! The worlds of one sandbox, side by side, and which of them a request is for.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use tokio::task::JoinHandle;

use crate::Error;
use crate::builder::Builder;
use crate::control::Control;
use crate::protocol::authorization::Scheme;
use crate::rules;
use crate::running::RunningWorld;
use crate::shared::Shared;

/// More are most likely those of tests that did not close theirs.
const MOST: usize = 256;

/// Every world with its tasks.
pub(crate) struct Worlds {
    running: Mutex<All>,
    /// How the first was opened: what others that are opened by the control plane begin with.
    first: Builder,
    pages: OnceLock<Pages>,
}

/// Makes the pages of a world.
type Pages = Box<dyn Fn(Control) -> Router + Send + Sync>;

#[derive(Default)]
struct All {
    worlds: Vec<Running>,
    count: u64,
    /// Nothing is opened any more.
    ended: bool,
}

struct Running {
    number: u64,
    world: RunningWorld,
    tasks: Vec<JoinHandle<()>>,
}

impl Worlds {
    pub(crate) fn new(first: Builder) -> Self {
        Self { running: Mutex::default(), first, pages: OnceLock::new() }
    }

    /// To open a world like the first one.
    pub(crate) fn like_the_first(&self) -> Builder {
        self.first.sibling()
    }

    /// An error if there are too many.
    pub(crate) fn has_room(&self) -> Result<(), Error> {
        if self.locked().worlds.len() < MOST {
            return Ok(());
        }
        Err(Error::State(format!("{MOST} worlds are open; close those that are no longer needed")))
    }

    /// Takes a world that runs, and gives its number; ends it if the sandbox has ended meanwhile.
    pub(crate) fn add(
        &self,
        world: &RunningWorld,
        tasks: impl Into<Vec<JoinHandle<()>>>,
    ) -> Result<u64, Error> {
        let mut all = self.locked();
        let number = all.count + 1;
        let running = Running { number, world: world.clone(), tasks: tasks.into() };
        if all.ended {
            running.end();
            return Err(Error::State("the sandbox has ended".to_owned()));
        }
        all.count = number;
        all.worlds.push(running);
        Ok(number)
    }

    /// All that run with their numbers, in the order in which they were opened.
    pub(crate) fn all(&self) -> Vec<(u64, RunningWorld)> {
        self.locked().worlds.iter().map(|running| (running.number, running.world.clone())).collect()
    }

    /// Shows pages on the ports of all worlds, also of those that are opened later; false if there are some already.
    pub(crate) fn mount(&self, pages: Pages, control: impl Fn(&RunningWorld) -> Control) -> bool {
        for (_, world) in self.all() {
            world.mount(pages(control(&world)));
        }
        self.pages.set(pages).is_ok()
    }

    /// Shows the pages of all worlds on the port of this one.
    pub(crate) fn furnish(&self, world: &RunningWorld, control: Control) {
        if let Some(pages) = self.pages.get() {
            world.mount(pages(control));
        }
    }

    /// The world of a request that came in at `home`: by who signed it, else by the token of a download or the
    /// session of a payer's page.
    pub(crate) fn find(
        &self,
        home: &Arc<Shared>,
        caller: Option<(Scheme, &str)>,
        token: Option<&str>,
    ) -> Arc<Shared> {
        let here = |shared: &Arc<Shared>| match (caller, token) {
            (Some((scheme, identity)), _) => shared.keys().registered(scheme, identity).is_some(),
            (None, Some(token)) => {
                let state = shared.state();
                let offered = state.world.files.offered.iter().any(|file| file.token == token);
                offered || rules::payment_session(&state, token).is_ok()
            }
            (None, None) => true,
        };
        if here(home) {
            return Arc::clone(home);
        }
        let all = self.locked();
        let found = all.worlds.iter().map(|running| &running.world.shared).find(|shared| here(shared));
        Arc::clone(found.unwrap_or(home))
    }

    /// Ends one world; its tasks end soon. None if there is none of this number.
    pub(crate) fn close(&self, number: u64) -> Option<Vec<JoinHandle<()>>> {
        let mut all = self.locked();
        let at = all.worlds.iter().position(|running| running.number == number)?;
        Some(all.worlds.remove(at).end())
    }

    /// Ends everything; the tasks end soon.
    pub(crate) fn abort(&self) -> Vec<JoinHandle<()>> {
        let mut all = self.locked();
        all.ended = true;
        all.worlds.drain(..).flat_map(Running::end).collect()
    }

    fn locked(&self) -> MutexGuard<'_, All> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn end(self) -> Vec<JoinHandle<()>> {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.world.shared.abort();
        self.tasks
    }
}

impl fmt::Debug for Worlds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worlds").field("count", &self.locked().count).finish_non_exhaustive()
    }
}
