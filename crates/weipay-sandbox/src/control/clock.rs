//! The two clocks, and how they are moved.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Control;
use crate::{Error, clockwork};

/// Both clocks now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockView {
    /// Runs schedules and validity.
    pub business_time: Timestamp,
    /// When the next planned deed or delivery is due, in business time.
    pub next_due: Option<Timestamp>,
    /// Judges signatures; Unix seconds.
    pub wire_time: i64,
    /// Seconds that wire time is later than the host's clock.
    pub wire_skew_seconds: i64,
}

impl Control {
    /// Both clocks.
    pub fn clock(&self) -> ClockView {
        let state = self.world.shared.state();
        ClockView {
            business_time: state.clock.business(),
            next_due: clockwork::next_due(&state),
            wire_time: state.clock.wire(),
            wire_skew_seconds: state.clock.skew(),
        }
    }

    /// Moves business time ahead, from due event to due event, and waits for the deliveries of each.
    pub async fn advance(&self, passed: Duration) -> ClockView {
        self.world.advance(passed).await;
        self.clock()
    }

    /// Sets the wire clock's skew.
    pub fn set_skew(&self, seconds: i64) -> ClockView {
        self.world.set_wire_skew(seconds);
        self.clock()
    }
}

/// Reads `24h`, `15s`, `1h 30m`, `90m`, `30d` or a number of seconds. A day has 24 hours.
pub fn duration(text: &str) -> Result<Duration, Error> {
    let read = || -> Option<Duration> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        if let Some(days) = text.strip_suffix('d') {
            return Some(Duration::from_secs(days.trim().parse::<u64>().ok()?.checked_mul(86_400)?));
        }
        Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()
    };
    read().ok_or_else(|| Error::State(format!("`{text}` is not a time; write 24h, 15s, 1h 30m or 30d")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_the_units_that_people_write() {
        for (text, seconds) in
            [("24h", 86_400), ("15s", 15), ("1h 30m", 5400), ("90m", 5400), ("30d", 2_592_000), ("7", 7)]
        {
            assert_eq!(duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        for bad in ["", "soon", "-1h", "1x", "99999999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
