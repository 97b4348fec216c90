//! Effects that the merchant's system asks for by itself, such as a coupon at a till: under a key of its own, over HTTP or
//! in Rust.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::effect::{Effect, Subject};
use crate::engine::plan;
use crate::job::{Job, State};
use crate::make_good::usable;
use crate::merchant::Merchant;
use crate::store::StoreError;
use crate::work::Work;

/// What a key's job is called.
const NAME: &str = "effect";
/// How often a job that another process may end is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How an effect stands that was submitted under a key.
///
/// `Debug` does not show what WeChat Pay answered.
#[derive(Clone, PartialEq, Serialize)]
pub struct Submitted {
    /// Your key.
    pub key: String,
    /// Whether it has come to an end, and to which.
    pub state: Progress,
    /// How many attempts counted.
    pub attempts: u32,
    /// The request number that is sent, on every attempt the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_no: Option<String>,
    /// Why it stands where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `status` and `body` of WeChat Pay's answer, or `status` and `code` of its refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

/// How far an effect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It waits, or is under way. It will come to an end by itself.
    Pending,
    /// It happened.
    Settled,
    /// It definitely did not happen, and will not.
    Refused,
    /// Nobody knows, or nobody may guess: a person has to look.
    Parked,
    /// Nothing can be done with it.
    Dead,
    /// A later absolute value took its place before it was sent.
    Superseded,
}

/// Why an effect was not taken, or cannot be shown. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum SubmitError {
    /// Merchant, key or effect cannot work, with what to change.
    Misuse(String),
    /// The key was used for another effect.
    Conflict,
    /// The store does not answer: ask again with the same key.
    Store(StoreError),
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(why) => f.write_str(why),
            Self::Conflict => {
                f.write_str("this key was used for another effect; every effect has a key of its own")
            }
            Self::Store(_) => {
                f.write_str("the store does not answer; nothing is lost, ask again with the same key")
            }
        }
    }
}

impl std::error::Error for SubmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StoreError> for SubmitError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Debug for Submitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submitted")
            .field("key", &self.key)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// Stores an effect, and waits so long for its end.
pub(crate) async fn submit(
    ctx: &Context,
    merchant: &Merchant,
    key: &str,
    effect: &Effect,
    wait: Duration,
) -> Result<Submitted, SubmitError> {
    usable(key).map_err(|why| SubmitError::Misuse(why.to_owned()))?;
    let now = ctx.clock.now();
    let job = plan::effect(ctx, merchant, (&case(key), NAME), effect, Subject::Other, now)
        .map_err(SubmitError::Misuse)?;
    let wanted = ctx.open(&job);
    let stored = ctx.store.submit(vec![job], now).await?.into_iter().next();
    let stored = stored.ok_or_else(|| StoreError::Open("the job vanished".to_owned()))?;
    if !same(&wanted, &ctx.open(&stored.work)) {
        return Err(SubmitError::Conflict);
    }
    ctx.work.notify_one();
    Ok(submitted(ctx, key, &ended(ctx, stored, wait).await?))
}

/// How the effect of a key stands, or comes to stand within `wait`.
pub(crate) async fn show(
    ctx: &Context,
    merchant: &Merchant,
    key: &str,
    wait: Duration,
) -> Result<Option<Submitted>, SubmitError> {
    let job = ctx.store.job(&merchant.name, &format!("{}/{NAME}", case(key))).await?;
    match job {
        Some(job) => Ok(Some(submitted(ctx, key, &ended(ctx, job, wait).await?))),
        None => Ok(None),
    }
}

fn case(key: &str) -> String {
    format!("api/{key}")
}

fn same(wanted: &Result<Work, String>, stored: &Result<Work, String>) -> bool {
    matches!((wanted, stored), (Ok(Work::Send(wanted)), Ok(Work::Send(stored))) if wanted == stored)
}

/// The job at its end, or as it stands when the patience is over.
async fn ended(ctx: &Context, mut job: Job, wait: Duration) -> Result<Job, StoreError> {
    let deadline = tokio::time::Instant::now() + wait;
    while !job.state.is_final() && tokio::time::Instant::now() < deadline {
        let look = (tokio::time::Instant::now() + LOOK).min(deadline);
        tokio::select! {
            () = ctx.ended.notified() => {}
            () = tokio::time::sleep_until(look) => {}
        }
        if let Some(now) = ctx.store.job(&job.work.merchant, &job.work.key).await? {
            job = now;
        }
    }
    Ok(job)
}

fn submitted(ctx: &Context, key: &str, job: &Job) -> Submitted {
    let sealed = job.result.as_deref();
    let name = format!("{}/{}", job.work.merchant, job.work.key);
    let result = sealed.and_then(|sealed| serde_json::from_slice(&ctx.vault.open(&name, sealed).ok()?).ok());
    Submitted {
        key: key.to_owned(),
        state: match job.state {
            State::Ready | State::Running => Progress::Pending,
            State::Settled => Progress::Settled,
            State::Refused => Progress::Refused,
            State::Parked => Progress::Parked,
            State::Dead => Progress::Dead,
            State::Superseded => Progress::Superseded,
        },
        attempts: job.attempts,
        request_no: job.work.request_no.clone(),
        reason: job.reason.clone(),
        result,
    }
}
