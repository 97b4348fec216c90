//! Which merchants' hooks answer, and how many questions each is asked at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::event::later;

/// Hooks that gave no answer at all, by merchant. Nobody knocks until a pause is over, and then one question does: a hook
/// that hangs holds one place, and not all that its merchant may have.
#[derive(Debug, Default)]
pub(crate) struct Hooks(Mutex<BTreeMap<String, Down>>);

#[derive(Debug, Clone, Copy)]
struct Down {
    until: Timestamp,
    times: u32,
}

impl Hooks {
    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<String, Down>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The room at hooks that do not answer.
    pub(crate) fn rooms(&self, now: Timestamp) -> BTreeMap<String, u32> {
        self.with(|down| {
            down.iter().map(|(merchant, down)| (merchant.clone(), u32::from(down.until <= now))).collect()
        })
    }

    /// Until when a hook is left alone.
    pub(crate) fn down(&self, merchant: &str, now: Timestamp) -> Option<Timestamp> {
        self.with(|down| down.get(merchant).map(|down| down.until).filter(|until| *until > now))
    }

    /// When the first pause is over.
    pub(crate) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.with(|down| down.values().map(|down| down.until).filter(|until| *until > now).min())
    }

    /// A hook did not answer: from 1 s to 30 s nobody knocks. Answers how often in a row; none for a question that was
    /// asked beside another one that said so.
    pub(crate) fn failed(&self, merchant: &str, now: Timestamp) -> Option<u32> {
        self.with(|down| {
            let known = down.get(merchant).copied();
            if known.is_some_and(|down| down.until > now) {
                return None;
            }
            let times = known.map_or(0, |down| down.times);
            let pause = Duration::from_secs(1 << times.min(5)).min(Duration::from_secs(30));
            let until = later(now, pause).unwrap_or(now);
            let times = times.saturating_add(1);
            down.insert(merchant.to_owned(), Down { until, times });
            Some(times)
        })
    }

    pub(crate) fn answered(&self, merchant: &str) {
        self.with(|down| {
            down.remove(merchant);
        });
    }
}
