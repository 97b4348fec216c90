//! How the sandbox stands.

use serde::{Deserialize, Serialize};

use super::{ClockView, Control};
use crate::{DeliveryState, EffectCount};

/// Figures of one world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusView {
    /// Where it listens.
    pub url: String,
    /// Where its backup host listens.
    pub backup_url: String,
    /// The version of weipay.
    pub version: String,
    /// The seed of all ids.
    pub seed: u64,
    /// The mchid whose credentials are announced.
    pub default_caller: String,
    /// By rules and links only.
    pub strict: bool,
    /// Operations that move money and have no rule are answered by the schema too.
    pub allow_generated: bool,
    /// Notifications may leave this machine.
    pub notify_anywhere: bool,
    /// Both clocks.
    pub clock: ClockView,
    /// Exchanges since the start.
    pub exchanges: u64,
    /// Notifications that were acknowledged.
    pub delivered: usize,
    /// Notifications that wait for an attempt or are under way.
    pub undelivered: usize,
    /// Notifications whose schedule ended without an acknowledgement, or that could never be sent.
    pub failed: usize,
    /// Faults that are pending.
    pub faults: usize,
    /// Lasting changes so far.
    pub effects: usize,
}

/// One world of the sandbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorldView {
    /// Where it listens.
    pub url: String,
    /// The mchid whose credentials are announced.
    pub default_caller: String,
    /// This is the world whose control plane answers.
    pub here: bool,
}

/// How often one thing happened to one business key; more than once may be a double effect.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EffectView {
    /// The operation's id.
    pub operation: String,
    /// The business key.
    pub key: String,
    /// What happened.
    pub what: String,
    /// How often.
    pub count: usize,
}

impl Control {
    /// How it stands.
    pub fn status(&self) -> StatusView {
        let clock = self.clock();
        let faults = self.faults().len();
        let deliveries = self.world.deliveries();
        let count =
            |wanted: fn(&DeliveryState) -> bool| deliveries.iter().filter(|one| wanted(&one.state)).count();
        let state = self.world.shared.state();
        StatusView {
            url: self.world.url(),
            backup_url: self.world.backup_url(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: state.ids.seed,
            default_caller: state.world.default_caller.clone(),
            strict: state.policy.strict,
            allow_generated: state.policy.allow_generated,
            notify_anywhere: state.policy.notify_anywhere,
            clock,
            exchanges: state.journal.count,
            delivered: count(|state| *state == DeliveryState::Delivered),
            undelivered: count(|state| matches!(state, DeliveryState::Waiting(_) | DeliveryState::InFlight)),
            failed: count(|state| {
                matches!(state, DeliveryState::Exhausted | DeliveryState::Undeliverable(_))
            }),
            faults,
            effects: state.effects.len(),
        }
    }

    /// All worlds of this sandbox.
    pub fn worlds(&self) -> Vec<WorldView> {
        let view = |world: &crate::RunningWorld| WorldView {
            url: world.url(),
            default_caller: world.shared.state().world.default_caller.clone(),
            here: world.address == self.world.address,
        };
        self.worlds.all().iter().map(view).collect()
    }

    /// How often each thing happened to each business key.
    pub fn effects(&self) -> Vec<EffectView> {
        let view = |EffectCount { operation, key, what, count }: EffectCount| EffectView {
            operation: operation.to_owned(),
            key,
            what: what.to_owned(),
            count,
        };
        self.world.effect_counts().into_iter().map(view).collect()
    }

    /// Forgets everything since the start.
    pub fn reset(&self) -> Result<(), crate::Error> {
        self.world.reset()
    }
}
