//! Redemption: the precedence of refusals, request numbers, the way back.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use weipay_sandbox::World;
use weipay_sandbox::world::{CodeMode, Coupon, CouponState, Stock, StockState};

use super::SEND;
use crate::client::{Client, USE, documentation, sandbox, with};
use crate::samples::{USE_BODY, value};

const RETURN: &str = "/v3/marketing/busifavor/coupons/return";
const DEACTIVATE: &str = "/v3/marketing/busifavor/coupons/deactivate";

fn using(changes: Value) -> Value {
    with(&value(USE_BODY), changes)
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A second stock whose codes the platform makes, with one coupon.
fn platform_stock(world: &mut World) {
    let stock = Stock {
        stock_id: "200".to_owned(),
        code_mode: CodeMode::WechatPay,
        ..world.busifavor.stocks[0].clone()
    };
    world.busifavor.stocks.push(stock);
    world.busifavor.coupons.push(Coupon::sended(
        "200",
        "P1",
        "xsd3434454567676",
        moment("2020-01-01T00:00:00Z"),
    ));
}

#[tokio::test]
async fn l11_the_same_number_gets_the_first_answer_and_another_one_is_told_that_it_is_used() {
    let (sandbox, client) = documentation().await;
    let first = client.json(USE, &using(json!({}))).await;
    first.is(200);
    sandbox.advance(Duration::from_secs(3600)).await;
    assert_eq!(client.json(USE, &using(json!({}))).await.body, first.body);
    let reply = client.json(USE, &using(json!({"use_request_no": "another"}))).await;
    reply.refused(400, "RESOURCE_ALREADY_EXISTS");
    assert_eq!(reply.message(), "券已被其他订单核销");
    client.verify(&reply);
    assert_eq!(sandbox.effects().len(), 1);
    let coupon = sandbox.coupon("100088", "sxxe34343434").unwrap();
    assert_eq!(coupon.use_request_no.as_deref(), Some("1002600620019090123143254435"));
}

#[tokio::test]
async fn a_number_of_another_coupon_is_refused() {
    let (_sandbox, client) = sandbox(platform_stock).await;
    client.json(USE, &using(json!({}))).await.is(200);
    let other = using(json!({"coupon_code": "P1", "stock_id": "200"}));
    client.json(USE, &other).await.refused(400, "INVALID_REQUEST");
    client.json(USE, &with(&other, json!({"use_request_no": "own"}))).await.is(200);
}

/// Each case is wrong in two ways; the first of the documented order must win.
#[tokio::test]
async fn the_first_of_two_mistakes_wins() {
    let (sandbox, client) = documentation().await;
    let other = Client::of(&sandbox, "1900000200");
    other
        .json(USE, &using(json!({"use_time": "x", "coupon_code": "none"})))
        .await
        .refused(400, "PARAM_ERROR");
    other.json(USE, &using(json!({"coupon_code": "none"}))).await.refused(404, "RESOURCE_NOT_EXISTS");
    other.json(USE, &using(json!({"appid": "wx0"}))).await.refused(403, "NOAUTH");
    client
        .json(USE, &using(json!({"appid": "wx0", "openid": "x"})))
        .await
        .refused(400, "APPID_MCHID_NOT_MATCH");
    let late = json!({"use_time": "2014-12-31T23:59:59+08:00", "openid": "x"});
    client.json(USE, &using(late)).await.refused(403, "RULELIMIT");
    client.json(USE, &using(json!({"openid": "nobody"}))).await.refused(404, "USER_NOT_EXISTS");
    client
        .json(USE, &using(json!({"openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA"})))
        .await
        .refused(400, "INVALID_REQUEST");
    client.json(USE, &using(json!({"openid": null}))).await.is(200);
    let used_and_late = json!({"use_request_no": "n", "use_time": "2014-12-31T23:59:59+08:00"});
    client.json(USE, &using(used_and_late)).await.refused(400, "RESOURCE_ALREADY_EXISTS");
}

#[tokio::test]
async fn l14_codes_of_merchants_need_their_stock() {
    let (_sandbox, client) = sandbox(platform_stock).await;
    let reply = client.json(USE, &using(json!({"stock_id": null}))).await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.value()["detail"]["field"], "/stock_id");
    client.json(USE, &using(json!({"stock_id": null, "coupon_code": "P1"}))).await.is(200);
}

