//! The world of the proof: two partners, one for each shape of confirm, with members, a mall, and coupons for the till; and
//! as many more partners as a rate wants.

use std::borrow::Cow;

use weipay_sandbox::World;
use weipay_sandbox::world::{
    Authorization, AuthorizeState, Brand, BrandCard, BrandUserCard, CodeMode, ConfirmShape, Coupon,
    ExchangeTemplate, MallUser, Merchant, Stock, StockState,
};
use weipay_shop::{Card, Member};

/// A partner, and what it is called in the relay.
#[derive(Debug, Clone)]
pub(crate) struct Partner {
    pub(crate) name: Cow<'static, str>,
    pub(crate) mchid: Cow<'static, str>,
    pub(crate) brand: Cow<'static, str>,
    pub(crate) shape: ConfirmShape,
    pub(crate) card: Cow<'static, str>,
    pub(crate) template: Cow<'static, str>,
    pub(crate) stock: Cow<'static, str>,
}

/// Shape A: the shop's own coupons.
pub(crate) static A: Partner = Partner {
    name: Cow::Borrowed("own-coupons"),
    mchid: Cow::Borrowed("1900000100"),
    brand: Cow::Borrowed("1004"),
    shape: ConfirmShape::A,
    card: Cow::Borrowed("pProofCard000000000000000A"),
    template: Cow::Borrowed("PROOF100A"),
    stock: Cow::Borrowed("1004000000000001"),
};
/// Shape B: WeChat Pay's coupons.
pub(crate) static B: Partner = Partner {
    name: Cow::Borrowed("issued-coupons"),
    mchid: Cow::Borrowed("1900000200"),
    brand: Cow::Borrowed("2008"),
    shape: ConfirmShape::B,
    card: Cow::Borrowed("pProofCard000000000000000B"),
    template: Cow::Borrowed("PROOF100B"),
    stock: Cow::Borrowed("2008000000000001"),
};

/// One for each shape: what dies and what is judged is theirs.
pub(crate) fn both() -> Vec<Partner> {
    vec![A.clone(), B.clone()]
}

/// So many partners like A: what is granted is granted to each.
pub(crate) fn like_a(count: usize) -> Vec<Partner> {
    let another = |number: usize| Partner {
        name: format!("own-coupons-{number}").into(),
        mchid: format!("19000003{number:02}").into(),
        brand: format!("30{number:02}").into(),
        card: format!("pProofCard{number:015}").into(),
        template: format!("PROOF{number:03}").into(),
        ..A.clone()
    };
    std::iter::once(A.clone()).chain((1..count).map(another)).collect()
}

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

/// Somebody who is no member yet.
pub(crate) fn newcomer(partner: &Partner, number: usize) -> String {
    format!("oProofNew{}{number:017}", partner.brand)
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

/// The world of these partners, with so many coupons for the till, and so many that partner B's template can still give:
/// fewer than are wanted, so that some are refused with a 200 (L01).
pub(crate) fn world(partners: &[Partner], tills: usize, available: u64) -> World {
    let mut world = World::documentation();
    for partner in partners {
        admit(&mut world, partner);
        world.card_member.brand_cards.push(BrandCard {
            card_id: partner.card.to_string(),
            brand_id: partner.brand.to_string(),
            partner: Some(partner.mchid.to_string()),
            ..BrandCard::default()
        });
        for (number, member) in members_of(partner).into_iter().enumerate() {
            world.card_member.brand_user_cards.push(BrandUserCard {
                card_id: partner.card.to_string(),
                user_card_code: card_code(number),
                openid: member.openid,
                point_balance: i64::try_from(member.points).unwrap_or(i64::MAX),
                ..BrandUserCard::default()
            });
        }
        world.card_member.exchange_templates.push(ExchangeTemplate {
            exchange_coupon_template_id: partner.template.to_string(),
            brand_id: partner.brand.to_string(),
            card_id: partner.card.to_string(),
            deduct_points: PRICE,
            stock_id: partner.stock.to_string(),
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

/// A partner that the documentation does not have signs with A's keys: they are worthless either way.
fn admit(world: &mut World, partner: &Partner) {
    if world.merchant(&partner.mchid).is_none() {
        let Some(like) = world.merchant(&A.mchid).cloned() else { return };
        world.merchants.push(Merchant {
            mchid: partner.mchid.to_string(),
            brands: vec![partner.brand.to_string()],
            sub_mchids: Vec::new(),
            ..like
        });
        world.brands.push(Brand { brand_id: partner.brand.to_string(), credential: None });
    }
    if let Some(merchant) = world.merchant_mut(&partner.mchid) {
        merchant.confirm_shape = partner.shape;
    }
}

fn mall(world: &mut World, tills: usize) {
    let begin = "2026-01-01T00:00:00+08:00".parse().unwrap_or_default();
    let end = "2099-12-31T23:59:59+08:00".parse().unwrap_or_default();
    world.busifavor.stocks.push(Stock {
        stock_id: A.stock.to_string(),
        stock_name: "满50元减10元".to_owned(),
        goods_name: "全场商品可用".to_owned(),
        code_mode: CodeMode::MerchantApi,
        creator: A.mchid.to_string(),
        belong_merchant: A.mchid.to_string(),
        state: StockState::Running,
        available_begin_time: begin,
        available_end_time: end,
        max_coupons: 1_000_000_000,
        max_coupons_per_user: 1_000_000_000,
        ..Stock::default()
    });
    let coupons = (0..tills).map(|number| Coupon::sended(&A.stock, &till_code(number), HOLDER, begin));
    world.busifavor.coupons.extend(coupons);
    world.businesscircle.mall_users.extend((0..MEMBERS).map(|number| MallUser {
        mchid: A.mchid.to_string(),
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

/// The members of these partners as the shop has them.
pub(crate) fn members(partners: &[Partner]) -> Vec<Member> {
    partners.iter().flat_map(members_of).collect()
}

fn members_of(partner: &Partner) -> Vec<Member> {
    let member = |number| Member {
        merchant: partner.name.to_string(),
        openid: member_openid(partner, number),
        name: format!("{} {number}", partner.name),
        points: if number + 1 == MEMBERS { POOR } else { RICH },
        card: Some(Card {
            brand_id: partner.brand.to_string(),
            card_id: partner.card.to_string(),
            user_card_code: card_code(number),
        }),
    };
    (0..MEMBERS).map(member).collect()
}
