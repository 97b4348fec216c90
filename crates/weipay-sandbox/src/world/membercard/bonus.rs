//! Points shown after a payment.

/// Points shown on the page after a payment. They do not move the member's balance.
#[derive(Debug, Clone)]
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
    pub bonus_value: i64,
    /// Shown as to come, or as credited.
    pub state: BonusState,
}

/// How far a shown bonus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BonusState {
    /// Shown as to come.
    #[default]
    Prepared,
    /// Shown as credited.
    Committed,
}
