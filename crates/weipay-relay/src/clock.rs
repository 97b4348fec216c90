//! Time, passed in: a test moves it, nothing sleeps by itself.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// What the relay knows of time.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The wall clock. It may jump; what is stored is compared with it and with nothing else.
    fn now(&self) -> Timestamp;

    /// Returns when the wall clock has reached `until`; at once if it has. May return early after a jump.
    async fn sleep_until(&self, until: Timestamp);
}

/// The host's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// How long one sleep may be, so that a clock set forward is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, until: Timestamp) {
        while let Ok(left) = Duration::try_from(until.duration_since(self.now()))
            && !left.is_zero()
        {
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
        }
    }
}
