//! A check carried out: its slot, its query, what follows.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;
use weipay::{Handle as _, Outcome};

use super::check::Check;
use super::judge::{Found, judge, kept};
use super::sweep::{self, Pages};
use crate::context::Context;
use crate::effect::{Observed, Request};
use crate::engine::plan;
use crate::event::{self, Event, later};
use crate::job::{Attempted, Ending, Job, NewJob, State};
use crate::merchant::Merchant;
use crate::operate::{OperateError, resolve};
use crate::store::{Act, Claimed, Fact, Filter, StoreError};
use crate::watch::{alert, made_good};
use crate::work::Work;

/// Seconds before a query that failed is asked again.
const AGAIN: &[u64] = &[5, 30, 120, 600, 1800];
/// After so many attempts without an answer, and again after as many more, somebody should look.
const UNANSWERED: u32 = 10;
/// Before pending points are asked about again, and how long they may be pending before a person looks.
const PENDING: (Duration, SignedDuration) = (Duration::from_hours(1), SignedDuration::from_hours(2));
/// When too many queries are under way, because their answers take so long.
const BUSY: Duration = Duration::from_secs(10);
/// After a refusal for speed.
const TOO_FAST: Duration = Duration::from_secs(1);
/// Every page of a list has one `+` more in its key.
const LAST_PAGE: &str = "++++++++++++++++++++";

/// What a check has to do with.
struct Checking<'a> {
    ctx: &'a Context,
    merchant: &'a Merchant,
    job: &'a Job,
    check: &'a Check,
}

/// Carries a check out.
pub(crate) async fn run(
    ctx: &Context,
    merchant: &Merchant,
    claimed: &Claimed,
    check: &Check,
    stop: &mut watch::Receiver<bool>,
) -> Result<(Attempted, Ending), StoreError> {
    let unsent = |due: Timestamp| {
        let attempted = Attempted { outcome: Some(Outcome::NotSent), ..Attempted::default() };
        (attempted, Ending::Again { due, counts: false })
    };
    let checking = Checking { ctx, merchant, job: &claimed.job, check };
    // A platform that hangs must not take the places of confirmations.
    let Ok(_place) = ctx.checks.try_acquire() else {
        return Ok(unsent(checking.slower(BUSY).await));
    };
    let effect = match checking.still_missing().await? {
        Still::Missing(effect) => effect,
        Still::Here(why) => return Ok(checking.ended("present", &why, &Value::Null, Vec::new())),
    };
    let question = match check.question(merchant, effect.as_deref()) {
        Ok(question) => question,
        Err(why) => return Ok(checking.ended("unclear", &why, &Value::Null, Vec::new())),
    };
    if let Some(slot) = claimed.slot {
        tokio::select! {
            () = ctx.clock.sleep_until(slot) => {}
            _ = stop.wait_for(|stop| *stop) => return Ok(unsent(ctx.clock.now())),
        }
    }
    let result = merchant.client.send::<Value>(question.call()).await;
    let observed = Observed::of(&result, question.operation.success);
    match result {
        Ok(answer) if observed.outcome.is_none() => {
            let answer = answer.into_value();
            let (_, ending) = checking.answered(&answer, effect.as_deref()).await?;
            Ok((observed.attempted(), ending))
        }
        _ => Ok((observed.attempted(), checking.unanswered(&observed).await)),
    }
}

/// Whether there is still something to ask about.
enum Still {
    /// With the request of the effect, where one is asked about.
    Missing(Option<Box<Request>>),
    Here(String),
}

