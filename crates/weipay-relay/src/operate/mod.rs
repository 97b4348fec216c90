//! What operators do with a relay: one [`Command`], one answer, whoever asks and wherever the store is open.
//!
//! A running relay takes commands over its admin API (`contract/admin-v1.yaml`); where none runs, [`RelayBuilder::operator`] opens the store
//! for the time of a command.
//!
//! [`RelayBuilder::operator`]: crate::RelayBuilder::operator

pub(crate) mod api;
mod client;
mod command;
pub(crate) mod door;
mod export;
mod look;
pub(crate) mod make_good;
mod mask;
pub mod probe;
pub(crate) mod resolve;
mod reverify;
mod view;

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

pub use api::Token;
pub use client::{CallError, Caller, call};
pub use command::{Command, Missing, Role, Which, Who};
pub use view::{
    Budget, Checked, Checks, Happened, Happening, Kept, Overview, Page, Resolved, Reverified, Settlement,
    Settlements, Standing, Timeline,
};

use crate::context::Context;
use crate::job::State;
use crate::store::{Act, Filter, StoreError};
use crate::upkeep::Keep;

/// Jobs on one page.
const PAGE: u32 = 1000;

/// Why a command was not carried out. Nothing was changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum OperateError {
    /// The token's role does not allow it.
    Forbidden(String),
    /// What was asked makes no sense, with what to do instead.
    Misuse(String),
    /// There is nothing of that name.
    NotFound(String),
    /// The store does not answer.
    Store(StoreError),
}

impl fmt::Display for OperateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(why) | Self::Misuse(why) | Self::NotFound(why) => f.write_str(why),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OperateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StoreError> for OperateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(why) => Self::Misuse(why),
            error => Self::Store(error),
        }
    }
}

/// Carries commands out over an open store.
#[derive(Debug, Clone)]
pub struct Operator {
    pub(crate) ctx: Arc<Context>,
}

impl Operator {
    /// The merchants by name.
    pub fn merchants(&self) -> impl Iterator<Item = &str> {
        self.ctx.merchants.keys().map(String::as_str)
    }

    /// The relay's clock.
    pub fn now(&self) -> Timestamp {
        self.ctx.clock.now()
    }

    /// Carries a command out and gives its answer as JSON, whose shape the [`Command`] names.
    pub async fn run(&self, command: Command, who: &Who) -> Result<Value, OperateError> {
        if who.role < command.needs() {
            return Err(OperateError::Forbidden(format!(
                "{} may look and not act: this needs the role operator",
                who.name
            )));
        }
        let (store, now) = (&self.ctx.store, self.ctx.clock.now());
        match command {
            Command::Status {} => answer(&self.overview(now).await?),
            Command::Show { merchant, key, reveal } => {
                answer(&self.timeline(merchant.as_deref(), &key, reveal.then_some(who), now).await?)
            }
            Command::DeadLetters(which) => answer(&self.dead_letters(which).await?),
            Command::Redrive { which, dry_run, note } => {
                self.redrive(which, dry_run, &act(who, note)?, now).await
            }
            Command::Resolve { merchant, key, fact, note } => {
                let by = act(who, Some(note))?;
                answer(&self.resolve(merchant.as_deref(), &key, fact, &by, now).await?)
            }
            Command::Hold { scope, note } => {
                store.hold(&self.known(scope)?, &act(who, note)?, now).await?;
                Ok(json!({}))
            }
            Command::Release { scope, note } => {
                let held = store.release(&scope, &act(who, note)?, now).await?;
                Ok(json!({ "held": held }))
            }
            Command::Erase { openid, note } => {
                let person = self.ctx.vault.person(&[&openid]);
                answer(&store.erase(&person, &act(who, note)?, now).await?)
            }
            Command::Export { day, after, reveal } => {
                answer(&self.export(day, after, reveal.then_some(who), now).await?)
            }
            Command::Backup { to } => {
                if !to.is_absolute() {
                    return Err(OperateError::Misuse(
                        "`to` has to be an absolute path on the relay's machine".into(),
                    ));
                }
                store.backup(&to).await?;
                store.record("backup", &to.display().to_string(), &who.act(), now).await?;
                Ok(json!({}))
            }
            Command::Purge { contents_days, rows_days, note } => {
                self.purge(contents_days, rows_days, &act(who, note)?, now).await
            }
            Command::Check {} => answer(&store.check().await?),
            Command::Refused {} => answer(&self.kept().await?),
            Command::Reverify { note } => answer(&self.reverify(&act(who, note)?, now).await?),
            Command::MakeGood(order) => answer(&self.make_good(order, who, now).await?),
            Command::Audit { limit } => answer(&store.audit(limit.min(10_000)).await?),
        }
    }

