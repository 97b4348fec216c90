//! Brand membership card (商家名片会员): templates, users' cards, activities, and points against coupons.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Secret;

/// What the brand membership card family knows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardMember {
    /// Card templates.
    pub brand_cards: Vec<BrandCard>,
    /// Users' cards, also those that were deleted, or never opened. None is ever taken out.
    pub brand_user_cards: Vec<BrandUserCard>,
    /// What points can be exchanged for.
    pub exchange_templates: Vec<ExchangeTemplate>,
    /// Exchanges that users have begun.
    pub exchange_records: Vec<ExchangeRecord>,
    /// Coupons for new members.
    pub activities: Vec<MembershipActivity>,
    /// Tokens that mini program components were given.
    pub tokens: Vec<CardToken>,
    /// Whose phone is whose: what an import by phone finds.
    pub phones: Vec<Phone>,
}

/// A brand's membership card template.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandCard {
    /// Template id.
    pub card_id: String,
    /// The brand that it belongs to.
    pub brand_id: String,
    /// The mchid of the partner that manages it and gets its notifications; none when the brand does so itself.
    pub partner: Option<String>,
    /// Where this card's notifications go, if not to the partner's address.
    pub notify_url: Option<String>,
    /// Whether it can be taken.
    #[serde(default)]
    pub state: BrandCardState,
    /// What kind of member it makes.
    #[serde(default)]
    pub card_type: CardType,
    /// Who makes the code of a user's card.
    #[serde(default)]
    pub code_mode: CardCodeMode,
    /// How long a user's card is good for.
    #[serde(default)]
    pub valid_date: ValidDate,
    /// `out_request_no` of its creation.
    pub out_request_no: Option<String>,
    /// When it was created, in business time.
    #[serde(default)]
    pub create_time: Timestamp,
    /// When it was last changed.
    #[serde(default)]
    pub update_time: Timestamp,
    /// What is only shown, as it was sent: `appid`, `card_title`, `card_color`, `benefits`, …
    #[serde(default)]
    pub display: Map<String, Value>,
}

/// Whether a template can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BrandCardState {
    /// `CARD_EFFECTIVE`
    #[default]
    #[serde(rename = "CARD_EFFECTIVE")]
    Effective,
    /// `CARD_INVALID`: no new cards; those that users have stay.
    #[serde(rename = "CARD_INVALID")]
    Invalid,
}

/// `card_type` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CardType {
    /// `NORMAL`
    #[default]
    Normal,
    /// `PURCHASE`: paid for.
    Purchase,
    /// `BALANCE`: with stored value.
    Balance,
}

impl CardType {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Purchase => "PURCHASE",
            Self::Balance => "BALANCE",
        }
    }
}

/// `code_mode` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CardCodeMode {
    /// `SYSTEM_ALLOCATE`: 24 digits by the platform.
    #[default]
    SystemAllocate,
    /// `MERCHANT_ALLOCATE`: by the merchant when it confirms the card.
    MerchantAllocate,
}

impl CardCodeMode {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SystemAllocate => "SYSTEM_ALLOCATE",
            Self::MerchantAllocate => "MERCHANT_ALLOCATE",
        }
    }
}

/// `valid_date_information` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum ValidDate {
    /// `PERMANENT`
    #[default]
    Permanent,
    /// `FIX_TIME_RANGE`
    #[serde(rename = "FIX_TIME_RANGE")]
    Range {
        /// From when.
        #[serde(rename = "available_begin_time")]
        begin: Timestamp,
        /// Until when.
        #[serde(rename = "available_end_time")]
        end: Timestamp,
    },
    /// `FIX_TERM`: so many days from the moment in which the user takes the card.
    #[serde(rename = "FIX_TERM")]
    Term {
        /// Days.
        #[serde(rename = "available_day_after_receive")]
        days: u32,
    },
}

/// A user's brand membership card.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandUserCard {
    /// Template id.
    pub card_id: String,
    /// Code of this user's card, at most 32 characters; empty until the merchant has chosen it.
    pub user_card_code: String,
    /// The user.
    pub openid: String,
    /// The balance that `WeChat` shows; set by `user-points/sync`.
    #[serde(default)]
    pub point_balance: i64,
    /// The state that was last written; an effective card is expired once its time is over.
    #[serde(default)]
    pub state: BrandUserCardState,
    /// How long it is good for.
    #[serde(default)]
    pub valid_date: ValidDate,
    /// When the user took it.
    #[serde(default)]
    pub pickup_time: Timestamp,
    /// When the platform first knew of it.
    #[serde(default)]
    pub create_time: Timestamp,
    /// When it was last changed.
    #[serde(default)]
    pub modify_time: Timestamp,
    /// The user's phone number.
    pub phone_number: Option<Secret>,
    /// What the user filled in.
    #[serde(default)]
    pub user_information: UserInformation,
    /// The member's level.
    pub level: Option<String>,
    /// The card's own colour.
    pub card_color: Option<String>,
    /// The card's own picture.
    pub card_picture_url: Option<String>,
    /// The merchant's data.
    pub attach: Option<String>,
    /// Why the merchant ended it.
    pub invalid_reason: Option<String>,
    /// When the merchant ended it.
    pub invalid_time: Option<Timestamp>,
}

