//! Merchant coupons (商家券): stocks and coupons.

use jiff::Timestamp;
use serde::Deserialize;

/// What the merchant coupon family knows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Busifavor {
    /// Coupon stocks.
    pub stocks: Vec<Stock>,
    /// Coupons in users' wallets.
    pub coupons: Vec<Coupon>,
    /// The family refuses with the newer spellings `NO_AUTH` and `RULE_LIMIT` instead of `NOAUTH` and `RULELIMIT`.
    /// Which of them an endpoint uses today is not published.
    pub newer_spelling: bool,
}

/// A merchant coupon stock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// Stock id, decimal digits.
    pub stock_id: String,
    /// Name, at most 21 characters.
    pub stock_name: String,
    /// What it is good for, at most 15 characters.
    pub goods_name: String,
    /// Where codes come from.
    pub code_mode: CodeMode,
    /// The mchid that created it.
    pub creator: String,
    /// The mchid that it belongs to.
    pub belong_merchant: String,
    /// Whether it issues coupons.
    #[serde(default)]
    pub state: StockState,
    /// From when its coupons can be used.
    pub available_begin_time: Timestamp,
    /// Until when.
    pub available_end_time: Timestamp,
    /// Days of the week, 0 = Sunday, in China Standard Time; empty for every day.
    #[serde(default)]
    pub week_days: Vec<u8>,
    /// The most coupons that it can issue.
    pub max_coupons: u64,
    /// The most that one user can have.
    pub max_coupons_per_user: u64,
}

/// Where a stock's codes come from; `coupon_code_mode` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CodeMode {
    /// `WECHATPAY_MODE`: made by the platform, unique everywhere.
    #[default]
    #[serde(rename = "WECHATPAY_MODE")]
    WechatPay,
    /// `MERCHANT_API`: given by the merchant when it sends; unique within the stock.
    MerchantApi,
    /// `MERCHANT_UPLOAD`: uploaded before; unique within the stock.
    MerchantUpload,
}

/// Whether a stock issues coupons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockState {
    /// `UNAUDIT`
    Unaudit,
    /// `RUNNING`
    #[default]
    Running,
    /// `PAUSED`
    Paused,
    /// `STOPED`, spelled so by the API.
    Stoped,
}

/// A coupon in a user's wallet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    /// Its stock.
    pub stock_id: String,
    /// Its code.
    pub coupon_code: String,
    /// Whose it is.
    pub openid: String,
    /// The state that was last written; an unused coupon is expired once its stock's time is over.
    #[serde(default)]
    pub state: CouponState,
    /// When the user got it, in business time.
    pub receive_time: Timestamp,
    /// `out_request_no` of send.
    pub send_request_no: Option<String>,
    /// `use_request_no` of the redemption that counts.
    pub use_request_no: Option<String>,
    /// When it was redeemed, by the platform's clock.
    pub use_time: Option<Timestamp>,
    /// `return_request_no` of the last return.
    pub return_request_no: Option<String>,
    /// When it was returned.
    pub return_time: Option<Timestamp>,
    /// `deactivate_request_no`
    pub deactivate_request_no: Option<String>,
    /// When the merchant took it away.
    pub deactivate_time: Option<Timestamp>,
    /// Why the merchant took it away.
    pub deactivate_reason: Option<String>,
}

impl Coupon {
    /// An unused coupon.
    pub fn sended(stock_id: &str, coupon_code: &str, openid: &str, receive_time: Timestamp) -> Self {
        Self {
            stock_id: stock_id.to_owned(),
            coupon_code: coupon_code.to_owned(),
            openid: openid.to_owned(),
            state: CouponState::Sended,
            receive_time,
            send_request_no: None,
            use_request_no: None,
            use_time: None,
            return_request_no: None,
            return_time: None,
            deactivate_request_no: None,
            deactivate_time: None,
            deactivate_reason: None,
        }
    }
}

/// `coupon_state` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CouponState {
    /// `SENDED`, spelled so by the API: can be used.
    #[default]
    Sended,
    /// `USED`
    Used,
    /// `EXPIRED`
    Expired,
    /// `DELETED`: by the user.
    Deleted,
    /// `DEACTIVATED`: by the merchant.
    Deactivated,
}

impl CouponState {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sended => "SENDED",
            Self::Used => "USED",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Deactivated => "DEACTIVATED",
        }
    }
}
