//! Documented rates as a sliding window by arrival.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// When each caller's requests to each operation arrived, as far back as its window goes.
///
/// ASSUME: which window the real gateway uses is not published. A refused request does not count.
#[derive(Debug)]
pub(crate) struct Limits {
    windows: HashMap<(String, &'static str), VecDeque<Instant>>,
    factor: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { windows: HashMap::new(), factor: 1 }
    }
}

impl Limits {
    /// So many times what is documented.
    pub(crate) fn granting(factor: u32) -> Self {
        Self { factor, ..Self::default() }
    }

    /// Admits a request unless `limit` others were admitted during the `period` before it.
    pub(crate) fn admit(
        &mut self,
        caller: &str,
        operation: &'static str,
        (limit, period): (u32, Duration),
        arrival: Instant,
    ) -> bool {
        let window = self.windows.entry((caller.to_owned(), operation)).or_default();
        while window.front().is_some_and(|first| arrival.saturating_duration_since(*first) >= period) {
            window.pop_front();
        }
        let room = window.len() < usize::try_from(limit.saturating_mul(self.factor)).unwrap_or(usize::MAX);
        if room {
            window.push_back(arrival);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_in_a_second_is_refused_and_the_window_slides() {
        let mut limits = Limits::default();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let five = (5, Duration::from_secs(1));
        let mut admit = |caller: &str, millis| limits.admit(caller, "confirm", five, at(millis));
        for millis in [0, 100, 200, 300, 400] {
            assert!(admit("a", millis));
        }
        assert!(!admit("a", 999));
        assert!(admit("b", 999), "another caller has its own window");
        assert!(admit("a", 1000), "the first one has left the window");
        assert!(!admit("a", 1099));
        assert!(admit("a", 1100));
    }
}
