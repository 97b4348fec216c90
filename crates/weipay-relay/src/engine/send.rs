//! A call to WeChat Pay, and what its answer means.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;
use weipay::catalog::ops::Operation;
use weipay::{Call, Handle as _, Outcome};

use super::{Done, alert_text, plan, schedule};
use crate::context::Context;
use crate::effect::{Observed, Request, Subject, Verdict, repeatable, settlement, verdict};
use crate::event::later;
use crate::failpoint::failpoint;
use crate::hook::Settlement;
use crate::job::{Attempted, Ending, Job, NewJob};
use crate::merchant::Merchant;
use crate::sabotage::{Sabotage, planted};
use crate::store::{Claimed, StoreError};
use crate::watch::alert;

/// A send that comes later than this after its slot gives the slot up: it would come too close to the next one.
const LATE: SignedDuration = SignedDuration::from_millis(20);

/// How long a probe that was not heard is put back.
const UNHEARD: Duration = Duration::from_mins(4);

/// However long the store takes to give a slot, nobody asks for one that is further ahead than this.
const LEAD: SignedDuration = SignedDuration::from_secs(2);

/// After so many attempts without an end, and again after as many more, somebody should look.
const UNSETTLED: u32 = 10;

/// One effect under way.
pub(super) struct Sending<'a> {
    pub(super) ctx: &'a Context,
    pub(super) merchant: &'a Merchant,
    pub(super) job: &'a Job,
    pub(super) request: &'a Request,
    /// The merchant's calls are paused, and this one finds out whether they are heard again.
    pub(super) probe: bool,
}