    async fn dead_letters(&self, which: Which) -> Result<Page, OperateError> {
        let mut jobs = self.ctx.store.list(&waiting_for_a_person(which)).await?;
        let next = next(&mut jobs);
        Ok(Page { jobs: jobs.iter().map(Standing::from).collect(), next })
    }

    /// Refused effects stay refused: their end was told to the merchant, who gave points back by it.
    async fn redrive(
        &self,
        which: Which,
        dry_run: bool,
        by: &Act,
        now: Timestamp,
    ) -> Result<Value, OperateError> {
        let restricted = which.merchant.is_some() || !which.keys.is_empty() || which.name.is_some();
        if !restricted && !which.all {
            return Err(OperateError::Misuse("say which: keys, a merchant, a name, or all".to_owned()));
        }
        let filter = Filter { limit: Some(PAGE), ..waiting_for_a_person(which) };
        answer(&self.ctx.store.redrive(&filter, by, dry_run, now).await?)
    }

    async fn purge(
        &self,
        contents_days: u32,
        rows_days: u32,
        by: &Act,
        now: Timestamp,
    ) -> Result<Value, OperateError> {
        let keep = Keep::days(contents_days, rows_days).map_err(OperateError::Misuse)?;
        let gone = keep.purge(&*self.ctx.store, by, now).await?.map_err(OperateError::Misuse)?;
        Ok(json!({ "contents": gone.contents, "rows": gone.rows }))
    }

    /// The merchant that is meant, where there is only one also without a name.
    fn merchant(&self, name: Option<&str>) -> Result<String, OperateError> {
        let merchants = &self.ctx.merchants;
        match (name, merchants.keys().next()) {
            (Some(name), _) => Ok(name.to_owned()),
            (None, Some(only)) if merchants.len() == 1 => Ok(only.clone()),
            _ => {
                let names: Vec<&str> = merchants.keys().map(String::as_str).collect();
                Err(OperateError::Misuse(format!("say whose: one of {}", names.join(", "))))
            }
        }
    }

    /// A misspelt name would hold nothing.
    fn known(&self, scope: crate::store::Scope) -> Result<crate::store::Scope, OperateError> {
        use crate::store::Scope;
        let merchants = &self.ctx.merchants;
        let known = match &scope {
            Scope::All => true,
            Scope::Merchant(name) | Scope::Effects(name) => merchants.contains_key(name),
            Scope::Budget(name) => {
                merchants.values().any(|merchant| merchant.paces().any(|(budget, _)| budget == *name))
            }
        };
        if known {
            Ok(scope)
        } else {
            Err(OperateError::NotFound("nothing of that name is configured".to_owned()))
        }
    }
}

fn answer<T: Serialize>(value: &T) -> Result<Value, OperateError> {
    serde_json::to_value(value)
        .map_err(|_| OperateError::Store(StoreError::Open("the answer cannot be written as JSON".to_owned())))
}

/// Notes and names stand in the audit for ever: they are short, and in one line.
fn act(who: &Who, note: Option<String>) -> Result<Act, OperateError> {
    match &note {
        Some(note) if note.trim().is_empty() => Err(OperateError::Misuse("`note` is empty".to_owned())),
        Some(note) if note.chars().count() > 500 || note.chars().any(char::is_control) => {
            Err(OperateError::Misuse("`note` has at most 500 characters in one line".to_owned()))
        }
        _ => Ok(Act { who: who.name.clone(), note }),
    }
}

fn waiting_for_a_person(which: Which) -> Filter {
    Filter {
        merchant: which.merchant,
        keys: which.keys,
        name: which.name,
        states: vec![State::Parked, State::Dead],
        after: which.after.map(crate::job::JobId),
        limit: Some(PAGE + 1),
        ..Filter::default()
    }
}

/// Cuts one job more than a page off, and says where the next page begins.
fn next(jobs: &mut Vec<crate::job::Job>) -> Option<i64> {
    let more = jobs.len() > PAGE as usize;
    jobs.truncate(PAGE as usize);
    jobs.last().filter(|_| more).map(|job| job.id.0)
}

/// A day before `now`, from which on final jobs are counted.
fn yesterday(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now)
}
