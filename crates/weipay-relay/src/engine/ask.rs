//! A question to the merchant, and the effects of its answer.

use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::{Done, alert_text, plan, schedule};
use crate::context::Context;
use crate::effect::{Subject, card_confirm, confirm, points_notify, sync};
use crate::event::card_order;
use crate::failpoint::failpoint;
use crate::hook::{About, CardChange, Decision, Effects, HookError, Points, Settlement};
use crate::job::{Attempted, Ending, Job, NewJob};
use crate::merchant::{Merchant, Then};
use crate::vault::derived;
use crate::watch::alert;
use crate::work::{Tell, Work};

/// Asks, unless the time for the answer is over or the hook is known to be down.
pub(super) async fn ask(ctx: &Context, merchant: &Merchant, job: &Job, work: &Work) -> Done {
    let now = ctx.clock.now();
    if job.work.not_after.is_some_and(|end| now >= end) {
        return expired(ctx, merchant, job, work, now);
    }
    if let Some(until) = ctx.hook_down(&merchant.name, now) {
        let due = job.work.not_after.map_or(until, |end| until.min(end));
        return Done::new("the hook is down", Ending::Again { due, counts: false });
    }
    let about = About {
        id: format!("wr_{}", derived(&["hook", &merchant.name, &job.work.key])),
        merchant: merchant.name.clone(),
        case: job.work.case.clone(),
        attempt: job.attempts + 1,
        deadline: job.work.not_after,
    };
    // A hook written in Rust may panic: that is a failed attempt, not the end of the relay.
    let answered =
        std::panic::AssertUnwindSafe(question(ctx, merchant, job, work, &about)).catch_unwind().await;
    let answered = answered.unwrap_or_else(|_| Err(HookError::failed("the hook panicked")));
    failpoint("after-answer");
    let now = ctx.clock.now();
    match answered {
        Ok(follow) => {
            ctx.hook_answered(&merchant.name);
            Done::new("answered", Ending::Settled { result: None, follow })
        }
        Err(error) => unanswered(ctx, merchant, job, &error, now),
    }
}

/// One question, and what follows from its answer. An answer that cannot be carried out is none.
async fn question(
    ctx: &Context,
    merchant: &Merchant,
    job: &Job,
    work: &Work,
    about: &About,
) -> Result<Vec<NewJob>, HookError> {
    let hook = &merchant.hook;
    let (first, effects): (Result<Option<NewJob>, String>, Effects) = match work {
        Work::Decide(exchange) => {
            let reply = hook.decide(about, exchange).await?;
            (decided(ctx, merchant, job, work, &reply.answer).map(Some), reply.effects)
        }
        Work::Points(payment) => {
            let reply = hook.points(about, payment).await?;
            (pointed(ctx, merchant, job, work, &reply.answer).map(Some), reply.effects)
        }
        Work::Reverse(refund) => (Ok(None), hook.reverse(about, refund).await?.effects),
        Work::Balance(holder) => {
            let reply = hook.balance(about, holder).await?;
            let order = card_order(&ctx.vault, &holder.card_id, &holder.openid);
            let effect = sync(merchant, holder, reply.answer.balance, order);
            let subject = Subject::Sync { holder: holder.clone() };
            let now = ctx.clock.now();
            (
                plan::effect(ctx, merchant, (&job.work.case, "sync"), &effect, subject, now).map(Some),
                reply.effects,
            )
        }
        Work::Card(card) => {
            let reply = hook.card(about, card).await?;
            let first = match card.change {
                CardChange::Deleted => Ok(None),
                CardChange::Created => card_confirm(merchant, card, &reply.answer).and_then(|effect| {
                    let names = (job.work.case.as_str(), "card-confirm");
                    plan::effect(ctx, merchant, names, &effect, Subject::Other, ctx.clock.now()).map(Some)
                }),
            };
            (first, reply.effects)
        }
        Work::Tell(Tell { settled, holder }) => {
            let reply = hook.settled(about, settled).await?;
            // Only now: before, the balance would show points that are on their way back.
            let balance = holder
                .clone()
                .map(|holder| plan::balance(ctx, merchant, &job.work.case, holder, ctx.clock.now()));
            (Ok(balance), reply.effects)
        }
        Work::Send(_)
        | Work::Aside(_)
        | Work::Foreign(_)
        | Work::Check(_)
        | Work::Sweep {}
        | Work::Retain(_) => (Ok(None), Effects::new()),
    };
    let answer = |why: String| HookError::failed(format!("the hook's answer cannot be carried out: {why}"));
    let mut follow: Vec<NewJob> = first.map_err(answer)?.into_iter().collect();
    follow.extend(plan::further(ctx, merchant, job, &effects, ctx.clock.now()).map_err(answer)?);
    Ok(follow)
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
        if ctx.hook_failed(&merchant.name, now) % 20 == 3 {
            alert("hook", &merchant.name, &job.work.case, &error.to_string());
        }
    } else {
        ctx.hook_answered(&merchant.name);
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
