//! Two merchants, one for each shape of confirm, each with a member.

use weipay_sandbox::World;
use weipay_sandbox::world::{Authorization, AuthorizeState, BrandUserCard, MallUser};
use weipay_shop::{Card, Coupons, Member, Merchant};

use crate::demo::{
    APPID, BRAND_CARD, BRAND_CARD_CODE, CUSTOMER, EXCHANGE, MALL, OTHER_PARTNER, PARTNER, world as demo_world,
};

/// Their names, mchids and brands.
pub(super) const MERCHANTS: [(&str, &str, &str); 2] =
    [("own-coupons", PARTNER, "1004"), ("issued-coupons", OTHER_PARTNER, "2008")];

/// What the demo's world calls the second partner's things.
const OTHER_CARD: &str = "pbLatjvWOibDc5-TBnbUk1pD2008";
const OTHER_TEMPLATE: &str = "0Flpo7Fq2008";
const OTHER_APPID: &str = "wx2345678901bcdefa";
const OTHER_CUSTOMER: &str = "oUpCustomer000000000000000002";
const OTHER_CODE: &str = "200800000001";
/// Points at the start.
const POINTS: u64 = 350;

/// The demo's world, in which partner B's member can pay, too.
pub(super) fn world() -> World {
    let mut world = demo_world();
    let points = i64::try_from(POINTS).unwrap_or_default();
    for card in &mut world.card_member.brand_user_cards {
        if card.user_card_code == BRAND_CARD_CODE {
            card.point_balance = points;
        }
    }
    world.card_member.brand_user_cards.push(BrandUserCard {
        card_id: OTHER_CARD.to_owned(),
        user_card_code: OTHER_CODE.to_owned(),
        openid: OTHER_CUSTOMER.to_owned(),
        point_balance: points,
        ..BrandUserCard::default()
    });
    world.businesscircle.mall_users.push(MallUser {
        mchid: OTHER_PARTNER.to_owned(),
        sub_mchid: None,
        appid: OTHER_APPID.to_owned(),
        openid: OTHER_CUSTOMER.to_owned(),
        authorization: Authorization {
            state: AuthorizeState::Authorized,
            authorize_time: None,
            deauthorize_time: None,
        },
    });
    world
}

pub(super) fn shops() -> Vec<Merchant> {
    let own = Coupons::Own { prefix: "SHOP".to_owned() };
    [own, Coupons::WeChatPay]
        .into_iter()
        .zip(MERCHANTS)
        .map(|(coupons, (name, ..))| Merchant { name: name.to_owned(), coupons })
        .collect()
}

pub(super) fn members() -> Vec<Member> {
    let member = |at: usize, openid: &str, name: &str, card_id: &str, code: &str| {
        let (merchant, _, brand) = MERCHANTS[at];
        Member {
            merchant: merchant.to_owned(),
            openid: openid.to_owned(),
            name: name.to_owned(),
            points: POINTS,
            card: Some(Card {
                brand_id: brand.to_owned(),
                card_id: card_id.to_owned(),
                user_card_code: code.to_owned(),
            }),
        }
    };
    vec![
        member(0, CUSTOMER, "小李 Li (shape A: the shop's coupons)", BRAND_CARD, BRAND_CARD_CODE),
        member(1, OTHER_CUSTOMER, "小王 Wang (shape B: WeChat Pay's coupons)", OTHER_CARD, OTHER_CODE),
    ]
}

/// What an exchange is called at this merchant.
pub(super) fn template_of(merchant: &str) -> &'static str {
    if merchant == MERCHANTS[0].0 { EXCHANGE } else { OTHER_TEMPLATE }
}

/// Merchant, mall and app of a payment at this merchant.
pub(super) fn mall_of(merchant: &str) -> (&'static str, Option<&'static str>, &'static str) {
    if merchant == MERCHANTS[0].0 { (PARTNER, Some(MALL), APPID) } else { (OTHER_PARTNER, None, OTHER_APPID) }
}
