//! Looks: the whole store in figures, and one case.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::view::{Budget, Happened, Overview, Timeline};
use super::{OperateError, Operator, PAGE, Who, mask, next, yesterday};
use crate::effect::Subject;
use crate::job::{Job, Kind, State};
use crate::store::{Count, Filter};
use crate::work::Work;

/// More open exchanges are not opened to add their points up.
const ADDED_UP: usize = 20_000;

impl Operator {
    pub(super) async fn overview(&self, now: Timestamp) -> Result<Overview, OperateError> {
        let status = self.ctx.store.status(yesterday(now), now).await?;
        let sum = |states: &[State], upkeep: bool| {
            let of = |count: &&Count| states.contains(&count.state) && (upkeep || count.kind != Kind::Upkeep);
            status.counts.iter().filter(of).map(|count| count.jobs).sum()
        };
        Ok(Overview {
            at: now,
            // What the relay does by itself keeps nobody waiting.
            unsettled: sum(&[State::Ready, State::Running], false),
            to_look_at: sum(&[State::Parked, State::Dead], true),
            oldest: status.oldest,
            oldest_job: status.oldest_job,
            points_in_reserve: self.points_in_reserve().await?,
            refused: status.refused,
            checks: self.checks(&status.counts, now).await?,
            budgets: status.budgets.into_iter().map(Budget::from).collect(),
            held: status.held,
            counts: status.counts,
        })
    }

    /// The points of every exchange whose decision is still to be made, sent, or looked at.
    async fn points_in_reserve(&self) -> Result<Option<u64>, OperateError> {
        let mut reserved: BTreeMap<String, u64> = BTreeMap::new();
        for name in ["decide", "confirm"] {
            let states = vec![State::Ready, State::Running, State::Parked, State::Dead];
            let mut filter =
                Filter { name: Some(name.to_owned()), states, limit: Some(PAGE + 1), ..Filter::default() };
            loop {
                let mut jobs = self.ctx.store.list(&filter).await?;
                let after = next(&mut jobs);
                for job in &jobs {
                    let points = match self.ctx.open(&job.work) {
                        Ok(Work::Decide(exchange)) => exchange.deduct_points,
                        Ok(Work::Send(request)) => match request.subject {
                            Subject::Confirm { exchange, allowed: true } => exchange.deduct_points,
                            _ => continue,
                        },
                        _ => continue,
                    };
                    reserved.insert(format!("{}/{}", job.work.merchant, job.work.case), points);
                }
                if reserved.len() > ADDED_UP {
                    return Ok(None);
                }
                let Some(after) = after else { break };
                filter.after = Some(crate::job::JobId(after));
            }
        }
        Ok(Some(reserved.values().fold(0, |sum, points| sum.saturating_add(*points))))
    }

    /// By case, or by the key of one of its jobs. `reveal` is who wants to see personal data.
    pub(super) async fn timeline(
        &self,
        merchant: Option<&str>,
        key: &str,
        reveal: Option<&Who>,
        now: Timestamp,
    ) -> Result<Timeline, OperateError> {
        let (merchant, store) = (self.merchant(merchant)?, &self.ctx.store);
        let (mut case, mut moments) = (key.to_owned(), store.timeline(&merchant, key).await?);
        if moments.is_empty()
            && let Some(job) = store.job(&merchant, key).await?
        {
            case = job.work.case;
            moments = store.timeline(&merchant, &case).await?;
        }
        if moments.is_empty() {
            let why = format!("{merchant} has neither a case nor a job {}", mask::quoted(key));
            return Err(OperateError::NotFound(why));
        }
        if let Some(who) = reveal {
            store.record("reveal", &format!("{merchant} {case}"), &who.act(), now).await?;
        }
        let shown = |job: &Job| {
            let (work, result) = self.contents(job);
            match reveal {
                Some(_) => (work, result),
                None => (mask::masked(work), result.map(mask::masked)),
            }
        };
        let moments = moments.into_iter().map(|moment| Happened::of(moment, shown)).collect();
        Ok(Timeline { merchant, case, moments })
    }

    /// What a job is about and what came of it, in clear.
    fn contents(&self, job: &Job) -> (Value, Option<Value>) {
        let work = match self.ctx.open(&job.work) {
            _ if job.work.payload.is_empty() => Value::from("erased"),
            Ok(work) => readable(serde_json::to_value(work).unwrap_or_default()),
            Err(why) => serde_json::json!({ "reason": why }),
        };
        (work, self.result(job))
    }

    /// The stored result, opened.
    pub(super) fn result(&self, job: &Job) -> Option<Value> {
        let name = format!("{}/{}", job.work.merchant, job.work.key);
        let text = self.ctx.vault.open(&name, job.result.as_deref()?).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// The body lies as the text that is sent, parameters as pairs: both become objects, so that their members can be told
/// apart.
fn readable(mut work: Value) -> Value {
    if let Some(body) = work.pointer_mut("/of/body")
        && let Some(parsed) = body.as_str().and_then(|text| serde_json::from_str(text).ok())
    {
        *body = parsed;
    }
    for place in ["/of/path", "/of/query"] {
        if let Some(pairs) = work.pointer_mut(place)
            && let Ok(named) = serde_json::from_value::<Vec<(String, Value)>>(pairs.clone())
        {
            *pairs = Value::Object(named.into_iter().collect());
        }
    }
    work
}
