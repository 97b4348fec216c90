//! The world of the stage: that of the documentation, two partners, one for each shape of confirm, each with a member.

use weipay_sandbox::World;
use weipay_sandbox::world::{
    Authorization, AuthorizeState, BrandCard, BrandUserCard, CodeMode, ConfirmShape, Coupon, ExchangeRecord,
    ExchangeTemplate, MallUser, Member as CardMember, MemberCard, RecordState, Stock, StockState,
};
use weipay_shop::{Card, Coupons, Member, Merchant};

/// The partner of the documentation, who takes the confirm of the page that this project started from (shape A).
pub(crate) const PARTNER: &str = "1900000100";
/// Another partner, who takes today's confirm (shape B).
pub(crate) const OTHER_PARTNER: &str = "1900000200";
/// The mall of the customer's journey.
pub(crate) const MALL: &str = "1234567890";
/// The app in which the customer is known.
pub(crate) const APPID: &str = "wx1234567890abcdef";
/// The customer.
pub(crate) const CUSTOMER: &str = "oDemoCustomer00000000000000001";
/// The other customer, who buys too little.
pub(crate) const OTHER_CUSTOMER: &str = "oDemoCustomer00000000000000002";
/// The shop's own coupons, whose codes it makes itself.
pub(crate) const STOCK: &str = "1004000000000001";
/// The other customer's coupon.
pub(crate) const OTHER_COUPON: &str = "SHOP900001";
/// The brand card's template, and the customer's card.
pub(crate) const BRAND_CARD: &str = "pDemoBrandCard00000000000001";
pub(crate) const BRAND_CARD_CODE: &str = "100400000001";
/// Points for a coupon.
pub(crate) const EXCHANGE: &str = "DEMO100PTS";
pub(crate) const EXCHANGE_POINTS: u64 = 100;
/// The member card on whose payment page points are shown.
pub(crate) const MEMBER_CARD: &str = "pDemoMemberCard0000000000001";
pub(crate) const MEMBER_CODE: &str = "600400000001";

/// What the coupon takes off needs a sale of at least this, in fen.
pub(crate) const MINIMUM: u64 = 5_000;

/// The brand card of the other partner's members, the app in which they are known, and one of them.
pub(crate) const OTHER_CARD: &str = "pbLatjvWOibDc5-TBnbUk1pD2008";
pub(crate) const OTHER_MEMBER: &str = "oUpCustomer000000000000000002";
pub(crate) const OTHER_MEMBER_CODE: &str = "200800000001";
pub(crate) const OTHER_BRAND: &str = "2008";
const OTHER_TEMPLATE: &str = "0Flpo7Fq2008";
const OTHER_APPID: &str = "wx2345678901bcdefa";

/// A merchant of the stage.
#[derive(Debug)]
pub(crate) struct Role {
    /// Its name in relay and shop.
    pub(crate) name: &'static str,
    pub(crate) mchid: &'static str,
    pub(crate) brand: &'static str,
    /// The exchange that its members choose.
    pub(crate) template: &'static str,
    /// The sub-merchant that its members pay, if it is not itself.
    pub(crate) mall: Option<&'static str>,
    pub(crate) appid: &'static str,
}

/// The shop's own coupons, confirm shape A.
pub(crate) const OWN: Role = Role {
    name: "own-coupons",
    mchid: PARTNER,
    brand: "1004",
    template: EXCHANGE,
    mall: Some(MALL),
    appid: APPID,
};
/// WeChat Pay's coupons, confirm shape B.
pub(crate) const ISSUED: Role = Role {
    name: "issued-coupons",
    mchid: OTHER_PARTNER,
    brand: OTHER_BRAND,
    template: OTHER_TEMPLATE,
    mall: None,
    appid: OTHER_APPID,
};
pub(crate) const ROLES: [&Role; 2] = [&OWN, &ISSUED];

/// Who plays the merchant of this name.
pub(crate) fn role(name: &str) -> Option<&'static Role> {
    ROLES.into_iter().find(|role| role.name == name)
}

/// Both members have so many points.
pub(crate) fn world(points: u64) -> World {
    let mut world = World::documentation();
    if let Some(merchant) = world.merchant_mut(PARTNER) {
        merchant.confirm_shape = ConfirmShape::A;
    }
    if let Some(merchant) = world.merchant_mut(OTHER_PARTNER) {
        merchant.confirm_shape = ConfirmShape::B;
    }
    let points = i64::try_from(points).unwrap_or_default();
    other_partner(&mut world, points);
    customer(&mut world, points);
    world
}

pub(super) fn shops() -> Vec<Merchant> {
    let own = Coupons::Own { prefix: "SHOP".to_owned() };
    let coupons = [own, Coupons::WeChatPay];
    ROLES
        .into_iter()
        .zip(coupons)
        .map(|(role, coupons)| Merchant { name: role.name.to_owned(), coupons })
        .collect()
}

pub(super) fn members(points: u64) -> Vec<Member> {
    let member = |role: &Role, openid: &str, name: &str, card_id: &str, code: &str| Member {
        merchant: role.name.to_owned(),
        openid: openid.to_owned(),
        name: name.to_owned(),
        points,
        card: Some(Card {
            brand_id: role.brand.to_owned(),
            card_id: card_id.to_owned(),
            user_card_code: code.to_owned(),
        }),
    };
    vec![
        member(&OWN, CUSTOMER, "小李 Li (shape A: the shop's coupons)", BRAND_CARD, BRAND_CARD_CODE),
        member(
            &ISSUED,
            OTHER_MEMBER,
            "小王 Wang (shape B: WeChat Pay's coupons)",
            OTHER_CARD,
            OTHER_MEMBER_CODE,
        ),
    ]
}

