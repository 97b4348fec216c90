//! Figures of the whole store, and what must not be.

use jiff::Timestamp;

use super::link::{Link, time, values};
use super::pace::Budget;
use super::{hold, words};
use crate::store::{Backlog, Count, Status, StoreError};

pub(crate) async fn status(
    link: &mut Link<'_>,
    since: Timestamp,
    now: Timestamp,
) -> Result<Status, StoreError> {
    let oldest = link
        .row(
            "SELECT created, merchant, job_key FROM relay_job WHERE state IN ('waiting', 'ready', 'running') \
             AND kind <> 'upkeep' ORDER BY created, id LIMIT 1",
            &[],
        )
        .await?;
    let oldest: Option<(Timestamp, String, String)> = match oldest {
        Some(row) => Some((row.time("created")?, row.get("merchant")?, row.get("job_key")?)),
        None => None,
    };
    Ok(Status {
        counts: counts(link, since).await?,
        oldest: oldest.as_ref().map(|(created, ..)| *created),
        oldest_job: oldest.map(|(_, merchant, key)| (merchant, key)),
        budgets: budgets(link, now).await?,
        held: hold::held(link).await?,
        refused: number(link, "SELECT count(*) AS number FROM relay_refused").await?,
    })
}

async fn number(link: &mut Link<'_>, sql: &'static str) -> Result<u64, StoreError> {
    let row = link.row(sql, &[]).await?;
    Ok(row.map_or(Ok(0), |row| row.get::<i64>("number"))?.unsigned_abs())
}

async fn counts(link: &mut Link<'_>, since: Timestamp) -> Result<Vec<Count>, StoreError> {
    let rows = link
        .rows(
            "SELECT merchant, kind, name, CASE WHEN state = 'waiting' THEN 'ready' ELSE state END AS stands, \
             count(*) AS jobs FROM relay_job WHERE state IN ('waiting', 'ready', 'running', 'parked', 'dead') \
             OR ended >= $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
            values![since],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                merchant: row.get("merchant")?,
                kind: words::read_kind(&row.get::<String>("kind")?)?,
                name: row.get("name")?,
                state: words::read_state(&row.get::<String>("stands")?)?,
                jobs: row.get::<i64>("jobs")?.unsigned_abs(),
            })
        })
        .collect()
}

async fn budgets(link: &mut Link<'_>, now: Timestamp) -> Result<Vec<Backlog>, StoreError> {
    let rows = link
        .rows(
            "SELECT w.queue, w.jobs, w.first_not_after, p.current, p.next_free, p.not_before, p.touched FROM \
             (SELECT queue, count(*) AS jobs, min(not_after) AS first_not_after FROM relay_job \
             WHERE state IN ('waiting', 'ready', 'running') AND substr(queue, 1, 1) <> '@' GROUP BY queue \
             UNION ALL SELECT budget, 0, NULL FROM relay_pace WHERE NOT EXISTS (SELECT 1 FROM relay_job j \
             WHERE j.queue = budget AND j.state IN ('waiting', 'ready', 'running'))) w \
             LEFT JOIN relay_pace p ON p.budget = w.queue ORDER BY w.queue",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let jobs: i64 = row.get("jobs")?;
            let budget = Budget::read(row, now)?;
            let last = |budget: &Budget| {
                let after = budget.current.saturating_mul(jobs.saturating_sub(1));
                time(budget.slot(now).as_microsecond().saturating_add(after))
            };
            Ok(Backlog {
                budget: row.get("queue")?,
                jobs: jobs.unsigned_abs(),
                first_not_after: row.maybe_time("first_not_after")?,
                interval: budget
                    .map(|budget| std::time::Duration::from_micros(budget.current.unsigned_abs())),
                next_slot: budget.as_ref().map(|budget| budget.slot(now)),
                drained: budget.as_ref().filter(|_| jobs > 0).map(last),
            })
        })
        .collect()
}

/// What must not be, and how it is counted.
const NEVER: &[(&str, &str)] = &[
    (
        "notifications without their job",
        "SELECT count(*) AS number FROM relay_inbox i WHERE NOT EXISTS (SELECT 1 FROM relay_job j WHERE j.id = i.job)",
    ),
    (
        "attempts without their job",
        "SELECT count(*) AS number FROM relay_attempt a WHERE NOT EXISTS (SELECT 1 FROM relay_job j WHERE j.id = a.job)",
    ),
    (
        "jobs under way without an open attempt",
        "SELECT count(*) AS number FROM relay_job j WHERE j.state = 'running' AND NOT EXISTS \
         (SELECT 1 FROM relay_attempt a WHERE a.id = j.token AND a.job = j.id AND a.ended IS NULL)",
    ),
    (
        "jobs that hold a lease and are not under way",
        "SELECT count(*) AS number FROM relay_job WHERE state <> 'running' AND (token <> 0 OR lease_until IS NOT NULL)",
    ),
    (
        "final jobs without an end, or ends without a final state",
        "SELECT count(*) AS number FROM relay_job WHERE (state IN ('waiting', 'ready', 'running')) <> (ended IS NULL)",
    ),
    (
        "orders with two jobs under way",
        "SELECT count(*) AS number FROM (SELECT merchant, ordering FROM relay_job WHERE state = 'running' \
         AND ordering IS NOT NULL GROUP BY merchant, ordering HAVING count(*) > 1) twice",
    ),
];

pub(crate) async fn check(link: &mut Link<'_>) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (what, sql) in NEVER {
        let number = number(link, sql).await?;
        if number > 0 {
            found.push(format!("{number} {what}"));
        }
    }
    if let Link::Sqlite(_) = link {
        for row in link.rows("PRAGMA integrity_check", &[]).await? {
            let line: String = row.get("integrity_check")?;
            if line != "ok" {
                found.push(line);
            }
        }
    }
    Ok(found)
}
