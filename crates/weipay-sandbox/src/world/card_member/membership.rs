//! What members get beside their cards.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Product coupons for everybody who becomes a member (品牌会员发券活动).
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MembershipActivity {
    /// Activity id.
    pub activity_id: String,
    /// `out_request_no` of its creation.
    #[serde(default)]
    pub out_request_no: String,
    /// The brand.
    pub brand_id: String,
    /// The card that has to be opened.
    pub card_id: String,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// Title below the title.
    #[serde(default)]
    pub sub_title: String,
    /// From when.
    pub begin_time: Timestamp,
    /// Until when.
    pub end_time: Timestamp,
    /// For how many members.
    pub apply_total: u64,
    /// For how many members there still is something.
    pub apply_available: u64,
    /// What each gets: product coupons and their stocks.
    #[serde(default)]
    pub stocks: Vec<StockName>,
    /// Ended by the merchant.
    #[serde(default)]
    pub terminated: bool,
    /// When it was created.
    #[serde(default)]
    pub create_time: Timestamp,
    /// When it was last changed.
    #[serde(default)]
    pub modify_time: Timestamp,
}

/// A stock of a product coupon.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StockName {
    /// The product coupon.
    pub product_coupon_id: String,
    /// The stock.
    pub stock_id: String,
}

/// A token for a component of a mini program.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CardToken {
    /// The token.
    pub token: String,
    /// What for.
    pub purpose: TokenPurpose,
    /// The card template.
    pub card_id: String,
    /// The user that it was made for.
    pub openid: String,
    /// Until when it is good, in business time.
    pub expire_time: Timestamp,
    /// It has been used.
    #[serde(default)]
    pub used: bool,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenPurpose {
    /// Opening a card in the merchant's mini program: one hour.
    PreAuth,
    /// Showing the payment code: ten minutes, once.
    PayView,
}
