//! What the disk does: all acknowledgements wait for it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const TIMES: usize = 100;

/// How long it takes to keep 4 KiB for good: the median.
pub(super) fn sync(path: &Path) -> std::io::Result<Duration> {
    let mut file = File::create(path)?;
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok(took[TIMES / 2])
}
