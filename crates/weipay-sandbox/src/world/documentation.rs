//! The world in which the sample bodies of the documentation pages succeed.

use jiff::Timestamp;
use serde_json::json;

use super::{
    Authorization, AuthorizeState, Bonus, BonusState, Brand, BrandCard, BrandCredential, BrandUserCard,
    Busifavor, BusinessCircle, CardMember, CertificateState, CodeMode, ConfirmShape, Coupon, ExchangeRecord,
    ExchangeTemplate, MallOrder, MallUser, Member, MemberCard, MemberCards, Merchant, MerchantCertificate,
    Phone, Platform, PlatformCertificate, ProductCoupon, ProductCouponStock, ProductCoupons, RecordState,
    SignWith, Stock, StockState, World,
};

const PARTNER: &str = "1900000100";
const BRAND: &str = "1004";
const CARD: &str = "pbLatjvWOibDc5-TBnbUk1pD12o0";
const MEMBER: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";
const STOCK: &str = "100088";
const PRODUCT: &str = "1000000013";
const PRODUCT_STOCK: &str = "1000000013001";
const COUPON_OWNER: &str = "xsd3434454567676";

macro_rules! certificate {
    ($name:literal) => {
        MerchantCertificate {
            certificate_pem: include_str!(concat!("../../keys/", $name, ".cert.pem")).to_owned(),
            private_key_pem: include_str!(concat!("../../keys/", $name, ".key.pem")).into(),
            state: CertificateState::Active,
        }
    };
}

impl World {
    /// Exactly what the four sample bodies of the pages name, and who may send them; and a product coupon, for which
    /// points can be exchanged too (`0Flpo7FqTP`).
    ///
    /// The default caller is partner 1900000100, authorised for brand 1004 and for the sub-merchants 1234567890 and
    /// 1900000109. Beside it live a second partner 1900000200 (brand 2008, not authorised for 1004), the direct
    /// merchant 1230000109, and brand 1004 with a credential of its own. All keys are public and worthless.
    pub fn documentation() -> Self {
        Self {
            default_caller: PARTNER.to_owned(),
            merchants: merchants(),
            brands: brands(),
            platform: platform(),
            phones: vec![Phone { number: "13800138000".into(), openid: MEMBER.to_owned() }],
            card_member: card_member(),
            product_coupon: product_coupon(),
            businesscircle: BusinessCircle {
                mall_users: vec![mall_user()],
                mall_orders: vec![mall_payment()],
                ..BusinessCircle::default()
            },
            busifavor: Busifavor {
                stocks: vec![stock()],
                coupons: vec![Coupon::sended(
                    STOCK,
                    "sxxe34343434",
                    COUPON_OWNER,
                    moment("2015-01-01T00:00:00+08:00"),
                )],
                ..Busifavor::default()
            },
            membercard: member_cards(),
            ..Self::default()
        }
    }
}

/// The card of the bonus pages, whose template shows what the template pages show.
fn member_cards() -> MemberCards {
    MemberCards {
        member_cards: vec![MemberCard {
            card_id: "478515832665".to_owned(),
            creator: PARTNER.to_owned(),
            trade_mchids: vec!["1900000109".to_owned()],
            bonus_right: true,
            create_time: moment("2020-05-20T13:29:35+08:00"),
            update_time: moment("2020-05-20T13:29:35+08:00"),
            shown: json!({
                "appid": "wx1234567890abcdef",
                "brand": { "brand_id": BRAND, "display_name": "微信支付" },
                "logo_url": "https://wxpaylogo.qpic.cn/wxpaylogo/xxxxx/0",
                "title": "微信支付测试卡",
                "background_picture_url": "https://wxpaylogo.qpic.cn/wxpaylogo/xxxxx/0",
                "code_type": "BAR_CODE",
                "out_request_no": "100002322019090134234sfdf",
            }),
            ..MemberCard::default()
        }],
        members: vec![Member {
            card_id: "478515832665".to_owned(),
            code: "478515832665".to_owned(),
            openid: MEMBER.to_owned(),
            bonus_value: 500,
            balance: 888,
            receive_time: moment("2020-05-20T13:29:35+08:00"),
            ..Member::default()
        }],
        bonuses: vec![Bonus {
            trade_mchid: "1900000109".to_owned(),
            out_trade_no: "1217752501201407033233368018".to_owned(),
            card_id: "478515832665".to_owned(),
            code: "478515832665".to_owned(),
            bonus_value: 30,
            state: BonusState::Prepared,
        }],
        ..MemberCards::default()
    }
}

