//! What the tasks of one sandbox share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::Error;
use crate::journal::Entry;
use crate::keys::Keys;
use crate::snapshot::Snapshot;
use crate::state::{Beginning, State};
use crate::world::World;

/// One world: its keys, its state behind a lock, and the signals between tasks.
pub(crate) struct Shared {
    keys: RwLock<Arc<Keys>>,
    state: Mutex<State>,
    beginning: Beginning,
    /// How long a receiver may take to answer a notification, wire time.
    pub(crate) answer_within: Duration,
    /// A delivery ended.
    settled: Notify,
    /// Something new may be due, or the clock moved.
    pub(crate) changed: Notify,
    /// The journal has a new entry.
    written: Notify,
    deliveries: Mutex<JoinSet<()>>,
}

impl Shared {
    pub(crate) fn new(beginning: Beginning, answer_within: Duration) -> Result<Self, Error> {
        let keys = Keys::parse(&beginning.world)?;
        let state = State::new(&beginning);
        Ok(Self {
            keys: RwLock::new(Arc::new(keys)),
            state: Mutex::new(state),
            beginning,
            answer_within,
            settled: Notify::new(),
            changed: Notify::new(),
            written: Notify::new(),
            deliveries: Mutex::new(JoinSet::new()),
        })
    }

    /// Begins anew.
    pub(crate) fn reset(&self) -> Result<(), Error> {
        self.abort();
        {
            let mut state = self.state();
            self.renew_keys(&self.beginning.world)?;
            let first = state.outbox.end();
            *state = State::new(&self.beginning);
            state.outbox.begin_at(first);
        }
        self.delivered();
        Ok(())
    }

    /// The world as it is now.
    pub(crate) fn save(&self) -> Result<Snapshot, Error> {
        Snapshot::of(&self.state())
    }

    /// Goes on as a world that was saved; nothing has changed if that fails.
    pub(crate) fn load(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let (saved, keys) = snapshot.open()?;
        self.abort();
        {
            let mut state = self.state();
            self.set_keys(keys);
            state.become_that(saved);
        }
        self.delivered();
        Ok(())
    }

    /// The state. Never held over an await. A panic elsewhere does not make it unusable.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys as they are now.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the keys anew after the world's certificates changed.
    pub(crate) fn renew_keys(&self, world: &World) -> Result<(), Error> {
        self.set_keys(Keys::parse(world)?);
        Ok(())
    }

    fn set_keys(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn deliveries(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a delivery in the background.
    pub(crate) fn spawn(&self, delivery: impl Future<Output = ()> + Send + 'static) {
        let mut deliveries = self.deliveries();
        while deliveries.try_join_next().is_some() {}
        deliveries.spawn(delivery);
    }

    /// Writes an exchange into the journal.
    pub(crate) fn write_down(&self, entry: Entry) {
        self.state().journal.push(entry);
        self.written.notify_waiters();
    }

    /// Waits until the journal counted more than `seen`, and returns its count.
    pub(crate) async fn written_beyond(&self, seen: u64) -> u64 {
        loop {
            let mut signal = std::pin::pin!(self.written.notified());
            signal.as_mut().enable();
            let count = self.state().journal.count;
            if count > seen {
                return count;
            }
            signal.await;
        }
    }

    /// Says that a delivery ended.
    pub(crate) fn delivered(&self) {
        self.settled.notify_waiters();
        self.changed.notify_one();
    }

    /// Waits until no delivery is under way.
    pub(crate) async fn settled(&self) {
        loop {
            let mut signal = std::pin::pin!(self.settled.notified());
            signal.as_mut().enable();
            if self.state().outbox.in_flight() == 0 {
                return;
            }
            signal.await;
        }
    }

    /// Ends what is under way.
    pub(crate) fn abort(&self) {
        self.deliveries().abort_all();
    }
}
