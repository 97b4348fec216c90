//! Transfers to users (商家转账). Amounts are in fen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the transfer family knows.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Transfers {
    /// Transfers, oldest first.
    pub bills: Vec<TransferBill>,
}

/// One transfer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TransferBill {
    /// Who pays.
    pub mchid: String,
    /// The merchant's number, unique per merchant.
    pub out_bill_no: String,
    /// `WeChat`'s number.
    pub transfer_bill_no: String,
    /// The app in which the user confirms.
    pub appid: String,
    /// The user under that appid.
    pub openid: String,
    /// Fen.
    pub transfer_amount: i64,
    /// What the user reads.
    pub transfer_remark: String,
    /// Where its notification goes before the merchant's own address.
    pub notify_url: Option<String>,
    /// What the app opens the confirmation with.
    pub package_info: String,
    /// Where it stands.
    pub state: TransferState,
    /// Why it failed.
    pub fail_reason: Option<String>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When its state changed.
    pub update_time: Timestamp,
}

/// Where a transfer stands; `state` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum TransferState {
    /// The user has to confirm.
    WaitUserConfirm,
    /// Arrived.
    Success,
    /// Failed; the money came back.
    Fail,
    /// Being withdrawn.
    Canceling,
    /// Withdrawn; the money came back.
    Cancelled,
}

impl TransferState {
    /// The wire's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WaitUserConfirm => "WAIT_USER_CONFIRM",
            Self::Success => "SUCCESS",
            Self::Fail => "FAIL",
            Self::Canceling => "CANCELING",
            Self::Cancelled => "CANCELLED",
        }
    }
}