#[tokio::test]
async fn l12_time_and_weekday_are_rules_of_the_stock() {
    // 2015-05-20 was a Wednesday.
    let (_sandbox, client) = sandbox(|world| world.busifavor.stocks[0].week_days = vec![0, 6]).await;
    client.json(USE, &using(json!({}))).await.refused(403, "RULELIMIT");
    client.json(USE, &using(json!({"use_time": "2015-05-23T13:29:35+08:00"}))).await.is(200);

    let (sandbox, client) = sandbox(|world| {
        world.busifavor.newer_spelling = true;
        world.busifavor.stocks[0].available_end_time = Timestamp::now() + Duration::from_secs(3600);
    })
    .await;
    sandbox.advance(Duration::from_secs(3601)).await;
    assert_eq!(sandbox.coupon("100088", "sxxe34343434").unwrap().state, CouponState::Expired);
    let reply = client.json(USE, &using(json!({}))).await;
    reply.refused(403, "RULE_LIMIT");
    assert_eq!(reply.message(), "券不在有效期");
}

#[tokio::test]
async fn l13_a_return_makes_the_coupon_usable_again_under_a_new_number() {
    let (sandbox, client) = documentation().await;
    let back = |number: &str| json!({"coupon_code": "sxxe34343434", "stock_id": "100088", "return_request_no": number});
    client.json(RETURN, &back("r1")).await.refused(400, "INVALID_REQUEST");
    let used = client.json(USE, &using(json!({}))).await;
    let first = client.json(RETURN, &back("r1")).await;
    first.is(200);
    assert!(first.value()["wechatpay_return_time"].is_string());
    assert_eq!(client.json(RETURN, &back("r1")).await.body, first.body);
    client.json(RETURN, &back("r2")).await.refused(400, "INVALID_REQUEST");
    assert_eq!(sandbox.coupon("100088", "sxxe34343434").unwrap().state, CouponState::Sended);
    assert_eq!(client.json(USE, &using(json!({}))).await.body, used.body, "the old number stays what it was");
    client.json(USE, &using(json!({"use_request_no": "second sale"}))).await.is(200);
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["used", "returned", "used"]);
}

