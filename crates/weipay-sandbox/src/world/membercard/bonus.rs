//! Points shown after a payment.

use serde::{Deserialize, Serialize};

/// Points shown on the page after a payment. They do not move the member's balance.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bonus {
    /// The merchant of the order.
    pub trade_mchid: String,
    /// The order, in that merchant's numbering.
    pub out_trade_no: String,
    /// Card template.
    pub card_id: String,
    /// The user's card.
    pub code: String,
    /// Points.
    #[serde(default)]
    pub bonus_value: i64,
    /// Shown as to come, or as credited.
    #[serde(default)]
    pub state: BonusState,
}

/// How far a shown bonus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BonusState {
    /// Shown as to come.
    #[default]
    Prepared,
    /// Shown as credited.
    Committed,
}
