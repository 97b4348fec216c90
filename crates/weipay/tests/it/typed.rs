//! The four operations that this project started from, in the two typed styles, against the sandbox.
//!
//! The expected bodies are those of the pages; what the sandbox saw is compared with them member by member.

use serde_json::{Value, json};
use weipay::api::{
    Sensitive, brand_partner, businesscircle, marketing_busifavor, marketing_membercard_open, platform,
};
use weipay::{ApiV3Key, Client, Credential, Error, Outcome, PrivateKey, PublicKey, Time, blocking};
use weipay_sandbox::world::ConfirmShape;
use weipay_sandbox::{Sandbox, World};

const PARTNER: &str = "1900000100";

/// A sandbox in the world of the documentation, and its partner's credential.
async fn stage(shape: ConfirmShape) -> (Sandbox, Credential) {
    let mut world = World::documentation();
    world.merchant_mut(PARTNER).unwrap().confirm_shape = shape;
    let sandbox = Sandbox::builder().world(world).seed(1004).start().await.unwrap();
    let own = sandbox.credentials_of(PARTNER).unwrap();
    let credential = Credential::merchant(own.mchid)
        .private_key(own.merchant_serial, PrivateKey::from_pem(own.private_key_pem).unwrap())
        .platform_public_key(own.platform_key_id, PublicKey::from_pem(own.platform_public_key_pem).unwrap())
        .apiv3_key(ApiV3Key::new(own.apiv3_key).unwrap())
        .build()
        .unwrap();
    (sandbox, credential)
}

/// What the sandbox received last for an operation.
fn received(sandbox: &Sandbox, operation: &str) -> Value {
    let entry = sandbox.journal().for_operation(operation).pop().unwrap();
    serde_json::from_slice(&entry.request_body).unwrap()
}

fn confirm() -> brand_partner::ConfirmResult {
    brand_partner::ConfirmResult::new(
        "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "0Flpo7FqTQ",
        "1004",
        "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "obLatjnx9gnqzS4myYGmLZ7LgLBA",
        "478515832665",
        "POINT_EXCHANGE_COUPON_SUCCESS",
    )
    .coupon_code("123446565767")
    .fail_reason("积分不足")
}

fn decide() -> brand_partner::ConfirmDecision {
    let allow = brand_partner::ConfirmDecisionResult::PointExchangeCouponAllow;
    brand_partner::ConfirmDecision::new(
        "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "0Flpo7FqTQ",
        "1004",
        "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "obLatjnx9gnqzS4myYGmLZ7LgLBA",
        "478515832665",
        allow,
    )
}

fn points() -> businesscircle::PointsNotifyRequest {
    businesscircle::PointsNotifyRequest::new(
        "1217752501201407033233368018",
        "wx1234567890abcdef",
        "oWmnN4xxxxxxxxxxe92NHIGf1xd8",
        true,
        100,
        Time::parse("2020-05-20T13:29:35.120+08:00").unwrap(),
    )
    .sub_mchid("1234567890")
    .no_points_remarks("商品不参与积分活动")
    .total_points(888_888)
}

fn coupon() -> marketing_busifavor::CouponsUseRequest {
    marketing_busifavor::CouponsUseRequest::new(
        "sxxe34343434",
        "wx1234567889999",
        Time::parse("2015-05-20T13:29:35+08:00").unwrap(),
        "1002600620019090123143254435",
    )
    .stock_id("100088")
    .openid("xsd3434454567676")
}

fn bonus() -> marketing_membercard_open::CardsCodesBonusRequest {
    marketing_membercard_open::CardsCodesBonusRequest::new("1217752501201407033233368018", 30)
        .mchid("1230000109")
        .sub_mchid("1900000109")
}

/// What the pages print.
fn printed(operation: &str) -> Value {
    match operation {
        "businesscircle_points_notify" => json!({
            "sub_mchid": "1234567890", "transaction_id": "1217752501201407033233368018", "appid": "wx1234567890abcdef",
            "openid": "oWmnN4xxxxxxxxxxe92NHIGf1xd8", "earn_points": true, "increased_points": 100,
            "points_update_time": "2020-05-20T13:29:35.120+08:00", "no_points_remarks": "商品不参与积分活动",
            "total_points": 888_888
        }),
        "marketing_busifavor_coupons_use" => json!({
            "coupon_code": "sxxe34343434", "stock_id": "100088", "appid": "wx1234567889999",
            "use_time": "2015-05-20T13:29:35+08:00", "use_request_no": "1002600620019090123143254435",
            "openid": "xsd3434454567676"
        }),
        "marketing_membercard_open_cards_codes_bonus_commit" => json!({
            "out_trade_no": "1217752501201407033233368018", "mchid": "1230000109", "sub_mchid": "1900000109",
            "bonus_value": 30
        }),
        _ => json!({
            "record_id": "pbLatjvWOibDc5-TBnbUk1pD12o0", "exchange_coupon_template_id": "0Flpo7FqTQ",
            "brand_id": "1004", "card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0", "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA",
            "user_card_code": "478515832665", "state": "POINT_EXCHANGE_COUPON_SUCCESS", "coupon_code": "123446565767",
            "fail_reason": "积分不足"
        }),
    }
}

