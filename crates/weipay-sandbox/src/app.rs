//! What a user does in the `WeChat` app, as far as cards and coupons go, and what the user sees there.

use crate::rules::{self, MallMember, TakeCard};
use crate::views::{ProductCouponView, UserCardView};
use crate::{Error, RunningWorld};

#[expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]
impl RunningWorld {
    /// A user takes a brand membership card: it waits for the merchant's confirmation, and the card's manager is told
    /// (`USER_CARD.CREATE`). Returns the card's code at once; none if the merchant chooses it when it confirms.
    pub async fn take_card(&self, order: TakeCard) -> Result<Option<String>, Error> {
        self.act(|state| rules::take_card(state, &self.shared.keys(), &order))
    }

    /// A user deletes a brand membership card, and the card's manager is told (`USER_CARD.DELETE`).
    pub async fn delete_card(&self, card_id: &str, user_card_code: &str) -> Result<(), Error> {
        self.act(|state| rules::delete_card(state, &self.shared.keys(), card_id, user_card_code))
    }

    /// A user looks at the points of a brand membership card, and the card's manager is asked for the balance
    /// (`SYNC_USER_POINT`).
    pub async fn view_points(&self, card_id: &str, user_card_code: &str) -> Result<(), Error> {
        self.act(|state| rules::view_points(state, card_id, user_card_code))
    }

    /// A user joins the points service of a mall, which is told (`MALL_AUTH.ACTIVATE_CARD`). Returns the notification's
    /// `code`.
    pub async fn join_mall(&self, member: MallMember) -> Result<String, Error> {
        self.act(|state| rules::join_mall(state, &member))
    }

    /// A user leaves the points service of a mall. Nobody is told.
    pub async fn leave_mall(&self, member: MallMember) -> Result<(), Error> {
        self.act(|state| rules::leave_mall(state, &member))
    }

    /// A member has the payment code shown with a token of `pay-view-tokens`, which works once.
    pub async fn show_payment_code(&self, token: &str) -> Result<(), Error> {
        self.act(|state| rules::show_payment_code(state, token))
    }

    /// A user takes a product coupon with a token of `pre-send-coupon`. Returns its code.
    pub async fn take_product_coupon(&self, token: &str) -> Result<String, Error> {
        self.act(|state| rules::take_product_coupon(state, token))
    }

    /// A user deletes a product coupon. Nobody is told.
    pub async fn delete_product_coupon(&self, stock_id: &str, coupon_code: &str) -> Result<(), Error> {
        self.act(|state| rules::delete_product_coupon(state, stock_id, coupon_code))
    }
}

impl RunningWorld {
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
}
