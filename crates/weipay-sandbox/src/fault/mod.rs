//! Faults on demand: what a network and a busy platform do to a client, by id, place, order, number and chance.

mod action;
mod kind;
mod queue;
mod target;

use std::time::Duration;

pub(crate) use action::{Action, Delivery, Stage, Tampering};
pub use kind::FaultKind;
pub(crate) use queue::{Chosen, Faults, Spot};

use crate::Error;
use crate::ids::Ids;
use target::Target;

/// One fault to inject: `Fault::new("T01")?.on("marketing_busifavor_coupons_use").times(1)`.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What happens to the first, the second, … call that it matches; after the last it begins again.
    steps: Vec<Step>,
    target: Target,
    rounds: u32,
    probability: f64,
    lasts: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    id: &'static str,
    form: &'static str,
    action: Action,
}

impl Fault {
    /// The fault with this id, once, on any operation or event, in its default form.
    pub fn new(id: &str) -> Result<Self, Error> {
        let kind = known(id)?;
        Ok(Self::of(vec![Step::of(kind, kind.variants[0])]))
    }

    /// Several calls in a row: `"429, 429, ok"` refuses two and lets one pass. A word is a status of `T04`, an id with or
    /// without its form (`T01`, `T09/after`), or `ok`.
    pub fn order(words: &str) -> Result<Self, Error> {
        let steps: Result<Vec<Step>, Error> = words.split(',').map(|word| Step::read(word.trim())).collect();
        Ok(Self::of(steps?))
    }

    fn of(steps: Vec<Step>) -> Self {
        Self { steps, target: Target::Any, rounds: 1, probability: 1.0, lasts: None }
    }

    /// All that can be injected.
    pub fn known() -> &'static [FaultKind] {
        kind::KNOWN
    }

    /// Only on the operation with this catalogue id, or on notifications of this event type.
    pub fn on(mut self, name: &str) -> Self {
        self.target = Target::Named(name.to_owned());
        self
    }

    /// Only where this matches: an operation's id, an event type, or a method and a path or template, in which `*` stands
    /// for anything: `POST /v3/marketing/busifavor/*`. An error if nothing in the catalogue can ever match it.
    pub fn matching(mut self, pattern: &str) -> Result<Self, Error> {
        self.target = Target::read(pattern)?;
        Ok(self)
    }

    /// So many times; 1 if not said. Of an order, so many rounds.
    pub fn times(mut self, times: u32) -> Self {
        self.rounds = times;
        self
    }

    /// Strikes with this probability, from 0 to 1, drawn from the sandbox's seed. A call that it spares does not count.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// Is forgotten after so much business time.
    pub fn lasting(mut self, time: Duration) -> Self {
        self.lasts = Some(time);
        self
    }

    /// How late an answer is, for `T03`, host time, or a notification, for `N05`, business time.
    pub fn by(mut self, delay: Duration) -> Self {
        for step in &mut self.steps {
            match &mut step.action {
                Action::Delay(late) | Action::Deliver(Delivery::Late(late)) => *late = delay,
                _ => {}
            }
        }
        self
    }

    /// In this form; the error lists the forms there are.
    pub fn variant(mut self, variant: &str) -> Result<Self, Error> {
        for step in &mut self.steps {
            *step = Step::in_form(known(step.id)?, variant)?;
        }
        Ok(self)
    }

    /// Its id; of an order that of the first fault in it.
    pub fn id(&self) -> &'static str {
        self.steps.iter().map(|step| step.id).find(|id| *id != PASS).unwrap_or(PASS)
    }

    /// Whether a kind strikes notifications instead of answers.
    pub(crate) fn strikes_notifications(kind: &FaultKind) -> bool {
        kind.variants.first().is_some_and(|form| kind::action(kind.id, form).of_notifications())
    }

    fn step(&self, done: usize) -> Step {
        self.steps[done % self.steps.len()]
    }

    fn length(&self) -> usize {
        self.steps.len().saturating_mul(usize::try_from(self.rounds).unwrap_or(usize::MAX))
    }

    fn strikes(&self, ids: &mut Ids) -> bool {
        self.probability >= 1.0 || ids.chance() < self.probability
    }
}

/// The word of an order that lets a call pass.
const PASS: &str = "ok";

fn known(id: &str) -> Result<&'static FaultKind, Error> {
    kind::KNOWN.iter().find(|kind| kind.id == id).ok_or_else(|| {
        let ids: Vec<_> = kind::KNOWN.iter().map(|kind| kind.id).collect();
        Error::Fault(format!("there is no fault `{id}`; known are {}", ids.join(", ")))
    })
}

impl Step {
    fn of(kind: &'static FaultKind, form: &'static str) -> Self {
        Self { id: kind.id, form, action: kind::action(kind.id, form) }
    }

    /// As [`Fault::order`] reads it.
    fn word(self) -> String {
        match self.form {
            "" | "default" => self.id.to_owned(),
            form => format!("{}/{form}", self.id),
        }
    }

