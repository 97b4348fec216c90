//! What exists before the first request: merchants, brands, keys, and the entities of each family of rules.
//!
//! A [`World`] is plain data. Start from [`World::documentation`] and change what a test needs.

mod busifavor;
mod businesscircle;
mod card_member;
mod documentation;
mod files;
mod funds;
mod identity;
mod membercard;
mod payments;
mod product_coupon;
mod profit_sharing;
mod secret;
mod seed;
mod transfers;

use serde::{Deserialize, Serialize};

pub use busifavor::{
    Busifavor, Callback, CodeMode, ConsumptionCard, Coupon, CouponState, DayTime, Discount, PayReceipt,
    PayStatus, PreSend, ReturnReceipt, Stock, StockState, UploadedCode,
};
pub use businesscircle::{Authorization, AuthorizeState, BusinessCircle, MallOrder, MallUser, Parking};
pub use card_member::{
    BrandCard, BrandCardState, BrandUserCard, BrandUserCardState, CardCodeMode, CardMember, CardToken,
    CardType, ExchangeRecord, ExchangeTemplate, MembershipActivity, Phone, RecordState, StockName,
    TokenPurpose, UserInformation, ValidDate,
};
pub use files::{Files, OfferedFile, UploadedFile};
pub use funds::{Account, Flow, FlowKind, Funds};
pub use identity::{
    Brand, BrandCredential, CertificateState, ConfirmShape, Merchant, MerchantCertificate, Platform,
    PlatformCertificate, SignWith,
};
pub use membercard::{
    Bonus, BonusState, CardReminder, CardStatus, CardValidity, Invitation, Member, MemberCard, MemberCards,
    MemberCodeMode, UserCardStatus,
};
pub use payments::{
    CodeDoes, Combined, Order, OrderState, Payer, PaymentCode, Payments, Refund, RefundStatus, TradeType,
};
pub use product_coupon::{
    Deactivation, NotifyConfig, PreSent, ProductCoupon, ProductCouponCodeMode, ProductCouponState,
    ProductCouponStatus, ProductCouponStock, ProductCouponStockState, ProductCoupons, SendChannel, Step,
    UserProductCoupon,
};
pub use profit_sharing::{ProfitSharing, Share, ShareOrder, ShareReceiver, ShareResult, ShareReturn};
pub use secret::Secret;
pub use transfers::{TransferBill, TransferState, Transfers};

/// Everything that the sandbox knows when it starts. Plain data: build it, change it, pass it to
/// [`Builder::world`](crate::Builder::world).
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
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
    /// Product coupons (商品券).
    pub product_coupon: ProductCoupons,
    /// Member cards (会员卡).
    pub membercard: MemberCards,
    /// Orders, payers and refunds (基础支付).
    pub payments: Payments,
    /// Shares of payments (分账).
    pub profit_sharing: ProfitSharing,
    /// Transfers to users (商家转账).
    pub transfers: Transfers,
    /// Merchants' accounts.
    pub funds: Funds,
    /// Uploads and downloads.
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
        let named = named.chain(self.product_coupon.coupons.iter().map(|coupon| &coupon.openid));
        let named = named.chain(self.membercard.members.iter().map(|member| &member.openid));
        let named = named.chain(self.membercard.phones.iter().map(|(_, openid)| openid));
        let named = named.chain(self.payments.payers.iter().map(|payer| &payer.openid));
        let mut named = named.chain(&self.users);
        named.any(|known| known == openid)
    }
}
