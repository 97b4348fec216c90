//! From the start of a relay that was killed with work pending to its first request at WeChat Pay.

use std::time::{Duration, Instant};

use fastrand::Rng;
use weipay_sandbox::Direction;

use super::{Bound, Delay};
use crate::load::Users;
use crate::process::Process;
use crate::stage::{Stage, world};
use crate::{Error, Progress};

const TIMES: u64 = 25;
/// So many exchanges are there or under way when it dies.
const PENDING: usize = 40;
/// How long a first request may take until it counts as none.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn measure(
    stage: &Stage,
    processes: &mut [Process],
    seed: u64,
    progress: Progress<'_>,
) -> Result<Delay, Error> {
    let relay = processes.iter_mut().find(|process| process.recipe.address == stage.relays[0]);
    let relay = relay.ok_or_else(|| Error::Process("there is no relay to kill".to_owned()))?;
    let mut rng = Rng::with_seed(seed);
    let mut users = Users::new(stage, seed);
    let (mut took, mut missing) = (Vec::new(), 0);
    stage.notify(stage.relays[0])?;
    for number in 0..TIMES {
        progress("first request after SIGKILL", number, TIMES);
        while users.open() < PENDING {
            users.exchange(&world::A).await?;
        }
        stage.sandbox.settled().await;
        tokio::time::sleep(Duration::from_millis(rng.u64(20..500))).await;
        relay.kill().await;
        stage.sandbox.journal().clear();
        let begun = Instant::now();
        *relay = Process::start(relay.recipe.clone(), None)?;
        match tokio::time::timeout(PATIENCE, first_request(stage, begun)).await {
            Ok(after) => took.push(after),
            Err(_) => missing += 1,
        }
        relay.ready().await?;
    }
    Ok(Delay::of("SIGKILL with work pending, restart to first request", Bound::Worst(1000.0), took, missing))
}

/// When the first request arrived that was sent after `begun`.
async fn first_request(stage: &Stage, begun: Instant) -> Duration {
    let journal = stage.sandbox.journal();
    loop {
        let seen = journal.count();
        let requests = journal.entries();
        for entry in requests.iter().filter(|entry| entry.direction == Direction::Received) {
            // It is written down when it is answered.
            if let Some(arrived) = Instant::now().checked_sub(entry.duration)
                && arrived > begun
            {
                return arrived.duration_since(begun);
            }
        }
        journal.changed(seen).await;
    }
}
