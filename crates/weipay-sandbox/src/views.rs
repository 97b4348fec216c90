//! Read-only looks at the world as it is now.

use crate::world::{
    BonusState, BrandUserCardState, CouponState, ProductCouponState, RecordState, UserCardStatus,
};

/// A coupon in a user's wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CouponView {
    /// Whose it is.
    pub openid: String,
    /// The state that it shows now.
    pub state: CouponState,
    /// The number that it was redeemed under, while it is used.
    pub use_request_no: Option<String>,
}

/// A points exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordView {
    /// How far it is.
    pub state: RecordState,
    /// The coupon that came out of it.
    pub coupon_code: Option<String>,
}

/// Points shown after a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BonusView {
    /// Points.
    pub bonus_value: i64,
    /// Shown as to come, or as credited.
    pub state: BonusState,
}

/// A user's member card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberView {
    /// Whose it is.
    pub openid: String,
    /// The status that it shows now.
    pub status: UserCardStatus,
    /// Points.
    pub bonus_value: i64,
    /// Stored value in fen.
    pub balance: i64,
}

/// A user's brand membership card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserCardView {
    /// Its code; empty until the merchant has chosen it.
    pub user_card_code: String,
    /// The state that it shows now.
    pub state: BrandUserCardState,
    /// The balance that `WeChat` shows.
    pub point_balance: i64,
}

/// A product coupon in a user's wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProductCouponView {
    /// Whose it is.
    pub openid: String,
    /// The state that it shows now.
    pub state: ProductCouponState,
    /// The number that it was redeemed under, while it is used.
    pub use_request_no: Option<String>,
}
