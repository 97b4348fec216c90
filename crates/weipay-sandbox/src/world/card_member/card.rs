//! Card templates.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A brand's membership card template.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BrandCard {
    /// Template id.
    pub card_id: String,
    /// The brand that it belongs to.
    pub brand_id: String,
    /// The mchid of the partner that manages it and gets its notifications; none when the brand does so itself.
    pub partner: Option<String>,
    /// Where this card's notifications go, if not to the partner's address.
    pub notify_url: Option<String>,
    /// Whether it can be taken.
    #[serde(default)]
    pub state: BrandCardState,
    /// What kind of member it makes.
    #[serde(default)]
    pub card_type: CardType,
    /// Who makes the code of a user's card.
    #[serde(default)]
    pub code_mode: CardCodeMode,
    /// How long a user's card is good for.
    #[serde(default)]
    pub valid_date: ValidDate,
    /// `out_request_no` of its creation.
    pub out_request_no: Option<String>,
    /// When it was created, in business time.
    #[serde(default)]
    pub create_time: Timestamp,
    /// When it was last changed.
    #[serde(default)]
    pub update_time: Timestamp,
    /// What is only shown, as it was sent: `appid`, `card_title`, `card_color`, `benefits`, …
    #[serde(default)]
    pub display: Map<String, Value>,
}

/// Whether a template can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BrandCardState {
    /// `CARD_EFFECTIVE`
    #[default]
    #[serde(rename = "CARD_EFFECTIVE")]
    Effective,
    /// `CARD_INVALID`: no new cards; those that users have stay.
    #[serde(rename = "CARD_INVALID")]
    Invalid,
}

/// `card_type` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CardType {
    /// `NORMAL`
    #[default]
    Normal,
    /// `PURCHASE`: paid for.
    Purchase,
    /// `BALANCE`: with stored value.
    Balance,
}

impl CardType {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Purchase => "PURCHASE",
            Self::Balance => "BALANCE",
        }
    }
}

/// `code_mode` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CardCodeMode {
    /// `SYSTEM_ALLOCATE`: 24 digits by the platform.
    #[default]
    SystemAllocate,
    /// `MERCHANT_ALLOCATE`: by the merchant when it confirms the card.
    MerchantAllocate,
}

impl CardCodeMode {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SystemAllocate => "SYSTEM_ALLOCATE",
            Self::MerchantAllocate => "MERCHANT_ALLOCATE",
        }
    }
}

/// `valid_date_information` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum ValidDate {
    /// `PERMANENT`
    #[default]
    Permanent,
    /// `FIX_TIME_RANGE`
    #[serde(rename = "FIX_TIME_RANGE")]
    Range {
        /// From when.
        #[serde(rename = "available_begin_time")]
        begin: Timestamp,
        /// Until when.
        #[serde(rename = "available_end_time")]
        end: Timestamp,
    },
    /// `FIX_TERM`: so many days from the moment in which the user takes the card.
    #[serde(rename = "FIX_TERM")]
    Term {
        /// Days.
        #[serde(rename = "available_day_after_receive")]
        days: u32,
    },
}
