//! A stock of merchant coupons, and the codes uploaded for it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A merchant coupon stock.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// Stock id, decimal digits.
    pub stock_id: String,
    /// Name, at most 21 characters.
    pub stock_name: String,
    /// What it is good for, at most 15 characters.
    pub goods_name: String,
    /// `stock_type` with its amounts.
    #[serde(default)]
    pub discount: Discount,
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
    /// A coupon is good for so many days, the day on which it becomes effective included.
    pub available_day_after_receive: Option<u16>,
    /// A coupon becomes effective so many days after it was received.
    pub wait_days_after_receive: Option<u16>,
    /// A coupon is good for so many seconds after it was received.
    pub available_second_after_receive: Option<u32>,
    /// Days of the week, 0 = Sunday, in China Standard Time; empty for every day.
    #[serde(default)]
    pub week_days: Vec<u8>,
    /// Times of these days; empty for the whole day.
    #[serde(default)]
    pub day_times: Vec<DayTime>,
    /// `irregulary_avaliable_time`, spelled so by the API: from when until when, beside the days of the week.
    #[serde(default)]
    pub irregular_times: Vec<(Timestamp, Timestamp)>,
    /// The most coupons that it can issue.
    pub max_coupons: u64,
    /// The most that one user can have.
    pub max_coupons_per_user: u64,
    /// The most that it can issue in one day of China Standard Time.
    pub max_coupons_by_day: Option<u64>,
    /// `notify_config.notify_appid`: without it `COUPON.SEND` has no openid.
    pub notify_appid: Option<String>,
    /// Subsidies may be paid for its coupons.
    #[serde(default)]
    pub subsidy: bool,
    /// What is shown and not judged, in the form of the query's answer: `comment`, `custom_entrance`,
    /// `display_pattern_info`, the switches of `stock_send_rule`, `use_method` in `coupon_use_rule`.
    #[serde(default)]
    pub shown: Value,
}

/// `stock_type` and what it takes off; amounts in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "stock_type", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Discount {
    /// `NORMAL`: an amount off a purchase of at least so much.
    Normal {
        /// 1 to 10,000,000.
        discount_amount: i64,
        /// 0 for any purchase.
        transaction_minimum: i64,
    },
    /// `DISCOUNT`: a part of the price is to be paid.
    Discount {
        /// 88 is 12 % off.
        discount_percent: i64,
        /// 0 for any purchase.
        transaction_minimum: i64,
    },
    /// `EXCHANGE`: one article for this price.
    Exchange {
        /// From 0.
        exchange_price: i64,
        /// 0 for any purchase.
        transaction_minimum: i64,
    },
}

impl Default for Discount {
    fn default() -> Self {
        Self::Normal { discount_amount: 100, transaction_minimum: 100 }
    }
}

impl Discount {
    /// `stock_type` on the wire.
    pub const fn stock_type(self) -> &'static str {
        match self {
            Self::Normal { .. } => "NORMAL",
            Self::Discount { .. } => "DISCOUNT",
            Self::Exchange { .. } => "EXCHANGE",
        }
    }
}

/// A time of day, in seconds from midnight, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DayTime {
    /// 0 to 86,399.
    pub begin_time: u32,
    /// 0 to 86,399.
    pub end_time: u32,
}

/// Where a stock's codes come from; `coupon_code_mode` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
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

impl CodeMode {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WechatPay => "WECHATPAY_MODE",
            Self::MerchantApi => "MERCHANT_API",
            Self::MerchantUpload => "MERCHANT_UPLOAD",
        }
    }
}

/// Whether a stock issues coupons; `stock_state` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
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

impl StockState {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unaudit => "UNAUDIT",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Stoped => "STOPED",
        }
    }
}

/// A code of a stock in `MERCHANT_UPLOAD` mode.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UploadedCode {
    /// Its stock.
    pub stock_id: String,
    /// The code.
    pub code: String,
    /// When it was uploaded, in business time.
    pub upload_time: Timestamp,
    /// When a user got it, and who; none while it is `AVAILABLE`.
    pub dispatched: Option<(Timestamp, String)>,
}
