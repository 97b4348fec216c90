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

/// Stores what this period has to see done, unless it is stored. What fails is begun by the next call.
pub(crate) async fn begin(ctx: &Context, now: Timestamp) {
    for merchant in ctx.merchants.values() {
        if let Some(every) = merchant.make_good.every {
            let key = make_good::key(period(now, every));
            begin_one(ctx, (&merchant.name, "sweep"), &key, &Work::Sweep {}, now).await;
        }
    }
    if let Some(keep) = ctx.settings.keep {
        begin_one(ctx, (NOBODY, "retention"), &retention::today(now), &Work::Retain(keep), now).await;
    }
}

async fn begin_one(ctx: &Context, (merchant, name): (&str, &str), key: &str, work: &Work, now: Timestamp) {
    let begun = || ctx.begun.lock().unwrap_or_else(PoisonError::into_inner);
    if begun().get(merchant).is_some_and(|last| last == key) {
        return;
    }
    let job = NewJob {
        merchant: merchant.to_owned(),
        key: key.to_owned(),
        case: key.to_owned(),
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
        payload: ctx.seal(merchant, key, work),
    };
    match ctx.store.submit(vec![job], now).await {
        Ok(_) => {
            begun().insert(merchant.to_owned(), key.to_owned());
        }
        Err(error) => tracing::warn!(%error, key, "could not be begun; it is tried again"),
    }
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
        Work::Sweep {} => make_good::sweep(ctx, merchant, job).await.map(Some),
        _ => done(Ending::Dead { reason: "this is no upkeep".to_owned() }),
    }
}
