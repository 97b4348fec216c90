//! Claiming: who gets which job, and which slot.
//!
//! One claim at a time in the whole store. Order, fairness and pace are properties of all claims together, and judging
//! them by one is what keeps them true; a claim takes about a millisecond and hands out many jobs.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::link::{Link, values};
use super::pace::{self, Budget};
use super::{hold, jobs};
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

/// Of a queue, at a moment. Calls that are paused show when one may be tried.
macro_rules! candidates {
    () => {
        concat!(
            "SELECT j.id, j.lane, j.tag, j.absolute, CASE WHEN j.kind = 'effect' THEN j.merchant END AS caller ",
            "FROM relay_job j WHERE j.state = 'ready' AND j.queue = $1 ",
            "AND (j.not_after IS NULL OR j.not_after > $2) AND (j.kind <> 'effect' OR NOT EXISTS ",
            "(SELECT 1 FROM relay_hold p WHERE p.scope = 'effects' AND p.name = j.merchant ",
            "AND (p.probe IS NULL OR p.probe > $2))) AND ",
            free!(),
            " ORDER BY j.lane, j.tag, j.id LIMIT $3"
        )
    };
}

/// With a last moment, whose end is told even while calls are paused; where there are places for questions, and for calls.
macro_rules! expiring {
    () => {
        concat!(
            "SELECT j.id, j.queue, j.not_after FROM relay_job j WHERE j.state = 'ready' AND j.not_after IS NOT NULL ",
            "AND NOT EXISTS (SELECT 1 FROM relay_hold h WHERE h.scope = 'budget' AND h.name = j.queue) ",
            "AND CASE WHEN j.kind IN ('ask', 'tell') THEN $1 ELSE $2 END > 0 AND ",
            free!()
        )
    };
}

/// One queue with work and with room: a budget, or what a merchant has to do without one.
struct Queue {
    name: String,
    budget: Option<Budget>,
    of_hook: bool,
    room: u32,
    /// How far its first job stands behind those of queues of which nothing is under way.
    behind: u32,
    taken: bool,
}

/// A job that could be claimed.
struct Candidate {
    id: i64,
    lane: i64,
    tag: i64,
    absolute: bool,
    /// Whose call it is, if it is one.
    caller: Option<String>,
    /// Its place among the candidates of its queue.
    rank: usize,
    queue: usize,
}

/// The places that are left while a claim goes on.
struct Places {
    calls: u32,
    questions: u32,
}

impl Places {
    fn left(&mut self, of_hook: bool) -> &mut u32 {
        if of_hook { &mut self.questions } else { &mut self.calls }
    }
}

/// What is stopped at the moment of a claim.
struct Stops {
    everything: bool,
    /// Merchants whose calls are paused and of whom one may be tried now; whether it was.
    paused: BTreeMap<String, bool>,
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
    let mut stops = stops(link, now).await?;
    if stops.everything {
        return Ok(Vec::new());
    }
    let mut places = Places { calls: want.calls, questions: want.questions };
    let mut claimed = Vec::new();
    for (id, of_hook) in expired(link, want, now).await? {
        let left = places.left(of_hook);
        if *left > 0 {
            *left -= 1;
            claimed.extend(lease(link, id, None, false, want, now).await?);
        }
    }
    let mut queues = queues(link, want, now).await?;
    for candidate in candidates(link, &queues, want, now).await? {
        let queue = &mut queues[candidate.queue];
        if *places.left(queue.of_hook) == 0 {
            continue;
        }
        if queue.budget.is_some_and(|budget| budget.slot(now) > later(now, want.ahead)) {
            continue;
        }
        if candidate.absolute && jobs::supersede(link, candidate.id, now).await? {
            continue;
        }
        let paused =
            candidate.caller.as_ref().and_then(|caller| Some((caller, stops.paused.get_mut(caller)?)));
        let probe = match paused {
            None => false,
            Some((_, true)) => continue,
            Some((caller, tried)) => {
                *tried = true;
                hold::probed(link, caller, now).await?;
                true
            }
        };
        let slot = queue.budget.as_mut().and_then(|budget| budget.take(want.ahead, now));
        queue.taken = true;
        if let Some(one) = lease(link, candidate.id, slot, probe, want, now).await? {
            claimed.push(one);
            *places.left(queue.of_hook) -= 1;
        }
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

async fn stops(link: &mut Link<'_>, now: Timestamp) -> Result<Stops, StoreError> {
    let rows = link
        .rows(
            "SELECT scope, name FROM relay_hold WHERE scope = 'all' OR (scope = 'effects' AND probe <= $1)",
            values![now],
        )
        .await?;
    let mut stops = Stops { everything: false, paused: BTreeMap::new() };
    for row in &rows {
        match row.get::<String>("scope")?.as_str() {
            "all" => stops.everything = true,
            _ => drop(stops.paused.insert(row.get("name")?, false)),
        }
    }
    Ok(stops)
}

/// Jobs after whose last moment nothing is sent: whoever claims one only says so, and needs no slot.
async fn expired(link: &mut Link<'_>, want: &Want, now: Timestamp) -> Result<Vec<(i64, bool)>, StoreError> {
    let limit = i64::from(want.calls) + i64::from(want.questions);
    let rows = link
        .rows(
            concat!(expiring!(), " AND j.not_after <= $3 ORDER BY j.not_after LIMIT $4"),
            values![i64::from(want.questions), i64::from(want.calls), now, limit],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.get("id")?, jobs::hook_of(&row.get::<String>("queue")?).is_some())))
        .collect()
}

