//! Jobs: how they are stored, read and superseded.

use jiff::Timestamp;

use super::link::{Link, Row, Value, values};
use super::words;
use crate::job::{Job, JobId, Kind, NewJob, State};
use crate::store::StoreError;

/// The columns of a job, with what its former attempts may have done: an attempt that never ended counts as unknown.
macro_rules! job_columns {
    () => {
        "j.id, j.merchant, j.job_key, j.case_key, j.kind, j.name, j.lane, j.ordering, j.absolute, j.queue, j.share, \
         j.due, j.not_after, j.person, j.request_no, j.payload, j.state, j.attempts, j.crashes, j.created, j.ended, \
         j.reason, j.result, j.token, \
         (SELECT max(a.outcome) FROM relay_attempt a WHERE a.job = j.id AND a.id <> j.token) AS earlier"
    };
}
pub(crate) use job_columns;

/// A job without a budget waits for its turn in a queue of its merchant: `@` marks that this is no budget. What goes to the
/// hook has a queue of its own.
pub(crate) fn queue_of(job: &NewJob) -> String {
    match (&job.pace, job.kind) {
        (Some(budget), _) => budget.clone(),
        (None, Kind::Ask | Kind::Tell) => format!("@{}/hook", job.merchant),
        (None, _) => format!("@{}", job.merchant),
    }
}

/// The merchant whose hook a queue waits for.
pub(crate) fn hook_of(queue: &str) -> Option<&str> {
    queue.strip_prefix('@')?.strip_suffix("/hook")
}

/// Reads a row with `job_columns!`.
pub(crate) fn read(row: &Row) -> Result<Job, StoreError> {
    let queue: String = row.get("queue")?;
    let work = NewJob {
        merchant: row.get("merchant")?,
        key: row.get("job_key")?,
        case: row.get("case_key")?,
        kind: words::read_kind(&row.get::<String>("kind")?)?,
        name: row.get("name")?,
        lane: words::read_lane(row.get("lane")?)?,
        order: row.get("ordering")?,
        absolute: row.get::<i64>("absolute")? != 0,
        pace: Some(queue).filter(|queue| !queue.starts_with('@')),
        share: row.get("share")?,
        due: row.time("due")?,
        not_after: row.maybe_time("not_after")?,
        person: row.get("person")?,
        request_no: row.get("request_no")?,
        payload: row.get("payload")?,
    };
    Ok(Job {
        id: JobId(row.get("id")?),
        work,
        state: words::read_state(&row.get::<String>("state")?)?,
        attempts: count(row.get("attempts")?),
        crashes: count(row.get("crashes")?),
        created: row.time("created")?,
        ended: row.maybe_time("ended")?,
        reason: row.get("reason")?,
        result: row.get("result")?,
        earlier: words::read_outcome(row.get::<Option<i64>>("earlier")?.unwrap_or(0))?,
    })
}

pub(crate) fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
}

/// When a job's time has come: nothing is sent after `not_after`, so that whoever claims it then only has to say so.
pub(crate) fn due(due: Timestamp, not_after: Option<Timestamp>) -> Timestamp {
    not_after.map_or(due, |not_after| due.min(not_after))
}

pub(crate) fn waiting_or_ready(due: Timestamp, now: Timestamp) -> &'static str {
    if due <= now { "ready" } else { "waiting" }
}

/// Stores a job; none when its key is known.
pub(crate) async fn insert(
    link: &mut Link<'_>,
    job: &NewJob,
    origin: Option<i64>,
    now: Timestamp,
) -> Result<Option<JobId>, StoreError> {
    usable(job)?;
    let tag = match &job.pace {
        None => 0,
        Some(budget) => {
            let known = "SELECT 1 AS known FROM relay_job WHERE merchant = $1 AND job_key = $2";
            if link.row(known, values![&job.merchant, &job.key]).await?.is_some() {
                return Ok(None);
            }
            tag(link, budget, words::lane(job.lane), job.share.as_deref().unwrap_or_default()).await?
        }
    };
    let due = due(job.due, job.not_after);
    let id = link
        .insert(
            "INSERT INTO relay_job (merchant, job_key, case_key, kind, name, lane, ordering, absolute, queue, share, \
             tag, due, not_after, person, request_no, payload, origin, state, created) VALUES ($1, $2, $3, $4, $5, $6, \
             $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
             ON CONFLICT (merchant, job_key) DO NOTHING",
            values![
                &job.merchant,
                &job.key,
                &job.case,
                words::kind(job.kind),
                &job.name,
                words::lane(job.lane),
                &job.order,
                i64::from(job.absolute),
                queue_of(job),
                &job.share,
                tag,
                due,
                job.not_after,
                &job.person,
                &job.request_no,
                &job.payload,
                origin,
                waiting_or_ready(due, now),
                now,
            ],
        )
        .await?;
    let Some(id) = id else { return Ok(None) };
    if job.absolute && job.order.is_some() {
        supersede_older(link, id, now).await?;
    }
    Ok(Some(JobId(id)))
}

pub(crate) fn usable(job: &NewJob) -> Result<(), StoreError> {
    let why = match (&job.pace, job.kind) {
        (Some(budget), _) if budget.starts_with('@') => "has a budget that begins with @, which none may",
        (Some(_), Kind::Ask | Kind::Tell) => "goes to a hook, and draws on no budget",
        _ => return Ok(()),
    };
    Err(StoreError::Refused(format!("{} {why}", job.key)))
}

