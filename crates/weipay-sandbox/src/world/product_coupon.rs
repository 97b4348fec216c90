//! Product coupons (商品券): what a points exchange gives, and what new members get. Amounts are in fen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the product coupon family knows.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProductCoupons {
    /// Product coupons.
    #[serde(default)]
    pub products: Vec<ProductCoupon>,
    /// Their stocks.
    #[serde(default)]
    pub stocks: Vec<ProductCouponStock>,
    /// Coupons that users have, or had.
    #[serde(default)]
    pub coupons: Vec<UserProductCoupon>,
    /// Coupons that wait for their users to take them.
    #[serde(default)]
    pub pre_sent: Vec<PreSent>,
    /// Where partners and brands want to be told.
    #[serde(default)]
    pub notify_configs: Vec<NotifyConfig>,
    /// A coupon out of a points exchange can be used at once: no notification, nothing to confirm. Which of the two
    /// holds is not published (ASSUME: it goes through both).
    #[serde(default)]
    pub exchanged_ready: bool,
}

/// A product coupon: what its stocks have in common.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProductCoupon {
    /// Product coupon id.
    pub product_coupon_id: String,
    /// The brand that it belongs to.
    pub brand_id: String,
    /// Whether it is in use.
    #[serde(default)]
    pub state: ProductCouponStatus,
    /// What is only shown, as it was sent: `scope`, `type`, `usage_mode`, `display_info`, …
    #[serde(default)]
    pub display: Map<String, Value>,
    /// How it was ended.
    pub deactivated: Option<Deactivation>,
}

/// `state` of a product coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductCouponStatus {
    /// `AUDITING`
    Auditing,
    /// `EFFECTIVE`
    #[default]
    Effective,
    /// `DEACTIVATED`
    Deactivated,
}

/// How something was ended by the merchant.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deactivation {
    /// `deactivate_request_no`
    pub request_no: String,
    /// When.
    pub time: Timestamp,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// A stock of a product coupon.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProductCouponStock {
    /// Stock id.
    pub stock_id: String,
    /// The product coupon that it is of.
    pub product_coupon_id: String,
    /// The brand that it belongs to.
    pub brand_id: String,
    /// The mchid of the partner that made it and gets its notifications; none when the brand did.
    pub partner: Option<String>,
    /// Whether it gives coupons.
    #[serde(default)]
    pub state: ProductCouponStockState,
    /// Where codes come from.
    #[serde(default)]
    pub code_mode: ProductCouponCodeMode,
    /// Codes that were uploaded and not given yet, in the order in which they will be.
    #[serde(default)]
    pub codes: Vec<String>,
    /// How many codes were uploaded.
    #[serde(default)]
    pub uploaded: u64,
    /// The most coupons that it can give.
    pub max_count: u64,
    /// The most on one day in China.
    pub max_count_per_day: Option<u64>,
    /// The most that one user can have.
    pub max_count_per_user: Option<u64>,
    /// From when its coupons can be used.
    pub available_begin_time: Timestamp,
    /// Until when.
    pub available_end_time: Timestamp,
    /// How many days after it was received a coupon becomes usable.
    #[serde(default)]
    pub wait_days_after_receive: u32,
    /// For how many days from then; none for as long as the stock's time lasts.
    pub available_days: Option<u32>,
    /// The appid under which notifications name the user.
    pub notify_appid: Option<String>,
    /// What is only shown, as it was sent: `single_usage_rule`, `coupon_display_info`, …
    #[serde(default)]
    pub display: Map<String, Value>,
    /// How it was ended.
    pub deactivated: Option<Deactivation>,
}

/// `state` of a stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductCouponStockState {
    /// `AUDITING`
    Auditing,
    /// `SENDING`
    #[default]
    Sending,
    /// `PAUSED`
    Paused,
    /// `STOPPED`
    Stopped,
    /// `DEACTIVATED`
    Deactivated,
}