/// The queues that have work and room, found by jumping from one to the next in the index.
async fn queues(link: &mut Link<'_>, want: &Want, now: Timestamp) -> Result<Vec<Queue>, StoreError> {
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
    let mut queues = Vec::with_capacity(rows.len());
    for row in &rows {
        let name: String = row.get("name")?;
        let (room, behind) = match jobs::hook_of(&name) {
            None => (want.calls, 0),
            Some(merchant) => {
                let room = want.rooms.get(merchant).copied().unwrap_or(want.per_hook);
                (room.min(want.questions), want.per_hook.saturating_sub(room))
            }
        };
        if room > 0 {
            let of_hook = jobs::hook_of(&name).is_some();
            let budget = Budget::read(row, now)?;
            queues.push(Queue { name, budget, of_hook, room, behind, taken: false });
        }
    }
    Ok(queues)
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
        let rows = link.rows(select, values![&queue.name, now, i64::from(queue.room)]).await?;
        for (place, row) in rows.iter().enumerate() {
            all.push(Candidate {
                id: row.get("id")?,
                lane: row.get("lane")?,
                tag: row.get("tag")?,
                absolute: row.get::<i64>("absolute")? != 0,
                caller: row.get("caller")?,
                rank: place + queue.behind as usize,
                queue: index,
            });
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
    probe: bool,
    want: &Want,
    now: Timestamp,
) -> Result<Option<Claimed>, StoreError> {
    let token = link
        .insert(
            "INSERT INTO relay_attempt (job, worker, started, slot, outcome) \
             SELECT id, $2, $3, $4, 4 FROM relay_job WHERE id = $1 AND state = 'ready'",
            values![id, &want.worker, now, slot],
        )
        .await?;
    let Some(token) = token else { return Ok(None) };
    link.execute(
        "UPDATE relay_job SET state = 'running', token = $2, lease_until = $3, lease_length = $4 WHERE id = $1",
        values![id, token, later(now, want.lease), pace::micros(want.lease)],
    )
    .await?;
    let Some(job) = jobs::by_id(link, id).await? else { return Ok(None) };
    Ok(Some(Claimed { job, lease: Lease { job: JobId(id), token }, slot, probe }))
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
    want: &Want,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let row = link
        .row(
            "SELECT (SELECT min(due) FROM relay_job WHERE state = 'waiting') AS due, \
             (SELECT min(lease_until) FROM relay_job WHERE state = 'running') AS lease, \
             (SELECT min(probe) FROM relay_hold WHERE probe > $1) AS probe",
            values![now],
        )
        .await?;
    let mut next: Vec<Timestamp> = Vec::new();
    if let Some(row) = row {
        for moment in ["due", "lease", "probe"] {
            next.extend(row.maybe_time(moment)?);
        }
    }
    if stops(link, now).await?.everything {
        return Ok(next.into_iter().min());
    }
    let places = values![i64::from(want.questions), i64::from(want.calls)];
    let expiring = link.row(concat!(expiring!(), " ORDER BY j.not_after LIMIT 1"), places).await?;
    if let Some(row) = expiring {
        next.push(row.time("not_after")?);
    }
    for queue in queues(link, want, now).await? {
        // Such a queue begins with something that can be claimed when there is a slot.
        let begins = !link.rows(candidates!(), values![&queue.name, now, 1i64]).await?.is_empty();
        if begins {
            let slot = queue.budget.map_or(now, |budget| budget.slot(now));
            next.push(super::link::time(slot.as_microsecond().saturating_sub(pace::micros(want.ahead))));
        }
    }
    Ok(next.into_iter().min())
}
