//! How an attempt ends: by its owner, by the loss of its lease, or by giving its slot up.

use std::time::Duration;

use jiff::Timestamp;

use super::claim::turnstile;
use super::jobs;
use super::link::{Link, Row, values};
use super::{pace, words};
use crate::job::{Attempted, Ending, State};
use crate::store::{Lease, StoreError};

/// What a lease holds.
pub(crate) struct Held {
    id: i64,
    token: i64,
    origin: i64,
    queue: String,
    not_after: Option<Timestamp>,
    absolute: bool,
}

/// The job under this lease, locked; none when the lease was lost.
pub(crate) async fn held(link: &mut Link<'_>, lease: Lease) -> Result<Option<Held>, StoreError> {
    let sql = link.pick(
        "SELECT id, origin, queue, not_after, absolute FROM relay_job WHERE id = $1 AND token = $2 AND state = 'running'",
        "SELECT id, origin, queue, not_after, absolute FROM relay_job WHERE id = $1 AND token = $2 AND state = 'running' \
         FOR UPDATE",
    );
    let row = link.row(sql, values![lease.job.0, lease.token]).await?;
    row.map(|row: Row| {
        Ok(Held {
            id: row.get("id")?,
            token: lease.token,
            origin: row.get::<Option<i64>>("origin")?.unwrap_or(lease.job.0),
            queue: row.get("queue")?,
            not_after: row.maybe_time("not_after")?,
            absolute: row.get::<i64>("absolute")? != 0,
        })
    })
    .transpose()
}

/// Ends the attempt and says what becomes of the job.
pub(crate) async fn finish(
    link: &mut Link<'_>,
    held: &Held,
    attempted: &Attempted,
    ending: &Ending,
    now: Timestamp,
) -> Result<(), StoreError> {
    link.execute(
        "UPDATE relay_attempt SET ended = $2, outcome = $3, status = $4, code = $5, request_id = $6, note = $7 \
         WHERE id = $1",
        values![
            held.token,
            now,
            words::outcome(attempted.outcome),
            attempted.status.map(i64::from),
            &attempted.code,
            &attempted.request_id,
            &attempted.note,
        ],
    )
    .await?;
    match ending {
        Ending::Settled { result, follow } => {
            jobs::end(link, held.id, State::Settled, None, result.as_deref(), now).await?;
            jobs::insert_all(link, follow, Some(held.origin), now).await?;
            if held.queue.starts_with('@') { Ok(()) } else { pace::recover(link, &held.queue).await }
        }
        Ending::Refused { reason, result, follow } => {
            jobs::end(link, held.id, State::Refused, Some(reason), result.as_deref(), now).await?;
            jobs::insert_all(link, follow, Some(held.origin), now).await
        }
        Ending::Parked { reason, follow } => {
            jobs::end(link, held.id, State::Parked, Some(reason), None, now).await?;
            jobs::insert_all(link, follow, Some(held.origin), now).await
        }
        Ending::Dead { reason } => jobs::end(link, held.id, State::Dead, Some(reason), None, now).await,
        Ending::Again { due, counts } => again(link, held, *due, *counts, now).await,
    }
}

async fn again(
    link: &mut Link<'_>,
    held: &Held,
    due: Timestamp,
    counts: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = jobs::due(due, held.not_after);
    // An attempt that ends by itself does not take the process down: what went before was somebody else's doing.
    link.execute(
        "UPDATE relay_job SET state = $2, due = $3, attempts = attempts + $4, crashes = 0, token = 0, lease_until = NULL \
         WHERE id = $1",
        values![held.id, jobs::waiting_or_ready(due, now), due, i64::from(counts)],
    )
    .await?;
    if held.absolute {
        jobs::supersede(link, held.id, now).await?;
    }
    Ok(())
}

pub(crate) async fn next_slot(
    link: &mut Link<'_>,
    lease: Lease,
    ahead: Duration,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    turnstile(link).await?;
    let Some(held) = held(link, lease).await? else { return Ok(None) };
    let Some(mut budget) = pace::read(link, &held.queue, now).await? else { return Ok(Some(now)) };
    if let Some(slot) = budget.take(ahead, now) {
        pace::keep(link, &held.queue, &budget, now).await?;
        link.execute("UPDATE relay_attempt SET slot = $2 WHERE id = $1", values![held.token, slot]).await?;
        return Ok(Some(slot));
    }
    // Nothing was sent, so this was no attempt.
    link.execute("DELETE FROM relay_attempt WHERE id = $1", values![held.token]).await?;
    link.execute(
        "UPDATE relay_job SET state = 'ready', token = 0, lease_until = NULL WHERE id = $1",
        values![held.id],
    )
    .await?;
    Ok(None)
}

pub(crate) async fn renew(
    link: &mut Link<'_>,
    leases: &[Lease],
    length: Duration,
    now: Timestamp,
) -> Result<Vec<Lease>, StoreError> {
    let length = pace::micros(length);
    let until = super::link::time(now.as_microsecond().saturating_add(length));
    // Always in the same order, so that two transactions never wait for each other's rows.
    let mut sorted = leases.to_vec();
    sorted.sort_by_key(|lease| lease.job);
    let mut lost = Vec::new();
    for lease in sorted {
        let kept = link
            .execute(
                "UPDATE relay_job SET lease_until = $3, lease_length = $4 \
                 WHERE id = $1 AND token = $2 AND state = 'running'",
                values![lease.job.0, lease.token, until, length],
            )
            .await?;
        if kept == 0 {
            lost.push(lease);
        }
    }
    Ok(lost)
}

/// Ends every lease of a former life at once: its owner is known to be gone.
pub(crate) async fn void_leases(link: &mut Link<'_>) -> Result<(), StoreError> {
    link.execute("UPDATE relay_job SET lease_until = 0, lease_length = 0 WHERE state = 'running'", &[])
        .await?;
    Ok(())
}

pub(crate) async fn reclaim(link: &mut Link<'_>, crashes: u32, now: Timestamp) -> Result<u64, StoreError> {
    turnstile(link).await?;
    // A lease that ends later than its own length from now was given by a clock that has been set back since. It may
    // still be renewed, so it ends one length from now and not at once.
    link.execute(
        "UPDATE relay_job SET lease_until = $1 + lease_length WHERE state = 'running' AND lease_until > $1 + lease_length",
        values![now],
    )
    .await?;
    let dead = link
        .execute(
            "UPDATE relay_job SET state = 'dead', reason = 'the relay went down again and again while it worked on \
             this', ended = $1, crashes = crashes + 1, token = 0, lease_until = NULL \
             WHERE state = 'running' AND lease_until <= $1 AND crashes + 1 >= $2",
            values![now, i64::from(crashes)],
        )
        .await?;
    let ready = link
        .execute(
            // The first time at once; then later and later, so that what only stood beside the culprit gets away.
            "UPDATE relay_job SET state = 'waiting', due = $1 + crashes * crashes * 500000, \
             crashes = crashes + 1, token = 0, lease_until = NULL WHERE state = 'running' AND lease_until <= $1",
            values![now],
        )
        .await?;
    Ok(dead + ready)
}
