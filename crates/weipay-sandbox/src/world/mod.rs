//! What exists before the first request: merchants, brands, keys, and the loyalty entities of the four families.
//!
//! A [`World`] is plain data. Start from [`World::documentation`] and change what a test needs.

mod documentation;
mod identity;
mod loyalty;

pub use identity::{
    Brand, BrandCredential, CertificateState, ConfirmShape, Merchant, MerchantCertificate, Platform, Secret,
    SignWith,
};
pub use loyalty::{
    Authorization, AuthorizeState, Bonus, BonusState, BrandCard, BrandUserCard, CodeMode, Coupon,
    CouponState, ExchangeRecord, ExchangeTemplate, MallOrder, MallUser, Member, MemberCard, RecordState,
    Stock, StockState, UserCardStatus,
};

/// Everything that the sandbox knows when it starts. Plain data: build it, change it, pass it to
/// [`Builder::world`](crate::Builder::world).
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The mchid whose credentials [`Sandbox::credentials`](crate::Sandbox::credentials) returns.
    pub default_caller: String,
    /// Merchants and partners that have credentials. Sub-merchants without credentials are only named by their partner.
    pub merchants: Vec<Merchant>,
    /// Brands, with or without credentials of their own.
    pub brands: Vec<Brand>,
    /// `WeChat`'s own keys.
    pub platform: Platform,
    /// The openids that exist beside those which cards, coupons and payments name.
    pub users: Vec<String>,
    /// Brand membership cards (商家名片会员).
    pub brand_cards: Vec<BrandCard>,
    /// Users' brand membership cards.
    pub brand_user_cards: Vec<BrandUserCard>,
    /// What points can be exchanged for.
    pub exchange_templates: Vec<ExchangeTemplate>,
    /// Exchanges that users have begun.
    pub exchange_records: Vec<ExchangeRecord>,
    /// Users known to a business circle (智慧商圈).
    pub mall_users: Vec<MallUser>,
    /// Payments made inside a business circle.
    pub mall_orders: Vec<MallOrder>,
    /// Merchant coupon stocks (商家券).
    pub stocks: Vec<Stock>,
    /// Coupons in users' wallets.
    pub coupons: Vec<Coupon>,
    /// Member cards (会员卡).
    pub member_cards: Vec<MemberCard>,
    /// Users' member cards.
    pub members: Vec<Member>,
    /// Points shown on payment-result pages.
    pub bonuses: Vec<Bonus>,
    /// The merchant coupon family refuses with the newer spellings `NO_AUTH` and `RULE_LIMIT` instead of `NOAUTH` and
    /// `RULELIMIT`. Which of them an endpoint uses today is not published.
    pub newer_spelling: bool,
}

impl World {
    /// The merchant with this mchid.
    pub fn merchant(&self, mchid: &str) -> Option<&Merchant> {
        self.merchants.iter().find(|merchant| merchant.mchid == mchid)
    }

    /// The merchant with this mchid, to change it.
    pub fn merchant_mut(&mut self, mchid: &str) -> Option<&mut Merchant> {
        self.merchants.iter_mut().find(|merchant| merchant.mchid == mchid)
    }

    /// The brand with this id.
    pub fn brand(&self, brand_id: &str) -> Option<&Brand> {
        self.brands.iter().find(|brand| brand.brand_id == brand_id)
    }

    /// Sends the notifications of every merchant to this `http://` loopback address.
    pub fn notify(mut self, url: &str) -> Self {
        for merchant in &mut self.merchants {
            merchant.notify_url = Some(url.to_owned());
        }
        self
    }
}
