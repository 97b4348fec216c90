//! The faults that are still to come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Action, Fault, Stage};
use crate::clock::after;
use crate::control::PendingFault;
use crate::ids::Ids;

/// Where an exchange is: what faults are matched against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot<'a> {
    /// The operation's id, or the event type.
    pub(crate) name: &'a str,
    pub(crate) method: &'a str,
    /// The path as it came, without its query; of a notification the path of its address.
    pub(crate) path: &'a str,
    /// Of an operation.
    pub(crate) template: &'a str,
}

/// A fault that is about to strike. It is used up only by [`Faults::spend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    number: u64,
    pub(crate) id: &'static str,
    pub(crate) action: Action,
}

/// Everything injected, oldest first.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Faults {
    queue: Vec<Injected>,
    count: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Injected {
    number: u64,
    fault: Fault,
    expires: Option<Timestamp>,
    /// How many steps of its order are behind it.
    done: usize,
}

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault, now: Timestamp) {
        self.count += 1;
        let expires = fault.lasts.map(|lasts| after(now, lasts));
        self.queue.push(Injected { number: self.count, fault, expires, done: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.queue.clear();
    }

    /// Forgets one; false if there is none of this number.
    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let before = self.queue.len();
        self.queue.retain(|injected| injected.number != number);
        self.queue.len() < before
    }

    /// What is still to come, oldest first.
    pub(crate) fn pending(&mut self, now: Timestamp) -> Vec<PendingFault> {
        self.queue.retain(|injected| injected.expires.is_none_or(|expires| now < expires));
        let view = |injected: &Injected| PendingFault {
            number: injected.number,
            id: injected.fault.id().to_owned(),
            steps: injected.fault.steps.iter().map(|step| step.word()).collect(),
            matching: injected.fault.target.to_string(),
            done: injected.done,
            of: injected.fault.length(),
            probability: injected.fault.probability,
            expires: injected.expires,
        };
        self.queue.iter().map(view).collect()
    }

    /// The oldest fault that strikes this request. A place in an order that lets the call pass is used up by it.
    pub(crate) fn on_request(
        &mut self,
        spot: Spot<'_>,
        backup_host: bool,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Option<Chosen> {
        let fits = |action: Action| !(action.of_notifications() || backup_host && action == Action::NotThere);
        let chosen = self.choose(spot, now, ids, fits)?;
        if chosen.action == Action::Pass {
            self.spend(chosen);
            return None;
        }
        Some(chosen)
    }

    /// Whether a TLS handshake with the main host fails; that uses the fault up once. What will be asked for is not known yet, so
    /// that only a fault for everything strikes.
    pub(crate) fn on_handshake(&mut self, now: Timestamp, ids: &mut Ids) -> bool {
        let anywhere = Spot { name: "", method: "", path: "", template: "" };
        let chosen = self.choose(anywhere, now, ids, |action| action == Action::NotThere);
        chosen.inspect(|chosen| self.spend(*chosen)).is_some()
    }

    /// The oldest fault that strikes a notification at this stage; it is used up.
    pub(crate) fn on_notification(
        &mut self,
        spot: Spot<'_>,
        stage: Stage,
        now: Timestamp,
        ids: &mut Ids,
    ) -> Option<Chosen> {
        let chosen =
            self.choose(spot, now, ids, |action| action.of_notifications() && action.stage() == stage)?;
        self.spend(chosen);
        Some(chosen)
    }

    fn choose(
        &mut self,
        spot: Spot<'_>,
        now: Timestamp,
        ids: &mut Ids,
        fits: impl Fn(Action) -> bool,
    ) -> Option<Chosen> {
        self.queue.retain(|injected| injected.expires.is_none_or(|expires| now < expires));
        let mut matching = self.queue.iter().filter(|injected| {
            let step = injected.fault.step(injected.done);
            fits(step.action) && injected.fault.target.is_at(spot)
        });
        let injected = matching.find(|injected| injected.fault.strikes(ids))?;
        let step = injected.fault.step(injected.done);
        Some(Chosen { number: injected.number, id: step.id, action: step.action })
    }

    /// Uses a fault up once.
    pub(crate) fn spend(&mut self, chosen: Chosen) {
        if let Some(injected) = self.queue.iter_mut().find(|injected| injected.number == chosen.number) {
            injected.done += 1;
        }
        self.queue.retain(|injected| injected.done < injected.fault.length());
    }
}
