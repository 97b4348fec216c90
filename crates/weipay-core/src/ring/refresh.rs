//! One refresh at a time: the ticket's owner fetches the certificate list, everybody else waits for it.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::KeyRing;
use crate::Error;

/// How long an unknown serial is not asked for again: whoever can send us messages must not make us download at will.
const PERIOD: Duration = Duration::from_secs(600);
/// How soon one refresh may follow another, whatever serial asks for it.
const PAUSE: Duration = Duration::from_secs(10);
/// How many serials are remembered.
const REMEMBERED: usize = 64;

#[derive(Default)]
pub(super) struct Slot {
    /// Counts refreshes that have ended.
    generation: u64,
    busy: bool,
    started: Option<Duration>,
    asked: VecDeque<(String, Duration)>,
    waiting: Vec<Waker>,
    /// Why the last refresh brought nothing.
    pub(super) failure: Option<String>,
}

impl KeyRing {
    /// Takes the refresh slot because of an unknown `serial`, at `now` on the clock that never jumps.
    ///
    /// `None` when the same serial was asked for less than ten minutes ago, or any less than ten seconds ago.
    pub fn begin_refresh(self: &Arc<Self>, serial: &str, now: Duration) -> Option<RefreshTicket> {
        let mut slot = self.slot();
        if !slot.busy {
            let recent = |since: Duration, period| now.saturating_sub(since) < period;
            let known = slot.asked.iter().any(|(asked, since)| asked == serial && recent(*since, PERIOD));
            if known || slot.started.is_some_and(|since| recent(since, PAUSE)) {
                return None;
            }
            slot.asked.retain(|(asked, _)| asked != serial);
            slot.asked.push_back((serial.to_owned(), now));
            if slot.asked.len() > REMEMBERED {
                slot.asked.pop_front();
            }
            slot.started = Some(now);
            slot.busy = true;
            slot.failure = None;
            return Some(RefreshTicket { generation: slot.generation, owner: true, ring: Arc::clone(self) });
        }
        Some(RefreshTicket { generation: slot.generation, owner: false, ring: Arc::clone(self) })
    }
}

/// A place at the refresh slot. Dropping the owner's ticket ends the refresh, however it went, and wakes the others.
pub struct RefreshTicket {
    ring: Arc<KeyRing>,
    generation: u64,
    owner: bool,
}

impl RefreshTicket {
    /// Whether the holder has to fetch the certificate list.
    pub fn is_owner(&self) -> bool {
        self.owner
    }

    /// Ends the refresh without a list, because of `why`: the serial that asked for it may ask again after a short pause, not only after
    /// ten minutes. Otherwise one failed connection would lock out every call for that long.
    pub fn failed(self, why: &Error) {
        if self.owner {
            let mut slot = self.ring.slot();
            slot.failure = Some(why.to_string());
            if let Some(started) = slot.started {
                slot.asked.retain(|(_, since)| *since != started);
            }
        }
    }

    /// Resolves when the refresh has ended. Only for those who are not the owner.
    pub fn finished(&self) -> RefreshFinished<'_> {
        RefreshFinished { ticket: self }
    }
}

impl Drop for RefreshTicket {
    fn drop(&mut self) {
        if self.owner {
            let mut slot = self.ring.slot();
            slot.busy = false;
            slot.generation += 1;
            let waiting = std::mem::take(&mut slot.waiting);
            drop(slot);
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

impl fmt::Debug for RefreshTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshTicket")
            .field("generation", &self.generation)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// The wait for somebody else's refresh.
#[derive(Debug)]
#[must_use = "a future does nothing until it is awaited"]
pub struct RefreshFinished<'a> {
    ticket: &'a RefreshTicket,
}

impl Future for RefreshFinished<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut slot = self.ticket.ring.slot();
        if slot.generation > self.ticket.generation || !slot.busy {
            return Poll::Ready(());
        }
        if !slot.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            slot.waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}
