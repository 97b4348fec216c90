//! What the notifications of a points programme carry, as far as this shop needs it.

use serde::Deserialize;

/// `MALL_TRANSACTION.SUCCESS`: a member paid in the mall.
#[derive(Clone, Deserialize)]
pub struct MallTransaction {
    /// WeChat Pay's order number: the key of everything that follows.
    pub transaction_id: String,
    /// The mini program in which the member gave the authorisation.
    pub appid: String,
    /// The member.
    pub openid: String,
    /// What was paid, in fen.
    pub amount: u64,
}

/// `MALL_REFUND.SUCCESS`: a payment was refunded, in whole or in part.
#[derive(Clone, Deserialize)]
pub struct MallRefund {
    /// The refund: several may belong to one payment.
    pub refund_id: String,
    /// The payment.
    pub transaction_id: String,
    /// The member.
    pub openid: String,
    /// What had been paid, in fen.
    pub pay_amount: u64,
    /// What was given back, in fen.
    pub refund_amount: u64,
}

/// `BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON`: a member wants a coupon for points.
#[derive(Clone, Deserialize)]
pub struct PointExchange {
    /// The exchange: the key of the decision.
    pub record_id: String,
    /// Which exchange the member chose.
    pub exchange_coupon_template_id: String,
    /// The brand.
    pub brand_id: String,
    /// The card's template.
    pub card_id: String,
    /// The member.
    pub openid: String,
    /// The member's card.
    pub user_card_code: String,
    /// What it costs, in points.
    pub deduct_points: u64,
    /// The stock that the coupon comes from.
    pub stock_id: String,
}
