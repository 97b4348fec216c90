//! When something is tried again.

use std::time::Duration;

use jiff::Timestamp;

use crate::event::later;

/// Seconds before the next attempt of a question: the merchant's hook may be down for a deployment or for a night.
const ASKS: &[u64] = &[1, 2, 5, 10, 30, 60, 120, 300];
/// Seconds before the next attempt of an effect.
const SENDS: &[u64] = &[1, 2, 4, 8, 15, 30, 60];
/// After a refusal for speed.
pub(super) const TOO_FAST: Duration = Duration::from_secs(1);

pub(super) fn ask(attempts: u32, now: Timestamp) -> Timestamp {
    step(ASKS, attempts, now)
}

pub(super) fn send(attempts: u32, now: Timestamp) -> Timestamp {
    step(SENDS, attempts, now)
}

/// `attempts` counts those that went before this one.
fn step(schedule: &[u64], attempts: u32, now: Timestamp) -> Timestamp {
    let at = usize::try_from(attempts).unwrap_or(usize::MAX).min(schedule.len() - 1);
    later(now, Duration::from_secs(schedule[at])).unwrap_or(now)
}
