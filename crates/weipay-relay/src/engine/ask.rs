//! A question to the merchant, and the effects of its answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Done, alert_text, plan, schedule};
use crate::context::Context;
use crate::effect::{Subject, card_confirm, confirm, points_notify, sync};
use crate::failpoint::failpoint;
use crate::hook::{About, Answer, CardChange, Decision, HookError, Points, Reply, Settlement};
use crate::job::{Attempted, Ending, Job, NewJob};
use crate::merchant::{Merchant, Then};
use crate::store::{Claimed, StoreError, Tx};
use crate::vault::derived;
use crate::watch::{alert, attempted};
use crate::work::{Tell, Work};

/// A hook in Rust need not have a timeout of its own.
const LONGEST_ANSWER: Duration = Duration::from_mins(5);

/// A question under way, and what its answer is carried out with.
struct Asked {
    ctx: Arc<Context>,
    merchant: Arc<Merchant>,
    job: Job,
    work: Work,
}

/// What an answer comes to: the jobs that follow, or work that finds them out in the transaction that ends the question.
enum Follow {
    Now(Vec<NewJob>),
    InTransaction(Finding),
}

type Finding =
    Box<dyn for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<Vec<NewJob>, HookError>> + Send>;

/// Asks, unless the time for the answer is over or the hook is known to be down. None when the question has ended with the
/// merchant's own work, or is not ours any more.
pub(super) async fn ask(
    ctx: &Arc<Context>,
    merchant: &Arc<Merchant>,
    claimed: &Claimed,
    work: &Work,
) -> Option<Done> {
    let (job, now) = (&claimed.job, ctx.clock.now());
    if job.work.not_after.is_some_and(|end| now >= end) {
        return Some(expired(ctx, merchant, job, work, now));
    }
    if let Some(until) = ctx.hooks.down(&merchant.name, now) {
        let due = job.work.not_after.map_or(until, |end| until.min(end));
        return Some(Done::new("the hook is down", Ending::Again { due, counts: false }));
    }
    let about = About {
        id: format!("wr_{}", derived(&["hook", &merchant.name, &job.work.key])),
        merchant: merchant.name.clone(),
        case: job.work.case.clone(),
        attempt: job.attempts + 1,
        deadline: job.work.not_after,
    };
    let (ctx, merchant) = (Arc::clone(ctx), Arc::clone(merchant));
    let asked = Arc::new(Asked { ctx, merchant, job: job.clone(), work: work.clone() });
    let Asked { ctx, merchant, .. } = &*asked;
    // A hook written in Rust may panic: that is a failed attempt, not the end of the relay.
    let answered = std::panic::AssertUnwindSafe(question(&asked, &about)).catch_unwind();
    let answered = match tokio::time::timeout(LONGEST_ANSWER, answered).await {
        Ok(answered) => answered.unwrap_or_else(|_| Err(HookError::failed("the hook panicked"))),
        Err(_) => Err(HookError::down("the hook gave no answer within five minutes")),
    };
    failpoint("after-answer");
    let answered = match answered {
        Ok(Follow::Now(follow)) => Ok(Some(follow)),
        Ok(Follow::InTransaction(finding)) => in_transaction(ctx, claimed, finding).await.map(|()| None),
        Err(error) => Err(error),
    };
    match answered {
        Ok(follow) => {
            ctx.hooks.answered(&merchant.name);
            follow.map(|follow| Done::new("answered", Ending::Settled { result: None, follow }))
        }
        Err(error) => Some(unanswered(ctx, merchant, job, &error, ctx.clock.now())),
    }
}

/// Ends the question in one transaction with the merchant's own work. After an error nothing of it is left.
async fn in_transaction(ctx: &Context, claimed: &Claimed, finding: Finding) -> Result<(), HookError> {
    let told = Arc::new(Mutex::new(None));
    let tell = Arc::clone(&told);
    let work: crate::store::Work = Box::new(move |tx| {
        Box::pin(async move {
            let found = finding(tx).await;
            failpoint("before-finish");
            found.map(|follow| Ending::Settled { result: None, follow }).map_err(|error| {
                let why = StoreError::Refused(error.to_string());
                *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                why
            })
        })
    });
    let attempt = Attempted { note: Some("answered".to_owned()), ..Attempted::default() };
    match ctx.store.finish_with(claimed.lease, attempt, work, ctx.clock.now()).await {
        Ok(true) => {
            failpoint("after-finish");
            attempted(&claimed.job.work.merchant, &claimed.job.work.name, "settled");
            ctx.ended.notify_waiters();
            Ok(())
        }
        Ok(false) => {
            tracing::warn!(key = claimed.job.work.key, "the lease was lost: the hook's work did not run");
            Ok(())
        }
        Err(error) => {
            let told = told.lock().unwrap_or_else(PoisonError::into_inner).take();
            Err(told.unwrap_or_else(|| error.into()))
        }
    }
}

