//! The entities of the four loyalty families. Amounts are in fen, points are points.

use jiff::Timestamp;

// ── Brand membership card (商家名片会员) ──────────────────────────────────────────────────────────────────────────

/// A brand's membership card template.
#[derive(Debug, Clone)]
pub struct BrandCard {
    /// Template id.
    pub card_id: String,
    /// The brand that it belongs to.
    pub brand_id: String,
    /// The mchid of the partner that manages it and gets its notifications.
    pub partner: String,
    /// Where this card's notifications go, if not to the partner's address.
    pub notify_url: Option<String>,
}

/// A user's brand membership card.
#[derive(Debug, Clone)]
pub struct BrandUserCard {
    /// Template id.
    pub card_id: String,
    /// Code of this user's card, at most 32 characters.
    pub user_card_code: String,
    /// The user.
    pub openid: String,
    /// The balance that `WeChat` shows; set by `user-points/sync`.
    pub point_balance: i64,
}

/// What points can be exchanged for.
#[derive(Debug, Clone)]
pub struct ExchangeTemplate {
    /// Template id.
    pub exchange_coupon_template_id: String,
    /// The brand that offers it.
    pub brand_id: String,
    /// The card whose points it costs.
    pub card_id: String,
    /// The price in points.
    pub deduct_points: u64,
    /// The stock that the coupon comes from.
    pub stock_id: String,
    /// The product coupon, in the newer form.
    pub product_coupon_id: Option<String>,
    /// The kind of product coupon stock, in the newer form.
    pub product_coupon_stock_type: Option<String>,
    /// How many coupons `WeChat` can still issue (shape B); none for no limit.
    pub available: Option<u64>,
    /// `WeChat` issues nothing at the moment (shape B).
    pub paused: bool,
    /// The most that one user can have (shape B).
    pub per_user: Option<u64>,
}

/// One exchange that a user has begun.
#[derive(Debug, Clone)]
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
    pub state: RecordState,
    /// The coupon that came out of it.
    pub coupon_code: Option<String>,
}

/// How far an exchange is. The two ends are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordState {
    /// Waits for the merchant's decision.
    #[default]
    Pending,
    /// The user has the coupon.
    Succeeded,
    /// Refused, impossible, or too late.
    Failed,
}

// ── Business circle (智慧商圈) ───────────────────────────────────────────────────────────────────────────────────

/// A user in a business circle.
#[derive(Debug, Clone)]
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
    pub authorization: Authorization,
}

/// A user's authorisation of the points service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Authorization {
    /// The state now.
    pub state: AuthorizeState,
    /// When the user joined.
    pub authorize_time: Option<Timestamp>,
    /// When the user left.
    pub deauthorize_time: Option<Timestamp>,
}

/// `authorize_state` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
#[derive(Debug, Clone)]
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
    pub commit_tag: bool,
    /// What points/notify said; none before it.
    pub increased_points: Option<i64>,
    /// Fen already given back.
    pub refunded: i64,
}

// ── Merchant coupon (商家券) ─────────────────────────────────────────────────────────────────────────────────────

/// A merchant coupon stock.
#[derive(Debug, Clone)]
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
    pub state: StockState,
    /// From when its coupons can be used.
    pub available_begin_time: Timestamp,
    /// Until when.
    pub available_end_time: Timestamp,
    /// Days of the week, 0 = Sunday, in China Standard Time; empty for every day.
    pub week_days: Vec<u8>,
    /// The most coupons that it can issue.
    pub max_coupons: u64,
    /// The most that one user can have.
    pub max_coupons_per_user: u64,
}

/// Where a stock's codes come from; `coupon_code_mode` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CodeMode {
    /// `WECHATPAY_MODE`: made by the platform, unique everywhere.
    #[default]
    WechatPay,
    /// `MERCHANT_API`: given by the merchant when it sends; unique within the stock.
    MerchantApi,
    /// `MERCHANT_UPLOAD`: uploaded before; unique within the stock.
    MerchantUpload,
}

/// Whether a stock issues coupons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
#[derive(Debug, Clone)]
pub struct Coupon {
    /// Its stock.
    pub stock_id: String,
    /// Its code.
    pub coupon_code: String,
    /// Whose it is.
    pub openid: String,
    /// The state that was last written; an unused coupon is expired once its stock's time is over.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

// ── Member card (会员卡) ─────────────────────────────────────────────────────────────────────────────────────────

/// A member card template.
#[derive(Debug, Clone)]
pub struct MemberCard {
    /// Template id.
    pub card_id: String,
    /// The mchid that created it; nobody else may change its users' cards.
    pub creator: String,
    /// The mchids whose orders it can name beside its creator's.
    pub trade_mchids: Vec<String>,
    /// The template's bonus right is open.
    pub bonus_right: bool,
}

/// A user's member card.
#[derive(Debug, Clone)]
pub struct Member {
    /// Template id.
    pub card_id: String,
    /// Code of this user's card.
    pub code: String,
    /// The user.
    pub openid: String,
    /// Whether it can be used.
    pub status: UserCardStatus,
    /// Points.
    pub bonus_value: i64,
    /// Stored value in fen.
    pub balance: i64,
}

/// `user_card_status` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserCardStatus {
    /// `NOT_ACTIVATE`
    NotActivate,
    /// `EFFECTIVE`
    #[default]
    Effective,
    /// `EXPIRE`
    Expire,
    /// `UNAVAILABLE`
    Unavailable,
    /// `DELETE`
    Delete,
}

impl UserCardStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotActivate => "NOT_ACTIVATE",
            Self::Effective => "EFFECTIVE",
            Self::Expire => "EXPIRE",
            Self::Unavailable => "UNAVAILABLE",
            Self::Delete => "DELETE",
        }
    }
}

/// Points shown on the page after a payment. They do not move the member's balance.
#[derive(Debug, Clone)]
pub struct Bonus {
    /// The merchant of the order.
    pub trade_mchid: String,
    /// The order, in that merchant's numbering.
    pub out_trade_no: String,
    /// Card template.
    pub card_id: String,
    /// The user's card.
    pub code: String,
    /// Points.
    pub bonus_value: i64,
    /// Shown as to come, or as credited.
    pub state: BonusState,
}

/// How far a shown bonus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BonusState {
    /// Shown as to come.
    #[default]
    Prepared,
    /// Shown as credited.
    Committed,
}
