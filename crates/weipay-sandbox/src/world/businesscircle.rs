//! Smart business circle (智慧商圈): users and payments. Amounts are in fen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Secret;

/// What the business circle family knows.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusinessCircle {
    /// Users known to a business circle.
    pub mall_users: Vec<MallUser>,
    /// Payments made inside a business circle.
    pub mall_orders: Vec<MallOrder>,
    /// Members' cars.
    pub parkings: Vec<Parking>,
    /// points/notify refuses changed values with 400 `INVALID_REQUEST`, instead of letting the last ones win. What the real
    /// server does is not published.
    pub strict: bool,
    /// points/notify answers 404 `RESOURCE_NOT_EXISTS` to an unknown order, user or appid, instead of the text that it has
    /// for everything.
    pub unknown_is_404: bool,
    /// The commit status is answered as the pages say: 204 without a body.
    pub commit_status_without_body: bool,
}

/// A user in a business circle.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MallUser {
    /// The merchant or partner that calls.
    pub mchid: String,
    /// The mall, when a partner calls for it.
    pub sub_mchid: Option<String>,
    /// The mini program that the user authorised in.
    pub appid: String,
    /// The user under that appid.
    pub openid: String,
    /// Whether the user joined the points service.
    #[serde(default)]
    pub authorization: Authorization,
}

/// A user's authorisation of the points service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    /// The state now.
    #[serde(default)]
    pub state: AuthorizeState,
    /// When the user joined.
    pub authorize_time: Option<Timestamp>,
    /// When the user left.
    pub deauthorize_time: Option<Timestamp>,
}

/// `authorize_state` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorizeState {
    /// Never joined.
    #[default]
    Unauthorized,
    /// Joined.
    Authorized,
    /// Left again.
    Deauthorized,
}

/// A payment inside a business circle.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MallOrder {
    /// The merchant or partner that gets the notification.
    pub mchid: String,
    /// The mall, when a partner calls for it.
    pub sub_mchid: Option<String>,
    /// `WeChat`'s order number.
    pub transaction_id: String,
    /// The mini program.
    pub appid: String,
    /// The payer under that appid.
    pub openid: String,
    /// Fen.
    pub amount: i64,
    /// When it was paid, in business time.
    pub paid: Timestamp,
    /// The user asked for the points by hand: the commit status stays `PENDING` until points/notify.
    #[serde(default)]
    pub commit_tag: bool,
    /// What points/notify said; none before it.
    pub increased_points: Option<i64>,
    /// Fen already given back.
    #[serde(default)]
    pub refunded: i64,
}

/// A member's car in the car park, or one that was there.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parking {
    /// The merchant or partner that told of it.
    pub mchid: String,
    /// The mall, when a partner calls for it.
    pub sub_mchid: Option<String>,
    /// The member under the mini program's appid.
    pub openid: String,
    /// The plate.
    pub plate_number: Secret,
    /// When it came.
    pub came: Timestamp,
    /// When it left; none while it is there.
    pub left: Option<Timestamp>,
}
