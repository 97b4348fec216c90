//! Subsidies (营销补差): one merchant makes up to another for a redeemed coupon.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A subsidy for one redeemed coupon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PayReceipt {
    /// Made by the platform.
    pub subsidy_receipt_id: String,
    /// The coupon's stock.
    pub stock_id: String,
    /// The coupon.
    pub coupon_code: String,
    /// The order that the coupon was used for.
    pub transaction_id: String,
    /// Who pays.
    pub payer_merchant: String,
    /// Who gets it.
    pub payee_merchant: String,
    /// Fen.
    pub amount: i64,
    /// As the merchant wrote it.
    #[serde(default)]
    pub description: String,
    /// The merchant's number.
    pub out_subsidy_no: String,
    /// How it went.
    #[serde(default)]
    pub status: PayStatus,
    /// `fail_reason`, such as `PAY_RECEIPT_INSUFFICIENT_BALANCE`; only of one that failed.
    pub fail_reason: Option<String>,
    /// In business time.
    pub create_time: Timestamp,
}

/// How a subsidy went; `status` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub enum PayStatus {
    /// `PAY_RECEIPT_SUCCESS`
    #[default]
    #[serde(rename = "PAY_RECEIPT_SUCCESS")]
    Success,
    /// `PAY_RECEIPT_FAIL`
    #[serde(rename = "PAY_RECEIPT_FAIL")]
    Fail,
    /// `PAY_RECEIPT_PARTIAL_RETURN`
    #[serde(rename = "PAY_RECEIPT_PARTIAL_RETURN")]
    PartialReturn,
    /// `PAY_RECEIPT_FULL_RETURN`
    #[serde(rename = "PAY_RECEIPT_FULL_RETURN")]
    FullReturn,
}

impl PayStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "PAY_RECEIPT_SUCCESS",
            Self::Fail => "PAY_RECEIPT_FAIL",
            Self::PartialReturn => "PAY_RECEIPT_PARTIAL_RETURN",
            Self::FullReturn => "PAY_RECEIPT_FULL_RETURN",
        }
    }
}

/// A subsidy given back, wholly or in part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnReceipt {
    /// Made by the platform.
    pub subsidy_return_receipt_id: String,
    /// What is given back.
    pub subsidy_receipt_id: String,
    /// The refund of the order.
    pub refund_id: String,
    /// Fen.
    pub amount: i64,
    /// As the merchant wrote it.
    #[serde(default)]
    pub description: String,
    /// The merchant's number.
    pub out_subsidy_return_no: String,
    /// Why it failed, such as `RETURN_RECEIPT_INSUFFICIENT_BALANCE`; none for a success.
    pub fail_reason: Option<String>,
    /// In business time.
    pub return_create_time: Timestamp,
}