const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
const OPERATIONS: [&str; 4] = [
    CONFIRM,
    "businesscircle_points_notify",
    "marketing_busifavor_coupons_use",
    "marketing_membercard_open_cards_codes_bonus_commit",
];

/// The four calls; `$end` sends them.
macro_rules! four_calls {
    ($client:expr, $($end:tt)+) => {{
        let v3 = $client.v3();
        let path = v3.clone().brand().partner().card_member().user_points().exchange_coupon().confirm();
        let confirmed = path.post(&confirm())$($end)+.unwrap();
        assert_eq!(confirmed.record_id.as_deref(), Some("pbLatjvWOibDc5-TBnbUk1pD12o0"));
        v3.clone().businesscircle().points().notify().post(&points())$($end)+.unwrap();
        let used = v3.clone().marketing().busifavor().coupons().use_().post(&coupon())$($end)+.unwrap();
        assert_eq!(used.stock_id.as_deref(), Some("100088"));
        assert!(used.wechatpay_use_time.unwrap().timestamp().is_some());
        let card = v3.marketing().membercard_open().cards().card_id("478515832665").codes().code("478515832665");
        card.bonus().commit().post(&bonus())$($end)+.unwrap();
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn the_four_operations_from_the_async_client() {
    let (sandbox, credential) = stage(ConfirmShape::A).await;
    let client = Client::builder().credential(credential).base_url(sandbox.url()).build().unwrap();
    four_calls!(client, .await);
    for operation in OPERATIONS {
        assert_eq!(received(&sandbox, operation), printed(operation), "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_four_operations_from_the_blocking_client() {
    let (sandbox, credential) = stage(ConfirmShape::A).await;
    let client = blocking::Client::builder().credential(credential).base_url(sandbox.url()).build().unwrap();
    tokio::task::spawn_blocking(move || four_calls!(client, .call())).await.unwrap();
    for operation in OPERATIONS {
        assert_eq!(received(&sandbox, operation), printed(operation), "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_shape_of_one_operation_has_a_verb_and_an_answer_of_its_own() {
    let (sandbox, credential) = stage(ConfirmShape::B).await;
    let client = Client::builder().credential(credential).base_url(sandbox.url()).build().unwrap();
    let confirm = client.v3().brand().partner().card_member().user_points().exchange_coupon().confirm();
    let decided = confirm.post_decision(&decide()).await.unwrap();
    let state = brand_partner::ConfirmDecisionAnswerState::PointExchangeCouponSuccess;
    assert_eq!(decided.state, Some(state));
    assert!(decided.product_coupon_id.is_some());
    assert_eq!(received(&sandbox, CONFIRM)["result"], "POINT_EXCHANGE_COUPON_ALLOW");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_cannot_call_the_brand_scheme() {
    let (sandbox, credential) = stage(ConfirmShape::A).await;
    let client = Client::builder().credential(credential).base_url(sandbox.url()).build().unwrap();
    let before = sandbox.journal().count();
    let body = weipay::api::brand_card_member::BrandConfirmResult::new(
        "r",
        "t",
        "c",
        "o",
        "u",
        "POINT_EXCHANGE_COUPON_FAIL",
    );
    let path = client.brand().card_member().user_points().exchange_coupon().confirm();
    let error = path.post(&body).await.unwrap_err();
    assert!(matches!(error, Error::Build(_)) && error.outcome() == Outcome::NotSent, "{error}");
    assert!(error.to_string().contains("need a brand credential"), "{error}");
    assert_eq!(sandbox.journal().count(), before);
}

#[test]
fn debug_shows_nothing_of_a_body() {
    let text = format!("{:?}", confirm());
    assert_eq!(text, "ConfirmResult { .. }");
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_the_sandbox_decrypts_what_was_sent_and_we_what_it_answers() {
    let (sandbox, credential) = stage(ConfirmShape::A).await;
    let key = PrivateKey::from_pem(sandbox.credentials().private_key_pem).unwrap();
    let client = Client::builder().credential(credential).base_url(sandbox.url()).build().unwrap();
    let request = platform::SecurityEchoRequest::new("hello").encrypted_echo_message(Sensitive::from("张三"));
    let answer = client.v3().security().echo().post(&request).await.unwrap();
    assert_eq!(answer.echo_message.as_deref(), Some("hello"));
    // The sandbox opened our member, and sealed the same text to our certificate.
    assert_eq!(answer.encrypted_echo_message.unwrap().decrypt(&key).unwrap(), "张三");
    assert!(!String::from_utf8_lossy(&sandbox.journal().last().unwrap().request_body).contains("张三"));
}
