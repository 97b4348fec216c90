//! Looking for what was missed, by hand or because the merchant knows of it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::command::Missing;
use super::view::{Checked, Checks};
use super::{OperateError, Operator, PAGE, Who, act, mask, next, yesterday};
use crate::context::Context;
use crate::job::{Job, JobId, Kind, State};
use crate::make_good::{self, Check, Gap, Known};
use crate::merchant::Merchant;
use crate::store::{Count, Filter};
use crate::work::Work;

/// How far an operator's look through the store goes back.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Things that are named at once.
pub(crate) const KNOWN: usize = 1000;
/// More ended checks are not opened to add them up.
const ADDED_UP: usize = 20_000;

/// A check that was asked for, with its place in the list that named it.
pub(crate) type Named = (Option<usize>, Check);

impl Operator {
    pub(super) async fn make_good(
        &self,
        order: Missing,
        who: &Who,
        now: Timestamp,
    ) -> Result<Vec<Checked>, OperateError> {
        let by = act(who, order.note)?;
        if let Some(gap) = order.gap.as_deref().filter(|gap| Gap::named(gap).is_none()) {
            let known: Vec<&str> = make_good::GAPS.iter().map(|gap| gap.name).collect();
            let why = format!("there is no gap {}: it is one of {}", mask::quoted(gap), known.join(", "));
            return Err(OperateError::NotFound(why));
        }
        let names = match (&order.merchant, order.known.is_empty()) {
            (None, true) => self.ctx.merchants.keys().cloned().collect(),
            (name, _) => vec![self.merchant(name.as_deref())?],
        };
        let mut all = Vec::new();
        for name in names {
            let Some(merchant) = self.ctx.merchants.get(&name) else {
                return Err(OperateError::NotFound("no merchant of that name is configured".to_owned()));
            };
            let gap = order.gap.as_deref();
            let mut checks = named(&order.known, merchant).map_err(OperateError::Misuse)?;
            checks.retain(|(_, check)| gap.is_none_or(|gap| gap == check.gap()));
            let window = (now.checked_sub(BACK).unwrap_or(now), now);
            let found = make_good::candidates(&self.ctx, merchant, gap, window, now).await?;
            checks.extend(found.into_iter().map(|one| (None, one.check)));
            if order.dry_run {
                all.extend(checks.iter().map(|(item, check)| would(merchant, *item, check)));
                continue;
            }
            let case = format!("make-good/{now}");
            let jobs = ask(&self.ctx, merchant, &case, checks, now).await?;
            self.ctx.store.record("make-good", &format!("{name}: {} checks", jobs.len()), &by, now).await?;
            all.extend(jobs.iter().filter_map(|job| checked(&self.ctx, merchant, job)));
        }
        self.ctx.work.notify_one();
        Ok(all)
    }

    /// What checks found of late.
    pub(super) async fn checks(
        &self,
        counts: &[Count],
        now: Timestamp,
    ) -> Result<Option<Checks>, OperateError> {
        let is_check = |name: &str| name.starts_with("check ");
        let counted = |ended: bool| {
            let counts = counts.iter().filter(move |count| {
                count.kind == Kind::Upkeep && is_check(&count.name) && count.state.is_final() == ended
            });
            counts.map(|count| count.jobs).sum::<u64>()
        };
        let mut checks = Checks { open: counted(false), ..Checks::default() };
        if counted(true) > ADDED_UP as u64 {
            return Ok(None);
        }
        let mut filter = Filter {
            kind: Some(Kind::Upkeep),
            states: vec![State::Settled, State::Parked, State::Dead],
            ended_from: Some(yesterday(now)),
            limit: Some(PAGE + 1),
            ..Filter::default()
        };
        loop {
            let mut jobs = self.ctx.store.list(&filter).await?;
            let after = next(&mut jobs);
            for job in jobs.iter().filter(|job| is_check(&job.work.name)) {
                if job.state != State::Settled {
                    checks.failed += 1;
                    continue;
                }
                checks.answered += 1;
                match self.result(job).as_ref().and_then(|result| result.get("result")?.as_str()) {
                    Some("made_good") => checks.made_good += 1,
                    Some("settled") => checks.settled += 1,
                    Some("to_look_at") => checks.to_look_at += 1,
                    _ => {}
                }
            }
            let Some(after) = after else { return Ok(Some(checks)) };
            filter.after = Some(JobId(after));
        }
    }
}

