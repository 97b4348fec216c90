//! Users' cards.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ValidDate;
use crate::world::Secret;

/// A user's brand membership card.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BrandUserCard {
    /// Template id.
    pub card_id: String,
    /// Code of this user's card, at most 32 characters; empty until the merchant has chosen it.
    pub user_card_code: String,
    /// The user.
    pub openid: String,
    /// The balance that `WeChat` shows; set by `user-points/sync`.
    #[serde(default)]
    pub point_balance: i64,
    /// The state that was last written; an effective card is expired once its time is over.
    #[serde(default)]
    pub state: BrandUserCardState,
    /// How long it is good for.
    #[serde(default)]
    pub valid_date: ValidDate,
    /// When the user took it.
    #[serde(default)]
    pub pickup_time: Timestamp,
    /// When the platform first knew of it.
    #[serde(default)]
    pub create_time: Timestamp,
    /// When it was last changed.
    #[serde(default)]
    pub modify_time: Timestamp,
    /// The user's phone number.
    pub phone_number: Option<Secret>,
    /// What the user filled in.
    #[serde(default)]
    pub user_information: UserInformation,
    /// The member's level.
    pub level: Option<String>,
    /// The card's own colour.
    pub card_color: Option<String>,
    /// The card's own picture.
    pub card_picture_url: Option<String>,
    /// The merchant's data.
    pub attach: Option<String>,
    /// Why the merchant ended it.
    pub invalid_reason: Option<String>,
    /// When the merchant ended it.
    pub invalid_time: Option<Timestamp>,
}

/// How a user's card stands. Its names on the wire differ between notifications and queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BrandUserCardState {
    /// `UNACTIVATED`, in notifications `NOT_EFFECTIVE`: waits for the merchant's confirmation.
    Unactivated,
    /// `EFFECTIVE`
    #[default]
    Effective,
    /// `EXPIRED`
    Expired,
    /// `INVALID`, in notifications `UNAVAILABLE`: ended by the merchant.
    Invalid,
    /// Deleted by the user: `DELETE` in notifications. ASSUME: queries show `INVALID`, having no name of their own.
    #[serde(rename = "DELETE")]
    Deleted,
    /// Never opened: refused by the merchant, or not confirmed in time. Queries do not find it (ASSUME).
    Failed,
}

impl BrandUserCardState {
    /// The name in queries.
    pub const fn in_queries(self) -> &'static str {
        match self {
            Self::Unactivated => "UNACTIVATED",
            Self::Effective => "EFFECTIVE",
            Self::Expired => "EXPIRED",
            Self::Invalid | Self::Deleted | Self::Failed => "INVALID",
        }
    }

    /// The name in notifications.
    pub const fn in_notifications(self) -> &'static str {
        match self {
            Self::Unactivated => "NOT_EFFECTIVE",
            Self::Effective => "EFFECTIVE",
            Self::Expired => "EXPIRED",
            Self::Invalid | Self::Failed => "UNAVAILABLE",
            Self::Deleted => "DELETE",
        }
    }
}

/// What a user filled in when opening a card. `Debug` shows the names of the fields only.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UserInformation {
    /// The platform's fields, such as `USER_FORM_FLAG_NAME`, with their values.
    #[serde(default)]
    pub common: Vec<(String, Secret)>,
    /// The merchant's own fields with the chosen values.
    #[serde(default)]
    pub custom: Vec<(String, Vec<Secret>)>,
}

impl fmt::Debug for UserInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let common = self.common.iter().map(|(name, _)| name);
        f.debug_list().entries(common.chain(self.custom.iter().map(|(name, _)| name))).finish()
    }
}