fn card_member() -> CardMember {
    CardMember {
        brand_cards: vec![BrandCard {
            card_id: CARD.to_owned(),
            brand_id: BRAND.to_owned(),
            partner: Some(PARTNER.to_owned()),
            create_time: moment("2020-05-20T13:29:35+08:00"),
            update_time: moment("2020-05-20T13:29:35+08:00"),
            ..BrandCard::default()
        }],
        brand_user_cards: vec![BrandUserCard {
            card_id: CARD.to_owned(),
            user_card_code: "478515832665".to_owned(),
            openid: MEMBER.to_owned(),
            point_balance: 1000,
            pickup_time: moment("2020-05-20T13:29:35+08:00"),
            create_time: moment("2020-05-20T13:29:35+08:00"),
            modify_time: moment("2020-05-20T13:29:35+08:00"),
            ..BrandUserCard::default()
        }],
        exchange_templates: vec![
            exchange_template("0Flpo7FqTQ", STOCK),
            exchange_template("0Flpo7FqTP", PRODUCT_STOCK),
        ],
        exchange_records: vec![ExchangeRecord {
            record_id: CARD.to_owned(),
            exchange_coupon_template_id: "0Flpo7FqTQ".to_owned(),
            brand_id: BRAND.to_owned(),
            card_id: CARD.to_owned(),
            openid: MEMBER.to_owned(),
            user_card_code: "478515832665".to_owned(),
            expires: None,
            state: RecordState::Pending,
            coupon_code: None,
        }],
        ..CardMember::default()
    }
}

fn product_coupon() -> ProductCoupons {
    ProductCoupons {
        products: vec![ProductCoupon {
            product_coupon_id: PRODUCT.to_owned(),
            brand_id: BRAND.to_owned(),
            ..ProductCoupon::default()
        }],
        stocks: vec![product_stock()],
        ..ProductCoupons::default()
    }
}

fn merchants() -> Vec<Merchant> {
    let merchant = |mchid: &str, certificate, apiv3_key: &str| Merchant {
        mchid: mchid.to_owned(),
        certificates: vec![certificate],
        apiv3_key: Some(apiv3_key.into()),
        appids: Vec::new(),
        sub_mchids: Vec::new(),
        brands: Vec::new(),
        notify_url: None,
        confirm_shape: ConfirmShape::Auto,
        notifications_signed_with: SignWith::PublicKey,
    };
    vec![
        Merchant {
            appids: vec!["wx1234567889999".to_owned(), "wx1234567890abcdef".to_owned()],
            sub_mchids: vec!["1234567890".to_owned(), "1900000109".to_owned()],
            brands: vec![BRAND.to_owned()],
            ..merchant(PARTNER, certificate!("merchant-1900000100"), "WeipaySandboxNotARealKey00000100")
        },
        Merchant {
            appids: vec!["wx2345678901bcdefa".to_owned()],
            brands: vec!["2008".to_owned()],
            ..merchant("1900000200", certificate!("merchant-1900000200"), "WeipaySandboxNotARealKey00000200")
        },
        Merchant {
            appids: vec!["wx3456789012cdefab".to_owned()],
            ..merchant("1230000109", certificate!("merchant-1230000109"), "WeipaySandboxNotARealKey30000109")
        },
    ]
}

