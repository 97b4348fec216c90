//! The rate part: the documented rates, and more exchanges at once than they allow; first over a quick line, then over one
//! that delays every request.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use weipay_sandbox::Effect;

use crate::judge::CONFIRM;
use crate::load::Users;
use crate::stage::Stage;
use crate::stage::world::{self, Partner};
use crate::verdict::{Finding, Pace, Paces};
use crate::{Error, Progress};

/// Decisions of the quiet row: more than eight seconds' worth.
const QUIET: u64 = 40;
/// How late a request is at most in the delayed row.
const LATE: Duration = Duration::from_millis(80);
/// DOC: five a second for a partner.
const GRANTED: u64 = 5;
/// What has to be made of it. On a quiet machine it is 4.54; on a busy one a send comes too late for its slot now and then,
/// and gives it up.
const WANTED: f64 = 4.2;
/// Of so many decisions over the delaying line, one may be refused for speed.
const ONE_IN: u64 = 10_000;
/// More decisions than this of one partner would take too long: then more partners are asked at the same time, each
/// with the budget that is granted to it.
const OF_ONE: u64 = 1000;
const MOST_PARTNERS: u64 = 5;
/// So many exchanges of a partner are open: always more than can be decided, and never so many that users are turned away.
const OPEN: u64 = 40;

/// The partners that so many decisions over the delaying line need.
pub(crate) fn partners(requests: u32) -> Vec<Partner> {
    let count = (u64::from(requests) / OF_ONE).clamp(1, MOST_PARTNERS);
    world::like_a(usize::try_from(count).unwrap_or(1))
}

/// Measures both. The stage grants the documented rates.
pub(crate) async fn measure(
    stage: &Stage,
    seed: u64,
    requests: u32,
    progress: Progress<'_>,
) -> Result<Paces, Error> {
    let mut users = Users::new(stage, seed);
    let quiet = row(&mut users, &stage.partners[..1], QUIET, progress).await?;
    if let Some(line) = &stage.line {
        line.late(LATE);
    }
    let delayed = row(&mut users, &stage.partners, u64::from(requests), progress).await?;
    Ok(Paces { quiet, delayed })
}

async fn row(
    users: &mut Users<'_>,
    partners: &[Partner],
    wanted: u64,
    progress: Progress<'_>,
) -> Result<Pace, Error> {
    let stage = users.stage;
    let before = (stage.sandbox.effects().len(), refused(stage));
    let count = partners.len() as u64;
    let mut begun = vec![0; partners.len()];
    let share = wanted.div_ceil(count);
    // Twice as long as it should take, and a minute to begin and to end.
    let (started, patience) = (Instant::now(), Duration::from_secs(60 + 2 * share / GRANTED));
    let mut turn = 0;
    loop {
        let decided = decided(stage, before.0);
        for (partner, begun) in partners.iter().zip(&mut begun) {
            let done = decided.get(&*partner.mchid).map_or(0, |at| at.len() as u64);
            while *begun < share && *begun < done + OPEN {
                turn += 1;
                stage.notify(stage.relays[turn % stage.relays.len()])?;
                users.exchange(partner).await?;
                *begun += 1;
            }
        }
        let done: u64 = decided.values().map(|at| at.len() as u64).sum();
        progress("at the documented five a second", done, share * count);
        if done == share * count || started.elapsed() > patience {
            return Ok(pace(&decided, share * count, refused(stage) - before.1));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// When which partner's decisions took effect. Business time is not moved in this part, so that effects are stamped by the
/// host's clock.
fn decided(stage: &Stage, after: usize) -> BTreeMap<String, Vec<Timestamp>> {
    let mut decided: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for Effect { caller, at, .. } in
        stage.sandbox.effects().into_iter().skip(after).filter(|effect| effect.operation == CONFIRM)
    {
        decided.entry(caller).or_default().push(at);
    }
    decided
}

fn refused(stage: &Stage) -> u64 {
    let entries = stage.sandbox.journal().for_operation(CONFIRM);
    entries.iter().filter(|entry| entry.status == Some(429)).count() as u64
}

fn pace(decided: &BTreeMap<String, Vec<Timestamp>>, wanted: u64, refused: u64) -> Pace {
    Pace {
        partners: decided.len() as u64,
        wanted,
        sent: decided.values().map(|at| at.len() as u64).sum(),
        seconds: decided.values().map(|at| seconds(at)).fold(0.0, f64::max),
        slowest: decided.values().map(|at| per_second(at)).fold(f64::INFINITY, f64::min),
        most: decided.values().map(|at| most(at)).max().unwrap_or_default(),
        refused,
    }
}

fn seconds(arrivals: &[Timestamp]) -> f64 {
    match (arrivals.first(), arrivals.last()) {
        (Some(first), Some(last)) => last.duration_since(*first).as_secs_f64(),
        _ => 0.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "thousands of requests")]
fn per_second(arrivals: &[Timestamp]) -> f64 {
    let seconds = seconds(arrivals);
    if seconds > 0.0 { (arrivals.len() - 1) as f64 / seconds } else { 0.0 }
}

/// The most arrivals in any sliding second.
fn most(arrivals: &[Timestamp]) -> u64 {
    let second = SignedDuration::from_secs(1);
    let from = |first: usize| {
        let within = |at: &&Timestamp| at.duration_since(arrivals[first]) < second;
        arrivals[first..].iter().take_while(within).count() as u64
    };
    (0..arrivals.len()).map(from).max().unwrap_or_default()
}

pub(crate) fn findings(paces: &Paces) -> Vec<Finding> {
    let mut found = Vec::new();
    judge(&paces.quiet, 0, &mut found);
    // Over the delaying line the sandbox itself judges, by arrival: it refuses the sixth of every sliding second. When a
    // decision took effect, which is what is counted here, is later for one than for another.
    if paces.quiet.most > GRANTED {
        let text =
            format!("{} took effect within one second; {GRANTED} a second are granted", paces.quiet.most);
        found.push(Finding::new("rate-exceeded", text));
    }
    judge(&paces.delayed, paces.delayed.sent.div_ceil(ONE_IN), &mut found);
    found
}

fn judge(pace: &Pace, may_be_refused: u64, found: &mut Vec<Finding>) {
    let Pace { wanted, sent, slowest, most, refused, .. } = pace;
    if *refused > may_be_refused {
        let text = format!(
            "{most} arrivals within one second, {refused} of {sent} refused for speed; {GRANTED} a second are granted"
        );
        found.push(Finding::new("rate-exceeded", text));
    }
    if sent < wanted {
        let missing = wanted - sent;
        found.push(Finding::new("unsettled", format!("{missing} of {wanted} exchanges of the rate part")));
    } else if *slowest < WANTED {
        let text = format!("{slowest:.2} a second of {GRANTED} that are granted; {WANTED} are wanted");
        found.push(Finding::new("too-slow", text));
    }
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

    #[test]
    fn one_refusal_in_ten_thousand_is_allowed_over_the_delaying_line_and_none_over_the_quick_one() {
        let pace =
            |sent, refused| Pace { wanted: sent, sent, slowest: 4.5, most: 5, refused, ..Pace::default() };
        let names = |quiet, delayed| findings(&Paces { quiet, delayed }).len();
        assert_eq!(names(pace(40, 0), pace(10_000, 1)), 0);
        assert_eq!(names(pace(40, 1), pace(10_000, 0)), 1);
        assert_eq!(names(pace(40, 0), pace(10_000, 2)), 1);
        assert_eq!(names(Pace { most: 6, ..pace(40, 0) }, pace(10_000, 0)), 1, "six over the quick line");
    }
}
