//! Merchant coupons in the app.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use super::act::{Act, needed, usual};
use crate::rules;
use crate::state::State;
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

    /// A user deletes a coupon from the wallet. No notification tells the merchant (L10).
    pub fn delete_coupon(&self, stock_id: &str, coupon_code: &str) -> Result<(), Error> {
        self.act(|state| rules::delete_coupon(state, stock_id, coupon_code))
    }

    /// The merchant pauses, resumes or stops a stock on the merchant platform; no API does that. A stopped one stays so.
    pub async fn set_stock_state(&self, stock_id: &str, to: StockState) -> Result<(), Error> {
        self.act(|state| put_stock(state, stock_id, to))
    }
}

fn put_stock(state: &mut State, stock_id: &str, to: StockState) -> Result<(), Error> {
    let mut stocks = state.world.busifavor.stocks.iter_mut();
    let stock: Option<&mut Stock> = stocks.find(|stock| stock.stock_id == stock_id);
    let stock = stock.ok_or_else(|| Error::Unknown { what: "stock_id", name: stock_id.to_owned() })?;
    if stock.state == StockState::Stoped && to != StockState::Stoped {
        return Err(Error::State("a stock that is STOPED stays so".to_owned()));
    }
    stock.state = to;
    Ok(())
}

pub(super) const ACTS: &[Act] = &[
    Act {
        name: "take-coupon",
        title: "Take a coupon from a stock",
        title_zh: "领取商家券",
        members: &[usual("stock_id", "100088"), usual("openid", "xsd3434454567676")],
        deed: |world, said| {
            let (stock_id, openid) = (said.text("stock_id")?, said.text("openid")?);
            world.act(|state| rules::take_coupon(state, &stock_id, &openid))
        },
    },
    Act {
        name: "take-pre-sent-coupon",
        title: "Take a coupon that the merchant promised",
        title_zh: "领取预发放的商家券",
        // Of product-coupons/pre-send.
        members: &[needed("token"), usual("openid", "xsd3434454567676")],
        deed: |world, said| {
            let (token, openid) = (said.text("token")?, said.text("openid")?);
            world.act(|state| rules::take_pre_sent_coupon(state, &token, &openid))
        },
    },
    Act {
        name: "delete-coupon",
        title: "Delete a coupon from the wallet",
        title_zh: "删除卡包内的券",
        members: &[usual("stock_id", "100088"), usual("coupon_code", "sxxe34343434")],
        deed: |world, said| {
            let (stock_id, code) = (said.text("stock_id")?, said.text("coupon_code")?);
            world.act(|state| rules::delete_coupon(state, &stock_id, &code)).map(|()| String::new())
        },
    },
    Act {
        name: "set-stock-state",
        title: "The merchant pauses, resumes or stops a stock on its pages",
        title_zh: "商户平台暂停、恢复或终止批次",
        members: &[usual("stock_id", "100088"), needed("state")],
        deed: |world, said| {
            let states = [StockState::Running, StockState::Paused, StockState::Stoped];
            let to = said.word("state", &states.map(|state| (state.as_str(), state)))?;
            let stock_id = said.text("stock_id")?;
            world.act(|state| put_stock(state, &stock_id, to)).map(|()| String::new())
        },
    },
];
