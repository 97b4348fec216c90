//! The life of a case.

use super::link::{Link, values};
use super::{act, filter, words};
use crate::store::{Filter, Moment, StoreError, What};

pub(crate) async fn timeline(
    link: &mut Link<'_>,
    merchant: &str,
    case: &str,
) -> Result<Vec<Moment>, StoreError> {
    let filter =
        Filter { merchant: Some(merchant.to_owned()), case: Some(case.to_owned()), ..Filter::default() };
    let jobs = filter::list(link, &filter).await?;
    let mut moments = received(link, merchant, case).await?;
    for job in jobs {
        let key = job.work.key.clone();
        let ended = job.ended.map(|at| (at, job.state, job.reason.clone()));
        let id = job.id.0;
        moments.push(Moment { at: job.created, what: What::Stored { job: Box::new(job) } });
        moments.extend(attempts(link, id, &key).await?);
        if let Some((at, state, reason)) = ended {
            moments.push(Moment { at, what: What::Ended { key: key.clone(), state, reason } });
        }
        let acts = link
            .rows(
                "SELECT at, who, act, target, note FROM relay_audit WHERE target = $1 ORDER BY id",
                values![format!("{merchant} {key}")],
            )
            .await?;
        for row in &acts {
            let acted = act::read(row)?;
            moments.push(Moment { at: acted.at, what: What::Acted(acted) });
        }
    }
    // Stable: what happened at the same moment stays in the order of cause.
    moments.sort_by_key(|moment| moment.at);
    Ok(moments)
}

async fn received(link: &mut Link<'_>, merchant: &str, case: &str) -> Result<Vec<Moment>, StoreError> {
    let rows = link
        .rows(
            "SELECT i.notification_id, i.event_type, i.duplicates, i.received FROM relay_inbox i \
             JOIN relay_job j ON j.id = i.job WHERE j.merchant = $1 AND j.case_key = $2 ORDER BY i.job",
            values![merchant, case],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let what = What::Received {
                notification_id: row.get("notification_id")?,
                event_type: row.get("event_type")?,
                duplicates: row.get::<i64>("duplicates")?.unsigned_abs(),
            };
            Ok(Moment { at: row.time("received")?, what })
        })
        .collect()
}

async fn attempts(link: &mut Link<'_>, job: i64, key: &str) -> Result<Vec<Moment>, StoreError> {
    let rows = link
        .rows(
            "SELECT worker, started, slot, ended, outcome, status, code, request_id, note FROM relay_attempt \
             WHERE job = $1 ORDER BY id",
            values![job],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let what = What::Attempt {
                key: key.to_owned(),
                worker: row.get("worker")?,
                slot: row.maybe_time("slot")?,
                ended: row.maybe_time("ended")?,
                outcome: words::read_outcome(row.get("outcome")?)?,
                status: row.get::<Option<i64>>("status")?.and_then(|status| u16::try_from(status).ok()),
                code: row.get("code")?,
                request_id: row.get("request_id")?,
                note: row.get("note")?,
            };
            Ok(Moment { at: row.time("started")?, what })
        })
        .collect()
}
