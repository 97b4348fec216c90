//! The inbox: what came in, and what was refused.

use jiff::Timestamp;

use super::jobs;
use super::link::{Link, values};
use crate::job::JobId;
use crate::store::{Arrival, Receipt, Refusal, Refused, StoreError};

/// Keeps a notification and its job.
///
/// The job comes first: its key is the business key, and most duplicates stop here, whatever id they carry.
pub(crate) async fn receive(
    link: &mut Link<'_>,
    arrival: &Arrival,
    now: Timestamp,
) -> Result<Receipt, StoreError> {
    let Some(job) = jobs::insert(link, &arrival.job, None, now).await? else {
        link.execute(
            "UPDATE relay_inbox SET duplicates = duplicates + 1 WHERE job = \
             (SELECT id FROM relay_job WHERE merchant = $1 AND job_key = $2)",
            values![&arrival.job.merchant, &arrival.job.key],
        )
        .await?;
        return Ok(Receipt::Duplicate);
    };
    let stored = link
        .execute(
            "INSERT INTO relay_inbox (merchant, notification_id, event_type, case_key, headers, body, person, received, \
             job) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (merchant, notification_id) DO NOTHING",
            values![
                &arrival.merchant,
                &arrival.notification_id,
                &arrival.event_type,
                &arrival.case,
                &arrival.headers,
                &arrival.body,
                &arrival.person,
                now,
                job.0
            ],
        )
        .await?;
    if stored == 1 {
        return Ok(Receipt::New(job));
    }
    // The id is known with another business key: the first reading of it stands.
    link.execute("DELETE FROM relay_job WHERE id = $1", values![job.0]).await?;
    link.execute(
        "UPDATE relay_inbox SET duplicates = duplicates + 1 WHERE merchant = $1 AND notification_id = $2",
        values![&arrival.merchant, &arrival.notification_id],
    )
    .await?;
    Ok(Receipt::Duplicate)
}

/// Keeps what failed verification, the newest `bound` of each merchant.
pub(crate) async fn refuse(
    link: &mut Link<'_>,
    refusal: &Refusal,
    bound: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    link.execute(
        "INSERT INTO relay_refused (merchant, reason, headers, body, received) VALUES ($1, $2, $3, $4, $5)",
        values![&refusal.merchant, &refusal.reason, &refusal.headers, &refusal.body, now],
    )
    .await?;
    link.execute(
        "DELETE FROM relay_refused WHERE merchant = $1 AND id <= (SELECT id FROM relay_refused WHERE merchant = $1 \
         ORDER BY id DESC LIMIT 1 OFFSET $2)",
        values![&refusal.merchant, i64::from(bound)],
    )
    .await?;
    Ok(())
}

/// The notification that a job came from, directly or through the jobs before it.
pub(crate) async fn arrival(link: &mut Link<'_>, job: JobId) -> Result<Option<Arrival>, StoreError> {
    let row = link
        .row(
            concat!(
                "SELECT i.notification_id, i.event_type, i.headers, i.body, ",
                jobs::job_columns!(),
                " FROM relay_job w JOIN relay_job j ON j.id = coalesce(w.origin, w.id) \
                 JOIN relay_inbox i ON i.job = j.id WHERE w.id = $1"
            ),
            values![job.0],
        )
        .await?;
    row.map(|row| {
        let asked = jobs::read(&row)?.work;
        Ok(Arrival {
            merchant: asked.merchant.clone(),
            notification_id: row.get("notification_id")?,
            event_type: row.get("event_type")?,
            case: asked.case.clone(),
            headers: row.get("headers")?,
            body: row.get("body")?,
            person: asked.person.clone(),
            job: asked,
        })
    })
    .transpose()
}

pub(crate) async fn refused(
    link: &mut Link<'_>,
    merchant: &str,
    limit: u32,
) -> Result<Vec<Refused>, StoreError> {
    let rows = link
        .rows(
            "SELECT id, merchant, reason, headers, body, received FROM relay_refused WHERE merchant = $1 \
             ORDER BY id LIMIT $2",
            values![merchant, i64::from(limit)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let refusal = Refusal {
                merchant: row.get("merchant")?,
                reason: row.get("reason")?,
                headers: row.get("headers")?,
                body: row.get("body")?,
            };
            Ok(Refused { id: row.get("id")?, received: row.time("received")?, refusal })
        })
        .collect()
}

pub(crate) async fn forget_refused(link: &mut Link<'_>, id: i64) -> Result<bool, StoreError> {
    Ok(link.execute("DELETE FROM relay_refused WHERE id = $1", values![id]).await? > 0)
}
