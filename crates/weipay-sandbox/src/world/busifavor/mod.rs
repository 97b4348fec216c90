//! Merchant coupons (商家券): stocks, coupons, and what belongs to them.

mod coupon;
mod stock;
mod subsidy;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use coupon::{Coupon, CouponState};
pub use stock::{CodeMode, DayTime, Discount, Stock, StockState, UploadedCode};
pub use subsidy::{PayReceipt, PayStatus, ReturnReceipt};

/// What the merchant coupon family knows.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Busifavor {
    /// Coupon stocks.
    pub stocks: Vec<Stock>,
    /// Coupons in users' wallets.
    pub coupons: Vec<Coupon>,
    /// Codes that merchants uploaded for stocks in `MERCHANT_UPLOAD` mode, in the order in which they are given out.
    pub codes: Vec<UploadedCode>,
    /// Coupons that were promised to a user by `product-coupons/pre-send`.
    pub pre_sends: Vec<PreSend>,
    /// Where `COUPON.SEND` goes, per mchid. Who has set no address gets it at the address of the [`Merchant`].
    ///
    /// [`Merchant`]: crate::world::Merchant
    pub callbacks: Vec<Callback>,
    /// Subsidies paid for redeemed coupons.
    pub pay_receipts: Vec<PayReceipt>,
    /// Subsidies given back.
    pub return_receipts: Vec<ReturnReceipt>,
    /// What a merchant can pay subsidies from, in fen, by mchid. Who is not named has enough.
    pub subsidy_funds: BTreeMap<String, i64>,
    /// Consumption cards (消费卡).
    pub consumption_cards: Vec<ConsumptionCard>,
    /// The family refuses with the newer spellings `NO_AUTH` and `RULE_LIMIT` instead of `NOAUTH` and `RULELIMIT`.
    /// Which of them an endpoint uses today is not published.
    pub newer_spelling: bool,
}

impl Busifavor {
    /// Adds what the other has.
    pub(super) fn add(&mut self, more: Self) {
        let Self {
            stocks,
            coupons,
            codes,
            pre_sends,
            callbacks,
            pay_receipts,
            return_receipts,
            subsidy_funds,
            consumption_cards,
            newer_spelling,
        } = more;
        self.stocks.extend(stocks);
        self.coupons.extend(coupons);
        self.codes.extend(codes);
        self.pre_sends.extend(pre_sends);
        self.callbacks.extend(callbacks);
        self.pay_receipts.extend(pay_receipts);
        self.return_receipts.extend(return_receipts);
        self.subsidy_funds.extend(subsidy_funds);
        self.consumption_cards.extend(consumption_cards);
        self.newer_spelling |= newer_spelling;
    }
}

/// Where a merchant's coupon events go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Whose.
    pub mchid: String,
    /// An `http://` loopback address.
    pub notify_url: String,
    /// When it was set, in business time.
    pub update_time: Timestamp,
}

/// A coupon that waits for its user behind a token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PreSend {
    /// What the merchant's mini program passes on.
    pub token: String,
    /// The merchant that asked for it.
    pub mchid: String,
    /// Its stock.
    pub stock_id: String,
    /// Under whose openids.
    pub appid: String,
    /// `send_request_no`
    pub send_request_no: String,
    /// The code that the merchant chose, in `MERCHANT_API` mode.
    pub coupon_code: Option<String>,
    /// The only user that may take it; none for whoever comes first.
    pub openid: Option<String>,
    /// It was taken.
    #[serde(default)]
    pub taken: bool,
}

/// A consumption card that can be given to users.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumptionCard {
    /// Card id.
    pub card_id: String,
    /// The mchid that may give it.
    pub mchid: String,
    /// The appid that it belongs to.
    pub appid: String,
    /// The cards that users have: code and openid.
    #[serde(default)]
    pub codes: Vec<(String, String)>,
}
