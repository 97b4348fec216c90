//! Profit sharing (分账). Amounts are in fen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the profit sharing family knows.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProfitSharing {
    /// Who may get shares of whom.
    pub receivers: Vec<ShareReceiver>,
    /// Orders to share, oldest first.
    pub orders: Vec<ShareOrder>,
    /// Shares that came back, oldest first.
    pub returns: Vec<ShareReturn>,
    /// The greatest part of a payment that can be shared, in hundredths of a percent; 3000 if not said, which is 30 %.
    pub max_ratio: i64,
}

impl Default for ProfitSharing {
    fn default() -> Self {
        Self { receivers: Vec::new(), orders: Vec::new(), returns: Vec::new(), max_ratio: 3000 }
    }
}

/// Somebody who may get shares of a seller's payments.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ShareReceiver {
    /// The seller.
    pub seller: String,
    /// `MERCHANT_ID`, `PERSONAL_OPENID` or `PERSONAL_SUB_OPENID`.
    pub kind: String,
    /// A mchid or an openid.
    pub account: String,
}

/// One order to share a payment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ShareOrder {
    /// The merchant or partner that asked.
    pub mchid: String,
    /// The sub-merchant whose payment is shared.
    pub sub_mchid: Option<String>,
    /// The payment.
    pub transaction_id: String,
    /// The merchant's number.
    pub out_order_no: String,
    /// `WeChat`'s number.
    pub order_id: String,
    /// Who gets what.
    pub shares: Vec<Share>,
    /// What is left afterwards is the seller's to spend.
    pub unfreeze: bool,
    /// Done: `FINISHED` instead of `PROCESSING`.
    pub finished: bool,
    /// When it was asked for.
    pub create_time: Timestamp,
}

/// What one receiver gets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// As of the receiver.
    pub kind: String,
    /// As of the receiver.
    pub account: String,
    /// Fen.
    pub amount: i64,
    /// What for.
    pub description: String,
    /// `WeChat`'s number.
    pub detail_id: String,
    /// How it ended.
    pub result: ShareResult,
    /// When.
    pub finish_time: Timestamp,
}

/// How a share ended; `result` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum ShareResult {
    /// Not yet.
    Pending,
    /// The receiver has it.
    Success,
    /// `CLOSED` with `NO_RELATION`: nobody had added the receiver.
    NoRelation,
}

/// A share that came back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ShareReturn {
    /// The merchant or partner that asked.
    pub mchid: String,
    /// The sub-merchant that gets it back.
    pub sub_mchid: Option<String>,
    /// Of the order to share.
    pub order_id: String,
    /// Of the order to share.
    pub out_order_no: String,
    /// The merchant's number.
    pub out_return_no: String,
    /// `WeChat`'s number.
    pub return_id: String,
    /// Who gives it back.
    pub return_mchid: String,
    /// Fen.
    pub amount: i64,
    /// What for.
    pub description: String,
    /// When.
    pub time: Timestamp,
}
