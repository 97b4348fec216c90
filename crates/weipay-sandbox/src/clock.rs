//! The two clocks. Wire time judges signatures and stamps messages; business time runs schedules and validity.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Wire time is the host's clock plus a skew; business time starts with the host's and is moved ahead at will.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(from = "Stopped", into = "Stopped")]
pub(crate) struct Clock {
    born: Timestamp,
    /// None when business time stands still.
    started: Option<Instant>,
    ahead: Duration,
    skew: i64,
}

/// The clock of a sandbox that does not run: business time goes on from here, however long it was.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stopped {
    business_time: Timestamp,
    stands_still: bool,
    wire_skew_seconds: i64,
}

impl From<Clock> for Stopped {
    fn from(clock: Clock) -> Self {
        let (business_time, stands_still) = (clock.business(), clock.started.is_none());
        Self { business_time, stands_still, wire_skew_seconds: clock.skew }
    }
}

impl From<Stopped> for Clock {
    fn from(stopped: Stopped) -> Self {
        let started = (!stopped.stands_still).then(Instant::now);
        Self { born: stopped.business_time, started, ahead: Duration::ZERO, skew: stopped.wire_skew_seconds }
    }
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { born: Timestamp::now(), started: Some(Instant::now()), ahead: Duration::ZERO, skew: 0 }
    }

    /// Business time stands still at this moment until it is moved.
    pub(crate) fn standing_still(at: Timestamp) -> Self {
        Self { born: at, started: None, ahead: Duration::ZERO, skew: 0 }
    }

    /// Unix seconds as this server sees them.
    pub(crate) fn wire(&self) -> i64 {
        let host = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(host).unwrap_or(i64::MAX).saturating_add(self.skew)
    }

    pub(crate) fn set_skew(&mut self, seconds: i64) {
        self.skew = seconds;
    }

    pub(crate) fn skew(&self) -> i64 {
        self.skew
    }

    pub(crate) fn business(&self) -> Timestamp {
        let run = self.started.map_or(Duration::ZERO, |started| started.elapsed());
        let passed = run.saturating_add(self.ahead);
        after(self.born, passed)
    }

    /// Moves business time to this moment, never backwards.
    pub(crate) fn move_to(&mut self, moment: Timestamp) {
        let gap = moment.duration_since(self.business());
        if let Ok(gap) = Duration::try_from(gap) {
            self.ahead = self.ahead.saturating_add(gap);
        }
    }
}

/// A moment so much later, as far as the calendar goes.
pub(crate) fn after(moment: Timestamp, passed: Duration) -> Timestamp {
    let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
    moment.checked_add(passed).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_time_moves_ahead_and_wire_time_does_not() {
        let mut clock = Clock::new();
        let (wire, goal) = (clock.wire(), after(clock.business(), Duration::from_secs(86_400)));
        clock.move_to(goal);
        assert!(clock.business() >= goal);
        assert!(clock.wire() - wire < 60);
        clock.move_to(Timestamp::UNIX_EPOCH);
        assert!(clock.business() >= goal);
        clock.set_skew(-301);
        assert!(clock.wire() < wire);
    }
}
