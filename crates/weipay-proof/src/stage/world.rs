//! The world of the proof: two partners, one for each shape of confirm, with members, a mall, and coupons for the till.

use weipay_sandbox::World;
use weipay_sandbox::world::{
    Authorization, AuthorizeState, BrandCard, BrandUserCard, CodeMode, ConfirmShape, Coupon,
    ExchangeTemplate, MallUser, Stock, StockState,
};
use weipay_shop::{Card, Member};

/// A partner of the sandbox's documentation world, and what it is called in the relay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Partner {
    pub(crate) name: &'static str,
    pub(crate) mchid: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) shape: ConfirmShape,
    pub(crate) card: &'static str,
    pub(crate) template: &'static str,
    pub(crate) stock: &'static str,
}

/// Shape A: the shop's own coupons.
pub(crate) const A: Partner = Partner {
    name: "own-coupons",
    mchid: "1900000100",
    brand: "1004",
    shape: ConfirmShape::A,
    card: "pProofCard000000000000000A",
    template: "PROOF100A",
    stock: "1004000000000001",
};
/// Shape B: WeChat Pay's coupons.
pub(crate) const B: Partner = Partner {
    name: "issued-coupons",
    mchid: "1900000200",
    brand: "2008",
    shape: ConfirmShape::B,
    card: "pProofCard000000000000000B",
    template: "PROOF100B",
    stock: "2008000000000001",
};
pub(crate) const PARTNERS: [Partner; 2] = [A, B];

/// The mall of partner A, and the app in which its customers are known.
pub(crate) const MALL: &str = "1234567890";
pub(crate) const APPID: &str = "wx1234567890abcdef";
/// Members of each partner, and customers of the mall.
pub(crate) const MEMBERS: usize = 8;
/// What an exchange costs.
pub(crate) const PRICE: u64 = 100;
/// The last member of each partner is poor: most of what he wants is rejected.
const RICH: u64 = 100_000_000;
const POOR: u64 = 350;
/// Who holds the coupons of the till.
const HOLDER: &str = "oProofTill0000000000000000001";

pub(crate) fn card_code(member: usize) -> String {
    format!("9000{member:08}")
}

fn member_openid(partner: &Partner, member: usize) -> String {
    format!("oProof{}{member:020}", partner.brand)
}

pub(crate) fn customer(customer: usize) -> String {
    format!("oProofMall{customer:018}")
}

pub(crate) fn till_code(number: usize) -> String {
    format!("TILL{number:08}")
}

pub(crate) fn till_holder() -> &'static str {
    HOLDER
}

/// The world, with so many coupons for the till, and so many that partner B's template can still give: fewer than are
/// wanted, so that some are refused with a 200 (L01).
pub(crate) fn world(tills: usize, available: u64) -> World {
    let mut world = World::documentation();
    for partner in PARTNERS {
        if let Some(merchant) = world.merchant_mut(partner.mchid) {
            merchant.confirm_shape = partner.shape;
        }
        world.card_member.brand_cards.push(BrandCard {
            card_id: partner.card.to_owned(),
            brand_id: partner.brand.to_owned(),
            partner: Some(partner.mchid.to_owned()),
            ..BrandCard::default()
        });
        for (number, member) in members_of(&partner).into_iter().enumerate() {
            world.card_member.brand_user_cards.push(BrandUserCard {
                card_id: partner.card.to_owned(),
                user_card_code: card_code(number),
                openid: member.openid,
                point_balance: i64::try_from(member.points).unwrap_or(i64::MAX),
                ..BrandUserCard::default()
            });
        }
        world.card_member.exchange_templates.push(ExchangeTemplate {
            exchange_coupon_template_id: partner.template.to_owned(),
            brand_id: partner.brand.to_owned(),
            card_id: partner.card.to_owned(),
            deduct_points: PRICE,
            stock_id: partner.stock.to_owned(),
            product_coupon_id: (partner.shape == ConfirmShape::B).then(|| "1000002008".to_owned()),
            product_coupon_stock_type: (partner.shape == ConfirmShape::B).then(|| "NORMAL".to_owned()),
            available: (partner.shape == ConfirmShape::B).then_some(available),
            paused: false,
            per_user: None,
        });
    }
    mall(&mut world, tills);
    world
}

fn mall(world: &mut World, tills: usize) {
    let begin = "2026-01-01T00:00:00+08:00".parse().unwrap_or_default();
    let end = "2099-12-31T23:59:59+08:00".parse().unwrap_or_default();
    world.busifavor.stocks.push(Stock {
        stock_id: A.stock.to_owned(),
        stock_name: "满50元减10元".to_owned(),
        goods_name: "全场商品可用".to_owned(),
        code_mode: CodeMode::MerchantApi,
        creator: A.mchid.to_owned(),
        belong_merchant: A.mchid.to_owned(),
        state: StockState::Running,
        available_begin_time: begin,
        available_end_time: end,
        max_coupons: 1_000_000_000,
        max_coupons_per_user: 1_000_000_000,
        ..Stock::default()
    });
    let coupons = (0..tills).map(|number| Coupon::sended(A.stock, &till_code(number), HOLDER, begin));
    world.busifavor.coupons.extend(coupons);
    world.businesscircle.mall_users.extend((0..MEMBERS).map(|number| MallUser {
        mchid: A.mchid.to_owned(),
        sub_mchid: Some(MALL.to_owned()),
        appid: APPID.to_owned(),
        openid: customer(number),
        authorization: Authorization {
            state: AuthorizeState::Authorized,
            authorize_time: Some(begin),
            deauthorize_time: None,
        },
    }));
}

/// The members as the shop has them.
pub(crate) fn members() -> Vec<Member> {
    PARTNERS.iter().flat_map(members_of).collect()
}

fn members_of(partner: &Partner) -> Vec<Member> {
    let member = |number| Member {
        merchant: partner.name.to_owned(),
        openid: member_openid(partner, number),
        name: format!("{} {number}", partner.name),
        points: if number + 1 == MEMBERS { POOR } else { RICH },
        card: Some(Card {
            brand_id: partner.brand.to_owned(),
            card_id: partner.card.to_owned(),
            user_card_code: card_code(number),
        }),
    };
    (0..MEMBERS).map(member).collect()
}
