//! What makes time pass: deliveries and planned deeds, when business time reaches them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::shared::Shared;
use crate::state::State;
use crate::{courier, rules};

/// Does what is due now: first the deeds, then the deliveries, also those that the deeds caused.
pub(crate) fn run_due(shared: &Arc<Shared>) {
    {
        let mut state = shared.state();
        let now = state.clock.business();
        for task in state.agenda.take_due(now) {
            rules::perform(&mut state, &task);
        }
    }
    courier::dispatch(shared);
}

fn next_due(state: &State) -> Option<Timestamp> {
    state.agenda.next_due().into_iter().chain(state.outbox.next_due()).min()
}

/// Moves business time ahead, from due event to due event, and waits for the deliveries of each.
pub(crate) async fn advance(shared: &Arc<Shared>, goal: Timestamp) {
    loop {
        shared.settled().await;
        let next = next_due(&shared.state()).filter(|due| *due <= goal);
        let Some(due) = next else { break };
        shared.state().clock.move_to(due);
        run_due(shared);
    }
    shared.state().clock.move_to(goal);
    shared.changed.notify_one();
}

/// Runs as long as the sandbox does: does what business time reaches by itself.
pub(crate) async fn keep(shared: Arc<Shared>) {
    loop {
        let wait = {
            let state = shared.state();
            let now = state.clock.business();
            next_due(&state).map(|due| Duration::try_from(due.duration_since(now)).unwrap_or_default())
        };
        match wait {
            Some(Duration::ZERO) => run_due(&shared),
            Some(wait) => {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = shared.changed.notified() => {}
                }
            }
            None => shared.changed.notified().await,
        }
    }
}