/// One question, and what follows from its answer.
async fn question(asked: &Arc<Asked>, about: &About) -> Result<Follow, HookError> {
    let hook = &asked.merchant.hook;
    match &asked.work {
        Work::Decide(exchange) => asked.follow(hook.decide(about, exchange).await?, |asked, decision| {
            let Asked { ctx, merchant, job, work } = asked;
            decided(ctx, merchant, job, work, decision).map(Some)
        }),
        Work::Points(payment) => asked.follow(hook.points(about, payment).await?, |asked, points| {
            let Asked { ctx, merchant, job, work } = asked;
            pointed(ctx, merchant, job, work, points).map(Some)
        }),
        Work::Reverse(refund) => asked.follow(hook.reverse(about, refund).await?, |_, _| Ok(None)),
        Work::Balance(holder) => asked.follow(hook.balance(about, holder).await?, |asked, answer| {
            let (ctx, merchant) = (&asked.ctx, &asked.merchant);
            let Work::Balance(holder) = &asked.work else { return Ok(None) };
            let effect = sync(merchant, holder, answer.balance);
            let names = (asked.job.work.case.as_str(), plan::SYNC);
            plan::effect(ctx, merchant, names, &effect, Subject::Other, ctx.clock.now()).map(Some)
        }),
        Work::Card(card) => asked.follow(hook.card(about, card).await?, |asked, answer| {
            let (ctx, merchant) = (&asked.ctx, &asked.merchant);
            let Work::Card(card) = &asked.work else { return Ok(None) };
            if card.change == CardChange::Deleted {
                return Ok(None);
            }
            let effect = card_confirm(merchant, card, answer)?;
            let names = (asked.job.work.case.as_str(), "card-confirm");
            plan::effect(ctx, merchant, names, &effect, Subject::Other, ctx.clock.now()).map(Some)
        }),
        Work::Event(event) => asked.follow(hook.event(about, event).await?, |_, _| Ok(None)),
        Work::Tell(Tell { settled, .. }) => asked.follow(hook.settled(about, settled).await?, |asked, _| {
            let (ctx, merchant) = (&asked.ctx, &asked.merchant);
            let Work::Tell(Tell { holder, .. }) = &asked.work else { return Ok(None) };
            // Only now: before, the balance would show points that are on their way back.
            let case = &asked.job.work.case;
            Ok(holder.clone().map(|holder| plan::balance(ctx, merchant, case, holder, ctx.clock.now())))
        }),
        Work::Send(_)
        | Work::Aside(_)
        | Work::Foreign(_)
        | Work::Check(_)
        | Work::Sweep {}
        | Work::Retain(_) => Ok(Follow::Now(Vec::new())),
    }
}

/// The job that an answer means by itself, beside the further effects that it names.
type First<T> = fn(&Asked, &T) -> Result<Option<NewJob>, String>;

impl Asked {
    fn follow<T: 'static>(self: &Arc<Self>, answer: Answer<T>, first: First<T>) -> Result<Follow, HookError> {
        match answer {
            Answer::Reply(reply) => self.jobs(&reply, first).map(Follow::Now),
            Answer::InTransaction(work) => {
                let asked = Arc::clone(self);
                Ok(Follow::InTransaction(Box::new(move |tx| {
                    async move { asked.jobs(&work(tx).await?, first) }.boxed()
                })))
            }
        }
    }

    /// An exchange asks for its balance when it has settled, and no sooner.
    fn asks_no_balance(&self) -> bool {
        matches!(self.work, Work::Points(_) | Work::Reverse(_) | Work::Card(_) | Work::Event(_))
    }

    /// All that follows from a reply. One that cannot be carried out is none.
    fn jobs<T>(&self, reply: &Reply<T>, first: First<T>) -> Result<Vec<NewJob>, HookError> {
        let Self { ctx, merchant, job, .. } = self;
        let carried_out = || {
            let mut jobs: Vec<NewJob> = first(self, &reply.answer)?.into_iter().collect();
            jobs.extend(plan::further(ctx, merchant, job, &reply.effects, ctx.clock.now())?);
            if let Some(card) = reply.balance_of.as_ref().filter(|_| self.asks_no_balance()) {
                jobs.push(plan::balance(ctx, merchant, &job.work.case, card.clone(), ctx.clock.now()));
            }
            Ok(jobs)
        };
        carried_out().map_err(|why: String| {
            HookError::failed(format!("the hook's answer cannot be carried out: {why}"))
        })
    }
}

