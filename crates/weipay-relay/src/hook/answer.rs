//! What the merchant answers, and what it is told.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Exchange, Holder};
use crate::effect::Effect;

/// An answer, and further effects that shall follow from it.
///
/// The effects are stored in the transaction that ends the question: all of them, or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply<T> {
    /// The answer.
    #[serde(flatten)]
    pub answer: T,
    /// Further calls to WeChat Pay, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// The card whose balance this changed: `balance` is asked for it, and WeChat Pay is shown the answer. A payment in a
    /// mall or its refund names no card, so only you know whose it is. Of `points`, `reverse` and `card`; after an exchange
    /// this happens by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_of: Option<Holder>,
}

impl<T> From<T> for Reply<T> {
    fn from(answer: T) -> Self {
        Self { answer, effects: Vec::new(), balance_of: None }
    }
}

impl<T> Reply<T> {
    /// One more effect.
    #[must_use]
    pub fn and(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// With the balance of this card to be shown.
    #[must_use]
    pub fn balance_of(mut self, card: Holder) -> Self {
        self.balance_of = Some(card);
        self
    }
}

/// The answer to a question that asks nothing: heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {}

/// The answer to `decide`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// The member gets a coupon, and the points are set aside.
    Allow {
        /// Shape A: the coupon of yours that you allotted, at most 32 characters. Shape B: absent, because WeChat Pay
        /// issues the coupon.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon_code: Option<String>,
    },
    /// The member gets none.
    Reject {
        /// Why; shown to the member, at most 32 characters.
        reason: String,
    },
}

/// The answer to `points`: what a payment earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// Whether it earns any.
    pub earn: bool,
    /// How many, 0 when none.
    #[serde(default)]
    pub points: u64,
    /// The balance after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Why none, at most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

/// The answer to `balance`: what the member can spend, open exchanges taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// In points.
    pub balance: u64,
}

/// The answer to `card`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardAnswer {
    /// Whether the card is opened; needed when it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// The code that you allot, at most 32 characters, where you do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_card_code: Option<String>,
    /// Further members of the confirmation, such as `level`, as the operation spells them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub members: Map<String, Value>,
}

/// What is told by `settled`: what became of an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Which effect: `confirm`, `points`, `sync`, … or the operation's id.
    pub effect: String,
    /// What became of it.
    #[serde(flatten)]
    pub result: Settlement,
    /// The exchange, where the effect was its decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Settlement {
    /// The member has the coupon: take the points.
    Issued {
        /// The coupon.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon_code: Option<String>,
    },
    /// The member has no coupon: give the points back, withdraw the coupon.
    NotIssued {
        /// Why.
        reason: String,
    },
    /// WeChat Pay refused the effect; nothing happened.
    Refused {
        /// Why.
        reason: String,
    },
    /// A parked effect that was no decision did happen, as a person found out.
    Happened {},
    /// Nobody knows whether it happened, or nobody may guess: keep points and coupon set aside. Another `settled` follows
    /// when a person has looked.
    Parked {
        /// Why.
        reason: String,
    },
}

/// Why a hook gave no answer. The question is asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookError {
    text: String,
    retry_after: Option<Duration>,
    /// Nobody is there: others need not be asked meanwhile.
    pub(crate) down: bool,
}

impl HookError {
    /// It failed; `text` stands in the timeline and in logs, so it holds no personal data.
    pub fn failed(text: impl Into<String>) -> Self {
        Self { text: text.into(), retry_after: None, down: false }
    }

    /// Nobody answers at all.
    pub(crate) fn down(text: impl Into<String>) -> Self {
        Self { down: true, ..Self::failed(text) }
    }

    /// Not to be asked again before so long.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    pub(crate) fn pause(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for HookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for HookError {}
