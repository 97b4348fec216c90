//! What the tasks of one sandbox share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::keys::Keys;
use crate::notify::courier;
use crate::state::State;

/// Keys that never change, the state behind its lock, and the signals between tasks.
pub(crate) struct Shared {
    pub(crate) keys: Keys,
    state: Mutex<State>,
    /// How long a receiver may take to answer a notification, wire time.
    pub(crate) answer_within: Duration,
    /// A delivery ended.
    settled: Notify,
    /// Something new may be due, or the clock moved.
    pub(crate) changed: Notify,
    deliveries: Mutex<JoinSet<()>>,
}

impl Shared {
    pub(crate) fn new(keys: Keys, state: State, answer_within: Duration) -> Self {
        Self {
            keys,
            state: Mutex::new(state),
            answer_within,
            settled: Notify::new(),
            changed: Notify::new(),
            deliveries: Mutex::new(JoinSet::new()),
        }
    }

    /// The state. Never held over an await. A panic elsewhere does not make it unusable.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliveries(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts every delivery that is due now, in the background.
    pub(crate) fn dispatch(self: &Arc<Self>) {
        let due = {
            let mut state = self.state();
            let now = state.clock.business();
            state.outbox.claim(now)
        };
        let mut deliveries = self.deliveries();
        while deliveries.try_join_next().is_some() {}
        for number in due {
            deliveries.spawn(courier::deliver(Arc::clone(self), number));
        }
        drop(deliveries);
        self.changed.notify_one();
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

    /// Moves business time ahead, from due event to due event, and waits for the deliveries of each.
    pub(crate) async fn advance(self: &Arc<Self>, goal: Timestamp) {
        loop {
            self.settled().await;
            let next = self.state().outbox.next_due().filter(|due| *due <= goal);
            let Some(due) = next else { break };
            self.state().clock.move_to(due);
            self.dispatch();
        }
        self.state().clock.move_to(goal);
        self.changed.notify_one();
    }

    /// Runs as long as the sandbox does: starts deliveries when business time reaches them by itself.
    pub(crate) async fn keep_schedule(self: Arc<Self>) {
        loop {
            let wait = {
                let state = self.state();
                let now = state.clock.business();
                state
                    .outbox
                    .next_due()
                    .map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default())
            };
            match wait {
                Some(Duration::ZERO) => self.dispatch(),
                Some(wait) => {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.changed.notified() => {}
                    }
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// Ends what is under way.
    pub(crate) fn abort(&self) {
        self.deliveries().abort_all();
    }
}
