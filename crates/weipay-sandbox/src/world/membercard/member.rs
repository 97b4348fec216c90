//! A user's member card.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::Secret;

/// A user's member card.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Template id.
    pub card_id: String,
    /// Code of this user's card.
    pub code: String,
    /// The user.
    pub openid: String,
    /// The status that was last written; an effective card expires when its time is over.
    #[serde(default)]
    pub status: UserCardStatus,
    /// Points.
    #[serde(default)]
    pub bonus_value: i64,
    /// Stored value in fen.
    #[serde(default)]
    pub balance: i64,
    /// `membership_number`: shown in place of the code.
    pub membership_number: Option<String>,
    /// Level.
    pub level: Option<String>,
    /// When the user got it, in business time.
    #[serde(default)]
    pub receive_time: Timestamp,
    /// `outer_str` of the invitation.
    pub outer_str: Option<String>,
    /// What the merchant's page gets in place of the code, until the card is activated.
    pub encrypt_code: Option<String>,
    /// With which that page asks what the user filled in.
    pub activate_ticket: Option<String>,
    /// `common_field_list` of `user_information`: what the user filled in, by the name of the field.
    #[serde(default)]
    pub user_information: Vec<(String, Secret)>,
    /// The user had deleted it and came back.
    #[serde(default)]
    pub recovered: bool,
    /// What is shown and not judged: `background_picture_url`, `guide`, `service_modules`, …
    #[serde(default)]
    pub shown: Value,
}

/// `user_card_status` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserCardStatus {
    /// `NOT_ACTIVATE`
    NotActivate,
    /// `EFFECTIVE`
    #[default]
    Effective,
    /// `EXPIRE`
    Expire,
    /// `UNAVAILABLE`
    Unavailable,
    /// `DELETE`
    Delete,
}

impl UserCardStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotActivate => "NOT_ACTIVATE",
            Self::Effective => "EFFECTIVE",
            Self::Expire => "EXPIRE",
            Self::Unavailable => "UNAVAILABLE",
            Self::Delete => "DELETE",
        }
    }
}