/// What the sample body of today's confirm names, and a member of the same brand who can pay.
fn other_partner(world: &mut World, points: i64) {
    let (card, member, code, template) =
        (OTHER_CARD, "obLatjnx9gnqzS4myYGmLZ7LgLBA", "478515832008", OTHER_TEMPLATE);
    world.card_member.brand_user_cards.push(BrandUserCard {
        card_id: card.to_owned(),
        user_card_code: OTHER_MEMBER_CODE.to_owned(),
        openid: OTHER_MEMBER.to_owned(),
        point_balance: points,
        ..BrandUserCard::default()
    });
    world.businesscircle.mall_users.push(MallUser {
        mchid: OTHER_PARTNER.to_owned(),
        sub_mchid: None,
        appid: OTHER_APPID.to_owned(),
        openid: OTHER_MEMBER.to_owned(),
        authorization: Authorization {
            state: AuthorizeState::Authorized,
            authorize_time: None,
            deauthorize_time: None,
        },
    });
    world.card_member.brand_cards.push(BrandCard {
        card_id: card.to_owned(),
        brand_id: OTHER_BRAND.to_owned(),
        partner: Some(OTHER_PARTNER.to_owned()),
        ..BrandCard::default()
    });
    world.card_member.brand_user_cards.push(BrandUserCard {
        card_id: card.to_owned(),
        user_card_code: code.to_owned(),
        openid: member.to_owned(),
        point_balance: 1000,
        ..BrandUserCard::default()
    });
    world.card_member.exchange_templates.push(ExchangeTemplate {
        exchange_coupon_template_id: template.to_owned(),
        brand_id: OTHER_BRAND.to_owned(),
        card_id: card.to_owned(),
        deduct_points: 100,
        stock_id: "2008000000000001".to_owned(),
        product_coupon_id: Some("1000002008".to_owned()),
        product_coupon_stock_type: Some("NORMAL".to_owned()),
        available: Some(10),
        paused: false,
        per_user: None,
    });
    world.card_member.exchange_records.push(ExchangeRecord {
        record_id: "pbLatjvWOibDc5-TBnbUk1pD12o1".to_owned(),
        exchange_coupon_template_id: template.to_owned(),
        brand_id: OTHER_BRAND.to_owned(),
        card_id: card.to_owned(),
        openid: member.to_owned(),
        user_card_code: code.to_owned(),
        expires: None,
        state: RecordState::Pending,
        coupon_code: None,
    });
}

/// The customer of the journey: authorised in the mall, with a brand card and a member card.
fn customer(world: &mut World, points: i64) {
    let begin = "2026-01-01T00:00:00+08:00".parse().unwrap_or_default();
    let end = "2099-12-31T23:59:59+08:00".parse().unwrap_or_default();
    world.businesscircle.mall_users.push(MallUser {
        mchid: PARTNER.to_owned(),
        sub_mchid: Some(MALL.to_owned()),
        appid: APPID.to_owned(),
        openid: CUSTOMER.to_owned(),
        authorization: Authorization {
            state: AuthorizeState::Authorized,
            authorize_time: Some(begin),
            deauthorize_time: None,
        },
    });
    world.card_member.brand_cards.push(BrandCard {
        card_id: BRAND_CARD.to_owned(),
        brand_id: OWN.brand.to_owned(),
        partner: Some(PARTNER.to_owned()),
        ..BrandCard::default()
    });
    world.card_member.brand_user_cards.push(BrandUserCard {
        card_id: BRAND_CARD.to_owned(),
        user_card_code: BRAND_CARD_CODE.to_owned(),
        openid: CUSTOMER.to_owned(),
        point_balance: points,
        ..BrandUserCard::default()
    });
    world.card_member.exchange_templates.push(ExchangeTemplate {
        exchange_coupon_template_id: EXCHANGE.to_owned(),
        brand_id: OWN.brand.to_owned(),
        card_id: BRAND_CARD.to_owned(),
        deduct_points: EXCHANGE_POINTS,
        stock_id: STOCK.to_owned(),
        product_coupon_id: None,
        product_coupon_stock_type: None,
        available: None,
        paused: false,
        per_user: None,
    });
    world.busifavor.stocks.push(Stock {
        stock_id: STOCK.to_owned(),
        stock_name: "满50元减10元".to_owned(),
        goods_name: "全场商品可用".to_owned(),
        code_mode: CodeMode::MerchantApi,
        creator: PARTNER.to_owned(),
        belong_merchant: PARTNER.to_owned(),
        state: StockState::Running,
        available_begin_time: begin,
        available_end_time: end,
        max_coupons: 1_000,
        max_coupons_per_user: 10,
        ..Stock::default()
    });
    world.busifavor.coupons.push(Coupon::sended(STOCK, OTHER_COUPON, OTHER_CUSTOMER, begin));
    world.membercard.member_cards.push(MemberCard {
        card_id: MEMBER_CARD.to_owned(),
        creator: PARTNER.to_owned(),
        trade_mchids: vec![MALL.to_owned()],
        bonus_right: true,
        ..MemberCard::default()
    });
    world.membercard.members.push(CardMember {
        card_id: MEMBER_CARD.to_owned(),
        code: MEMBER_CODE.to_owned(),
        openid: CUSTOMER.to_owned(),
        ..CardMember::default()
    });
}