/// How a user's card stands. Its names on the wire differ between notifications and queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BrandUserCardState {
    /// `UNACTIVATED`, in notifications `NOT_EFFECTIVE`: waits for the merchant's confirmation.
    Unactivated,
    /// `EFFECTIVE`
    #[default]
    Effective,
    /// `EXPIRED`
    Expired,
    /// `INVALID`, in notifications `UNAVAILABLE`: ended by the merchant.
    Invalid,
    /// Deleted by the user: `DELETE` in notifications. ASSUME: queries show `INVALID`, having no name of their own.
    #[serde(rename = "DELETE")]
    Deleted,
    /// Never opened: refused by the merchant, or not confirmed in time. Queries do not find it (ASSUME).
    Failed,
}

impl BrandUserCardState {
    /// The name in queries.
    pub const fn in_queries(self) -> &'static str {
        match self {
            Self::Unactivated => "UNACTIVATED",
            Self::Effective => "EFFECTIVE",
            Self::Expired => "EXPIRED",
            Self::Invalid | Self::Deleted | Self::Failed => "INVALID",
        }
    }

    /// The name in notifications.
    pub const fn in_notifications(self) -> &'static str {
        match self {
            Self::Unactivated => "NOT_EFFECTIVE",
            Self::Effective => "EFFECTIVE",
            Self::Expired => "EXPIRED",
            Self::Invalid | Self::Failed => "UNAVAILABLE",
            Self::Deleted => "DELETE",
        }
    }
}

/// What a user filled in when opening a card. `Debug` shows the names of the fields only.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserInformation {
    /// The platform's fields, such as `USER_FORM_FLAG_NAME`, with their values.
    #[serde(default)]
    pub common: Vec<(String, Secret)>,
    /// The merchant's own fields with the chosen values.
    #[serde(default)]
    pub custom: Vec<(String, Vec<Secret>)>,
}

impl fmt::Debug for UserInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let common = self.common.iter().map(|(name, _)| name);
        f.debug_list().entries(common.chain(self.custom.iter().map(|(name, _)| name))).finish()
    }
}

/// What points can be exchanged for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeTemplate {
    /// Template id.
    pub exchange_coupon_template_id: String,
    /// The brand that offers it.
    pub brand_id: String,
    /// The card whose points it costs.
    pub card_id: String,
    /// The price in points.
    pub deduct_points: u64,
    /// The stock that the coupon comes from: a product coupon's, or a merchant coupon's.
    pub stock_id: String,
    /// The product coupon, in the newer form.
    pub product_coupon_id: Option<String>,
    /// The kind of product coupon stock, in the newer form.
    pub product_coupon_stock_type: Option<String>,
    /// How many coupons `WeChat` can still issue (shape B); none for no limit.
    pub available: Option<u64>,
    /// `WeChat` issues nothing at the moment (shape B).
    #[serde(default)]
    pub paused: bool,
    /// The most that one user can have (shape B).
    pub per_user: Option<u64>,
}

/// One exchange that a user has begun.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRecord {
    /// The natural key of the exchange.
    pub record_id: String,
    /// What is exchanged.
    pub exchange_coupon_template_id: String,
    /// The brand.
    pub brand_id: String,
    /// The card template.
    pub card_id: String,
    /// The user.
    pub openid: String,
    /// The user's card.
    pub user_card_code: String,
    /// When an undecided record fails by itself, in business time; none for never. ASSUME: 24 hours after its begin.
    pub expires: Option<Timestamp>,
    /// How far it is.
    #[serde(default)]
    pub state: RecordState,
    /// The coupon that came out of it.
    pub coupon_code: Option<String>,
}

/// How far an exchange is. The two ends are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecordState {
    /// Waits for the merchant's decision.
    #[default]
    Pending,
    /// The user has the coupon.
    Succeeded,
    /// Refused, impossible, or too late.
    Failed,
}

/// Product coupons for everybody who becomes a member (品牌会员发券活动).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MembershipActivity {
    /// Activity id.
    pub activity_id: String,
    /// `out_request_no` of its creation.
    #[serde(default)]
    pub out_request_no: String,
    /// The brand.
    pub brand_id: String,
    /// The card that has to be opened.
    pub card_id: String,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// Title below the title.
    #[serde(default)]
    pub sub_title: String,
    /// From when.
    pub begin_time: Timestamp,
    /// Until when.
    pub end_time: Timestamp,
    /// For how many members.
    pub apply_total: u64,
    /// For how many members there still is something.
    pub apply_available: u64,
    /// What each gets: product coupons and their stocks.
    #[serde(default)]
    pub stocks: Vec<StockName>,
    /// Ended by the merchant.
    #[serde(default)]
    pub terminated: bool,
    /// When it was created.
    #[serde(default)]
    pub create_time: Timestamp,
    /// When it was last changed.
    #[serde(default)]
    pub modify_time: Timestamp,
}

/// A stock of a product coupon.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockName {
    /// The product coupon.
    pub product_coupon_id: String,
    /// The stock.
    pub stock_id: String,
}

/// A token for a component of a mini program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardToken {
    /// The token.
    pub token: String,
    /// What for.
    pub purpose: TokenPurpose,
    /// The card template.
    pub card_id: String,
    /// The user that it was made for.
    pub openid: String,
    /// Until when it is good, in business time.
    pub expire_time: Timestamp,
    /// It has been used.
    #[serde(default)]
    pub used: bool,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenPurpose {
    /// Opening a card in the merchant's mini program: one hour.
    PreAuth,
    /// Showing the payment code: ten minutes, once.
    PayView,
}

/// A user's phone number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// Digits.
    pub number: Secret,
    /// Whose it is.
    pub openid: String,
}
