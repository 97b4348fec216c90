//! What the merchant is asked about, with the members that WeChat Pay's notification had.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `Debug` of what holds personal data: the business key and nothing else.
macro_rules! reticent {
    ($($type:ident: $($key:ident),+;)+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type))$(.field(stringify!($key), &self.$key))+.finish_non_exhaustive()
            }
        }
    )+};
}

reticent! {
    Exchange: record_id;
    Payment: transaction_id;
    Refund: refund_id, transaction_id;
    Holder: card_id;
    Card: change, card_id;
    Other: event_type, notification_id;
    Coupon: stock_id;
}

/// `…POINT_EXCHANGE_COUPON`: a member wants a coupon for points.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The exchange: decide each once.
    pub record_id: String,
    /// What the member chose.
    pub exchange_coupon_template_id: String,
    /// The brand; absent where the brand itself is notified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<String>,
    /// The card's template.
    pub card_id: String,
    /// The member.
    pub openid: String,
    /// The member's card.
    pub user_card_code: String,
    /// What it costs, in points.
    #[serde(deserialize_with = "count")]
    pub deduct_points: u64,
    /// The stock that the coupon comes from.
    pub stock_id: String,
    /// What else the notification had.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// `MALL_TRANSACTION.SUCCESS`: a member paid in the mall.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// WeChat Pay's order number.
    pub transaction_id: String,
    /// The mall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mchid: Option<String>,
    /// The mini program in which the member gave the authorisation.
    pub appid: String,
    /// The member, under that appid.
    pub openid: String,
    /// What was paid, in fen.
    #[serde(deserialize_with = "count")]
    pub amount: u64,
    /// What else the notification had.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// `MALL_REFUND.SUCCESS`: a payment was refunded, in whole or in part. May come before its payment, and several times
/// for one payment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The refund: take the points of each back once.
    pub refund_id: String,
    /// The payment.
    pub transaction_id: String,
    /// The mall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mchid: Option<String>,
    /// The member.
    pub openid: String,
    /// What had been paid, in fen.
    #[serde(deserialize_with = "count")]
    pub pay_amount: u64,
    /// What was given back, in fen.
    #[serde(deserialize_with = "count")]
    pub refund_amount: u64,
    /// What else the notification had.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A membership card whose points are to be shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The brand; absent where the brand itself is notified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<String>,
    /// The card's template.
    pub card_id: String,
    /// The member.
    pub openid: String,
    /// The member's card.
    pub user_card_code: String,
}

/// What happened to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardChange {
    /// A member wants one; without an answer it is not opened.
    Created,
    /// A member gave it up.
    Deleted,
}

/// `…USER_CARD.CREATE` and `…USER_CARD.DELETE`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// What happened.
    pub change: CardChange,
    /// The brand; absent where the brand itself is notified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<String>,
    /// The card's template.
    pub card_id: String,
    /// The member.
    pub openid: String,
    /// The member's card; absent at its creation where you allot the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_card_code: Option<String>,
    /// What else the notification had; the phone number and the form are encrypted with your certificate.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// Any other event, as WeChat Pay sent it. Only those that are listed come ([`Merchant::event`](crate::Merchant::event)).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// Such as `TRANSACTION.SUCCESS`.
    pub event_type: String,
    /// The notification's id: WeChat Pay repeats a notification under the same one.
    pub notification_id: String,
    /// What the notification was about, decrypted.
    pub resource: Map<String, Value>,
}

/// `PRODUCT_COUPON….SEND`: a coupon was given to a user, and stays unusable until it is confirmed. Nobody is asked: the
/// relay confirms it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "spelled as the API spells them")]
pub(crate) struct Coupon {
    pub(crate) coupon_code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) brand_id: Option<String>,
    pub(crate) product_coupon_id: String,
    pub(crate) stock_id: String,
    pub(crate) openid: String,
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

impl Exchange {
    /// The card whose points are exchanged.
    pub fn holder(&self) -> Holder {
        Holder {
            brand_id: self.brand_id.clone(),
            card_id: self.card_id.clone(),
            openid: self.openid.clone(),
            user_card_code: self.user_card_code.clone(),
        }
    }
}

/// A whole number of at least 0, as a number or as decimal digits.
fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Count;
    impl serde::de::Visitor<'_> for Count {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number of at least 0")
        }

        fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<u64, E> {
            Ok(value)
        }

        fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<u64, E> {
            value.try_into().map_err(|_| E::custom("less than 0"))
        }

        fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<u64, E> {
            value.parse().map_err(|_| E::custom("not a whole number of at least 0"))
        }
    }
    deserializer.deserialize_any(Count)
}
