//! Jobs that follow from others.

use jiff::Timestamp;

use crate::context::Context;
use crate::effect::{self, Effect, Request, Subject};
use crate::event::{Event, card_order, later};
use crate::hook::{Holder, Settled, Settlement};
use crate::job::{Job, Kind, Lane, NewJob};
use crate::merchant::Merchant;
use crate::work::{Tell, Work};

/// The job of a balance that is shown.
pub(super) const SYNC: &str = "sync";

/// A job of `case`, due at once.
fn plain(
    ctx: &Context,
    merchant: &Merchant,
    (case, name): (&str, &str),
    work: &Work,
    now: Timestamp,
) -> NewJob {
    let key = format!("{case}/{name}");
    NewJob {
        payload: ctx.seal(&merchant.name, &key, work),
        merchant: merchant.name.clone(),
        key,
        case: case.to_owned(),
        kind: Kind::Ask,
        name: name.to_owned(),
        lane: Lane::Points,
        order: None,
        absolute: false,
        pace: None,
        share: None,
        due: now,
        not_after: None,
        person: None,
        request_no: None,
    }
}

/// The job of a notification.
pub(crate) fn of_event(ctx: &Context, merchant: &Merchant, event: &Event, now: Timestamp) -> NewJob {
    let job = NewJob {
        kind: event.kind,
        lane: event.lane,
        order: event.order.clone(),
        absolute: event.absolute,
        share: event.share.clone(),
        not_after: event.deadline,
        person: event.person.clone(),
        ..plain(ctx, merchant, (&event.case, event.name), &event.work, now)
    };
    match &event.work {
        Work::Send(request) => with_request(merchant, request, job),
        _ => job,
    }
}

/// An effect as a job, under `name`, which is unique in its case.
pub(crate) fn effect(
    ctx: &Context,
    merchant: &Merchant,
    (case, name): (&str, &str),
    effect: &Effect,
    subject: Subject,
    now: Timestamp,
) -> Result<NewJob, String> {
    let shown = effect::shown(effect);
    let subject = shown.clone().map_or(subject, |holder| Subject::Sync { holder });
    let request = effect::prepare(effect, merchant, &format!("{case}/{name}"))?.about(subject);
    let share =
        effect.body.as_ref().and_then(|body| body.get("brand_id").or(body.get("sub_mchid"))?.as_str());
    let job = NewJob {
        kind: Kind::Effect,
        lane: effect.lane.unwrap_or(if shown.is_some() { Lane::Sync } else { Lane::Bulk }),
        order: effect.order.clone(),
        absolute: effect.absolute,
        share: share.map(str::to_owned),
        not_after: effect.not_after,
        person: person(ctx, effect),
        ..plain(ctx, merchant, (case, name), &Work::Send(request.clone()), now)
    };
    let job = match shown {
        None => job,
        // Whoever asked for it: the newest balance of a card is the one that stays.
        Some(holder) => NewJob {
            name: SYNC.to_owned(),
            order: Some(card_order(&ctx.vault, &holder.card_id, &holder.openid)),
            absolute: true,
            ..job
        },
    };
    Ok(with_request(merchant, &request, job))
}

fn with_request(merchant: &Merchant, request: &Request, job: NewJob) -> NewJob {
    let pace = request.operation().ok().and_then(|operation| merchant.budget(operation));
    NewJob { pace, request_no: request.number.clone(), ..job }
}

fn person(ctx: &Context, effect: &Effect) -> Option<String> {
    let openid = effect.body.as_ref().and_then(|body| body.get("openid")?.as_str());
    openid.or(effect.path.get("openid").map(String::as_str)).map(|openid| ctx.vault.person(&[openid]))
}

/// The further effects of an answer, numbered within their question.
pub(super) fn further(
    ctx: &Context,
    merchant: &Merchant,
    job: &Job,
    effects: &[Effect],
    now: Timestamp,
) -> Result<Vec<NewJob>, String> {
    let number = |(index, one): (usize, &Effect)| {
        let name = format!("{}/{index}", job.work.name);
        effect(ctx, merchant, (&job.work.case, &name), one, Subject::Other, now)
            .map_err(|why| format!("`effects[{index}]`: {why}"))
    };
    effects.iter().enumerate().map(number).collect()
}

/// The merchant hears what became of an effect. Parked and settled are two messages: the second comes when a person has
/// looked.
pub(crate) fn tell(
    ctx: &Context,
    merchant: &Merchant,
    job: &Job,
    subject: &Subject,
    result: Settlement,
    now: Timestamp,
) -> Option<NewJob> {
    let (exchange, holder) = match subject {
        Subject::Confirm { exchange, .. } => (Some(exchange.clone()), Some(exchange.holder())),
        // A balance that could not be shown is shown next time.
        Subject::Sync { .. } => return None,
        Subject::Other => (None, None),
    };
    let parked = matches!(result, Settlement::Parked { .. });
    let name = format!("{}/{}", job.work.name, if parked { "parked" } else { "settled" });
    let settled = Settled { effect: job.work.name.clone(), result, exchange };
    let work = Work::Tell(Tell { settled, holder: holder.filter(|_| !parked) });
    Some(NewJob {
        kind: Kind::Tell,
        lane: job.work.lane,
        person: job.work.person.clone(),
        ..plain(ctx, merchant, (&job.work.case, &name), &work, now)
    })
}

/// The balance of a card after something settled.
pub(super) fn balance(
    ctx: &Context,
    merchant: &Merchant,
    case: &str,
    holder: Holder,
    now: Timestamp,
) -> NewJob {
    let order = card_order(&ctx.vault, &holder.card_id, &holder.openid);
    let person = ctx.vault.person(&[&holder.openid]);
    let share = holder.brand_id.clone();
    NewJob {
        lane: Lane::Sync,
        order: Some(order),
        absolute: true,
        share,
        person: Some(person),
        ..plain(ctx, merchant, (case, "balance"), &Work::Balance(holder), now)
    }
}

/// Until when a decision about a record that was notified with this job is sent.
pub(super) fn record_end(ctx: &Context, job: &Job) -> Option<Timestamp> {
    later(job.created, ctx.settings.record_life)
}
