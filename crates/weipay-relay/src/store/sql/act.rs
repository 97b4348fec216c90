//! What operators do by hand, each with its line in the audit.

use jiff::Timestamp;

use super::filter;
use super::jobs::{self, newer};
use super::link::{Link, values};
use super::words;
use crate::job::{NewJob, State};
use crate::store::{Act, Audited, Erased, Fact, Filter, Purged, Redriven, Retention, StoreError};

/// Jobs that go in one transaction.
const PURGED: i64 = 5_000;

pub(crate) async fn keep(
    link: &mut Link<'_>,
    act: &str,
    target: &str,
    by: &Act,
    now: Timestamp,
) -> Result<(), StoreError> {
    link.execute(
        "INSERT INTO relay_audit (at, who, act, target, note) VALUES ($1, $2, $3, $4, $5)",
        values![now, &by.who, act, target, &by.note],
    )
    .await?;
    Ok(())
}

pub(crate) async fn redrive(
    link: &mut Link<'_>,
    filter: &Filter,
    by: &Act,
    dry_run: bool,
    now: Timestamp,
) -> Result<Vec<Redriven>, StoreError> {
    super::claim::turnstile(link).await?;
    let columns = concat!(
        "j.id, j.merchant, j.job_key, j.state, CASE WHEN j.absolute = 1 AND ",
        newer!(
            "n.state = 'settled' OR EXISTS (SELECT 1 FROM relay_attempt s WHERE s.job = n.id AND s.outcome >= 3)"
        ),
        " THEN 1 ELSE 0 END AS overtaken"
    );
    let rows = filter::select(link, filter, columns, "AND j.state IN ('parked', 'dead')").await?;
    let mut redriven = Vec::with_capacity(rows.len());
    for row in rows {
        let id: i64 = row.get("id")?;
        let overtaken = row.get::<i32>("overtaken")? != 0;
        let one = Redriven {
            merchant: row.get("merchant")?,
            key: row.get("job_key")?,
            from: words::read_state(&row.get::<String>("state")?)?,
            to: if overtaken { State::Superseded } else { State::Ready },
        };
        if !dry_run {
            link.execute(
                "UPDATE relay_job SET state = 'ready', due = $2, crashes = 0, reason = NULL, ended = NULL, result = NULL, \
                 not_after = CASE WHEN not_after <= $2 THEN NULL ELSE not_after END WHERE id = $1",
                values![id, now],
            )
            .await?;
            jobs::supersede(link, id, now).await?;
            keep(link, "redrive", &format!("{} {}", one.merchant, one.key), by, now).await?;
        }
        redriven.push(one);
    }
    Ok(redriven)
}

pub(crate) async fn resolve(
    link: &mut Link<'_>,
    (merchant, key): (&str, &str),
    fact: Fact,
    follow: &[NewJob],
    by: &Act,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = link.pick(
        "SELECT id, origin, state FROM relay_job WHERE merchant = $1 AND job_key = $2",
        "SELECT id, origin, state FROM relay_job WHERE merchant = $1 AND job_key = $2 FOR UPDATE",
    );
    let Some(row) = link.row(sql, values![merchant, key]).await? else {
        return Err(StoreError::Refused(format!(
            "{merchant} has no job {key}; list the parked ones to see their keys"
        )));
    };
    let state: String = row.get("state")?;
    if !matches!(state.as_str(), "parked" | "dead") {
        return Err(StoreError::Refused(format!(
            "{key} is {state}, and only what is parked or dead can be resolved by hand"
        )));
    }
    let (id, origin) = (row.get::<i64>("id")?, row.get::<Option<i64>>("origin")?);
    let (state, words) = match fact {
        Fact::Happened => (State::Settled, "happened"),
        Fact::NotHappened => (State::Refused, "did not happen"),
    };
    link.execute(
        "UPDATE relay_job SET state = $2, ended = $3, reason = $4 WHERE id = $1",
        values![id, words::state(state), now, format!("{} found out that it {words}", by.who)],
    )
    .await?;
    jobs::insert_all(link, follow, Some(origin.unwrap_or(id)), now).await?;
    keep(link, &format!("resolve: {words}"), &format!("{merchant} {key}"), by, now).await
}

