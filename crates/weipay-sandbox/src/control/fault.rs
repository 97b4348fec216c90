//! Faults: what there is, what is pending, and how to order one.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Control;
use super::clock::duration;
use crate::{Error, Fault};

/// A fault that can be injected.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FaultKindView {
    /// Such as `T01`.
    pub id: String,
    /// What happens.
    pub title: String,
    /// Its forms; the first is the default.
    pub variants: Vec<String>,
    /// `answers` or `notifications`.
    pub strikes: String,
}

/// A fault to inject; either `id` or `order`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultOrder {
    /// Such as `T01`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Several calls in a row: `429, 429, ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// In this form; the kind's first if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Where: an operation's id, an event type, or `POST /v3/marketing/busifavor/*`; everywhere if not said.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub matching: Option<String>,
    /// So many times; 1 if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// From 0 to 1; 1 if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Forgotten after so much business time: `24h`, `30s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lasting: Option<String>,
    /// How late, for `T03` and `N05`: `24h`, `30s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A fault that has not struck for the last time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingFault {
    /// To clear it by.
    pub number: u64,
    /// Its id; of an order that of the first fault in it.
    pub id: String,
    /// What it does to one call after the other: `T04/429`, `ok`.
    pub steps: Vec<String>,
    /// Where; `*` for everywhere.
    #[serde(rename = "match")]
    pub matching: String,
    /// How many steps are behind it.
    pub done: usize,
    /// Of so many.
    pub of: usize,
    /// From 0 to 1.
    pub probability: f64,
    /// When it is forgotten, in business time.
    pub expires: Option<Timestamp>,
}

impl FaultOrder {
    /// The fault; an error that says what is wrong with it.
    pub(crate) fn fault(&self) -> Result<Fault, Error> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut fault = match (given(&self.id), given(&self.order)) {
            (Some(id), None) => Fault::new(&id)?,
            (None, Some(order)) => Fault::order(&order)?,
            _ => return Err(Error::Fault("a fault has either an `id` or an `order`".to_owned())),
        };
        if let Some(variant) = given(&self.variant) {
            fault = fault.variant(&variant)?;
        }
        if let Some(pattern) = given(&self.matching) {
            fault = fault.matching(&pattern)?;
        }
        if let Some(times) = self.times {
            fault = fault.times(times);
        }
        if let Some(probability) = self.probability {
            if !(0.0..=1.0).contains(&probability) {
                return Err(Error::Fault("`probability` is from 0 to 1".to_owned()));
            }
            fault = fault.probability(probability);
        }
        let time = |text: &Option<String>| -> Result<Option<Duration>, Error> {
            given(text).map(|text| duration(&text)).transpose()
        };
        if let Some(time) = time(&self.lasting)? {
            fault = fault.lasting(time);
        }
        if let Some(late) = time(&self.by)? {
            fault = fault.by(late);
        }
        Ok(fault)
    }
}

impl Control {
    /// Everything that can be injected.
    pub fn known_faults(&self) -> Vec<FaultKindView> {
        let view = |kind: &crate::FaultKind| FaultKindView {
            id: kind.id.to_owned(),
            title: kind.title.to_owned(),
            variants: kind.variants.iter().map(ToString::to_string).collect(),
            strikes: if Fault::strikes_notifications(kind) { "notifications" } else { "answers" }.to_owned(),
        };
        Fault::known().iter().map(view).collect()
    }

    /// What has not struck for the last time, oldest first.
    pub fn faults(&self) -> Vec<PendingFault> {
        let mut state = self.world.shared.state();
        let now = state.clock.business();
        state.faults.pending(now)
    }

    /// Injects a fault.
    pub fn inject(&self, order: &FaultOrder) -> Result<Vec<PendingFault>, Error> {
        self.world.inject(order.fault()?);
        Ok(self.faults())
    }

    /// Forgets one fault; an error if there is none of this number.
    pub fn clear_fault(&self, number: u64) -> Result<(), Error> {
        let removed = self.world.shared.state().faults.remove(number);
        removed.then_some(()).ok_or_else(|| Error::State(format!("no fault {number} is pending")))
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.world.clear_faults();
    }
}