/// What has to be asked about things that somebody named. The error says which, without a value.
pub(crate) fn named(known: &[Known], merchant: &Merchant) -> Result<Vec<Named>, String> {
    if known.len() > KNOWN {
        return Err(format!("`known` names {} things, and at most {KNOWN} are taken at once", known.len()));
    }
    let mut all = Vec::new();
    for (item, one) in known.iter().enumerate() {
        let checks = make_good::checks(one, merchant).map_err(|why| format!("`known[{item}]`: {why}"))?;
        if let Some(check) = checks.iter().find(|check| !check.askable(merchant)) {
            let query = check.query(merchant);
            return Err(format!("`known[{item}]`: this merchant's credential cannot ask {query}"));
        }
        all.extend(checks.into_iter().map(|check| (Some(item), check)));
    }
    Ok(all)
}

/// Stores the checks under `case`, and gives their jobs as they then stand.
pub(crate) async fn ask(
    ctx: &Context,
    merchant: &Merchant,
    case: &str,
    checks: Vec<Named>,
    now: Timestamp,
) -> Result<Vec<Job>, crate::store::StoreError> {
    let jobs = checks.into_iter().enumerate().map(|(number, (item, check))| {
        let place = item.map_or_else(|| format!("s{number}"), |item| item.to_string());
        let key = format!("{case}/{place}/{}", check.gap());
        make_good::job(ctx, merchant, case, &key, check, now)
    });
    let jobs: Vec<_> = jobs.collect();
    let mut stored = Vec::with_capacity(jobs.len());
    for chunk in jobs.chunks(200) {
        stored.extend(ctx.store.submit(chunk.to_vec(), now).await?);
    }
    Ok(stored)
}

/// How a check stands; none for a job that is none.
pub(crate) fn checked(ctx: &Context, merchant: &Merchant, job: &Job) -> Option<Checked> {
    let gap = job.work.name.strip_prefix("check ").filter(|_| job.work.kind == Kind::Upkeep)?;
    // Its contents may have been removed since, and the result with them.
    let check = match ctx.open(&job.work) {
        Ok(Work::Check(check)) => Some(check),
        _ => None,
    };
    let sealed = job.result.as_deref();
    let name = format!("{}/{}", job.work.merchant, job.work.key);
    let result = sealed.and_then(|sealed| serde_json::from_slice(&ctx.vault.open(&name, sealed).ok()?).ok());
    let mut result: Map<String, Value> = result.unwrap_or_default();
    let word = |word: Option<Value>| word.and_then(|word| word.as_str().map(str::to_owned));
    // …/3/payment: the third of the list that named it; more pages have a + behind it.
    let mut parts = job.work.key.rsplit('/').skip(1);
    Some(Checked {
        merchant: job.work.merchant.clone(),
        gap: gap.to_owned(),
        item: parts.next().and_then(|part| part.parse().ok()),
        about: check.as_ref().map_or_else(|| "erased".to_owned(), Check::about),
        query: check.as_ref().map_or_else(String::new, |check| check.query(merchant).to_owned()),
        key: Some(job.work.key.clone()),
        result: match (job.state.is_final(), word(result.remove("result"))) {
            (false, _) => "pending".to_owned(),
            (true, Some(result)) => result,
            (true, None) if job.state != State::Settled => "failed".to_owned(),
            // Its contents were removed since.
            (true, None) => "ended".to_owned(),
        },
        reason: word(result.remove("reason")).or_else(|| job.reason.clone()),
        says: result.remove("says").filter(|says| says.as_object().is_some_and(|says| !says.is_empty())),
    })
}

fn would(merchant: &Merchant, item: Option<usize>, check: &Check) -> Checked {
    Checked {
        merchant: merchant.name.clone(),
        gap: check.gap().to_owned(),
        item,
        about: check.about(),
        query: check.query(merchant).to_owned(),
        key: None,
        result: "would_be_asked".to_owned(),
        reason: None,
        says: None,
    }
}
