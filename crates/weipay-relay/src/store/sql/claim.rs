//! Claiming: who gets which job, and which slot.
//!
//! One claim at a time in the whole store. Order, fairness and pace are properties of all claims together, and judging
//! them by one is what keeps them true; a claim takes about a millisecond and hands out many jobs.

use std::time::Duration;

use jiff::Timestamp;

use super::jobs;
use super::link::{Link, values};
use super::pace::{self, Budget};
use crate::job::JobId;
use crate::store::{Claimed, Lease, StoreError, Want};

/// How many jobs whose time has come are looked at in one claim.
const PROMOTED: i64 = 4096;

/// Not held, and nothing of its order before it or under way.
macro_rules! free {
    () => {
        "NOT EXISTS (SELECT 1 FROM relay_hold h WHERE h.scope = 'merchant' AND h.name = j.merchant) \
         AND (j.ordering IS NULL OR NOT EXISTS (SELECT 1 FROM relay_job o WHERE o.merchant = j.merchant \
         AND o.ordering = j.ordering AND o.id <> j.id \
         AND (o.state = 'running' OR (o.id < j.id AND o.state IN ('ready', 'waiting')))))"
    };
}

macro_rules! candidates {
    () => {
        concat!(
            "SELECT j.id, j.lane, j.tag FROM relay_job j WHERE j.state = 'ready' AND j.queue = $1 ",
            "AND (j.not_after IS NULL OR j.not_after > $2) AND ",
            free!(),
            " ORDER BY j.lane, j.tag, j.id LIMIT $3"
        )
    };
}

macro_rules! expiring {
    () => {
        concat!(
            "SELECT j.id, j.not_after FROM relay_job j WHERE j.state = 'ready' AND j.not_after IS NOT NULL ",
            "AND NOT EXISTS (SELECT 1 FROM relay_hold h WHERE h.scope = 'budget' AND h.name = j.queue) AND ",
            free!()
        )
    };
}

/// One queue with work: a budget, or what a merchant has to do without one.
struct Queue {
    name: String,
    budget: Option<Budget>,
    taken: bool,
}

/// A job that could be claimed.
struct Candidate {
    id: i64,
    lane: i64,
    tag: i64,
    /// Its place among the candidates of its queue.
    rank: usize,
    queue: usize,
}

/// Waits until nobody else is handing out work or slots.
pub(crate) async fn turnstile(link: &mut Link<'_>) -> Result<(), StoreError> {
    if let Link::Postgres(_) = link {
        link.rows("SELECT id FROM relay_turnstile FOR UPDATE", &[]).await?;
    }
    Ok(())
}

pub(crate) async fn claim(
    link: &mut Link<'_>,
    want: &Want,
    now: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    turnstile(link).await?;
    promote(link, now).await?;
    if everything_held(link).await? {
        return Ok(Vec::new());
    }
    let mut claimed = Vec::new();
    for id in expired(link, want.limit, now).await? {
        claimed.extend(lease(link, id, None, want, now).await?);
    }
    let mut queues = queues(link, now).await?;
    let candidates = candidates(link, &queues, want, now).await?;
    for candidate in candidates {
        if claimed.len() >= want.limit as usize {
            break;
        }
        let queue = &mut queues[candidate.queue];
        let slot = match &mut queue.budget {
            None => None,
            Some(budget) => {
                if budget.slot(now) > later(now, want.ahead) {
                    continue;
                }
                if jobs::supersede(link, candidate.id, now).await? {
                    continue;
                }
                queue.taken = true;
                budget.take(want.ahead, now)
            }
        };
        if slot.is_none() && jobs::supersede(link, candidate.id, now).await? {
            continue;
        }
        claimed.extend(lease(link, candidate.id, slot, want, now).await?);
        if candidate.tag > 0 {
            turn(link, &queue.name, &candidate).await?;
        }
    }
    for queue in queues.iter().filter(|queue| queue.taken) {
        if let Some(budget) = &queue.budget {
            pace::keep(link, &queue.name, budget, now).await?;
        }
    }
    Ok(claimed)
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    super::link::time(now.as_microsecond().saturating_add(pace::micros(by)))
}

/// Jobs whose time has come join their queue.
async fn promote(link: &mut Link<'_>, now: Timestamp) -> Result<(), StoreError> {
    link.execute(
        "UPDATE relay_job SET state = 'ready' WHERE state = 'waiting' AND id IN (SELECT id FROM relay_job \
         WHERE state = 'waiting' AND due <= $1 ORDER BY due LIMIT $2)",
        values![now, PROMOTED],
    )
    .await?;
    Ok(())
}

async fn everything_held(link: &mut Link<'_>) -> Result<bool, StoreError> {
    Ok(link.row("SELECT 1 AS held FROM relay_hold WHERE scope = 'all'", &[]).await?.is_some())
}

