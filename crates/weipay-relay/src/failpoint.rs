//! Places at which a proof lets the process die: armed by `WEIPAY_RELAY_FAIL=point:nth`, and nothing without it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

struct Armed {
    point: String,
    left: AtomicU64,
}

/// All points, so that a misspelt one is refused when the relay starts.
pub(crate) const POINTS: &[&str] = &[
    "ingress-before-store",
    "ingress-after-store",
    "after-claim",
    "before-send",
    "after-send",
    "after-answer",
    "before-finish",
    "after-finish",
];

fn armed() -> Option<&'static Armed> {
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    ARMED.get_or_init(|| std::env::var("WEIPAY_RELAY_FAIL").ok().and_then(|text| parse(&text).ok())).as_ref()
}

fn parse(text: &str) -> Result<Armed, String> {
    let (point, nth) = text.split_once(':').unwrap_or((text, "1"));
    let nth: u64 = nth.parse().ok().filter(|nth| *nth > 0).ok_or("WEIPAY_RELAY_FAIL is not point:nth")?;
    if !POINTS.contains(&point) {
        return Err(format!("WEIPAY_RELAY_FAIL names no point; there are {}", POINTS.join(", ")));
    }
    Ok(Armed { point: point.to_owned(), left: AtomicU64::new(nth) })
}

/// Says what is wrong with the environment variable, if it is set.
pub(crate) fn check() -> Result<(), String> {
    match std::env::var("WEIPAY_RELAY_FAIL") {
        Ok(text) => parse(&text).map(|_| ()),
        Err(_) => Ok(()),
    }
}

/// Ends the process as a crash would, if this is the point and the passage that was armed.
pub(crate) fn failpoint(point: &'static str) {
    debug_assert!(POINTS.contains(&point), "{point} is not listed");
    if let Some(armed) = armed()
        && armed.point == point
        && armed.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_point_is_refused() {
        assert!(parse("after-claim:3").is_ok());
        assert!(parse("after-claim").is_ok());
        assert!(parse("after-clam:1").is_err());
        assert!(parse("after-claim:0").is_err());
    }
}
