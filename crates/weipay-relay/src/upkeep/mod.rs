//! What the relay does by itself once in a while: jobs like all others, so that one process of several does each, and a
//! crash does not lose it.

mod retention;

use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

pub use retention::Keep;

use crate::context::Context;
use crate::event::later;
use crate::job::{Attempted, Ending, Kind, Lane, NewJob};
use crate::make_good;
use crate::store::{Claimed, StoreError};
use crate::watch::alert;
use crate::work::Work;

/// Whose jobs those are that concern the whole store. No merchant can have this name.
pub(crate) const NOBODY: &str = "@relay";

/// How soon a look through the store is tried again while others take all places.
const BUSY: Duration = Duration::from_secs(1);

/// Stores what this period has to see done, unless it is stored; all of it in one transaction. What fails is begun by the
/// next call.
pub(crate) async fn begin(ctx: &Context, now: Timestamp) {
    let mut jobs = Vec::new();
    for merchant in ctx.merchants.values() {
        if let Some(every) = merchant.make_good.every {
            let key = make_good::key(period(now, every));
            jobs.extend(new(ctx, (&merchant.name, "sweep"), key, &Work::Sweep {}, now));
        }
    }
    if let Some(keep) = ctx.settings.keep {
        jobs.extend(new(ctx, (NOBODY, "retention"), retention::today(now), &Work::Retain(keep), now));
    }
    if jobs.is_empty() {
        return;
    }
    let begun: Vec<(String, String)> =
        jobs.iter().map(|job| (job.merchant.clone(), job.key.clone())).collect();
    match ctx.store.submit(jobs, now).await {
        Ok(_) => ctx.begun.lock().unwrap_or_else(PoisonError::into_inner).extend(begun),
        Err(error) => tracing::warn!(%error, "upkeep could not be begun; it is tried again"),
    }
}

/// The job, unless this process has begun it already.
fn new(
    ctx: &Context,
    (merchant, name): (&str, &str),
    key: String,
    work: &Work,
    now: Timestamp,
) -> Option<NewJob> {
    if ctx.begun.lock().unwrap_or_else(PoisonError::into_inner).get(merchant) == Some(&key) {
        return None;
    }
    Some(NewJob {
        payload: ctx.seal(merchant, &key, work),
        merchant: merchant.to_owned(),
        case: key.clone(),
        key,
        kind: Kind::Upkeep,
        name: name.to_owned(),
        lane: Lane::Bulk,
        order: None,
        absolute: false,
        pace: None,
        share: None,
        due: now,
        not_after: None,
        person: None,
        request_no: None,
    })
}

/// When the present period of this length began.
fn period(now: Timestamp, every: Duration) -> Timestamp {
    let seconds = i64::try_from(every.as_secs()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_second(now.as_second().div_euclid(seconds).saturating_mul(seconds)).unwrap_or(now)
}

/// Does one of these jobs.
pub(crate) async fn perform(
    ctx: &Context,
    claimed: &Claimed,
    mut stop: watch::Receiver<bool>,
) -> Result<Option<(Attempted, Ending)>, StoreError> {
    let job = &claimed.job;
    let done = |ending| Ok(Some((Attempted::default(), ending)));
    let work = match ctx.open(&job.work) {
        Ok(work) => work,
        Err(reason) => return done(Ending::Dead { reason }),
    };
    if let Work::Retain(keep) = &work {
        return retention::enforce(ctx, *keep).await.map(Some);
    }
    let Some(merchant) = ctx.merchants.get(&job.work.merchant) else {
        alert("unconfigured", &job.work.merchant, &job.work.case, "this merchant is not configured any more");
        let due = later(ctx.clock.now(), Duration::from_mins(1)).unwrap_or(job.work.due);
        return done(Ending::Again { due, counts: false });
    };
    match &work {
        Work::Check(check) => make_good::run(ctx, merchant, claimed, check, &mut stop).await.map(Some),
        Work::Sweep {} => {
            let Ok(_place) = ctx.checks.try_acquire() else {
                let due = later(ctx.clock.now(), BUSY).unwrap_or(job.work.due);
                return done(Ending::Again { due, counts: false });
            };
            make_good::sweep(ctx, merchant, job).await.map(Some)
        }
        _ => done(Ending::Dead { reason: "this is no upkeep".to_owned() }),
    }
}
