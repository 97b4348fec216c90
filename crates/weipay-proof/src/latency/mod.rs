//! The promises in time: how soon something comes, beside how soon it has to come.

mod acknowledge;
mod disk;
mod idle;
mod restart;

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::postgres::Server;
use crate::process::Process;
use crate::proof::{database, end};
use crate::stage::{Rates, Setting, Stage, world};
use crate::{Backend, Error, Plan, Progress};

/// The promises in time, measured.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Latency {
    /// The store and its processes.
    pub store: String,
    /// Whether the program is optimised; the promises are made for one that is.
    pub release: bool,
    /// The load of the machine over the last minute before it began, and at its end; what else it did is in both. None
    /// where the system does not tell.
    pub load: [Option<f64>; 2],
    /// How long the disk took to keep 4 KiB for good, in milliseconds: the median of a hundred times.
    pub sync: f64,
    /// What was promised, and what came of it.
    pub delays: Vec<Delay>,
}

impl Latency {
    /// All came as soon as promised.
    pub fn held(&self) -> bool {
        self.delays.iter().all(Delay::held)
    }
}

/// One promise: milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Delay {
    /// From where to where.
    pub name: &'static str,
    /// How often it was measured.
    pub count: u64,
    /// What never came, or not as it should.
    pub missing: u64,
    /// The median.
    pub median: f64,
    /// 99 of a hundred are not slower.
    pub p99: f64,
    /// The slowest.
    pub worst: f64,
    /// What is promised.
    pub bound: Bound,
}

/// What is promised: less than so many milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Each time.
    Worst(f64),
    /// 99 of a hundred times.
    P99(f64),
}

impl Delay {
    fn of(name: &'static str, bound: Bound, mut took: Vec<Duration>, missing: u64) -> Self {
        took.sort_unstable();
        let at = |percent: usize| {
            let place = (took.len() * percent).div_ceil(100).saturating_sub(1);
            took.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        let count = took.len() as u64;
        Self { name, count, missing, median: at(50), p99: at(99), worst: at(100), bound }
    }

    /// As promised.
    pub fn held(&self) -> bool {
        let soon = match self.bound {
            Bound::Worst(bound) => self.worst < bound,
            Bound::P99(bound) => self.p99 < bound,
        };
        soon && self.missing == 0 && self.count > 0
    }
}

/// Measures the promises in time. Those that were not kept are told by [`Latency::held`]; an error is that they could not be
/// measured.
pub async fn time(plan: &Plan, progress: Progress<'_>) -> Result<Latency, Error> {
    let folder = plan.folder.join(format!("weipay-latency-{}-{}", plan.seed, std::process::id()));
    std::fs::create_dir_all(&folder).map_err(Error::io(folder.display()))?;
    let before = load();
    let sync = disk::sync(&folder.join("probe")).map_err(Error::io(folder.display()))?;
    let mut latency = Latency {
        store: plan.store.to_string(),
        release: !cfg!(debug_assertions),
        sync: sync.as_secs_f64() * 1e3,
        ..Latency::default()
    };
    let server = match plan.store {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Server::start().await?),
    };
    // Where another process goes on, nobody waits for the one that died.
    if plan.store == Backend::Sqlite {
        let (stage, mut processes) = part(plan, &folder, "restart", server.as_ref()).await?;
        latency.delays.push(restart::measure(&stage, &mut processes, plan.seed, progress).await?);
        end(stage, processes).await;
    }
    let (stage, processes) = part(plan, &folder, "idle", server.as_ref()).await?;
    latency.delays.push(idle::measure(&stage, plan.seed, progress).await?);
    latency.delays.push(acknowledge::measure(&stage, plan.seed, progress).await?);
    end(stage, processes).await;
    latency.load = [before, load()];
    // What cannot be removed is in nobody's way.
    let _ = std::fs::remove_dir_all(&folder);
    Ok(latency)
}

/// One partner, the documented rates, and a business clock that stands: nothing is repeated by itself.
async fn part(
    plan: &Plan,
    folder: &Path,
    name: &'static str,
    server: Option<&Server>,
) -> Result<(Stage, Vec<Process>), Error> {
    let database = database(server, name).await?;
    let setting = Setting {
        folder: folder.join(name),
        database,
        rates: Rates::Documented,
        partners: world::like_a(1),
        line: false,
        time_stands: true,
    };
    Stage::set(plan, setting).await
}

/// The load average of the last minute.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_the_slowest_is_not_in_the_99th_percentile() {
        let took: Vec<_> = (1..=100).map(Duration::from_millis).rev().collect();
        let delay = Delay::of("a", Bound::P99(99.5), took.clone(), 0);
        assert_eq!((delay.median, delay.p99, delay.worst), (50.0, 99.0, 100.0));
        assert!(delay.held());
        assert!(!Delay::of("a", Bound::Worst(99.5), took.clone(), 0).held());
        assert!(!Delay::of("a", Bound::P99(99.5), took, 1).held(), "one is missing");
        assert!(!Delay::of("a", Bound::P99(99.5), Vec::new(), 0).held(), "nothing was measured");
    }
}
