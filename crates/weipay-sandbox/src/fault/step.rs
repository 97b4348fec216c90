//! What a fault does to one call, and the word for it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::action::{Action, Delivery};
use super::kind::{self, FaultKind};
use crate::Error;
use crate::serial::Constant;

/// The word of an order that lets a call pass.
pub(super) const PASS: &str = "ok";

/// One form of one fault.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(try_from = "Written", into = "Written")]
pub(super) struct Step {
    pub(super) id: Constant,
    form: Constant,
    pub(super) action: Action,
}

/// The word, and how late where that was told.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Written {
    word: String,
    late: Option<Duration>,
}

impl From<Step> for Written {
    fn from(mut step: Step) -> Self {
        Self { word: step.word(), late: step.action.late().copied() }
    }
}

impl TryFrom<Written> for Step {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        let mut step = Self::read(&written.word)?;
        if let (Some(known), Some(late)) = (step.action.late(), written.late) {
            *known = late;
        }
        Ok(step)
    }
}

impl Action {
    /// How late it makes something.
    pub(super) fn late(&mut self) -> Option<&mut Duration> {
        match self {
            Self::Delay(late) | Self::Deliver(Delivery::Late(late)) => Some(late),
            _ => None,
        }
    }
}

pub(super) fn known(id: &str) -> Result<&'static FaultKind, Error> {
    kind::KNOWN.iter().find(|kind| kind.id == id).ok_or_else(|| {
        let ids: Vec<_> = kind::KNOWN.iter().map(|kind| kind.id).collect();
        Error::Fault(format!("there is no fault `{id}`; known are {}", ids.join(", ")))
    })
}

impl Step {
    pub(super) fn of(kind: &'static FaultKind, form: &'static str) -> Self {
        Self { id: kind.id, form, action: kind::action(kind.id, form) }
    }

    /// As [`Fault::order`] reads it.
    pub(super) fn word(self) -> String {
        match self.form {
            "" | "default" => self.id.to_owned(),
            form => format!("{}/{form}", self.id),
        }
    }

    pub(super) fn in_form(kind: &'static FaultKind, variant: &str) -> Result<Self, Error> {
        let form = kind.variants.iter().find(|known| **known == variant).ok_or_else(|| {
            let known = kind.variants.join(", ");
            Error::Fault(format!("fault {} has no form `{variant}`; it has {known}", kind.id))
        })?;
        Ok(Self::of(kind, form))
    }

    pub(super) fn read(word: &str) -> Result<Self, Error> {
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