fn brands() -> Vec<Brand> {
    vec![
        Brand {
            brand_id: BRAND.to_owned(),
            credential: Some(BrandCredential {
                certificate: certificate!("brand-1004"),
                api_key: "WeipaySandboxNotARealKey00001004".into(),
                platform_key_id: "PUB_KEY_ID_0000000000000000000000000000001004".to_owned(),
                platform_private_key_pem: include_str!("../../keys/platform-brand-1004.key.pem").into(),
            }),
        },
        Brand { brand_id: "2008".to_owned(), credential: None },
    ]
}

fn platform() -> Platform {
    Platform {
        certificate_pem: include_str!("../../keys/platform.cert.pem").to_owned(),
        certificate_private_key_pem: include_str!("../../keys/platform.key.pem").into(),
        public_key_id: "PUB_KEY_ID_0000000000000000000000000000000100".to_owned(),
        public_key_private_pem: include_str!("../../keys/platform-public.key.pem").into(),
        next: Some(PlatformCertificate {
            certificate_pem: include_str!("../../keys/platform-next.cert.pem").to_owned(),
            private_key_pem: include_str!("../../keys/platform-next.key.pem").into(),
        }),
        no_certificates: false,
    }
}

fn mall_user() -> MallUser {
    MallUser {
        mchid: PARTNER.to_owned(),
        sub_mchid: Some("1234567890".to_owned()),
        appid: "wx1234567890abcdef".to_owned(),
        openid: "oWmnN4xxxxxxxxxxe92NHIGf1xd8".to_owned(),
        authorization: Authorization {
            state: AuthorizeState::Authorized,
            authorize_time: Some(moment("2020-05-20T13:29:35+08:00")),
            deauthorize_time: None,
        },
    }
}

fn mall_payment() -> MallOrder {
    MallOrder {
        mchid: PARTNER.to_owned(),
        sub_mchid: Some("1234567890".to_owned()),
        transaction_id: "1217752501201407033233368018".to_owned(),
        appid: "wx1234567890abcdef".to_owned(),
        openid: "oWmnN4xxxxxxxxxxe92NHIGf1xd8".to_owned(),
        amount: 10_000,
        paid: moment("2020-05-20T13:29:30+08:00"),
        commit_tag: false,
        increased_points: None,
        refunded: 0,
    }
}

fn exchange_template(id: &str, stock_id: &str) -> ExchangeTemplate {
    ExchangeTemplate {
        exchange_coupon_template_id: id.to_owned(),
        brand_id: BRAND.to_owned(),
        card_id: CARD.to_owned(),
        deduct_points: 100,
        stock_id: stock_id.to_owned(),
        product_coupon_id: Some(PRODUCT.to_owned()),
        product_coupon_stock_type: Some("NORMAL".to_owned()),
        available: None,
        paused: false,
        per_user: None,
    }
}

fn product_stock() -> ProductCouponStock {
    ProductCouponStock {
        stock_id: PRODUCT_STOCK.to_owned(),
        product_coupon_id: PRODUCT.to_owned(),
        brand_id: BRAND.to_owned(),
        partner: Some(PARTNER.to_owned()),
        max_count: 1_000_000,
        available_begin_time: moment("2015-01-01T00:00:00+08:00"),
        available_end_time: moment("2099-12-31T23:59:59+08:00"),
        available_days: Some(30),
        notify_appid: Some("wx1234567889999".to_owned()),
        ..ProductCouponStock::default()
    }
}

fn stock() -> Stock {
    Stock {
        stock_id: STOCK.to_owned(),
        stock_name: "8月1日活动券".to_owned(),
        goods_name: "全场商品可用".to_owned(),
        code_mode: CodeMode::MerchantApi,
        creator: PARTNER.to_owned(),
        belong_merchant: PARTNER.to_owned(),
        state: StockState::Running,
        available_begin_time: moment("2015-01-01T00:00:00+08:00"),
        available_end_time: moment("2099-12-31T23:59:59+08:00"),
        max_coupons: 1_000_000_000,
        max_coupons_per_user: 100,
        ..Stock::default()
    }
}

/// A fixed moment written in this file.
fn moment(text: &str) -> Timestamp {
    text.parse().unwrap_or_default()
}