impl Sending<'_> {
    /// Sends it in its slot. None when the slot was lost: then the job is ready again and not ours any more.
    pub(super) async fn send(
        &self,
        claimed: &Claimed,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<Done>, StoreError> {
        let now = self.ctx.clock.now();
        let open = matches!(self.job.earlier, Some(Outcome::Unknown | Outcome::Accepted));
        if self.job.work.not_after.is_some_and(|end| now >= end) {
            let reason = "its time was over before it could be sent".to_owned();
            return Ok(Some(match open {
                true => {
                    self.parked(Attempted::default(), format!("{reason}, and an earlier attempt is unknown"))
                }
                false => self.refused(Attempted::default(), reason, &Value::Null),
            }));
        }
        if open && !repeatable(&self.request.operation) {
            let reason =
                "an earlier attempt is unknown, and repeating this operation is not known to be safe";
            return Ok(Some(self.parked(Attempted::default(), reason.to_owned())));
        }
        let (operation, call) =
            match self.request.operation().and_then(|operation| Ok((operation, self.call()?))) {
                Ok(ready) => ready,
                Err(why) => return Ok(Some(self.parked(Attempted::default(), why))),
            };
        match self.slot(claimed, stop).await? {
            Turn::Now => {}
            Turn::Lost => return Ok(None),
            Turn::Stopped => {
                let again = Ending::Again { due: self.ctx.clock.now(), counts: false };
                let attempted = Attempted { outcome: Some(Outcome::NotSent), ..Attempted::default() };
                return Ok(Some(Done { attempted, ending: again }));
            }
        }
        failpoint("before-send");
        let result = self.merchant.client.send::<Value>(call).await;
        failpoint("after-send");
        let observed = Observed::of(&result, operation.success);
        let answer = result.ok().map(weipay::Envelope::into_value).unwrap_or_default();
        Ok(Some(self.judged(operation, &observed, &answer).await))
    }

    /// The stored request, the same on every attempt.
    fn call(&self) -> Result<Call, String> {
        let Some(number) = self.job.work.request_no.as_ref().filter(|_| planted(Sabotage::NewNumber)) else {
            return self.request.call();
        };
        let mut other = self.request.clone();
        other.body =
            other.body.map(|body| body.replace(number.as_str(), &format!("{number}{}", self.job.attempts)));
        other.call()
    }

    /// Waits for the slot.
    async fn slot(&self, claimed: &Claimed, stop: &mut watch::Receiver<bool>) -> Result<Turn, StoreError> {
        let mut slot = claimed.slot;
        // Where many ask, an answer takes longer than a slot may be late: so the next slot is one that lies behind the answer.
        let mut lead = SignedDuration::ZERO;
        while let Some(at) = slot {
            loop {
                let now = self.ctx.clock.now();
                if now >= at {
                    if now.duration_since(at) <= LATE {
                        return Ok(Turn::Now);
                    }
                    break;
                }
                tokio::select! {
                    () = self.ctx.clock.sleep_until(at) => {}
                    _ = stop.wait_for(|stop| *stop) => return Ok(Turn::Stopped),
                }
            }
            let (ahead, now) = (self.ctx.settings.ahead, self.ctx.clock.now());
            let from = now.checked_add(lead).unwrap_or(now);
            slot = self.ctx.store.next_slot(claimed.lease, ahead, from).await?;
            lead = self.ctx.clock.now().duration_since(now).clamp(SignedDuration::ZERO, LEAD);
            if slot.is_none() {
                return Ok(Turn::Lost);
            }
        }
        Ok(Turn::Now)
    }

    async fn judged(&self, operation: &Operation, observed: &Observed, answer: &Value) -> Done {
        let now = self.ctx.clock.now();
        let attempted = observed.attempted();
        let again = |due: Timestamp, counts| Done {
            attempted: attempted.clone(),
            ending: Ending::Again { due, counts },
        };
        if self.probe && observed.heard() {
            self.resume(now).await;
        }
        match verdict(observed, self.job.earlier, repeatable(operation.id)) {
            Verdict::Happened => self.happened(attempted, observed, answer),
            Verdict::Again if self.job.attempts % UNSETTLED == UNSETTLED - 1 => {
                let text =
                    format!("{} attempts, and still not settled: {}", self.job.attempts + 1, observed.text);
                alert("unsettled", &self.merchant.name, &self.job.work.case, &text);
                again(schedule::send(self.job.attempts, now), true)
            }
            Verdict::Again => again(schedule::send(self.job.attempts, now), true),
            Verdict::TooFast => {
                let until = later(now, schedule::TOO_FAST).unwrap_or(now);
                if let Some(pace) = &self.job.work.pace
                    && let Err(error) = self.ctx.store.slow_down(pace, until, now).await
                {
                    tracing::warn!(%error, "the budget could not be slowed down");
                }
                again(until, false)
            }
            Verdict::Unheard => again(self.pause(observed, now).await, false),
            Verdict::Refused => {
                let result = json!({ "status": observed.status, "code": observed.code });
                self.refused(attempted, format!("WeChat Pay refused it: {}", observed.text), &result)
            }
            Verdict::Mistake => self.parked(attempted, self.mistake(observed)),
            Verdict::Undecided => self.parked(
                attempted,
                format!("an attempt is unknown and cannot be settled by repeating it: {}", observed.text),
            ),
        }
    }

    /// Nothing that this merchant sends is heard, whatever it is: all of it waits, and nothing is told. Answers when this call
    /// may be tried again.
    async fn pause(&self, observed: &Observed, now: Timestamp) -> Timestamp {
        let reason = format!(
            "WeChat Pay does not accept this merchant's signature: {}. Put key, serial or clock right",
            observed.text
        );
        let name = &self.merchant.name;
        let paused = self.ctx.store.pause(name, &reason, now).await;
        match paused {
            Ok(true) => alert("paused", name, &self.job.work.case, &format!("calls are paused: {reason}")),
            Ok(false) => {}
            Err(ref error) => tracing::error!(%error, "a merchant's calls could not be paused"),
        }
        // The next probe is another call, so that one that is never heard does not keep the others.
        if self.probe || paused.is_err() { later(now, UNHEARD).unwrap_or(now) } else { now }
    }

    async fn resume(&self, now: Timestamp) {
        let name = &self.merchant.name;
        match self.ctx.store.resume(name, now).await {
            Ok(true) => {
                alert("resumed", name, &self.job.work.case, "WeChat Pay hears this merchant's calls again");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "a merchant's calls stay paused; the next probe tries again");
            }
        }
    }

    /// Says what to put right: the request was not heard, so the merchant's decision stands.
    fn mistake(&self, observed: &Observed) -> String {
        let text = format!("the request was not accepted as such: {}", observed.text);
        let shape = self.merchant.shape;
        match (&self.request.subject, observed.code.as_deref()) {
            (Subject::Confirm { .. }, Some("PARAM_ERROR")) => format!(
                "{text}. This merchant's confirm_shape is {shape:?}: if the partner's account takes the other shape, \
                 configure that; the relay does not try it by itself"
            ),
            _ => format!("{text}. Put it right, then redrive it"),
        }
    }

    /// A verified 2xx is read by its state.
    fn happened(&self, attempted: Attempted, observed: &Observed, answer: &Value) -> Done {
        let result = json!({ "status": observed.status, "body": answer });
        let Subject::Confirm { exchange, allowed } = &self.request.subject else {
            return Done {
                attempted,
                ending: Ending::Settled { result: Some(self.seal(&result)), follow: Vec::new() },
            };
        };
        match (settlement(answer), allowed) {
            (Ok(Settlement::NotIssued { reason }), true) => {
                // L01: HTTP 200, and nothing was issued.
                self.refused(attempted, format!("WeChat Pay could not issue the coupon: {reason}"), &result)
            }
            (Ok(settled @ Settlement::Issued { .. }), true)
            | (Ok(settled @ Settlement::NotIssued { .. }), false) => {
                let follow = self.tell(settled);
                Done { attempted, ending: Ending::Settled { result: Some(self.seal(&result)), follow } }
            }
            (Ok(_), _) => {
                let record = &exchange.record_id;
                self.parked(
                    attempted,
                    format!("the answer about {record} contradicts the decision that was sent"),
                )
            }
            (Err(why), _) => self.parked(attempted, why),
        }
    }

    fn refused(&self, attempted: Attempted, reason: String, result: &Value) -> Done {
        let told = match self.request.subject {
            Subject::Confirm { .. } => Settlement::NotIssued { reason: reason.clone() },
            _ => Settlement::Refused { reason: reason.clone() },
        };
        let follow = self.tell(told);
        Done { attempted, ending: Ending::Refused { reason, result: Some(self.seal(result)), follow } }
    }

    fn parked(&self, attempted: Attempted, reason: String) -> Done {
        alert_text(self.merchant, self.job, &reason);
        let follow = self.tell(Settlement::Parked { reason: reason.clone() });
        Done { attempted, ending: Ending::Parked { reason, follow } }
    }

    fn tell(&self, result: Settlement) -> Vec<NewJob> {
        let now = self.ctx.clock.now();
        plan::tell(self.ctx, self.merchant, self.job, &self.request.subject, result, now)
            .into_iter()
            .collect()
    }

    fn seal(&self, result: &Value) -> Vec<u8> {
        let job = format!("{}/{}", self.job.work.merchant, self.job.work.key);
        self.ctx.vault.seal(&job, result.to_string().as_bytes())
    }
}

enum Turn {
    Now,
    Lost,
    Stopped,
}

/// How long a call may take, so that its lease never runs out below it.
pub(super) fn renew_every(lease: Duration) -> Duration {
    lease / 3
}
