//! The world of the demo: that of the documentation, a partner who takes today's shape of confirm, and one customer.

use weipay_sandbox::World;
use weipay_sandbox::world::{
    Authorization, AuthorizeState, BrandCard, BrandUserCard, CodeMode, ConfirmShape, Coupon, ExchangeRecord,
    ExchangeTemplate, MallUser, Member, MemberCard, RecordState, Stock, StockState,
};

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
pub(super) const OTHER_CUSTOMER: &str = "oDemoCustomer00000000000000002";
/// The shop's own coupons, whose codes it makes itself.
pub(super) const STOCK: &str = "1004000000000001";
/// The other customer's coupon.
pub(super) const OTHER_COUPON: &str = "SHOP900001";
/// The brand card's template, and the customer's card.
pub(crate) const BRAND_CARD: &str = "pDemoBrandCard00000000000001";
pub(crate) const BRAND_CARD_CODE: &str = "100400000001";
/// Points for a coupon.
pub(crate) const EXCHANGE: &str = "DEMO100PTS";
pub(super) const EXCHANGE_POINTS: u64 = 100;
/// The member card on whose payment page points are shown.
pub(super) const MEMBER_CARD: &str = "pDemoMemberCard0000000000001";
pub(super) const MEMBER_CODE: &str = "600400000001";

/// What the coupon takes off needs a sale of at least this, in fen.
pub(super) const MINIMUM: u64 = 5_000;

pub(crate) fn world() -> World {
    let mut world = World::documentation();
    if let Some(merchant) = world.merchant_mut(PARTNER) {
        merchant.confirm_shape = ConfirmShape::A;
    }
    if let Some(merchant) = world.merchant_mut(OTHER_PARTNER) {
        merchant.confirm_shape = ConfirmShape::B;
    }
    other_partner(&mut world);
    customer(&mut world);
    world
}

/// What the sample body of today's confirm names.
fn other_partner(world: &mut World) {
    let (card, member, code, template) =
        ("pbLatjvWOibDc5-TBnbUk1pD2008", "obLatjnx9gnqzS4myYGmLZ7LgLBA", "478515832008", "0Flpo7Fq2008");
    world.card_member.brand_cards.push(BrandCard {
        card_id: card.to_owned(),
        brand_id: "2008".to_owned(),
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
        brand_id: "2008".to_owned(),
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
        brand_id: "2008".to_owned(),
        card_id: card.to_owned(),
        openid: member.to_owned(),
        user_card_code: code.to_owned(),
        expires: None,
        state: RecordState::Pending,
        coupon_code: None,
    });
}

/// The customer of the journey: authorised in the mall, with a brand card and a member card.
fn customer(world: &mut World) {
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
        brand_id: "1004".to_owned(),
        partner: Some(PARTNER.to_owned()),
        ..BrandCard::default()
    });
    world.card_member.brand_user_cards.push(BrandUserCard {
        card_id: BRAND_CARD.to_owned(),
        user_card_code: BRAND_CARD_CODE.to_owned(),
        openid: CUSTOMER.to_owned(),
        point_balance: 0,
        ..BrandUserCard::default()
    });
    world.card_member.exchange_templates.push(ExchangeTemplate {
        exchange_coupon_template_id: EXCHANGE.to_owned(),
        brand_id: "1004".to_owned(),
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
    world.membercard.members.push(Member {
        card_id: MEMBER_CARD.to_owned(),
        code: MEMBER_CODE.to_owned(),
        openid: CUSTOMER.to_owned(),
        ..Member::default()
    });
}
