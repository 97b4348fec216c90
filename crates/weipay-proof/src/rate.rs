//! The rate part: the documented rates, and more exchanges at once than they allow.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use weipay_sandbox::Sandbox;
use weipay_sandbox::world::RecordState;

use crate::judge::CONFIRM;
use crate::load::Users;
use crate::stage::{Stage, world};
use crate::verdict::{Finding, Pace};
use crate::{Error, Progress};

/// Decisions to send: more than eight seconds' worth.
const EXCHANGES: u64 = 40;
/// How long they may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// DOC: five a second for a partner.
const GRANTED: u64 = 5;
/// What has to be made of it. On a quiet machine it is 4.59; on a busy one a send comes too late for its slot now and then,
/// and gives it up.
const WANTED: f64 = 4.2;

/// Measures it. The stage grants the documented rates.
pub(crate) async fn measure(stage: &Stage, seed: u64, progress: Progress<'_>) -> Result<Pace, Error> {
    let mut users = Users::new(stage, seed);
    for number in 0..EXCHANGES {
        let relay = stage.relays[usize::try_from(number).unwrap_or_default() % stage.relays.len()];
        stage.notify(relay)?;
        users.exchange(world::A).await?;
    }
    let begun = Instant::now();
    loop {
        let settled = |(record, _): &&(String, _)| {
            stage.sandbox.record(record).is_some_and(|record| record.state != RecordState::Pending)
        };
        let done = users.made.exchanges.iter().filter(settled).count() as u64;
        progress("at the documented five a second", done, EXCHANGES);
        if done == EXCHANGES || begun.elapsed() > PATIENCE {
            return Ok(pace(&stage.sandbox));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the server saw. Business time is not moved in this part, so that effects are stamped by the host's clock.
fn pace(sandbox: &Sandbox) -> Pace {
    let arrivals: Vec<_> = sandbox
        .effects()
        .into_iter()
        .filter(|effect| effect.operation == CONFIRM)
        .map(|effect| effect.at)
        .collect();
    let seconds = match (arrivals.first(), arrivals.last()) {
        (Some(first), Some(last)) => last.duration_since(*first).as_secs_f64(),
        _ => 0.0,
    };
    let entries = sandbox.journal().for_operation(CONFIRM);
    let refused = entries.iter().filter(|entry| entry.status == Some(429)).count() as u64;
    Pace { sent: arrivals.len() as u64, seconds, most: most(&arrivals), refused }
}

/// The most arrivals in any sliding second.
fn most(arrivals: &[Timestamp]) -> u64 {
    let second = SignedDuration::from_secs(1);
    let within = |first: &Timestamp| {
        arrivals.iter().filter(|at| *at >= first && at.duration_since(*first) < second).count() as u64
    };
    arrivals.iter().map(within).max().unwrap_or_default()
}

pub(crate) fn findings(pace: &Pace) -> Vec<Finding> {
    let mut found = Vec::new();
    if pace.most > GRANTED || pace.refused > 0 {
        let Pace { most, refused, .. } = pace;
        let text =
            format!("{most} arrivals within one second, {refused} refused for speed; {GRANTED} are granted");
        found.push(Finding::new("rate-exceeded", text));
    }
    if pace.sent < EXCHANGES {
        let missing = EXCHANGES - pace.sent;
        found.push(Finding::new("unsettled", format!("{missing} of {EXCHANGES} exchanges of the rate part")));
    } else if pace.per_second() < WANTED {
        let text =
            format!("{:.2} a second of {GRANTED} that are granted; {WANTED} are wanted", pace.per_second());
        found.push(Finding::new("too-slow", text));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_of_any_sliding_second_is_found_between_whole_seconds() {
        let at = |millis: i64| Timestamp::from_millisecond(1_000_000 + millis).unwrap();
        assert_eq!(most(&[]), 0);
        assert_eq!(most(&[at(0), at(600), at(900), at(1500), at(1599), at(1600)]), 4);
        assert_eq!(most(&[at(0), at(1000)]), 1, "a second later is another second");
    }
}
