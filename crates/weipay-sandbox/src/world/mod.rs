//! What exists before the first request: merchants, brands, keys, and the entities of each family of rules.
//!
//! A [`World`] is plain data. Start from [`World::documentation`] and change what a test needs.

mod busifavor;
mod businesscircle;
mod card_member;
mod documentation;
mod files;
mod identity;
mod membercard;
mod seed;

pub use busifavor::{
    Busifavor, Callback, CodeMode, ConsumptionCard, Coupon, CouponState, DayTime, Discount, PayReceipt,
    PayStatus, PreSend, ReturnReceipt, Stock, StockState, UploadedCode,
};
pub use businesscircle::{Authorization, AuthorizeState, BusinessCircle, MallOrder, MallUser};
pub use card_member::{BrandCard, BrandUserCard, CardMember, ExchangeRecord, ExchangeTemplate, RecordState};
pub use files::{Files, OfferedFile, Trade, TradeRefund, UploadedFile};
pub use identity::{
    Brand, BrandCredential, CertificateState, ConfirmShape, Merchant, MerchantCertificate, Platform,
    PlatformCertificate, Secret, SignWith,
};
pub use membercard::{
    Bonus, BonusState, CardReminder, CardStatus, CardValidity, Invitation, Member, MemberCard, MemberCards,
    MemberCodeMode, UserCardStatus,
};

/// Everything that the sandbox knows when it starts. Plain data: build it, change it, pass it to
/// [`Builder::world`](crate::Builder::world).
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The mchid whose credentials [`RunningWorld::credentials`](crate::RunningWorld::credentials) returns.
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
    pub card_member: CardMember,
    /// Smart business circles (智慧商圈).
    pub businesscircle: BusinessCircle,
    /// Merchant coupons (商家券).
    pub busifavor: Busifavor,
    /// Member cards (会员卡).
    pub membercard: MemberCards,
    /// Uploads, downloads, and what bills are made of.
    pub files: Files,
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

    /// Whether this merchant may act for this sub-merchant.
    pub(crate) fn acts_for(&self, mchid: &str, sub_mchid: &str) -> bool {
        let merchant = self.merchant(mchid);
        merchant.is_some_and(|merchant| merchant.sub_mchids.iter().any(|sub| sub == sub_mchid))
    }

    /// Whether any entity of the world names this user.
    pub(crate) fn knows_user(&self, openid: &str) -> bool {
        let named = self.card_member.brand_user_cards.iter().map(|card| &card.openid);
        let named = named.chain(self.businesscircle.mall_users.iter().map(|user| &user.openid));
        let named = named.chain(self.busifavor.coupons.iter().map(|coupon| &coupon.openid));
        let named = named.chain(self.membercard.members.iter().map(|member| &member.openid));
        let named = named.chain(self.membercard.phones.iter().map(|(_, openid)| openid));
        let mut named = named.chain(&self.users);
        named.any(|known| known == openid)
    }
}