/// Stores jobs that follow from another, or from nobody.
pub(crate) async fn insert_all(
    link: &mut Link<'_>,
    jobs: &[NewJob],
    origin: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Always in the same order, so that two transactions never wait for each other's shares.
    let mut sorted: Vec<&NewJob> = jobs.iter().collect();
    sorted.sort_by(|a, b| (&a.pace, a.lane, &a.share).cmp(&(&b.pace, b.lane, &b.share)));
    for job in sorted {
        insert(link, job, origin, now).await?;
    }
    Ok(())
}

/// Start-time fair queueing: a job's turn comes after its share's last, and not before the queue's present turn.
async fn tag(link: &mut Link<'_>, queue: &str, lane: i64, share: &str) -> Result<i64, StoreError> {
    let row = link
        .row(
            "INSERT INTO relay_share AS s (queue, lane, share, finish) VALUES ($1, $2, $3, 1 + \
             coalesce((SELECT turn FROM relay_turn WHERE queue = $1 AND lane = $2), 0)) \
             ON CONFLICT (queue, lane, share) DO UPDATE SET finish = \
             CASE WHEN s.finish >= excluded.finish THEN s.finish + 1 ELSE excluded.finish END RETURNING finish - 1 AS tag",
            values![queue, lane, share],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get("tag"))
}

pub(crate) async fn find(link: &mut Link<'_>, merchant: &str, key: &str) -> Result<Option<Job>, StoreError> {
    let row = link
        .row(
            concat!("SELECT ", job_columns!(), " FROM relay_job j WHERE j.merchant = $1 AND j.job_key = $2"),
            values![merchant, key],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

pub(crate) async fn by_id(link: &mut Link<'_>, id: i64) -> Result<Option<Job>, StoreError> {
    let row = link
        .row(concat!("SELECT ", job_columns!(), " FROM relay_job j WHERE j.id = $1"), values![id])
        .await?;
    row.as_ref().map(read).transpose()
}

/// Newer absolute jobs of the same order and name, alive or done.
macro_rules! newer {
    ($and:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM relay_job n WHERE n.merchant = j.merchant AND n.ordering = j.ordering ",
            "AND n.name = j.name AND n.absolute = 1 AND n.id > j.id AND (",
            $and,
            "))"
        )
    };
}

pub(crate) use newer;

/// An absolute value gives way to a newer one that may still go out or went out, if nothing of it may have been sent.
/// Otherwise the newer one waits until this one is known: so a late first attempt cannot overwrite the newer value.
macro_rules! unsent_and_outdated {
    () => {
        concat!(
            "j.absolute = 1 AND j.state IN ('ready', 'waiting') ",
            "AND NOT EXISTS (SELECT 1 FROM relay_attempt a WHERE a.job = j.id AND a.outcome >= 3) AND ",
            newer!("n.state IN ('ready', 'waiting', 'running', 'settled')")
        )
    };
}

/// Once something of a newer value may have gone out, an older one is never sent again, whatever became of it: the
/// balance would go back. Only an operator's redrive, or an insertion that lost a race, gets here.
macro_rules! overtaken {
    () => {
        concat!(
            "j.absolute = 1 AND j.state IN ('ready', 'waiting') AND ",
            newer!(
                "n.state = 'settled' OR EXISTS (SELECT 1 FROM relay_attempt s WHERE s.job = n.id AND s.outcome >= 3)"
            )
        )
    };
}

macro_rules! supersede {
    ($which:literal) => {
        concat!(
            "UPDATE relay_job AS j SET state = 'superseded', ended = $2, \
             reason = 'a newer value of the same kind took its place' WHERE ",
            $which,
            " AND ((",
            unsent_and_outdated!(),
            ") OR (",
            overtaken!(),
            "))"
        )
    };
}

/// The older ones of this job's order and name.
async fn supersede_older(link: &mut Link<'_>, id: i64, now: Timestamp) -> Result<(), StoreError> {
    link.execute(
        supersede!(
            "EXISTS (SELECT 1 FROM relay_job m WHERE m.id = $1 AND m.merchant = j.merchant AND \
             m.ordering = j.ordering AND m.name = j.name AND j.id <= m.id)"
        ),
        values![id, now],
    )
    .await?;
    Ok(())
}

/// This very job, if a newer one took its place. Answers whether it did.
pub(crate) async fn supersede(link: &mut Link<'_>, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(link.execute(supersede!("j.id = $1"), values![id, now]).await? > 0)
}

/// A final state, with what came of it.
pub(crate) async fn end(
    link: &mut Link<'_>,
    id: i64,
    state: State,
    reason: Option<&str>,
    result: Option<&[u8]>,
    now: Timestamp,
) -> Result<(), StoreError> {
    link.execute(
        "UPDATE relay_job SET state = $2, reason = $3, result = $4, ended = $5, attempts = attempts + 1, token = 0, \
         lease_until = NULL WHERE id = $1",
        values![
            id,
            words::state(state),
            reason,
            Value::Bytes(result.map(Into::into)),
            now
        ],
    )
    .await?;
    Ok(())
}
