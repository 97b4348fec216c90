//! Budgets: a slot every so often (GCRA without a burst), one row each.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::claim::turnstile;
use super::link::{Link, Row, values};
use crate::store::{Pace, StoreError};

/// Processes of one store may disagree about the time by so much; beyond it the clock was set back, and the slots that
/// were given out by the old one move with it.
const SKEW: i64 = 5_000_000;

/// A budget's row as it is at this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Between two slots, now.
    pub(crate) current: i64,
    next_free: i64,
    not_before: i64,
}

impl Budget {
    /// Reads `current, next_free, not_before, touched`; none where the budget has no row.
    pub(crate) fn read(row: &Row, now: Timestamp) -> Result<Option<Self>, StoreError> {
        let Some(current) = row.get::<Option<i64>>("current")? else { return Ok(None) };
        let back = row.get::<i64>("touched")?.saturating_sub(now.as_microsecond());
        let back = if back > SKEW { back } else { 0 };
        Ok(Some(Self {
            current,
            next_free: row.get::<i64>("next_free")?.saturating_sub(back),
            not_before: row.get::<i64>("not_before")?.saturating_sub(back),
        }))
    }

    /// The next slot that could be had.
    pub(crate) fn slot(&self, now: Timestamp) -> Timestamp {
        super::link::time(self.next_free.max(self.not_before).max(now.as_microsecond()))
    }

    /// Takes the next slot, unless it lies further ahead than that.
    pub(crate) fn take(&mut self, ahead: Duration, now: Timestamp) -> Option<Timestamp> {
        let slot = self.slot(now);
        if slot.as_microsecond() > now.as_microsecond().saturating_add(micros(ahead)) {
            return None;
        }
        self.next_free = slot.as_microsecond().saturating_add(self.current);
        Some(slot)
    }
}

pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The budget of that name; the turnstile is held, so that nobody else takes slots meanwhile.
pub(crate) async fn read(
    link: &mut Link<'_>,
    budget: &str,
    now: Timestamp,
) -> Result<Option<Budget>, StoreError> {
    let row = link
        .row(
            "SELECT current, next_free, not_before, touched FROM relay_pace WHERE budget = $1",
            values![budget],
        )
        .await?;
    row.map_or(Ok(None), |row| Budget::read(&row, now))
}

/// Keeps the slots that were taken.
pub(crate) async fn keep(
    link: &mut Link<'_>,
    name: &str,
    budget: &Budget,
    now: Timestamp,
) -> Result<(), StoreError> {
    // A clock that was set back by less than the skew does not count as set back later either.
    link.execute(
        "UPDATE relay_pace SET next_free = $2, \
         not_before = CASE WHEN touched > $3 + $4 THEN $5 ELSE not_before END, \
         touched = CASE WHEN touched > $3 AND touched <= $3 + $4 THEN touched ELSE $3 END WHERE budget = $1",
        values![name, budget.next_free, now, SKEW, budget.not_before],
    )
    .await?;
    Ok(())
}

/// One transaction: a process has a hundred budgets for each merchant, and starts with them.
pub(crate) async fn set(
    link: &mut Link<'_>,
    paces: &BTreeMap<String, Pace>,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Whoever claims has some of these rows: nobody waits for the other's.
    turnstile(link).await?;
    for (budget, pace) in paces {
        set_one(link, budget, *pace, now).await?;
    }
    Ok(())
}

async fn set_one(link: &mut Link<'_>, budget: &str, pace: Pace, now: Timestamp) -> Result<(), StoreError> {
    let normal = micros(pace.interval);
    let slowest = micros(pace.slowest).max(normal);
    // A budget that was slowed down stays so, within the new bounds.
    link.execute(
        "INSERT INTO relay_pace AS p (budget, normal, slowest, current, next_free, not_before, touched) \
         VALUES ($1, $2, $3, $2, $4, $4, $4) ON CONFLICT (budget) DO UPDATE SET normal = $2, slowest = $3, current = \
         CASE WHEN p.current <= p.normal OR p.current < $2 THEN $2 WHEN p.current > $3 THEN $3 ELSE p.current END",
        values![budget, normal, slowest, now],
    )
    .await?;
    Ok(())
}

/// After a refusal for speed: twice as slow, and nothing before `until`.
pub(crate) async fn slow_down(
    link: &mut Link<'_>,
    budget: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    link.execute(
        "UPDATE relay_pace SET current = CASE WHEN current * 2 > slowest THEN slowest ELSE current * 2 END, \
         not_before = CASE WHEN not_before > $2 THEN not_before ELSE $2 END, \
         touched = CASE WHEN touched > $3 THEN touched ELSE $3 END WHERE budget = $1",
        values![budget, until, now],
    )
    .await?;
    Ok(())
}

/// After a success: a tenth of the way back.
pub(crate) async fn recover(link: &mut Link<'_>, budget: &str) -> Result<(), StoreError> {
    link.execute(
        "UPDATE relay_pace SET current = CASE WHEN (current - normal) * 100 <= normal THEN normal \
         ELSE current - (current - normal) / 10 - 1 END WHERE budget = $1 AND current > normal",
        values![budget],
    )
    .await?;
    Ok(())
}
