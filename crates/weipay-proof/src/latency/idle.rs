//! From an exchange to its decision at WeChat Pay, while nothing else is to do: notification, question, answer, call.

use std::time::{Duration, Instant};

use super::{Bound, Delay};
use crate::judge::CONFIRM;
use crate::load::Users;
use crate::stage::{Stage, world};
use crate::{Error, Progress};

const TIMES: u64 = 200;
/// Longer than a slot of the budget: it is always free.
const PAUSE: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn measure(stage: &Stage, seed: u64, progress: Progress<'_>) -> Result<Delay, Error> {
    let mut users = Users::new(stage, seed);
    let (mut took, mut missing) = (Vec::new(), 0);
    for number in 0..TIMES {
        progress("notification to decision, idle", number, TIMES);
        tokio::time::sleep(PAUSE).await;
        let relay = usize::try_from(number).unwrap_or_default() % stage.relays.len();
        stage.notify(stage.relays[relay])?;
        stage.sandbox.journal().clear();
        let begun = Instant::now();
        let record = users.exchange(&world::A).await?;
        match tokio::time::timeout(PATIENCE, decided(stage, &record)).await {
            Ok(arrived) => took.push(arrived.saturating_duration_since(begun)),
            Err(_) => missing += 1,
        }
    }
    Ok(Delay::of("notification to its decision, idle", Bound::P99(50.0), took, missing))
}

/// When the decision about this record arrived.
async fn decided(stage: &Stage, record: &str) -> Instant {
    let journal = stage.sandbox.journal();
    let names = |body: &[u8]| body.windows(record.len()).any(|part| part == record.as_bytes());
    loop {
        let seen = journal.count();
        let entries = journal.entries();
        let decision =
            entries.iter().find(|entry| entry.operation == Some(CONFIRM) && names(&entry.request_body));
        if let Some(entry) = decision {
            // It is written down when it is answered.
            let now = Instant::now();
            return now.checked_sub(entry.duration).unwrap_or(now);
        }
        journal.changed(seen).await;
    }
}
