//! The worlds of one sandbox, side by side, and which of them a request is for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;

use crate::protocol::authorization::Scheme;
use crate::rules;
use crate::running::RunningWorld;
use crate::shared::Shared;

/// Every world with its tasks.
#[derive(Default)]
pub(crate) struct Worlds(Mutex<Vec<Running>>);

struct Running {
    world: RunningWorld,
    tasks: Vec<JoinHandle<()>>,
}

impl Worlds {
    pub(crate) fn add(&self, world: &RunningWorld, tasks: impl Into<Vec<JoinHandle<()>>>) {
        self.locked().push(Running { world: world.clone(), tasks: tasks.into() });
    }

    /// All that run, in the order in which they were opened.
    pub(crate) fn all(&self) -> Vec<RunningWorld> {
        self.locked().iter().map(|running| running.world.clone()).collect()
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
        let worlds = self.locked();
        let found = worlds.iter().map(|running| &running.world.shared).find(|shared| here(shared));
        Arc::clone(found.unwrap_or(home))
    }

    /// Ends everything; the tasks end soon.
    pub(crate) fn abort(&self) -> Vec<JoinHandle<()>> {
        let mut tasks = Vec::new();
        for running in self.locked().drain(..) {
            running.tasks.iter().for_each(JoinHandle::abort);
            running.world.shared.abort();
            tasks.extend(running.tasks);
        }
        tasks
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
