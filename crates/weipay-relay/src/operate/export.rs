//! The daily settlement: every effect that came to its end on a day.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use super::view::{Settlement, Settlements};
use super::{OperateError, Operator, PAGE, Who, mask, next};
use crate::effect::Subject;
use crate::job::{Job, JobId, Kind, State};
use crate::store::Filter;
use crate::work::Work;

impl Operator {
    /// One page of the day's effects, in China's time. `reveal` is who wants to see openids.
    pub(super) async fn export(
        &self,
        day: Date,
        after: Option<i64>,
        reveal: Option<&Who>,
        now: Timestamp,
    ) -> Result<Settlements, OperateError> {
        let (from, before) = limits(day)
            .ok_or_else(|| OperateError::Misuse(format!("{day} is no day that can be settled")))?;
        if let (Some(who), None) = (reveal, after) {
            self.ctx.store.record("reveal", &format!("settlement {day}"), &who.act(), now).await?;
        }
        let filter = Filter {
            kind: Some(Kind::Effect),
            states: vec![State::Settled, State::Refused, State::Parked, State::Dead, State::Superseded],
            ended_from: Some(from),
            ended_before: Some(before),
            after: after.map(JobId),
            limit: Some(PAGE + 1),
            ..Filter::default()
        };
        let mut jobs = self.ctx.store.list(&filter).await?;
        let next = next(&mut jobs);
        Ok(Settlements { rows: jobs.iter().map(|job| self.row(job, reveal.is_some())).collect(), next })
    }

    fn row(&self, job: &Job, reveal: bool) -> Settlement {
        let mut row = Settlement {
            ended: job.ended.unwrap_or(job.created),
            merchant: job.work.merchant.clone(),
            case: job.work.case.clone(),
            effect: job.work.name.clone(),
            operation: None,
            state: job.state,
            result: None,
            points: None,
            coupon_code: None,
            stock_id: None,
            request_no: job.work.request_no.clone(),
            attempts: job.attempts,
            openid: None,
            reason: job.reason.clone(),
        };
        let Ok(Work::Send(request)) = self.ctx.open(&job.work) else { return row };
        let body: Value =
            request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        row.operation = Some(request.operation);
        let openid = body.get("openid").and_then(Value::as_str);
        row.openid = openid.map(|openid| if reveal { openid.to_owned() } else { mask::hidden(openid) });
        if let Subject::Confirm { exchange, allowed } = request.subject {
            let answer = self.result(job).and_then(|mut result| result.get_mut("body").map(Value::take));
            let code = |from: &Value| from.get("coupon_code").and_then(Value::as_str).map(str::to_owned);
            let issued = allowed && job.state == State::Settled;
            row.result = match job.state {
                State::Settled | State::Refused => {
                    Some(if issued { "issued" } else { "not_issued" }.to_owned())
                }
                _ => None,
            };
            row.coupon_code = answer.as_ref().and_then(code).or_else(|| code(&body)).filter(|_| issued);
            row.points = Some(exchange.deduct_points);
            row.stock_id = Some(exchange.stock_id);
        }
        row
    }
}

/// From midnight to midnight, UTC+8.
fn limits(day: Date) -> Option<(Timestamp, Timestamp)> {
    let china = TimeZone::fixed(Offset::constant(8));
    let midnight = |day: Date| Some(day.to_zoned(china.clone()).ok()?.timestamp());
    Some((midnight(day)?, midnight(day.checked_add(1.day()).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_at_midnight_in_china() {
        let (from, before) = limits("2026-11-11".parse().unwrap()).unwrap();
        assert_eq!(from.to_string(), "2026-11-10T16:00:00Z");
        assert_eq!(before.to_string(), "2026-11-11T16:00:00Z");
    }
}