    fn in_form(kind: &'static FaultKind, variant: &str) -> Result<Self, Error> {
        let form = kind.variants.iter().find(|known| **known == variant).ok_or_else(|| {
            let known = kind.variants.join(", ");
            Error::Fault(format!("fault {} has no form `{variant}`; it has {known}", kind.id))
        })?;
        Ok(Self::of(kind, form))
    }

    fn read(word: &str) -> Result<Self, Error> {
        if word == PASS {
            return Ok(Self { id: PASS, form: "", action: Action::Pass });
        }
        if word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::in_form(known("T04")?, word);
        }
        let (id, form) = word.split_once('/').unwrap_or((word, ""));
        let kind = known(id)?;
        Self::in_form(kind, if form.is_empty() { kind.variants[0] } else { form })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn spot(name: &str) -> Spot<'_> {
        Spot { name, method: "POST", path: "/v3/a/1", template: "/v3/a/{id}" }
    }

    fn next(faults: &mut Faults, name: &str, now: Timestamp) -> Option<(&'static str, Action)> {
        let chosen = faults.on_request(spot(name), false, now, &mut Ids::new(1))?;
        faults.spend(chosen);
        Some((chosen.id, chosen.action))
    }

    #[test]
    fn a_fault_strikes_where_and_as_often_as_told_the_oldest_first() {
        let mut faults = Faults::default();
        faults.inject(Fault::new("T01").unwrap().on("use").times(2), START);
        faults.inject(Fault::new("T04").unwrap().variant("429").unwrap(), START);
        assert_eq!(next(&mut faults, "use", START), Some(("T01", Action::Reset)));
        assert_eq!(next(&mut faults, "send", START), Some(("T04", Action::Instead(429))));
        assert_eq!(next(&mut faults, "send", START), None);
        assert_eq!(next(&mut faults, "use", START), Some(("T01", Action::Reset)));
        assert_eq!(next(&mut faults, "use", START), None);
    }

    #[test]
    fn an_order_goes_step_by_step_and_round_by_round() {
        let mut faults = Faults::default();
        faults.inject(Fault::order("429, ok, T09/after").unwrap().times(2), START);
        for _ in 0..2 {
            assert_eq!(next(&mut faults, "a", START), Some(("T04", Action::Instead(429))));
            assert_eq!(next(&mut faults, "a", START), None);
            assert_eq!(next(&mut faults, "a", START), Some(("T09", Action::After(400))));
        }
        assert_eq!(next(&mut faults, "a", START), None);
    }

    #[test]
    fn a_fault_that_has_run_out_of_time_is_forgotten() {
        let mut faults = Faults::default();
        faults.inject(Fault::new("T01").unwrap().times(9).lasting(Duration::from_secs(60)), START);
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(next(&mut faults, "a", at(59)).is_some());
        assert_eq!(next(&mut faults, "a", at(60)), None);
        assert_eq!(next(&mut faults, "a", START), None);
    }

    #[test]
    fn chance_follows_the_seed() {
        let strikes = |seed| {
            let (mut faults, mut ids) = (Faults::default(), Ids::new(seed));
            faults.inject(Fault::new("T01").unwrap().times(1000).probability(0.2), START);
            (0..500)
                .map(|_| faults.on_request(spot("a"), false, START, &mut ids).is_some())
                .collect::<Vec<bool>>()
        };
        let first = strikes(3);
        assert_eq!(first, strikes(3));
        assert_ne!(first, strikes(4));
        let count = first.iter().filter(|struck| **struck).count();
        assert!((70..130).contains(&count), "{count}");
    }

    #[test]
    fn an_unknown_fault_form_or_place_is_an_error_that_says_what_there_is() {
        assert!(Fault::new("T99").unwrap_err().to_string().contains("T01"));
        assert!(Fault::new("R05").unwrap().variant("x").unwrap_err().to_string().contains("ahead"));
        assert!(Fault::order("429, T99").is_err());
        assert!(Fault::order("418").is_err());
        for bad in ["coupons", "POST /v3/nothing/*", "BREW /v3/certificates", "SOMETHING.HAPPENED"] {
            assert!(Fault::new("T01").unwrap().matching(bad).is_err(), "{bad}");
        }
        for good in [
            "security_echo",
            "GET /v3/certificates",
            "* /v3/pay/*",
            "/v3/pay/transactions/id/{transaction_id}",
        ] {
            assert!(Fault::new("T01").unwrap().matching(good).is_ok(), "{good}");
        }
        assert!(Fault::new("N01").unwrap().matching("MALL_TRANSACTION.SUCCESS").is_ok());
    }

    #[test]
    fn every_form_of_every_fault_does_something_of_its_own() {
        let mut actions = Vec::new();
        for kind in Fault::known() {
            for variant in kind.variants {
                actions.push(Fault::new(kind.id).unwrap().variant(variant).unwrap().step(0).action);
            }
        }
        for (at, action) in actions.iter().enumerate() {
            assert!(!actions[..at].contains(action), "{action:?}");
        }
    }
}
