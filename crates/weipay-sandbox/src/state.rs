//! All that changes while the sandbox runs, behind the one lock.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agenda::{Agenda, Task};
use crate::call::Call;
use crate::clock::Clock;
use crate::effect::Effect;
use crate::fault::{self, Action, Faults, Spot, Stage};
use crate::ids::Ids;
use crate::journal::Record;
use crate::limits::Limits;
use crate::linked::Linked;
use crate::migration::Migration;
use crate::notify::{Event, Outbox, Receiver};
use crate::policy::Policy;
use crate::replay::Replies;
use crate::world::{Secret, World};

/// How many signatures are remembered to recognise a request that is sent again unchanged.
const REMEMBERED_SIGNATURES: usize = 256;

/// How a world begins, and begins anew after a reset.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) world: World,
    pub(crate) seed: u64,
    /// How many times the documented rates are granted.
    pub(crate) rates: u32,
    /// How many exchanges the journal keeps.
    pub(crate) journal: usize,
    pub(crate) policy: Policy,
    /// Where business time stands still; none if it runs.
    pub(crate) business_time: Option<Timestamp>,
}

/// A key that no receiver has.
const WRONG_KEY: &str = "WeipaySandboxTheKeyOfNobodyAtAll";

/// The world as it is now, and everything around it. What is skipped belongs to the process, not to what is saved.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    #[serde(skip)]
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) migration: Migration,
    #[serde(skip)]
    pub(crate) policy: Policy,
    pub(crate) replies: Replies,
    pub(crate) linked: Linked,
    pub(crate) effects: Vec<Effect>,
    pub(crate) outbox: Outbox,
    pub(crate) agenda: Agenda,
    #[serde(skip)]
    pub(crate) journal: Record,
    #[serde(skip)]
    signatures: VecDeque<u64>,
    #[serde(skip)]
    hasher: RandomState,
}

impl State {
    pub(crate) fn new(beginning: &Beginning) -> Self {
        Self {
            world: beginning.world.clone(),
            clock: beginning.business_time.map_or_else(Clock::new, Clock::standing_still),
            ids: Ids::new(beginning.seed),
            limits: Limits::granting(beginning.rates),
            faults: Faults::default(),
            migration: Migration::default(),
            policy: beginning.policy,
            replies: Replies::default(),
            linked: Linked::default(),
            effects: Vec::new(),
            outbox: Outbox::default(),
            agenda: Agenda::default(),
            journal: Record::new(beginning.journal),
            signatures: VecDeque::new(),
            hasher: RandomState::new(),
        }
    }

    /// Goes on as another state that was saved.
    pub(crate) fn become_that(&mut self, mut saved: Self) {
        saved.outbox.begin_at(self.outbox.end());
        saved.policy = self.policy;
        saved.limits = std::mem::take(&mut self.limits);
        saved.journal = std::mem::take(&mut self.journal);
        saved.signatures = std::mem::take(&mut self.signatures);
        saved.hasher = self.hasher.clone();
        *self = saved;
    }

    /// Whether this very signature was seen before; remembers it.
    pub(crate) fn seen(&mut self, signature: &str) -> bool {
        // By a hash: to compare 256 texts all over the heap was a thirtieth of what an answer costs.
        let hash = self.hasher.hash_one(signature);
        if self.signatures.contains(&hash) {
            return true;
        }
        if self.signatures.len() == REMEMBERED_SIGNATURES {
            self.signatures.pop_front();
        }
        self.signatures.push_back(hash);
        false
    }

    /// Whether a TLS handshake with the main host fails because a fault says so.
    pub(crate) fn main_host_is_down(&mut self) -> bool {
        let now = self.clock.business();
        self.faults.on_handshake(now, &mut self.ids)
    }

    /// Puts a notification up for delivery, and returns its id.
    pub(crate) fn raise(&mut self, event: Event) -> String {
        let created = self.clock.business();
        let (id, nonce) = (self.ids.notification(), self.ids.seal_nonce());
        let merchant = self.world.merchant(&event.receiver);
        let brand = self.world.brand(&event.receiver).and_then(|brand| brand.credential.as_ref());
        let apiv3_key = merchant.and_then(|merchant| merchant.apiv3_key.as_ref());
        let mut receiver = Receiver {
            apiv3_key: apiv3_key.or(brand.map(|brand| &brand.api_key)).map(Secret::expose),
            notify_url: merchant.and_then(|merchant| merchant.notify_url.as_deref()),
            sign_with: merchant.map(|merchant| merchant.notifications_signed_with).unwrap_or_default(),
            anywhere: self.policy.notify_anywhere,
        };
        let spot = Spot { name: event.name, method: "POST", path: "", template: "" };
        let chosen = self.faults.on_notification(spot, Stage::Raise, created, &mut self.ids);
        let fault = chosen.and_then(|chosen| match chosen.action {
            Action::Deliver(delivery) => Some((chosen.id, delivery)),
            _ => None,
        });
        match fault {
            Some((_, fault::Delivery::WrongKey)) => receiver.apiv3_key = Some(WRONG_KEY),
            Some((_, fault::Delivery::OtherId)) => {
                let (id, nonce) = (self.ids.notification(), self.ids.seal_nonce());
                self.outbox.post(event.clone().seal(&receiver, id, &nonce, created), fault);
            }
            _ => {}
        }
        self.outbox.post(event.seal(&receiver, id.clone(), &nonce, created), fault);
        id
    }

    /// Notes that something took effect.
    pub(crate) fn took_effect(&mut self, call: &Call<'_>, what: &'static str, key: String) {
        let (operation, caller, at) = (call.operation.id, call.caller.id.clone(), call.now);
        self.effects.push(Effect { operation, key, what, caller, at });
    }

    /// The fen that a merchant can spend: what is on the account and not frozen.
    pub(crate) fn spendable(&self, mchid: &str) -> i64 {
        let orders = self.world.payments.orders.iter().filter(|order| order.seller() == mchid);
        self.world.funds.balance(mchid) - orders.map(|order| order.frozen).sum::<i64>()
    }

    /// Plans a deed, by the name under which its family registers it, for a business time.
    pub(crate) fn schedule(&mut self, due: Timestamp, deed: &'static str, key: &str) {
        self.agenda.plan(Task { due, deed: deed.to_owned(), key: key.to_owned() });
    }
}
