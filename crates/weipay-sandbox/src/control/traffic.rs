//! Rate and latency of the last two minutes, from the journal.

use serde::{Deserialize, Serialize};

use super::Control;
use crate::Direction;

/// So many seconds.
const SPAN: usize = 120;

/// Rate and latency, second by second.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrafficView {
    /// Oldest first; the last one is the second under way.
    pub seconds: Vec<Second>,
}

/// One second of wire time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Unix seconds.
    pub at: i64,
    /// Requests that were answered 2xx.
    pub accepted: u32,
    /// Requests that were answered otherwise, or not at all.
    pub refused: u32,
    /// Attempts of notifications.
    pub notifications: u32,
    /// The median from arrival to answer of the requests, in microseconds; none without requests.
    pub median_us: Option<u64>,
    /// The slowest of them.
    pub slowest_us: Option<u64>,
}

impl Control {
    /// The last two minutes, as far as the journal goes back.
    pub fn traffic(&self) -> TrafficView {
        let state = self.world.shared.state();
        let last = state.clock.wire();
        let first = last - i64::try_from(SPAN).unwrap_or(0) + 1;
        let mut seconds: Vec<Second> = (first..=last).map(|at| Second { at, ..Second::default() }).collect();
        let mut durations = vec![Vec::new(); seconds.len()];
        for entry in state.journal.entries() {
            let Some(place) = usize::try_from(entry.at - first).ok().filter(|place| *place < seconds.len())
            else {
                continue;
            };
            let second = &mut seconds[place];
            match (entry.direction, entry.status) {
                (Direction::Sent, _) => second.notifications += 1,
                (Direction::Received, Some(200..=299)) => second.accepted += 1,
                (Direction::Received, _) => second.refused += 1,
            }
            if entry.direction == Direction::Received {
                durations[place].push(u64::try_from(entry.duration.as_micros()).unwrap_or(u64::MAX));
            }
        }
        for (second, mut durations) in seconds.iter_mut().zip(durations) {
            durations.sort_unstable();
            second.median_us = durations.get(durations.len() / 2).copied();
            second.slowest_us = durations.last().copied();
        }
        TrafficView { seconds }
    }
}
