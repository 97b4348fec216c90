//! Read-only looks at the world as it is now.

use crate::world::{
    BonusState, BrandUserCardState, CouponState, Order, ProductCouponState, RecordState, UserCardStatus,
};
use crate::{RunningWorld, rules};

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

impl RunningWorld {
    /// An order as the world has it now. `sub_mchid` is the sub-merchant that a partner made it for.
    pub fn order(&self, mchid: &str, sub_mchid: Option<&str>, out_trade_no: &str) -> Option<Order> {
        let state = self.shared.state();
        let mut orders = state.world.payments.orders.iter();
        orders.find(|order| order.is(mchid, sub_mchid, out_trade_no)).cloned()
    }

    /// The orders that can be paid now, oldest first. The payer's page of one is at `/sandbox/pay/` and its `prepay_id`; at its
    /// `out_trade_no` if it is paid by code.
    pub fn payable(&self) -> Vec<Order> {
        let state = self.shared.state();
        let now = state.clock.business();
        let orders = state.world.payments.orders.iter();
        orders.filter(|order| order.is_payable(now)).cloned().collect()
    }

    /// The fen on a merchant's account.
    pub fn balance(&self, mchid: &str) -> i64 {
        self.shared.state().world.funds.balance(mchid)
    }

    /// A merchant coupon.
    pub fn coupon(&self, stock_id: &str, coupon_code: &str) -> Option<CouponView> {
        let state = self.shared.state();
        let mut coupons = state.world.busifavor.coupons.iter();
        let coupon =
            coupons.find(|coupon| coupon.stock_id == stock_id && coupon.coupon_code == coupon_code)?;
        Some(CouponView {
            openid: coupon.openid.clone(),
            state: state.coupon_state(coupon, state.clock.business()),
            use_request_no: coupon.use_request_no.clone(),
        })
    }

    /// A points exchange.
    pub fn record(&self, record_id: &str) -> Option<RecordView> {
        let state = self.shared.state();
        let record =
            state.world.card_member.exchange_records.iter().find(|record| record.record_id == record_id)?;
        Some(RecordView { state: record.state, coupon_code: record.coupon_code.clone() })
    }

    /// The balance that `WeChat` shows on a brand membership card.
    pub fn point_balance(&self, card_id: &str, user_card_code: &str) -> Option<i64> {
        let state = self.shared.state();
        let mut cards = state.world.card_member.brand_user_cards.iter();
        let card = cards.find(|card| card.card_id == card_id && card.user_card_code == user_card_code)?;
        Some(card.point_balance)
    }

    /// The points on a member card.
    pub fn bonus_value(&self, card_id: &str, code: &str) -> Option<i64> {
        let state = self.shared.state();
        let member = state
            .world
            .membercard
            .members
            .iter()
            .find(|member| member.card_id == card_id && member.code == code)?;
        Some(member.bonus_value)
    }

    /// The points shown after the payment of an order.
    pub fn bonus(&self, trade_mchid: &str, out_trade_no: &str) -> Option<BonusView> {
        let state = self.shared.state();
        let mut bonuses = state.world.membercard.bonuses.iter();
        let bonus =
            bonuses.find(|bonus| bonus.trade_mchid == trade_mchid && bonus.out_trade_no == out_trade_no)?;
        Some(BonusView { bonus_value: bonus.bonus_value, state: bonus.state })
    }

    /// The points that points/notify reported for a payment in the mall; none before it did.
    pub fn increased_points(&self, transaction_id: &str) -> Option<i64> {
        let state = self.shared.state();
        let mut orders = state.world.businesscircle.mall_orders.iter();
        orders.find(|order| order.transaction_id == transaction_id)?.increased_points
    }

    /// The newest card of this template that a user has, or had.
    pub fn user_card(&self, card_id: &str, openid: &str) -> Option<UserCardView> {
        let state = self.shared.state();
        let mut cards = state.world.card_member.brand_user_cards.iter().rev();
        let card = cards.find(|card| card.card_id == card_id && card.openid == openid)?;
        Some(UserCardView {
            user_card_code: card.user_card_code.clone(),
            state: rules::user_card_state(card, state.clock.business()),
            point_balance: card.point_balance,
        })
    }

    /// The members' cars that are in malls' car parks now, as openids.
    pub fn parked(&self) -> Vec<String> {
        let state = self.shared.state();
        let parkings = state.world.businesscircle.parkings.iter();
        parkings.filter(|parking| parking.left.is_none()).map(|parking| parking.openid.clone()).collect()
    }

    /// A product coupon.
    pub fn product_coupon(&self, stock_id: &str, coupon_code: &str) -> Option<ProductCouponView> {
        let state = self.shared.state();
        let mut coupons = state.world.product_coupon.coupons.iter();
        let coupon =
            coupons.find(|coupon| coupon.stock_id == stock_id && coupon.coupon_code == coupon_code)?;
        Some(ProductCouponView {
            openid: coupon.openid.clone(),
            state: rules::product_coupon_state(coupon, state.clock.business()),
            use_request_no: coupon.used.as_ref().map(|step| step.request_no.clone()),
        })
    }

    /// A user's member card.
    pub fn member(&self, card_id: &str, code: &str) -> Option<MemberView> {
        let state = self.shared.state();
        rules::membercard::look(&state, card_id, code)
    }
}