pub(crate) async fn erase(
    link: &mut Link<'_>,
    person: &str,
    by: &Act,
    now: Timestamp,
) -> Result<Erased, StoreError> {
    let no_bytes: &[u8] = &[];
    // What follows from a person's notification is that person's too, whoever stored it.
    let notifications = link
        .execute(
            "UPDATE relay_inbox SET headers = '', body = $2, person = NULL WHERE person = $1 AND NOT EXISTS \
             (SELECT 1 FROM relay_job j WHERE (j.id = relay_inbox.job OR j.origin = relay_inbox.job) AND j.ended IS NULL)",
            values![person, no_bytes],
        )
        .await?;
    let jobs = link
        .execute(
            "UPDATE relay_job SET payload = $2, result = NULL, person = NULL WHERE person = $1 AND ended IS NOT NULL",
            values![person, no_bytes],
        )
        .await?;
    let row =
        link.row("SELECT count(*) AS left_over FROM relay_job WHERE person = $1", values![person]).await?;
    let unfinished = row.map_or(Ok(0), |row| row.get::<i64>("left_over"))?;
    keep(link, "erase", person, by, now).await?;
    Ok(Erased { notifications, jobs, unfinished: unfinished.unsigned_abs() })
}

pub(crate) async fn purge(
    link: &mut Link<'_>,
    retention: Retention,
    by: &Act,
    now: Timestamp,
) -> Result<Purged, StoreError> {
    let no_bytes: &[u8] = &[];
    let before = retention.contents_before;
    link.execute(
        "UPDATE relay_inbox SET headers = '', body = $2 WHERE body <> $2 AND job IN (SELECT id FROM relay_job \
         WHERE ended < $1 AND state NOT IN ('parked', 'dead') AND (payload <> $2 OR result IS NOT NULL) \
         ORDER BY ended LIMIT $3)",
        values![before, no_bytes, PURGED],
    )
    .await?;
    let contents = link
        .execute(
            "UPDATE relay_job SET payload = $2, result = NULL WHERE id IN (SELECT id FROM relay_job \
             WHERE ended < $1 AND state NOT IN ('parked', 'dead') AND (payload <> $2 OR result IS NOT NULL) \
             ORDER BY ended LIMIT $3)",
            values![before, no_bytes, PURGED],
        )
        .await?;
    let old = link
        .rows(
            // A question stays while something that followed from it does: it leads back to the notification.
            "SELECT j.id FROM relay_job j WHERE j.ended < $1 AND j.state NOT IN ('parked', 'dead') \
             AND NOT EXISTS (SELECT 1 FROM relay_job f WHERE f.origin = j.id AND f.id <> j.id) ORDER BY j.ended LIMIT $2",
            values![retention.rows_before, PURGED],
        )
        .await?;
    for row in &old {
        let id: i64 = row.get("id")?;
        link.execute("DELETE FROM relay_attempt WHERE job = $1", values![id]).await?;
        link.execute("DELETE FROM relay_inbox WHERE job = $1", values![id]).await?;
        link.execute("DELETE FROM relay_job WHERE id = $1", values![id]).await?;
    }
    let purged = Purged { contents, rows: old.len() as u64 };
    if purged != Purged::default() {
        keep(link, "purge", &format!("{contents} contents, {} jobs", old.len()), by, now).await?;
    }
    Ok(purged)
}

pub(crate) async fn audit(link: &mut Link<'_>, limit: u32) -> Result<Vec<Audited>, StoreError> {
    let rows = link
        .rows(
            "SELECT at, who, act, target, note FROM relay_audit ORDER BY id DESC LIMIT $1",
            values![i64::from(limit)],
        )
        .await?;
    rows.iter().map(read).collect()
}

pub(crate) fn read(row: &super::link::Row) -> Result<Audited, StoreError> {
    Ok(Audited {
        at: row.time("at")?,
        act: row.get("act")?,
        target: row.get("target")?,
        by: Act { who: row.get("who")?, note: row.get("note")? },
    })
}