fn decided(
    ctx: &Context,
    merchant: &Merchant,
    job: &Job,
    work: &Work,
    decision: &Decision,
) -> Result<NewJob, String> {
    let Work::Decide(exchange) = work else { return Err("no exchange to decide".to_owned()) };
    let mut effect = confirm(merchant, exchange, decision)?;
    effect.not_after = plan::record_end(ctx, job);
    let allowed = matches!(decision, Decision::Allow { .. });
    let subject = Subject::Confirm { exchange: exchange.clone(), allowed };
    plan::effect(ctx, merchant, (&job.work.case, "confirm"), &effect, subject, ctx.clock.now())
}

fn pointed(
    ctx: &Context,
    merchant: &Merchant,
    job: &Job,
    work: &Work,
    points: &Points,
) -> Result<NewJob, String> {
    let Work::Points(payment) = work else { return Err("no payment to notify".to_owned()) };
    let now = ctx.clock.now();
    let effect = points_notify(merchant, payment, points, now)?;
    plan::effect(ctx, merchant, (&job.work.case, "notify"), &effect, Subject::Other, now)
}

/// Asks again later; from half the time on, with an alert.
fn unanswered(ctx: &Context, merchant: &Merchant, job: &Job, error: &HookError, now: Timestamp) -> Done {
    if error.down {
        // A restart is no alert; a hook that stays away is one after some seconds, and then every ten minutes.
        if ctx.hooks.failed(&merchant.name, now).is_some_and(|times| times % 20 == 3) {
            alert("hook", &merchant.name, &job.work.case, &error.to_string());
        }
    } else {
        ctx.hooks.answered(&merchant.name);
        alert("hook", &merchant.name, &job.work.case, &format!("{}: {error}", job.work.name));
    }
    let mut due = match error.pause() {
        Some(pause) => crate::event::later(now, pause).unwrap_or(now),
        None => schedule::ask(job.attempts, now),
    };
    if let Some(end) = job.work.not_after {
        let half = job.created + (end.duration_since(job.created) / 2);
        if now >= half {
            let text = format!("{} has no answer, and at {end} its time is over: {error}", job.work.name);
            alert("deadline", &merchant.name, &job.work.case, &text);
        } else {
            due = due.min(half);
        }
        due = due.min(end);
    }
    Done::new(error.to_string(), Ending::Again { due, counts: true })
}

/// The time for the answer is over: what is configured for that happens.
fn expired(ctx: &Context, merchant: &Merchant, job: &Job, work: &Work, now: Timestamp) -> Done {
    let then = match work {
        Work::Decide(_) => &merchant.deadlines.decide.then,
        Work::Points(_) => &merchant.deadlines.points.then,
        _ => &Then::Park,
    };
    let declined = match (then, work) {
        (Then::Decline(reason), Work::Decide(_)) => {
            decided(ctx, merchant, job, work, &Decision::Reject { reason: reason.clone() })
        }
        (Then::Decline(remarks), Work::Points(_)) => {
            let none = Points { earn: false, points: 0, total: None, remarks: Some(remarks.clone()) };
            pointed(ctx, merchant, job, work, &none)
        }
        _ => Err("parked, as configured".to_owned()),
    };
    let name = &job.work.name;
    match declined {
        Ok(follow) => {
            let text = format!("{name} had no answer in time: declined, as configured");
            alert("expired", &merchant.name, &job.work.case, &text);
            Done::new(text, Ending::Settled { result: None, follow: vec![follow] })
        }
        Err(why) => {
            let reason = format!("{name} had no answer in time: {why}");
            alert_text(merchant, job, &reason);
            let subject = match work {
                Work::Decide(exchange) => Subject::Confirm { exchange: exchange.clone(), allowed: false },
                _ => Subject::Other,
            };
            let result = Settlement::Parked { reason: reason.clone() };
            let follow = plan::tell(ctx, merchant, job, &subject, result, now).into_iter().collect();
            Done { attempted: Attempted::default(), ending: Ending::Parked { reason, follow } }
        }
    }
}