impl Checking<'_> {
    async fn still_missing(&self) -> Result<Still, StoreError> {
        let store = &self.ctx.store;
        Ok(match self.check {
            Check::Payment(payment) => {
                let key = format!("payment/{}/points", payment.transaction_id);
                match store.job(&self.merchant.name, &key).await? {
                    Some(_) => Still::Here(format!("{key} is here")),
                    None => Still::Missing(None),
                }
            }
            Check::Effect { key, .. } => match store.job(&self.merchant.name, key).await? {
                Some(job) if matches!(job.state, State::Parked | State::Dead) => {
                    match self.ctx.open(&job.work) {
                        Ok(Work::Send(request)) => Still::Missing(Some(Box::new(request))),
                        _ => Still::Here(format!("{key} is no effect that can be read")),
                    }
                }
                Some(_) => Still::Here(format!("{key} is not parked any more")),
                None => Still::Here(format!("{key} is gone")),
            },
            _ => Still::Missing(None),
        })
    }

    async fn answered(
        &self,
        answer: &Value,
        effect: Option<&Request>,
    ) -> Result<(Attempted, Ending), StoreError> {
        let ended = |result: &'static str, why: &str| self.ended(result, why, answer, Vec::new());
        Ok(match judge(self.check, answer, effect, &self.job.work.key) {
            Found::Nothing(why) => ended("nothing_missing", &why),
            Found::Unclear(why) => ended("unclear", &why),
            Found::LookAt(why) => self.look_at(&why, answer),
            Found::NotYet(why) => self.not_yet(&why, answer).await?,
            Found::Missed(events, more) => self.missed(&events, more, answer).await?,
            Found::Proven(fact, why) => {
                let Check::Effect { key, .. } = self.check else { return Ok(ended("unclear", &why)) };
                match self.resolve(key, fact, &why).await? {
                    true => ended("settled", &format!("{key}: {why}")),
                    false => ended("present", &format!("{key} is not parked any more")),
                }
            }
        })
    }

    /// The jobs that the notifications would have become, as far as they are not here.
    async fn missed(
        &self,
        events: &[(&'static str, Value)],
        more: Option<Check>,
        answer: &Value,
    ) -> Result<(Attempted, Ending), StoreError> {
        let (ctx, now) = (self.ctx, self.ctx.clock.now());
        let mut follow = Vec::new();
        for (event_type, resource) in events {
            let event =
                event::made_good((event_type, &self.job.work.key), resource, self.merchant, &ctx.vault, now);
            let job = plan::of_event(ctx, self.merchant, &event, now);
            if ctx.store.job(&self.merchant.name, &job.key).await?.is_none() {
                follow.push(job);
            }
        }
        let keys: Vec<&str> = follow.iter().map(|job| job.key.as_str()).collect();
        let (result, why) = match keys[..] {
            [] => ("present", "everything that WeChat Pay tells of is here".to_owned()),
            _ => ("made_good", keys.join(", ")),
        };
        if result == "made_good" {
            let text = format!("no notification of it came: {why}");
            alert("made-good", &self.merchant.name, &self.job.work.case, &text);
        }
        // A list without an end is none.
        if let Some(check) = more.filter(|_| !self.job.work.key.ends_with(LAST_PAGE)) {
            let key = format!("{}+", self.job.work.key);
            follow.push(sweep::job(ctx, self.merchant, &self.job.work.case, &key, check, now));
        }
        Ok(self.ended(result, &why, answer, follow))
    }

    /// Points may be pending because their notification is on its way, or being answered.
    async fn not_yet(&self, why: &str, answer: &Value) -> Result<(Attempted, Ending), StoreError> {
        let now = self.ctx.clock.now();
        if self.payment_open().await? {
            return Ok(self.ended(
                "present",
                &format!("{why}, and a payment of the member is open here"),
                answer,
                Vec::new(),
            ));
        }
        if now.duration_since(self.job.created) < PENDING.1 {
            let due = later(now, PENDING.0).unwrap_or(now);
            return Ok((Attempted::default(), Ending::Again { due, counts: true }));
        }
        Ok(self
            .look_at(&format!("{why}, and no payment of the member is open here: name the payment"), answer))
    }

    async fn payment_open(&self) -> Result<bool, StoreError> {
        for name in ["points", "notify"] {
            let states = vec![State::Ready, State::Running, State::Parked, State::Dead];
            let filter = Filter {
                merchant: Some(self.merchant.name.clone()),
                name: Some(name.to_owned()),
                states,
                ..Filter::default()
            };
            let mut pages = Pages::of(self.ctx, filter);
            while let Some(jobs) = pages.next().await? {
                let person = &self.job.work.person;
                if jobs.iter().any(|job| person.is_some() && job.work.person == *person) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Something that only a person can put right is parked, like what cannot be understood.
    fn look_at(&self, why: &str, answer: &Value) -> (Attempted, Ending) {
        let now = self.ctx.clock.now();
        let reason = format!("{}: {why}", self.check.about());
        let case = self.job.work.case.clone();
        let event = Event::plain(format!("{}/found", self.job.work.key), "aside", Work::Aside(reason));
        let aside = NewJob {
            case,
            person: self.job.work.person.clone(),
            ..plan::of_event(self.ctx, self.merchant, &event, now)
        };
        self.ended("to_look_at", why, answer, vec![aside])
    }

    /// `false` when somebody else was faster.
    async fn resolve(&self, key: &str, fact: Fact, why: &str) -> Result<bool, StoreError> {
        let by = Act { who: "relay".to_owned(), note: Some(format!("make-good: {why}")) };
        match resolve::resolve(self.ctx, &self.merchant.name, key, fact, &by, self.ctx.clock.now()).await {
            Ok(done) => Ok(done.is_some()),
            Err(OperateError::Store(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// The end of a check that was answered, one way or the other.
    fn ended(
        &self,
        result: &'static str,
        why: &str,
        answer: &Value,
        follow: Vec<NewJob>,
    ) -> (Attempted, Ending) {
        made_good(&self.merchant.name, self.check.gap(), result);
        let text = json!({
            "gap": self.check.gap(),
            "result": result,
            "reason": why,
            "says": kept(answer),
        });
        (Attempted::default(), Ending::Settled { result: Some(self.seal(&text)), follow })
    }

    /// Asked again until it is answered; a refusal is for a person, who lets it run again when it is put right.
    async fn unanswered(&self, observed: &Observed) -> Ending {
        let (now, gap) = (self.ctx.clock.now(), self.check.gap());
        if observed.status == Some(429) {
            return Ending::Again { due: self.slower(TOO_FAST).await, counts: false };
        }
        let tell = |kind, text: &str| {
            alert(kind, &self.merchant.name, &self.job.work.case, &format!("{gap}: {text}"));
        };
        if observed.outcome != Some(Outcome::Rejected) {
            if self.job.attempts % UNANSWERED == UNANSWERED - 1 {
                let attempts = self.job.attempts + 1;
                tell("unchecked", &format!("{attempts} attempts, and no answer: {}", observed.text));
            }
            let at = usize::try_from(self.job.attempts).unwrap_or(usize::MAX).min(AGAIN.len() - 1);
            let due = later(now, Duration::from_secs(AGAIN[at])).unwrap_or(now);
            return Ending::Again { due, counts: true };
        }
        if observed.status == Some(404) && observed.code.is_some() {
            return self.ended("unclear", "WeChat Pay does not know it", &Value::Null, Vec::new()).1;
        }
        made_good(&self.merchant.name, gap, "failed");
        let reason = format!("the query was refused: {}. Put it right, then redrive it", observed.text);
        tell("parked", &reason);
        Ending::Parked { reason, follow: Vec::new() }
    }

    /// Nothing of this budget for a while, and then more slowly. Answers until when.
    async fn slower(&self, pause: Duration) -> Timestamp {
        let now = self.ctx.clock.now();
        let until = later(now, pause).unwrap_or(now);
        if let Some(pace) = &self.job.work.pace
            && let Err(error) = self.ctx.store.slow_down(pace, until, now).await
        {
            tracing::warn!(%error, "the budget could not be slowed down");
        }
        until
    }

    fn seal(&self, result: &Value) -> Vec<u8> {
        let job = format!("{}/{}", self.merchant.name, self.job.work.key);
        self.ctx.vault.seal(&job, result.to_string().as_bytes())
    }
}
