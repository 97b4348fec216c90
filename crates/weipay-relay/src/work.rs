//! What a job has to do, as it lies sealed in the store.

use serde::{Deserialize, Serialize};

use crate::effect::Request;
use crate::hook::{Card, Exchange, Holder, Other, Payment, Refund, Settled};
use crate::make_good::Check;
use crate::upkeep::Keep;

/// The payload of a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "work", content = "of", rename_all = "snake_case")]
pub(crate) enum Work {
    Decide(Exchange),
    Points(Payment),
    Reverse(Refund),
    Balance(Holder),
    Card(Card),
    Event(Other),
    Send(Request),
    Tell(Tell),
    /// Stored and acknowledged, for a person to look at.
    Aside(String),
    /// Stored and acknowledged, and another's affair.
    Foreign(String),
    /// Ask `WeChat` Pay whether something is missing here.
    Check(Check),
    /// Look for what has to be checked.
    Sweep {},
    /// Remove what has been kept long enough.
    Retain(Keep),
}

/// What the merchant hears, and whose balance is asked for when it has heard it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tell {
    pub(crate) settled: Settled,
    pub(crate) holder: Option<Holder>,
}