#[tokio::test]
async fn a_deactivated_coupon_stays_away() {
    let (sandbox, client) = documentation().await;
    let body = json!({"coupon_code": "sxxe34343434", "stock_id": "100088", "deactivate_request_no": "d1",
        "deactivate_reason": "错误"});
    let first = client.json(DEACTIVATE, &body).await;
    first.is(200);
    assert_eq!(client.json(DEACTIVATE, &body).await.body, first.body);
    assert_eq!(sandbox.coupon("100088", "sxxe34343434").unwrap().state, CouponState::Deactivated);
    client.json(USE, &using(json!({}))).await.refused(400, "INVALID_REQUEST");
    client
        .json(DEACTIVATE, &with(&body, json!({"deactivate_request_no": "d2"})))
        .await
        .refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn send_gives_one_coupon_per_number() {
    let (sandbox, client) = sandbox(platform_stock).await;
    let body = json!({"openid": "xsd3434454567676", "appid": "wx1234567889999", "stock_id": "200", "out_request_no": "s1"});
    let first = client.json(SEND, &body).await;
    first.is(200);
    assert_eq!(client.json(SEND, &body).await.body, first.body);
    let code = first.value()["coupon_code"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.coupon("200", &code).unwrap().state, CouponState::Sended);
    assert_eq!(sandbox.effects().len(), 1);

    for (changes, status, code) in [
        (json!({"out_request_no": "a b"}), 400, "PARAM_ERROR"),
        (json!({"out_request_no": "s2", "stock_id": "9"}), 404, "RESOURCE_NOT_EXISTS"),
        (json!({"out_request_no": "s2", "appid": "wx0"}), 400, "APPID_MCHID_NOT_MATCH"),
        (json!({"out_request_no": "s2", "openid": "nobody"}), 404, "USER_NOT_EXISTS"),
        (json!({"out_request_no": "s2", "coupon_code": "mine"}), 400, "INVALID_REQUEST"),
        (json!({"out_request_no": "s2", "stock_id": "100088"}), 400, "INVALID_REQUEST"),
        (
            json!({"out_request_no": "s2", "stock_id": "100088", "coupon_code": "sxxe34343434"}),
            400,
            "RESOURCE_ALREADY_EXISTS",
        ),
        (json!({"appid": "wx1234567890abcdef"}), 400, "INVALID_REQUEST"),
    ] {
        client.json(SEND, &with(&body, changes)).await.refused(status, code);
    }
    let own = json!({"out_request_no": "s3", "stock_id": "100088", "coupon_code": "mine"});
    client.json(SEND, &with(&body, own)).await.is(200);
    assert!(sandbox.coupon("100088", "mine").is_some());
}

#[tokio::test]
async fn send_respects_the_stock() {
    let body = json!({"openid": "xsd3434454567676", "appid": "wx1234567889999", "stock_id": "200", "out_request_no": "s1"});
    for number in 0..3 {
        let (_sandbox, client) = sandbox(|world| {
            platform_stock(world);
            match number {
                0 => world.busifavor.stocks[1].state = StockState::Paused,
                1 => world.busifavor.stocks[1].max_coupons = 1,
                _ => world.busifavor.stocks[1].max_coupons_per_user = 1,
            }
        })
        .await;
        client.json(SEND, &body).await.refused(403, "RULELIMIT");
    }
}

#[tokio::test]
async fn a_coupon_is_found_by_its_user_and_shows_whose_redemption_it_was() {
    let (_sandbox, client) = documentation().await;
    let path = "/v3/marketing/busifavor/users/xsd3434454567676/coupons/sxxe34343434/appids/wx1234567889999";
    let before = client.get(path).await;
    before.is(200);
    client.verify(&before);
    assert_eq!(before.value()["coupon_state"], "SENDED");
    client.json(USE, &using(json!({}))).await.is(200);
    let after = client.get(path).await.value();
    assert_eq!(
        (&after["coupon_state"], &after["use_request_no"]),
        (&json!("USED"), &json!("1002600620019090123143254435"))
    );
    assert!(after["use_time"].is_string() && after["coupon_use_rule"].is_object());
    let elsewhere = path.replace("xsd3434454567676", "obLatjnx9gnqzS4myYGmLZ7LgLBA");
    client.get(&elsewhere).await.refused(404, "RESOURCE_NOT_EXISTS");
    client.get(&path.replace("wx1234567889999", "wx0")).await.refused(400, "APPID_MCHID_NOT_MATCH");
}

#[tokio::test]
async fn the_list_needs_a_merchant_and_counts_pages() {
    let (_sandbox, client) = sandbox(|world| {
        for number in 0..5 {
            let code = format!("C{number}");
            world.busifavor.coupons.push(Coupon::sended(
                "100088",
                &code,
                "oList",
                moment("2020-01-01T00:00:00Z"),
            ));
        }
    })
    .await;
    let path = "/v3/marketing/busifavor/users/oList/coupons?appid=wx1234567889999";
    let reply = client.get(path).await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.value()["detail"]["location"], "query");
    let page = client.get(&format!("{path}&creator_merchant=1900000100&offset=1&limit=2")).await.value();
    assert_eq!((&page["total_count"], &page["offset"], &page["limit"]), (&json!(5), &json!(1), &json!(2)));
    let codes: Vec<_> =
        page["data"].as_array().unwrap().iter().map(|coupon| coupon["coupon_code"].clone()).collect();
    assert_eq!(codes, ["C2", "C3"]);
    let none = client.get(&format!("{path}&belong_merchant=1900000100&coupon_state=USED")).await.value();
    assert_eq!(none["total_count"], 0);
}

#[tokio::test]
async fn l10_the_user_deletes_the_coupon_and_nobody_is_told() {
    let (sandbox, client) = documentation().await;
    sandbox.delete_coupon("100088", "sxxe34343434").unwrap();
    assert_eq!(sandbox.deliveries().len(), 0);
    assert_eq!(sandbox.coupon("100088", "sxxe34343434").unwrap().state, CouponState::Deleted);
    client.post(USE, USE_BODY).await.refused(400, "INVALID_REQUEST");
    let path = "/v3/marketing/busifavor/users/xsd3434454567676/coupons/sxxe34343434/appids/wx1234567889999";
    assert_eq!(client.get(path).await.value()["coupon_state"], "DELETED");
    assert!(sandbox.delete_coupon("100088", "sxxe34343434").is_err());
    assert!(sandbox.delete_coupon("100088", "another").is_err());
}
