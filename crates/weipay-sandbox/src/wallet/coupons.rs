//! Merchant coupons in the app.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use crate::rules;
use crate::state::State;
use crate::world::{Coupon, CouponState, Stock, StockState};
use crate::{Error, RunningWorld};

impl RunningWorld {
    /// A user takes a coupon of a running stock, from the merchant's page or mini program. `COUPON.SEND` goes to the
    /// stock's creator. Returns the `coupon_code` at once.
    ///
    /// A stock in `MERCHANT_API` mode has no codes of its own: there the merchant sends.
    pub async fn take_coupon(&self, stock_id: &str, openid: &str) -> Result<String, Error> {
        self.act(|state| rules::take_coupon(state, stock_id, openid))
    }

    /// A user takes the coupon that the merchant promised by `product-coupons/pre-send`. Returns its `coupon_code`.
    pub async fn take_pre_sent_coupon(&self, token: &str, openid: &str) -> Result<String, Error> {
        self.act(|state| rules::take_pre_sent_coupon(state, token, openid))
    }

    /// A user deletes an unused coupon. Nobody is told: there is no event for it (DOC).
    pub async fn delete_coupon(&self, stock_id: &str, coupon_code: &str) -> Result<(), Error> {
        self.act(|state| {
            let now = state.clock.business();
            let at = position(state, stock_id, coupon_code)?;
            let shown = state.coupon_state(&state.world.busifavor.coupons[at], now);
            if shown != CouponState::Sended {
                return Err(Error::State(format!("a coupon that is {} cannot be deleted", shown.as_str())));
            }
            state.world.busifavor.coupons[at].state = CouponState::Deleted;
            Ok(())
        })
    }

    /// The merchant pauses, resumes or stops a stock on the merchant platform; no API does that. A stopped one stays so.
    pub async fn set_stock_state(&self, stock_id: &str, to: StockState) -> Result<(), Error> {
        self.act(|state| {
            let mut stocks = state.world.busifavor.stocks.iter_mut();
            let stock: Option<&mut Stock> = stocks.find(|stock| stock.stock_id == stock_id);
            let stock =
                stock.ok_or_else(|| Error::Unknown { what: "stock_id", name: stock_id.to_owned() })?;
            if stock.state == StockState::Stoped && to != StockState::Stoped {
                return Err(Error::State("a stock that is STOPED stays so".to_owned()));
            }
            stock.state = to;
            Ok(())
        })
    }
}

fn position(state: &State, stock_id: &str, coupon_code: &str) -> Result<usize, Error> {
    let named = |coupon: &Coupon| coupon.stock_id == stock_id && coupon.coupon_code == coupon_code;
    let at = state.world.busifavor.coupons.iter().position(named);
    at.ok_or_else(|| Error::Unknown { what: "coupon_code", name: coupon_code.to_owned() })
}
