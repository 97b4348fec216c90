//! Points against coupons.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What points can be exchanged for.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeTemplate {
    /// Template id.
    pub exchange_coupon_template_id: String,
    /// The brand that offers it.
    pub brand_id: String,
    /// The card whose points it costs.
    pub card_id: String,
    /// The price in points.
    pub deduct_points: u64,
    /// The stock that the coupon comes from: a product coupon's, or a merchant coupon's.
    pub stock_id: String,
    /// The product coupon, in the newer form.
    pub product_coupon_id: Option<String>,
    /// The kind of product coupon stock, in the newer form.
    pub product_coupon_stock_type: Option<String>,
    /// How many coupons `WeChat` can still issue (shape B); none for no limit.
    pub available: Option<u64>,
    /// `WeChat` issues nothing at the moment (shape B).
    #[serde(default)]
    pub paused: bool,
    /// The most that one user can have (shape B).
    pub per_user: Option<u64>,
}

/// One exchange that a user has begun.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRecord {
    /// The natural key of the exchange.
    pub record_id: String,
    /// What is exchanged.
    pub exchange_coupon_template_id: String,
    /// The brand.
    pub brand_id: String,
    /// The card template.
    pub card_id: String,
    /// The user.
    pub openid: String,
    /// The user's card.
    pub user_card_code: String,
    /// When an undecided record fails by itself, in business time; none for never. ASSUME: 24 hours after its begin.
    pub expires: Option<Timestamp>,
    /// How far it is.
    #[serde(default)]
    pub state: RecordState,
    /// The coupon that came out of it.
    pub coupon_code: Option<String>,
}

/// How far an exchange is. The two ends are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecordState {
    /// Waits for the merchant's decision.
    #[default]
    Pending,
    /// The user has the coupon.
    Succeeded,
    /// Refused, impossible, or too late.
    Failed,
}
