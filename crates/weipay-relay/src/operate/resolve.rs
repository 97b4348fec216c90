//! A parked job ended by what a person found out.

use jiff::Timestamp;

use super::view::Resolved;
use super::{OperateError, Operator, mask};
use crate::context::Context;
use crate::effect::Subject;
use crate::engine::plan;
use crate::hook::Settlement;
use crate::job::Job;
use crate::store::{Act, Fact};
use crate::work::Work;

impl Operator {
    pub(super) async fn resolve(
        &self,
        merchant: Option<&str>,
        key: &str,
        fact: Fact,
        by: &Act,
        now: Timestamp,
    ) -> Result<Resolved, OperateError> {
        let name = self.merchant(merchant)?;
        resolve(&self.ctx, &name, key, fact, by, now).await?.ok_or_else(|| {
            let why = format!("{name} has no job {}; dead-letters lists the keys", mask::quoted(key));
            OperateError::NotFound(why)
        })
    }
}

/// Ends a parked or dead job by a fact, and tells the merchant. None where there is no such job.
pub(crate) async fn resolve(
    ctx: &Context,
    name: &str,
    key: &str,
    fact: Fact,
    by: &Act,
    now: Timestamp,
) -> Result<Option<Resolved>, OperateError> {
    let Some(job) = ctx.store.job(name, key).await? else { return Ok(None) };
    let told = told(ctx, &job, fact)?;
    let follow = told
        .zip(ctx.merchants.get(name))
        .and_then(|((subject, result), merchant)| plan::tell(ctx, merchant, &job, &subject, result, now));
    let tells = follow.as_ref().map(|job| job.key.clone());
    ctx.store.resolve(name, key, fact, follow.into_iter().collect(), by, now).await?;
    Ok(Some(Resolved { merchant: name.to_owned(), key: key.to_owned(), tells }))
}

/// What the merchant hears. Nothing about what nobody was ever told of.
fn told(ctx: &Context, job: &Job, fact: Fact) -> Result<Option<(Subject, Settlement)>, OperateError> {
    // What cannot be read any more can still be ended.
    let Ok(work) = ctx.open(&job.work) else { return Ok(None) };
    let reason = || "a person found out that it did not happen".to_owned();
    Ok(match (work, fact) {
        (Work::Send(request), fact) => {
            let body: serde_json::Value =
                request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
            let result = match (&request.subject, fact) {
                (Subject::Confirm { allowed: true, .. }, Fact::Happened) => Settlement::Issued {
                    coupon_code: body.get("coupon_code").and_then(|code| Some(code.as_str()?.to_owned())),
                },
                (Subject::Confirm { allowed: false, .. }, Fact::Happened) => {
                    Settlement::NotIssued { reason: "the rejection was heard".to_owned() }
                }
                (Subject::Confirm { .. }, Fact::NotHappened) => Settlement::NotIssued { reason: reason() },
                (_, Fact::Happened) => Settlement::Happened {},
                (_, Fact::NotHappened) => Settlement::Refused { reason: reason() },
            };
            Some((request.subject, result))
        }
        (Work::Decide(exchange), Fact::NotHappened) => {
            Some((Subject::Confirm { exchange, allowed: false }, Settlement::NotIssued { reason: reason() }))
        }
        (Work::Decide(_), Fact::Happened) => {
            return Err(OperateError::Misuse(
                "nobody decided this exchange, so nothing can have happened: redrive it to ask the hook again, or \
                 resolve it as not-happened"
                    .to_owned(),
            ));
        }
        _ => None,
    })
}
