//! Rate and latency as SVG, drawn here so that the page needs no script for it.

use std::fmt::Write as _;

use weipay_sandbox::control::Second;

/// Width of one second and height of a plot, in the units of the view box.
const STEP: usize = 5;
const HEIGHT: u64 = 60;

/// Bars of the last two minutes, one second each: requests accepted, refused above them, notifications on top.
pub(crate) fn rate(seconds: &[Second], label: &str) -> String {
    let total = |second: &Second| u64::from(second.accepted + second.refused + second.notifications);
    let top = seconds.iter().map(total).max().unwrap_or(0).max(1);
    let mut bars = String::new();
    for (place, second) in seconds.iter().enumerate() {
        let mut base = 0;
        let parts = [("good", second.accepted), ("bad", second.refused), ("told", second.notifications)];
        for (class, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
            let count = u64::from(count);
            // Whole bars of at least one unit, so that a single call is seen.
            let height = (count * HEIGHT / top).max(1);
            base += height;
            bar(&mut bars, class, place, base, height);
        }
    }
    let peak = seconds.iter().map(total).max().unwrap_or(0);
    frame(seconds.len(), &bars, label, &format!("{peak}/s"))
}

/// The slowest and the median answer of each second.
pub(crate) fn latency(seconds: &[Second], label: &str) -> String {
    let top = seconds.iter().filter_map(|second| second.slowest_us).max().unwrap_or(0).max(1);
    let mut bars = String::new();
    for (place, second) in seconds.iter().enumerate() {
        for (class, value) in [("slow", second.slowest_us), ("good", second.median_us)] {
            let Some(value) = value else { continue };
            let height = (value * HEIGHT / top).max(1);
            bar(&mut bars, class, place, height, height);
        }
    }
    let peak = seconds.iter().filter_map(|second| second.slowest_us).max().unwrap_or(0);
    frame(seconds.len(), &bars, label, &format!("{}.{} ms", peak / 1000, peak % 1000 / 100))
}

fn bar(bars: &mut String, class: &str, place: usize, top: u64, height: u64) {
    let (x, y) = (place * STEP, HEIGHT.saturating_sub(top));
    // Writing to a String cannot fail.
    let _ = write!(
        bars,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{height}\"/>",
        STEP - 1
    );
}

/// `label` and `peak` hold no characters of HTML.
fn frame(seconds: usize, bars: &str, label: &str, peak: &str) -> String {
    let width = seconds * STEP;
    format!(
        "<figure><figcaption>{label} <b>{peak}</b></figcaption>\
         <svg viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{label} {peak}\">\
         {bars}</svg></figure>"
    )
}
