//! A clock that runs with the host's and can be moved ahead.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use weipay_relay::Clock;

#[derive(Debug, Default)]
pub(crate) struct VirtualClock {
    ahead: AtomicI64,
    moved: Notify,
}

impl VirtualClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
        self.moved.notify_waiters();
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_micros(self.ahead.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, until: Timestamp) {
        loop {
            let moved = self.moved.notified();
            let Ok(left) = Duration::try_from(until.duration_since(self.now())) else { return };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = moved => {}
                // Not longer, because a move may fall between the two lines above.
                () = tokio::time::sleep(left.min(Duration::from_millis(50))) => {}
            }
        }
    }
}
