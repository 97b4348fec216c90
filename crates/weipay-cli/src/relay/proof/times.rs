//! The promises in time for people.

use std::fmt::Write as _;

use weipay_proof::{Bound, Latency};

pub(super) fn of(latency: &Latency) -> String {
    let build =
        if latency.release { "release build" } else { "debug build: the promises are made for a release" };
    let mut text = format!("Promises in time on {}, {build}\n", latency.store);
    let _ = write!(text, "the disk keeps 4 KiB in {:.1} ms", latency.sync);
    if let [Some(before), Some(after)] = latency.load {
        let _ = write!(text, "; load average {before:.2} before, {after:.2} after");
    }
    let _ = writeln!(text, "\n\n  {:<54}times  median     p99   worst   promised", "milliseconds");
    for delay in &latency.delays {
        let (which, bound) = match delay.bound {
            Bound::Worst(bound) => ("worst", bound),
            Bound::P99(bound) => ("p99", bound),
        };
        let held = if delay.held() { "kept" } else { "NOT KEPT" };
        let missing =
            if delay.missing > 0 { format!(", {} never came", delay.missing) } else { String::new() };
        let _ = writeln!(
            text,
            "  {:<54}{:>5}{:>8.1}{:>8.1}{:>8.1}   {which} below {bound:.0}: {held}{missing}",
            delay.name, delay.count, delay.median, delay.p99, delay.worst
        );
    }
    text.trim_end().to_owned()
}
