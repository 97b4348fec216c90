//! Brand membership card (商家名片会员): templates, users' cards, what members get, and points against coupons.

mod card;
mod exchange;
mod membership;
mod user_card;

pub use card::{BrandCard, BrandCardState, CardCodeMode, CardType, ValidDate};
pub use exchange::{ExchangeRecord, ExchangeTemplate, RecordState};
pub use membership::{CardToken, MembershipActivity, StockName, TokenPurpose};
pub use user_card::{BrandUserCard, BrandUserCardState, UserInformation};

use serde::{Deserialize, Serialize};

/// What the brand membership card family knows.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardMember {
    /// Card templates.
    pub brand_cards: Vec<BrandCard>,
    /// Users' cards, also those that were deleted, or never opened. None is ever taken out.
    pub brand_user_cards: Vec<BrandUserCard>,
    /// What points can be exchanged for.
    pub exchange_templates: Vec<ExchangeTemplate>,
    /// Exchanges that users have begun.
    pub exchange_records: Vec<ExchangeRecord>,
    /// Coupons for new members.
    pub activities: Vec<MembershipActivity>,
    /// Tokens that mini program components were given.
    pub tokens: Vec<CardToken>,
}