/// `coupon_code_mode` of a stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductCouponCodeMode {
    /// `WECHATPAY`: made by the platform.
    #[default]
    #[serde(rename = "WECHATPAY")]
    WechatPay,
    /// `UPLOAD`: uploaded before.
    Upload,
    /// `API_ASSIGN`: given by the merchant when it sends.
    ApiAssign,
}

/// A product coupon that a user has.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UserProductCoupon {
    /// Its code.
    pub coupon_code: String,
    /// Its stock.
    pub stock_id: String,
    /// Its product coupon.
    pub product_coupon_id: String,
    /// Its brand.
    pub brand_id: String,
    /// The appid under which the openid stands.
    #[serde(default)]
    pub appid: String,
    /// Whose it is.
    pub openid: String,
    /// The state that was last written: a confirmed coupon is pending before its time, and any unused one expired after.
    #[serde(default)]
    pub state: ProductCouponState,
    /// When the user got it, in business time.
    pub receive_time: Timestamp,
    /// From when it can be used.
    pub valid_begin_time: Timestamp,
    /// Until when.
    pub valid_end_time: Timestamp,
    /// `send_request_no`; of a points exchange its `record_id`.
    #[serde(default)]
    pub send_request_no: String,
    /// How the user got it.
    #[serde(default)]
    pub send_channel: SendChannel,
    /// The merchant's data.
    pub attach: Option<String>,
    /// Number and time of its confirmation.
    pub confirmed: Option<Step>,
    /// Number and time of the redemption that counts.
    pub used: Option<Step>,
    /// The order that it was used for, as it was sent.
    pub order: Option<Value>,
    /// Fen that it saved.
    pub saved_amount: Option<i64>,
    /// Number and time of the last return.
    pub returned: Option<Step>,
    /// How the merchant took it away.
    pub deactivated: Option<Deactivation>,
}

/// A request number and the moment in which it took effect.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `out_request_no`
    pub request_no: String,
    /// When.
    pub time: Timestamp,
}

/// `coupon_state` of a user's product coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductCouponState {
    /// `CONFIRMING`: the user sees it and cannot use it, until the merchant has confirmed it.
    #[default]
    Confirming,
    /// `PENDING`: its time has not come.
    Pending,
    /// `EFFECTIVE`
    Effective,
    /// `USED`
    Used,
    /// `EXPIRED`
    Expired,
    /// `DELETED`: by the user.
    Deleted,
    /// `DEACTIVATED`: by the merchant.
    Deactivated,
}

impl ProductCouponState {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirming => "CONFIRMING",
            Self::Pending => "PENDING",
            Self::Effective => "EFFECTIVE",
            Self::Used => "USED",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Deactivated => "DEACTIVATED",
        }
    }
}

/// `send_channel`: how a user got a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SendChannel {
    /// `API`: the merchant sent it.
    #[default]
    Api,
    /// `RECEIVE_COMPONENT`: taken in the merchant's mini program.
    ReceiveComponent,
    /// `MEMBER`: for points, or for becoming a member.
    Member,
}

impl SendChannel {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::ReceiveComponent => "RECEIVE_COMPONENT",
            Self::Member => "MEMBER",
        }
    }
}

/// Where somebody wants to be told about product coupons.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyConfig {
    /// The mchid of a partner, for all its brands, or a brand id.
    pub owner: String,
    /// The address.
    pub notify_url: String,
    /// When it was set.
    #[serde(default)]
    pub update_time: Timestamp,
}

/// A coupon that a user may take with a token.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PreSent {
    /// The token.
    pub token: String,
    /// The stock.
    pub stock_id: String,
    /// The appid under which the openid stands.
    #[serde(default)]
    pub appid: String,
    /// The user.
    pub openid: String,
    /// `send_request_no`
    #[serde(default)]
    pub send_request_no: String,
    /// The merchant's code.
    pub coupon_code: Option<String>,
    /// The merchant's data.
    pub attach: Option<String>,
    /// Until when the token is good, in business time.
    pub expire_time: Timestamp,
    /// The user has taken it.
    #[serde(default)]
    pub taken: bool,
}
