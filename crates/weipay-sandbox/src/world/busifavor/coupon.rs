//! A coupon in a user's wallet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A coupon in a user's wallet.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
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
    /// The mchid that sent it; none for the stock's owner.
    pub send_merchant: Option<String>,
    /// `out_request_no` of send.
    pub send_request_no: Option<String>,
    /// The order that it is associated with.
    pub associate_out_trade_no: Option<String>,
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
            receive_time,
            ..Self::default()
        }
    }
}

/// `coupon_state` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
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
