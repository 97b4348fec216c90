//! A look through the store for what has to be checked.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use weipay::Outcome;
use weipay::catalog::ops;

use super::check::Check;
use super::gap::{EFFECT, PRODUCT_COUPON};
use super::settle;
use crate::context::Context;
use crate::effect::Subject;
use crate::job::{Attempted, Ending, Job, Kind, Lane, NewJob, State};
use crate::merchant::Merchant;
use crate::store::{Filter, StoreError};
use crate::work::Work;

/// Jobs read at once.
const PAGE: u32 = 1000;
/// Checks stored in one transaction: others write meanwhile.
const CHUNK: usize = 200;
/// How far the first look goes back, and every look at most.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 7);
/// So long a notification may take: ASSUME that it is repeated every minute, eleven times.
const PATIENCE: SignedDuration = SignedDuration::from_mins(30);
/// How long a parked effect is asked about.
const PARKED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Something to check, and the rest of its key.
pub(crate) struct Candidate {
    pub(crate) check: Check,
    pub(crate) name: String,
}

/// The keys of sweeps: one to a period, whoever begins it.
pub(crate) fn key(period: Timestamp) -> String {
    format!("sweep/{period}")
}

/// A look through the store: its checks are stored, then where the next look begins.
pub(crate) async fn sweep(
    ctx: &Context,
    merchant: &Merchant,
    job: &Job,
) -> Result<(Attempted, Ending), StoreError> {
    let now = ctx.clock.now();
    let from = swept_until(ctx, merchant, now).await?;
    let until = now.checked_sub(PATIENCE).unwrap_or(now);
    let candidates = candidates(ctx, merchant, None, (from, until), now).await?;
    let checks: Vec<NewJob> = candidates
        .into_iter()
        .map(|one| {
            self::job(ctx, merchant, &job.work.key, &format!("{}/{}", job.work.key, one.name), one.check, now)
        })
        .collect();
    for chunk in checks.chunks(CHUNK) {
        ctx.store.submit(chunk.to_vec(), now).await?;
    }
    let text = json!({ "checks": checks.len(), "until": until });
    let name = format!("{}/{}", merchant.name, job.work.key);
    let result = ctx.vault.seal(&name, text.to_string().as_bytes());
    let note = format!("{} to check", checks.len());
    let attempted = Attempted { note: Some(note), ..Attempted::default() };
    Ok((attempted, Ending::Settled { result: Some(result), follow: Vec::new() }))
}