/// Jobs after whose last moment nothing is sent: whoever claims one only says so, and needs no slot.
async fn expired(link: &mut Link<'_>, limit: u32, now: Timestamp) -> Result<Vec<i64>, StoreError> {
    let rows = link
        .rows(
            concat!(expiring!(), " AND j.not_after <= $1 ORDER BY j.not_after LIMIT $2"),
            values![now, i64::from(limit)],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// The queues that have work, found by jumping from one to the next in the index.
async fn queues(link: &mut Link<'_>, now: Timestamp) -> Result<Vec<Queue>, StoreError> {
    let rows = link
        .rows(
            "WITH RECURSIVE queue (name) AS (SELECT min(queue) FROM relay_job WHERE state = 'ready' UNION ALL \
             SELECT (SELECT min(j.queue) FROM relay_job j WHERE j.state = 'ready' AND j.queue > q.name) \
             FROM queue q WHERE q.name IS NOT NULL) \
             SELECT q.name, p.current, p.next_free, p.not_before, p.touched FROM queue q \
             LEFT JOIN relay_pace p ON p.budget = q.name WHERE q.name IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM relay_hold h WHERE h.scope = 'budget' AND h.name = q.name)",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(Queue { name: row.get("name")?, budget: Budget::read(row, now)?, taken: false }))
        .collect()
}

/// The most urgent jobs of every queue that has a slot: by lane, then queue by queue in turns, then by age.
async fn candidates(
    link: &mut Link<'_>,
    queues: &[Queue],
    want: &Want,
    now: Timestamp,
) -> Result<Vec<Candidate>, StoreError> {
    let select = link.pick(
        candidates!(),
        // Who cleans up or redrives is not waited for.
        concat!(candidates!(), " FOR UPDATE OF j SKIP LOCKED"),
    );
    let mut all = Vec::new();
    for (index, queue) in queues.iter().enumerate() {
        if queue.budget.is_some_and(|budget| budget.slot(now) > later(now, want.ahead)) {
            continue;
        }
        let rows = link.rows(select, values![&queue.name, now, i64::from(want.limit)]).await?;
        for (rank, row) in rows.iter().enumerate() {
            let (id, lane, tag) = (row.get("id")?, row.get("lane")?, row.get("tag")?);
            all.push(Candidate { id, lane, tag, rank, queue: index });
        }
    }
    all.sort_by_key(|candidate| (candidate.lane, candidate.rank, candidate.id));
    Ok(all)
}

/// Opens an attempt and hands the job out; none when somebody else changed it meanwhile.
async fn lease(
    link: &mut Link<'_>,
    id: i64,
    slot: Option<Timestamp>,
    want: &Want,
    now: Timestamp,
) -> Result<Option<Claimed>, StoreError> {
    let opened = link
        .row(
            "INSERT INTO relay_attempt (job, worker, started, slot, outcome) \
             SELECT id, $2, $3, $4, 4 FROM relay_job WHERE id = $1 AND state = 'ready' RETURNING id",
            values![id, &want.worker, now, slot],
        )
        .await?;
    let Some(opened) = opened else { return Ok(None) };
    let token: i64 = opened.get("id")?;
    link.execute(
        "UPDATE relay_job SET state = 'running', token = $2, lease_until = $3, lease_length = $4 WHERE id = $1",
        values![id, token, later(now, want.lease), pace::micros(want.lease)],
    )
    .await?;
    let Some(job) = jobs::by_id(link, id).await? else { return Ok(None) };
    Ok(Some(Claimed { job, lease: Lease { job: JobId(id), token }, slot }))
}

/// How far the queue's turn has come: a share that was idle joins here, not in the past.
async fn turn(link: &mut Link<'_>, queue: &str, candidate: &Candidate) -> Result<(), StoreError> {
    link.execute(
        "INSERT INTO relay_turn AS t (queue, lane, turn) VALUES ($1, $2, $3) ON CONFLICT (queue, lane) DO UPDATE \
         SET turn = CASE WHEN t.turn > $3 THEN t.turn ELSE $3 END",
        values![queue, candidate.lane, candidate.tag],
    )
    .await?;
    Ok(())
}

/// When there is something to claim again, if nobody stores or ends anything until then.
pub(crate) async fn next_due(
    link: &mut Link<'_>,
    ahead: Duration,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let row = link
        .row(
            "SELECT (SELECT min(due) FROM relay_job WHERE state = 'waiting') AS due, \
             (SELECT min(lease_until) FROM relay_job WHERE state = 'running') AS lease",
            &[],
        )
        .await?;
    let mut next: Vec<Timestamp> = Vec::new();
    if let Some(row) = row {
        next.extend(row.maybe_time("due")?);
        next.extend(row.maybe_time("lease")?);
    }
    if everything_held(link).await? {
        return Ok(next.into_iter().min());
    }
    let expiring = link.row(concat!(expiring!(), " ORDER BY j.not_after LIMIT 1"), &[]).await?;
    if let Some(row) = expiring {
        next.push(row.time("not_after")?);
    }
    for queue in queues(link, now).await? {
        // Such a queue begins with something that can be claimed when there is a slot.
        let begins = !link.rows(candidates!(), values![&queue.name, now, 1i64]).await?.is_empty();
        if begins {
            let slot = queue.budget.map_or(now, |budget| budget.slot(now));
            next.push(super::link::time(slot.as_microsecond().saturating_sub(pace::micros(ahead))));
        }
    }
    Ok(next.into_iter().min())
}
