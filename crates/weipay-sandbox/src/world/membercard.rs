//! Member card (会员卡): cards, points, and points shown after a payment.

use serde::Deserialize;

/// What the member card family knows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemberCards {
    /// Card templates.
    pub member_cards: Vec<MemberCard>,
    /// Users' cards.
    pub members: Vec<Member>,
    /// Points shown on payment-result pages.
    pub bonuses: Vec<Bonus>,
}

/// A member card template.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberCard {
    /// Template id.
    pub card_id: String,
    /// The mchid that created it; nobody else may change its users' cards.
    pub creator: String,
    /// The mchids whose orders it can name beside its creator's.
    #[serde(default)]
    pub trade_mchids: Vec<String>,
    /// The template's bonus right is open.
    pub bonus_right: bool,
}

/// A user's member card.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Template id.
    pub card_id: String,
    /// Code of this user's card.
    pub code: String,
    /// The user.
    pub openid: String,
    /// Whether it can be used.
    #[serde(default)]
    pub status: UserCardStatus,
    /// Points.
    #[serde(default)]
    pub bonus_value: i64,
    /// Stored value in fen.
    #[serde(default)]
    pub balance: i64,
}

/// `user_card_status` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
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

/// Points shown on the page after a payment. They do not move the member's balance.
#[derive(Debug, Clone, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BonusState {
    /// Shown as to come.
    #[default]
    Prepared,
    /// Shown as credited.
    Committed,
}
