//! The worker: claims what is due, does it, ends it.

mod ask;
mod hooks;
pub(crate) mod plan;
mod schedule;
mod send;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

pub(crate) use hooks::Hooks;

use crate::context::Context;
use crate::event::later;
use crate::failpoint::failpoint;
use crate::job::{Attempted, Ending, Job, Kind};
use crate::merchant::Merchant;
use crate::store::{Claimed, Lease, StoreError, Want};
use crate::upkeep;
use crate::watch::{alert, attempted};
use crate::work::Work;

/// When nothing can be claimed although something is due (its order is busy, its slot too far), how soon to look again.
const SOON: Duration = Duration::from_millis(20);
/// After the store failed.
const STORE_PAUSE: Duration = Duration::from_millis(500);
/// A job whose work panics so often is dead.
const PANICS: u32 = 10;

/// How a job's attempt ended.
struct Done {
    attempted: Attempted,
    ending: Ending,
}

impl Done {
    fn new(note: impl Into<String>, ending: Ending) -> Self {
        Self { attempted: Attempted { note: Some(note.into()), ..Attempted::default() }, ending }
    }
}

fn alert_text(merchant: &Merchant, job: &Job, reason: &str) {
    alert("parked", &merchant.name, &job.work.case, &format!("{}: {reason}", job.work.name));
}

/// The jobs under way in this process.
#[derive(Default)]
struct Held(Mutex<BTreeMap<i64, UnderWay>>);

struct UnderWay {
    lease: Lease,
    /// Whose hook it goes to; none for a call.
    hook: Option<String>,
    task: Option<AbortHandle>,
}

impl Held {
    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<i64, UnderWay>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What there is room for beside what is under way.
    fn want(&self, ctx: &Context) -> Want {
        let mut rooms = ctx.hooks.rooms(ctx.clock.now());
        let (mut calls, mut questions) = (ctx.settings.concurrency, ctx.settings.concurrency);
        self.with(|held| {
            for hook in held.values().map(|one| &one.hook) {
                match hook {
                    None => calls = calls.saturating_sub(1),
                    Some(merchant) => {
                        questions = questions.saturating_sub(1);
                        let room = rooms.entry(merchant.clone()).or_insert(ctx.settings.per_hook);
                        *room = room.saturating_sub(1);
                    }
                }
            }
        });
        Want { calls, questions, rooms, ..ctx.want() }
    }
}

/// Works until `stop` says so, then finishes what is under way within the time to drain.
pub(crate) async fn run(ctx: Arc<Context>, mut stop: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    let held = Arc::new(Held::default());
    let mut tend_at = ctx.clock.now();
    while !*stop.borrow() {
        while tasks.try_join_next().is_some() {}
        let now = ctx.clock.now();
        if now >= tend_at {
            tend(&ctx, &held).await;
            upkeep::begin(&ctx, now).await;
            tend_at = later(now, send::renew_every(ctx.settings.lease)).unwrap_or(now);
        }
        let want = held.want(&ctx);
        let claimed = match claim(&ctx, &want).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(%error, "the store gives no work");
                tokio::select! {
                    () = tokio::time::sleep(STORE_PAUSE) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
                continue;
            }
        };
        if claimed.is_empty() {
            idle(&ctx, &mut tasks, &mut stop, tend_at, &want).await;
            continue;
        }
        for one in claimed {
            failpoint("after-claim");
            let (id, lease) = (one.lease.job.0, one.lease);
            let hook =
                matches!(one.job.work.kind, Kind::Ask | Kind::Tell).then(|| one.job.work.merchant.clone());
            held.with(|held| held.insert(id, UnderWay { lease, hook, task: None }));
            let (ctx, held_there, stop) = (Arc::clone(&ctx), Arc::clone(&held), stop.clone());
            let task = tasks.spawn(async move {
                perform(&ctx, &one, stop).await;
                held_there.with(|held| held.remove(&id));
            });
            held.with(|held| {
                if let Some(one) = held.get_mut(&id) {
                    one.task = Some(task);
                }
            });
        }
    }
    drain(&ctx, tasks, &held).await;
}

async fn claim(ctx: &Context, want: &Want) -> Result<Vec<Claimed>, StoreError> {
    if want.calls == 0 && want.questions == 0 {
        return Ok(Vec::new());
    }
    ctx.store.claim(want, ctx.clock.now()).await
}

/// Waits until there may be something to claim.
async fn idle(
    ctx: &Context,
    tasks: &mut JoinSet<()>,
    stop: &mut watch::Receiver<bool>,
    tend_at: Timestamp,
    want: &Want,
) {
    let room = want.calls > 0 || want.questions > 0;
    let now = ctx.clock.now();
    let next = match ctx.store.next_due(want, now).await {
        Ok(next) => next,
        Err(error) => {
            tracing::error!(%error, "the store does not say what is due");
            None
        }
    };
    let next = next.into_iter().chain(ctx.hooks.next(now)).min();
    let soon = later(now, SOON).unwrap_or(tend_at);
    let until = next.filter(|_| room).map_or(tend_at, |next| next.max(soon).min(tend_at));
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        Some(_) = tasks.join_next() => {}
        () = ctx.work.notified(), if room => {}
        () = ctx.store.changed(), if room => {}
        () = ctx.clock.sleep_until(until) => {}
    }
}

