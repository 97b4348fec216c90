//! A filter as a condition.

use sqlx::AssertSqlSafe;

use super::jobs::{self, job_columns};
use super::link::{Link, Row, Value};
use super::words;
use crate::job::{Job, State};
use crate::store::{Filter, StoreError};

const LIMIT: u32 = 1_000;

/// A condition that grows, with its values.
struct Condition<'v> {
    sql: String,
    values: Vec<Value<'v>>,
}

impl<'v> Condition<'v> {
    /// `sql` is ours and never the user's; `$` stands for the value.
    fn and(&mut self, sql: &str, value: impl Into<Value<'v>>) {
        self.values.push(value.into());
        self.sql.push_str(" AND ");
        self.sql.push_str(&sql.replace('$', &format!("${}", self.values.len())));
    }

    fn one_of(&mut self, column: &str, values: impl Iterator<Item = &'v str>) {
        let mut places = Vec::new();
        for value in values {
            self.values.push(value.into());
            places.push(format!("${}", self.values.len()));
        }
        if !places.is_empty() {
            self.sql.extend([" AND ", column, " IN (", &places.join(", "), ")"]);
        }
    }
}

fn condition(filter: &Filter) -> Condition<'_> {
    let mut condition = Condition { sql: "1 = 1".to_owned(), values: Vec::new() };
    if let Some(merchant) = &filter.merchant {
        condition.and("j.merchant = $", merchant);
    }
    if let Some(case) = &filter.case {
        condition.and("j.case_key = $", case);
    }
    if let Some(kind) = filter.kind {
        condition.and("j.kind = $", words::kind(kind));
    }
    if let Some(name) = &filter.name {
        condition.and("j.name = $", name);
    }
    if let Some(from) = filter.ended_from {
        condition.and("j.ended >= $", from);
    }
    if let Some(before) = filter.ended_before {
        condition.and("j.ended < $", before);
    }
    if let Some(after) = filter.after {
        condition.and("j.id > $", after.0);
    }
    condition.one_of("j.job_key", filter.keys.iter().map(String::as_str));
    // Ready is two words.
    let waiting = filter.states.contains(&State::Ready).then_some("waiting");
    condition.one_of("j.state", filter.states.iter().map(|state| words::state(*state)).chain(waiting));
    condition
}

pub(crate) async fn list(link: &mut Link<'_>, filter: &Filter) -> Result<Vec<Job>, StoreError> {
    let rows = select(link, filter, job_columns!(), "").await?;
    rows.iter().map(jobs::read).collect()
}

/// Columns of the jobs that match, oldest first; `and` is one more condition.
pub(crate) async fn select(
    link: &mut Link<'_>,
    filter: &Filter,
    columns: &str,
    and: &str,
) -> Result<Vec<Row>, StoreError> {
    let mut condition = condition(filter);
    condition.values.push(i64::from(filter.limit.unwrap_or(LIMIT)).into());
    let sql = format!(
        "SELECT {columns} FROM relay_job j WHERE {} {and} ORDER BY j.id LIMIT ${}",
        condition.sql,
        condition.values.len()
    );
    link.rows(AssertSqlSafe(sql), &condition.values).await
}
