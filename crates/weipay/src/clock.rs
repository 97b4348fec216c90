//! The two clocks of a driver.

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use weipay_core::exchange::Now;

/// Where the clock that never jumps starts to count: once per process, so that every client of a credential agrees.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The wall clock, which a test replaces, beside the clock of the runtime's timers.
#[derive(Clone)]
pub(crate) struct Clock(Option<Arc<dyn Fn() -> i64 + Send + Sync>>);

impl Clock {
    pub(crate) fn system() -> Self {
        Self(None)
    }

    pub(crate) fn fake(unix: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(unix)))
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            unix: self.unix(),
            mono: tokio::time::Instant::now().into_std().saturating_duration_since(*START),
        }
    }

    /// Seconds since 1970.
    pub(crate) fn unix(&self) -> i64 {
        if let Some(fake) = &self.0 {
            return fake();
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock::fake" } else { "Clock::system" })
    }
}

/// The moment `mono` on the runtime's clock.
pub(crate) fn instant(mono: Duration) -> Instant {
    // A time-out of centuries means none.
    START.checked_add(mono).unwrap_or_else(|| *START + Duration::from_secs(30 * 365 * 86_400))
}
