//! A member card template.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A member card template.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MemberCard {
    /// Template id.
    pub card_id: String,
    /// The mchid that created it; nobody else may change its users' cards.
    pub creator: String,
    /// The mchids whose orders it can name beside its creator's.
    #[serde(default)]
    pub trade_mchids: Vec<String>,
    /// Whether users can get it.
    #[serde(default)]
    pub status: CardStatus,
    /// Where codes come from.
    #[serde(default)]
    pub code_mode: MemberCodeMode,
    /// Codes in store, in the order in which they are given out.
    #[serde(default)]
    pub deposited: Vec<String>,
    /// Codes of users' cards that were in store.
    #[serde(default)]
    pub used_codes: Vec<String>,
    /// How many cards there can be; none for no limit.
    pub total_quantity: Option<u64>,
    /// `date_information`: how long a user's card is good.
    #[serde(default)]
    pub validity: CardValidity,
    /// The template's bonus right is open.
    #[serde(default)]
    pub bonus_right: bool,
    /// The points with which a member begins.
    #[serde(default)]
    pub init_bonus: i64,
    /// `init_level`: the level with which a member begins.
    pub init_level: Option<String>,
    /// In business time.
    #[serde(default)]
    pub create_time: Timestamp,
    /// In business time.
    #[serde(default)]
    pub update_time: Timestamp,
    /// Services on the card: `service_module_id` and `jump_miniprogram`.
    #[serde(default)]
    pub service_modules: Vec<(String, Value)>,
    /// The rights as they were set: `bonus`, `favor`, `fapiao`, `guide`.
    #[serde(default)]
    pub rights: Value,
    /// What is shown and not judged, as it was created: `brand`, `appid`, `title`, `logo_url`, …
    #[serde(default)]
    pub shown: Value,
}

/// `status` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CardStatus {
    /// `NOT_APPROVE`: waits for its review.
    NotApprove,
    /// `APPROVE_FAIL`
    ApproveFail,
    /// `APPROVED`: users can get it.
    #[default]
    Approved,
    /// `DELETED`: nobody can get it any more; cards that users have stay.
    Deleted,
}

impl CardStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApprove => "NOT_APPROVE",
            Self::ApproveFail => "APPROVE_FAIL",
            Self::Approved => "APPROVED",
            Self::Deleted => "DELETED",
        }
    }
}

/// `code_mode` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberCodeMode {
    /// `SYSTEM_ALLOCATE`: made by the platform.
    #[default]
    SystemAllocate,
    /// `MERCHANT_DEPOSIT`: from the codes that the merchant put in store.
    MerchantDeposit,
    /// `REAL_TIME`: named by the merchant for each card.
    RealTime,
}

impl MemberCodeMode {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SystemAllocate => "SYSTEM_ALLOCATE",
            Self::MerchantDeposit => "MERCHANT_DEPOSIT",
            Self::RealTime => "REAL_TIME",
        }
    }
}

/// `date_information` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum CardValidity {
    /// `PERMANENT`
    #[default]
    #[serde(rename = "PERMANENT")]
    Permanent,
    /// `FIX_TIME_RANGE`
    #[serde(rename = "FIX_TIME_RANGE")]
    Range {
        /// From when.
        available_begin_time: Timestamp,
        /// Until when.
        available_end_time: Timestamp,
    },
    /// `FIX_TERM`: counted from the day on which the card was received.
    #[serde(rename = "FIX_TERM")]
    Term {
        /// So many days, the first one included.
        available_day_after_receive: u16,
        /// So many days later.
        #[serde(default)]
        wait_days_after_receive: u16,
    },
}
