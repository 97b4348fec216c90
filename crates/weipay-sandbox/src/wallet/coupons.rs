//! Merchant coupons in the app.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use crate::rules;
use crate::world::{Stock, StockState};
use crate::{Error, RunningWorld};

impl RunningWorld {
    /// A user takes a coupon of a running stock, from the merchant's page or mini program. `COUPON.SEND` goes to the
    /// stock's creator. Returns the `coupon_code` at once.
    ///
    /// A stock in `MERCHANT_API` mode has no codes of its own: there the merchant sends. Fails for a stock that does not
    /// exist, issues nothing now, or has given this user as many as it may.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), weipay_sandbox::Error> {
    /// use weipay_sandbox::world::CodeMode;
    /// use weipay_sandbox::{Sandbox, World};
    ///
    /// let mut world = World::documentation();
    /// world.busifavor.stocks[0].code_mode = CodeMode::WechatPay;
    /// let sandbox = Sandbox::builder().world(world).start().await?;
    /// let coupon_code = sandbox.take_coupon("100088", "oSomebody").await?;
    /// assert!(sandbox.coupon("100088", &coupon_code).is_some());
    /// # Ok(()) }
    /// ```
    pub async fn take_coupon(&self, stock_id: &str, openid: &str) -> Result<String, Error> {
        self.act(|state| rules::take_coupon(state, stock_id, openid))
    }

    /// A user takes the coupon that the merchant promised by `product-coupons/pre-send`. Returns its `coupon_code`.
    pub async fn take_pre_sent_coupon(&self, token: &str, openid: &str) -> Result<String, Error> {
        self.act(|state| rules::take_pre_sent_coupon(state, token, openid))
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