/// Renews what is under way, first of all, and then frees what others left behind.
async fn tend(ctx: &Context, held: &Held) {
    let leases: Vec<Lease> = held.with(|held| held.values().map(|one| one.lease).collect());
    let now = ctx.clock.now();
    match ctx.store.renew(&leases, ctx.settings.lease, now).await {
        Ok(lost) => lost.iter().for_each(|lease| {
            let task = held.with(|held| held.remove(&lease.job.0));
            if let Some(UnderWay { task: Some(task), .. }) = task {
                tracing::warn!(job = lease.job.0, "the lease was lost: somebody else has the job now");
                task.abort();
            }
        }),
        Err(error) => tracing::error!(%error, "leases could not be renewed"),
    }
    match ctx.store.reclaim(ctx.settings.crashes, now).await {
        Ok(0) => {}
        Ok(jobs) => tracing::warn!(jobs, "leases ran out: their jobs are taken up again"),
        Err(error) => tracing::error!(%error, "leases that ran out could not be taken back"),
    }
}

/// What is still under way when the time is over stays in the store, with an open attempt.
async fn drain(ctx: &Context, mut tasks: JoinSet<()>, held: &Held) {
    let deadline = tokio::time::Instant::now() + ctx.settings.drain;
    while !tasks.is_empty() {
        tokio::select! {
            _ = tasks.join_next() => {}
            () = tokio::time::sleep(send::renew_every(ctx.settings.lease)) => tend(ctx, held).await,
            () = tokio::time::sleep_until(deadline) => {
                tracing::warn!(jobs = tasks.len(), "stopped before they ended; they are taken up again by the next start");
                return;
            }
        }
    }
}

/// Does one job and ends it.
async fn perform(ctx: &Arc<Context>, claimed: &Claimed, stop: watch::Receiver<bool>) {
    let job = &claimed.job;
    let done = std::panic::AssertUnwindSafe(attempt(ctx, claimed, stop)).catch_unwind().await;
    let done = match done {
        Ok(Ok(Some(done))) => done,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => {
            // The lease runs out by itself, and the attempt counts as unknown.
            tracing::error!(%error, "the store failed in the middle of a job");
            return;
        }
        Err(_) if job.attempts + 1 >= PANICS => {
            Done::new("panicked", Ending::Dead { reason: format!("its work panicked {PANICS} times") })
        }
        Err(_) => {
            let due = schedule::ask(job.attempts, ctx.clock.now());
            Done::new("panicked", Ending::Again { due, counts: true })
        }
    };
    attempted(&job.work.merchant, &job.work.name, ending(&done.ending));
    failpoint("before-finish");
    finish(ctx, claimed, done).await;
    failpoint("after-finish");
    ctx.ended.notify_waiters();
}

/// The store may be away for a moment: what was learned from an answer is worth a few tries.
async fn finish(ctx: &Context, claimed: &Claimed, done: Done) {
    for _ in 0..20 {
        let (attempted, ending) = (done.attempted.clone(), done.ending.clone());
        match ctx.store.finish(claimed.lease, attempted, ending, ctx.clock.now()).await {
            Ok(true) => return,
            Ok(false) => {
                tracing::warn!(key = claimed.job.work.key, "the lease was lost before the end was stored");
                return;
            }
            Err(error) => tracing::error!(%error, "the end of a job could not be stored"),
        }
        tokio::time::sleep(STORE_PAUSE).await;
    }
}

/// One attempt. None when the job is not ours any more, or has ended already.
async fn attempt(
    ctx: &Arc<Context>,
    claimed: &Claimed,
    mut stop: watch::Receiver<bool>,
) -> Result<Option<Done>, StoreError> {
    let job = &claimed.job;
    if job.work.kind == Kind::Upkeep {
        let done = Box::pin(upkeep::perform(ctx, claimed, stop)).await?;
        return Ok(done.map(|(attempted, ending)| Done { attempted, ending }));
    }
    let Some(merchant) = ctx.merchants.get(&job.work.merchant) else {
        let text = "this merchant is not configured any more";
        alert("unconfigured", &job.work.merchant, &job.work.case, text);
        let due = later(ctx.clock.now(), Duration::from_mins(1)).unwrap_or(job.work.due);
        return Ok(Some(Done::new(text, Ending::Again { due, counts: false })));
    };
    let work = match ctx.open(&job.work) {
        Ok(work) => work,
        Err(reason) => {
            alert_text(merchant, job, &reason);
            return Ok(Some(Done::new("unreadable", Ending::Dead { reason })));
        }
    };
    Ok(match &work {
        Work::Send(request) => {
            let sending = send::Sending { ctx, merchant, job, request, probe: claimed.probe };
            Box::pin(sending.send(claimed, &mut stop)).await?
        }
        Work::Aside(reason) => {
            alert_text(merchant, job, reason);
            Some(Done::new("set aside", Ending::Parked { reason: reason.clone(), follow: Vec::new() }))
        }
        Work::Foreign(reason) => Some(Done::new(
            "not ours",
            Ending::Refused { reason: reason.clone(), result: None, follow: Vec::new() },
        )),
        question => Box::pin(ask::ask(ctx, merchant, claimed, question)).await,
    })
}

fn ending(ending: &Ending) -> &'static str {
    match ending {
        Ending::Settled { .. } => "settled",
        Ending::Refused { .. } => "refused",
        Ending::Again { .. } => "again",
        Ending::Parked { .. } => "parked",
        Ending::Dead { .. } => "dead",
    }
}
