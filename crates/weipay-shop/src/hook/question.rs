//! The questions, as version 1 of the contract has them: only the members that this shop needs.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::Error;

/// One question.
pub struct Question {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) merchant: String,
    pub(crate) ask: Ask,
}

pub(crate) enum Ask {
    Decide(Wish),
    Settled(Settled),
    Points(Payment),
    Reverse(Reversal),
    Balance(Holder),
    Card(CardChange),
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    version: String,
    id: String,
    merchant: String,
    data: Value,
}

/// A member wants a coupon for points.
#[derive(Deserialize)]
pub(crate) struct Wish {
    pub(crate) record_id: String,
    pub(crate) openid: String,
    pub(crate) deduct_points: u64,
}

/// What became of an effect; of the effects this shop only follows its exchanges.
#[derive(Deserialize)]
pub(crate) struct Settled {
    pub(crate) result: String,
    #[serde(default)]
    pub(crate) coupon_code: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) exchange: Option<Record>,
}

#[derive(Deserialize)]
pub(crate) struct Record {
    pub(crate) record_id: String,
}

#[derive(Deserialize)]
pub(crate) struct Payment {
    pub(crate) transaction_id: String,
    pub(crate) openid: String,
    pub(crate) amount: u64,
}

/// Points of a refunded payment go back.
#[derive(Deserialize)]
pub(crate) struct Reversal {
    pub(crate) refund_id: String,
    pub(crate) transaction_id: String,
    pub(crate) openid: String,
    pub(crate) pay_amount: u64,
    pub(crate) refund_amount: u64,
}

#[derive(Deserialize)]
pub(crate) struct Holder {
    pub(crate) openid: String,
}

#[derive(Deserialize)]
pub(crate) struct CardChange {
    pub(crate) change: String,
    #[serde(default)]
    pub(crate) brand_id: Option<String>,
    pub(crate) card_id: String,
    pub(crate) openid: String,
    #[serde(default)]
    pub(crate) user_card_code: Option<String>,
}

impl Question {
    /// Reads the body of a hook request. The error says where it is wrong, and shows no value.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        let wrong = |what: &str, error: &serde_json::Error| {
            Error::Question(format!("{what}, line {}, column {}", error.line(), error.column()))
        };
        let envelope: Envelope = serde_json::from_slice(body).map_err(|error| wrong("the body", &error))?;
        if envelope.version != "1" {
            return Err(Error::Question("this shop reads version 1 of the contract".to_owned()));
        }
        let Envelope { kind, id, merchant, data, .. } = envelope;
        let ask = match kind.as_str() {
            "decide" => serde_json::from_value(data).map(Ask::Decide),
            "settled" => serde_json::from_value(data).map(Ask::Settled),
            "points" => serde_json::from_value(data).map(Ask::Points),
            "reverse" => serde_json::from_value(data).map(Ask::Reverse),
            "balance" => serde_json::from_value(data).map(Ask::Balance),
            "card" => serde_json::from_value(data).map(Ask::Card),
            _ => return Err(Error::Question("its type is none that this shop knows".to_owned())),
        };
        let ask = ask.map_err(|error| wrong(&format!("the data of {kind}"), &error))?;
        Ok(Self { id, kind, merchant, ask })
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}
