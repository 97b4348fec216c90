//! Named places at which the process can be made to disappear, as by SIGKILL: nothing is flushed, nobody is told.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that arms one of them: `WEIPAY_SHOP_FAIL=after-commit:3` ends the process at the third passage.
pub(crate) const VARIABLE: &str = "WEIPAY_SHOP_FAIL";

/// All of them, in the order in which a question passes them.
pub const POINTS: &[&str] = &[
    // The question was read and its signature holds; nothing is stored.
    "before-transaction",
    // Everything is written, nothing is durable.
    "before-commit",
    // The answer is durable, and the relay does not know it.
    "after-commit",
];

struct Armed {
    point: String,
    left: AtomicU32,
}

fn armed() -> Option<&'static Armed> {
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    let read = || {
        let text = std::env::var(VARIABLE).ok()?;
        let (point, nth) = text.split_once(':').unwrap_or((&text, "1"));
        Some(Armed { point: point.to_owned(), left: AtomicU32::new(nth.parse().unwrap_or(1)) })
    };
    ARMED.get_or_init(read).as_ref()
}

/// Ends the process here, if this point is armed and its turn has come.
pub(crate) fn point(name: &str) {
    if let Some(armed) = armed()
        && armed.point == name
        && armed.left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        std::process::abort();
    }
}