/// What the store itself gives reason to check. Of gap `gap`, or all; what ended within `window`.
pub(crate) async fn candidates(
    ctx: &Context,
    merchant: &Merchant,
    gap: Option<&str>,
    window: (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Vec<Candidate>, StoreError> {
    let wanted = |name: &str| gap.is_none_or(|gap| gap == name);
    let mut found = Vec::new();
    if wanted(EFFECT) {
        unknown_effects(ctx, merchant, now, &mut found).await?;
    }
    if wanted(PRODUCT_COUPON) {
        unconfirmed_coupons(ctx, merchant, window, &mut found).await?;
    }
    found.retain(|one| one.check.askable(merchant));
    Ok(found)
}

/// Parked effects of which an attempt is unknown, where a query can settle them.
async fn unknown_effects(
    ctx: &Context,
    merchant: &Merchant,
    now: Timestamp,
    found: &mut Vec<Candidate>,
) -> Result<(), StoreError> {
    let filter = Filter {
        merchant: Some(merchant.name.clone()),
        kind: Some(Kind::Effect),
        states: vec![State::Parked, State::Dead],
        ended_from: now.checked_sub(PARKED).ok(),
        ..Filter::default()
    };
    let mut pages = Pages::of(ctx, filter);
    while let Some(jobs) = pages.next().await? {
        for job in jobs {
            let unknown = matches!(job.earlier, Some(Outcome::Unknown | Outcome::Accepted));
            if unknown
                && let Ok(Work::Send(request)) = ctx.open(&job.work)
                && let Ok(question) = settle::question(&request)
            {
                let (key, query) = (job.work.key, question.operation.id.to_owned());
                found.push(Candidate { name: key.clone(), check: Check::Effect { key, query } });
            }
        }
    }
    Ok(())
}

/// Coupons that came out of an exchange and of which no notification came.
async fn unconfirmed_coupons(
    ctx: &Context,
    merchant: &Merchant,
    (from, until): (Timestamp, Timestamp),
    found: &mut Vec<Candidate>,
) -> Result<(), StoreError> {
    let filter = Filter {
        merchant: Some(merchant.name.clone()),
        kind: Some(Kind::Effect),
        name: Some("confirm".to_owned()),
        states: vec![State::Settled],
        ended_from: Some(from),
        ended_before: Some(until),
        ..Filter::default()
    };
    let mut pages = Pages::of(ctx, filter);
    while let Some(jobs) = pages.next().await? {
        for job in jobs {
            let Ok(Work::Send(request)) = ctx.open(&job.work) else { continue };
            let Subject::Confirm { exchange, allowed: true } = request.subject else { continue };
            // Only a coupon that WeChat Pay issued waits for a confirmation: shape B says which product it is.
            let result = result(ctx, &job);
            let text = |at: &str| result.pointer(at).and_then(Value::as_str);
            let (Some(code), Some(_)) = (text("/body/coupon_code"), text("/body/product_coupon_id")) else {
                continue;
            };
            let key = format!("coupon/{code}/coupon-confirm");
            let brand_id = exchange.brand_id.clone().or_else(|| merchant.brands.first().cloned());
            // Not every notification has it.
            let appid = exchange.others.get("appid").and_then(|appid| Some(appid.as_str()?.to_owned()));
            let appid = appid.or_else(|| merchant.appid.clone());
            if let (Some(brand_id), Some(appid)) = (brand_id, appid)
                && ctx.store.job(&merchant.name, &key).await?.is_none()
            {
                let openid = exchange.openid;
                let check = Check::ProductCoupons { brand_id, appid, openid, token: None };
                found.push(Candidate { name: format!("coupon/{code}"), check });
            }
        }
    }
    Ok(())
}

/// The stored result, opened.
fn result(ctx: &Context, job: &Job) -> Value {
    let name = format!("{}/{}", job.work.merchant, job.work.key);
    let text = job.result.as_deref().and_then(|sealed| ctx.vault.open(&name, sealed).ok());
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// The jobs of a filter, page by page.
pub(super) struct Pages<'a> {
    ctx: &'a Context,
    filter: Option<Filter>,
}

impl<'a> Pages<'a> {
    pub(super) fn of(ctx: &'a Context, filter: Filter) -> Self {
        Self { ctx, filter: Some(Filter { limit: Some(PAGE), ..filter }) }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<Job>>, StoreError> {
        let Some(filter) = self.filter.take() else { return Ok(None) };
        let jobs = self.ctx.store.list(&filter).await?;
        if jobs.len() == PAGE as usize {
            self.filter = Some(Filter { after: jobs.last().map(|job| job.id), ..filter });
        }
        Ok(Some(jobs))
    }
}

/// Where the last look ended: what the relay was away for is looked at as well.
async fn swept_until(ctx: &Context, merchant: &Merchant, now: Timestamp) -> Result<Timestamp, StoreError> {
    let back = now.checked_sub(BACK).unwrap_or(now);
    let filter = Filter {
        merchant: Some(merchant.name.clone()),
        kind: Some(Kind::Upkeep),
        name: Some("sweep".to_owned()),
        states: vec![State::Settled],
        ended_from: Some(back),
        ..Filter::default()
    };
    let mut until = back;
    let mut pages = Pages::of(ctx, filter);
    while let Some(jobs) = pages.next().await? {
        for job in jobs {
            let ended =
                result(ctx, &job).get("until").and_then(Value::as_str).and_then(|text| text.parse().ok());
            until = until.max(ended.unwrap_or(back));
        }
    }
    Ok(until)
}

/// A check as a job: last in line, within its share of the query's budget.
pub(crate) fn job(
    ctx: &Context,
    merchant: &Merchant,
    case: &str,
    key: &str,
    check: Check,
    now: Timestamp,
) -> NewJob {
    NewJob {
        merchant: merchant.name.clone(),
        key: key.to_owned(),
        case: case.to_owned(),
        kind: Kind::Upkeep,
        name: format!("check {}", check.gap()),
        lane: Lane::Bulk,
        order: None,
        absolute: false,
        pace: ops::operation(check.query(merchant)).map(|operation| merchant.make_good_budget(operation)),
        share: None,
        due: now,
        not_after: None,
        person: check.openid().map(|openid| ctx.vault.person(&[openid])),
        request_no: None,
        payload: ctx.seal(&merchant.name, key, &Work::Check(check)),
    }
}
