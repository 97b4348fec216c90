//! Worlds side by side: one for each of the tests that run at the same time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Control;
use crate::{Error, RunningWorld};

/// One world of the sandbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorldView {
    /// Counts from 1, which is the world that the sandbox was started with.
    pub number: u64,
    /// Where it listens.
    pub url: String,
    /// The mchid whose credentials are announced.
    pub default_caller: String,
    /// This is the world whose control plane answers.
    pub here: bool,
}

/// A world to open. What is not said is as the sandbox was started.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldOrder {
    /// The seed of all ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Seed data that is added to the world, as a YAML text or as an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub world: Option<Value>,
    /// Business time stands still at this moment and is moved by `advance` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_time: Option<Timestamp>,
    /// Answers 501 where there is neither a rule nor a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Operations that move money and have no rule are answered by the schema too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_generated: Option<bool>,
}

/// A world that was opened. `Debug` shows no key.
#[derive(Clone, Serialize, Deserialize)]
pub struct OpenedWorld {
    /// To close it by.
    pub number: u64,
    /// Where it listens, with a control plane of its own.
    pub url: String,
    /// What points a program at it: `WEIPAY_BASE_URL`, `WEIPAY_MCHID`, `WEIPAY_PRIVATE_KEY`, …
    pub environment: BTreeMap<String, String>,
}

impl std::fmt::Debug for OpenedWorld {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { number, url, .. } = self;
        f.debug_struct("OpenedWorld").field("number", number).field("url", url).finish_non_exhaustive()
    }
}

impl Control {
    /// All worlds of this sandbox.
    pub fn worlds(&self) -> Vec<WorldView> {
        let view = |(number, world): &(u64, RunningWorld)| WorldView {
            number: *number,
            url: world.url(),
            default_caller: world.shared.state().world.default_caller.clone(),
            here: world.address == self.world.address,
        };
        self.worlds.all().iter().map(view).collect()
    }

    /// Opens a world beside the others: on a free port, with an own state, faults and clock, and the same token.
    pub async fn open_world(&self, order: &WorldOrder) -> Result<OpenedWorld, Error> {
        self.worlds.has_room()?;
        let mut builder = self.worlds.like_the_first();
        if let Some(seed) = order.seed {
            builder = builder.seed(seed);
        }
        if let Some(start) = order.business_time {
            builder = builder.business_time(start);
        }
        builder = match &order.world {
            None | Some(Value::Null) => builder,
            Some(Value::String(yaml)) => builder.seeded(yaml)?,
            // JSON is YAML.
            Some(more) => builder.seeded(&more.to_string())?,
        };
        builder = builder.answering(order.strict, order.allow_generated);
        let (number, world) = builder.open(&self.worlds).await?;
        Ok(OpenedWorld { number, url: world.url(), environment: environment(world.environment()) })
    }

    /// Closes a world, and returns when its address is free. An error if there is none of this number, if it is the first,
    /// or if it is the one whose control plane was asked.
    pub async fn close_world(&self, number: u64) -> Result<(), Error> {
        let all = self.worlds.all();
        let found = all.iter().position(|(known, _)| *known == number);
        let at = found.ok_or_else(|| Error::Unknown { what: "world", name: number.to_string() })?;
        if at == 0 {
            return Err(Error::State("the first world ends with the sandbox".to_owned()));
        }
        if all[at].1.address == self.world.address {
            let other = all[0].1.url();
            return Err(Error::State(format!("a world does not close itself; ask {other}")));
        }
        for task in self.worlds.close(number).unwrap_or_default() {
            let _ = task.await;
        }
        Ok(())
    }

    /// What points a program at this world as this merchant, or as the default caller: `WEIPAY_BASE_URL`,
    /// `WEIPAY_MCHID`, `WEIPAY_PRIVATE_KEY`, …
    pub fn environment(&self, mchid: Option<&str>) -> Result<BTreeMap<String, String>, Error> {
        let caller = mchid.map_or_else(|| self.status().default_caller, str::to_owned);
        let known = self.world.environment_of(&caller);
        known.map(environment).ok_or(Error::Unknown { what: "merchant with a certificate", name: caller })
    }
}

fn environment(lines: Vec<(&'static str, String)>) -> BTreeMap<String, String> {
    lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
