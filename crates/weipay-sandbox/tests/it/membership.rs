//! What members get beside their cards: tokens for components, feeds, and coupons for joining.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::ProductCouponState;
use weipay_sandbox::{Error, TakeCard};

use crate::client::{Client, documentation, with};
use crate::sensitive::fits;

const ROOT: &str = "/v3/brand/partner/card-member";
const ACTIVITIES: &str = "/v3/brand/partner/card-member/membership-activities";
const CARD: &str = "pbLatjvWOibDc5-TBnbUk1pD12o0";
const MEMBER: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";
const STOCK: &str = "1000000013001";

#[tokio::test]
async fn a_token_of_pre_auth_opens_one_card_for_one_user_within_an_hour() {
    let (sandbox, client) = documentation().await;
    let body = json!({"brand_id": "1004", "card_id": CARD, "openid": "oNew"});
    let path = format!("{ROOT}/pre-auth-tokens");
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let reply = client.json(&path, &body).await;
        let answer = fits(&client, "brand_partner_card_member_pre_auth_tokens", &reply);
        tokens.push(answer["token"].as_str().unwrap().to_owned());
    }
    assert_ne!(tokens[0], tokens[1]);
    let order = |openid: &str, token: &str| TakeCard {
        openid: openid.to_owned(),
        token: Some(token.to_owned()),
        ..TakeCard::default()
    };
    assert!(matches!(sandbox.take_card(order("oOther", &tokens[0])).await, Err(Error::State(_))));
    assert!(matches!(sandbox.take_card(order("oNew", "x")).await, Err(Error::Unknown { what: "token", .. })));
    sandbox.take_card(order("oNew", &tokens[0])).await.unwrap();
    sandbox.advance(Duration::from_secs(25 * 3600)).await;
    assert!(matches!(sandbox.take_card(order("oNew", &tokens[1])).await, Err(Error::State(_))), "too late");
    client.json(&path, &with(&body, json!({"card_id": "x"}))).await.refused(404, "RESOURCE_NOT_EXISTS");
    let brand = Client::of_brand(&sandbox);
    let reply =
        brand.json("/brand/card-member/pre-auth-tokens", &json!({"card_id": CARD, "openid": "oNew"})).await;
    fits(&brand, "brand_card_member_pre_auth_tokens_create", &reply);
}

#[tokio::test]
async fn a_token_of_pay_view_works_once_within_ten_minutes_for_members() {
    let (sandbox, client) = documentation().await;
    let path = format!("{ROOT}/pay-view-tokens");
    let body = json!({"brand_id": "1004", "card_id": CARD, "openid": MEMBER});
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let reply = client.json(&path, &body).await;
        let answer = fits(&client, "brand_partner_card_member_pay_view_tokens", &reply);
        tokens.push(answer["token"].as_str().unwrap().to_owned());
    }
    sandbox.show_payment_code(&tokens[0]).await.unwrap();
    assert!(matches!(sandbox.show_payment_code(&tokens[0]).await, Err(Error::State(_))));
    sandbox.advance(Duration::from_secs(600)).await;
    assert!(matches!(sandbox.show_payment_code(&tokens[1]).await, Err(Error::State(_))));
    client.json(&path, &with(&body, json!({"openid": "oNobody"}))).await.refused(404, "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn a_feed_is_for_members_and_has_a_number() {
    let (sandbox, client) = documentation().await;
    let body = json!({"brand_id": "1004", "card_id": CARD, "user_card_code": "478515832665", "openid": MEMBER,
        "out_request_no": "feed-1", "cell": "15_1200_1"});
    let path = format!("{ROOT}/user-feeds");
    let reply = client.json(&path, &body).await;
    assert_eq!(fits(&client, "brand_partner_card_member_user_feeds", &reply), body);
    client.json(&path, &body).await.is(200);
    client.json(&path, &with(&body, json!({"cell": "x"}))).await.refused(400, "INVALID_REQUEST");
    let other = with(&body, json!({"out_request_no": "feed-2", "openid": "oNobody"}));
    client.json(&path, &other).await.refused(404, "RESOURCE_NOT_EXISTS");
    assert_eq!(sandbox.effects().len(), 1);
    let brand = Client::of_brand(&sandbox);
    let reply = brand.json("/brand/card-member/user-feeds", &with(&body, json!({"brand_id": null}))).await;
    assert_eq!(fits(&brand, "brand_card_member_user_feeds", &reply)["brand_id"], "1004");
}

/// An activity from so many days before now to so many after.
fn activity(sandbox: &weipay_sandbox::Sandbox, from: i64, to: i64) -> Value {
    let day = |days: i64| {
        let moment = sandbox.business_time() + jiff_hours(days * 24);
        moment.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    };
    json!({"out_request_no": "activity-1", "brand_id": "1004", "card_id": CARD,
        "activity_channel": "MECHANT_APP_COMPONENT", "title": "入会享券", "sub_title": "5张满减券",
        "begin_time": day(from), "end_time": day(to), "apply_total": 1,
        "product_coupon_stock_list": [{"product_coupon_id": "1000000013", "stock_id": STOCK}]})
}

fn jiff_hours(hours: i64) -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn an_activity_gives_its_coupons_to_those_who_join_until_there_are_none() {
    let (sandbox, client) = documentation().await;
    let body = activity(&sandbox, -1, 1);
    let reply = client.json(ACTIVITIES, &body).await;
    let created = fits(&client, "brand_partner_card_member_membership_activities_create", &reply);
    assert_eq!(created["activity_state"], "MEMBERSHIP_ACTIVITY_EFFECTIVE");
    assert_eq!(client.json(ACTIVITIES, &body).await.value(), created);
    for (openid, coupons) in [("oFirst", 1), ("oSecond", 0)] {
        let order = TakeCard { openid: openid.to_owned(), ..TakeCard::default() };
        let code = sandbox.take_card(order).await.unwrap().unwrap();
        let confirm =
            json!({"brand_id": "1004", "openid": openid, "user_card_confirm_state": "CREATE_CARD_SUCCESS"});
        client.json(&format!("{ROOT}/user-cards/{code}/confirm?card_id={CARD}"), &confirm).await.is(200);
        let list = format!(
            "/v3/marketing/partner/product-coupon/users/{openid}/coupons?appid=wx1234567889999&brand_id=1004"
        );
        let listed = client.get(&list).await.value();
        assert_eq!(listed["total_count"], coupons);
        if coupons == 1 {
            let coupon = &listed["user_coupon_list"][0];
            assert_eq!(
                (&coupon["coupon_state"], &coupon["send_channel"]),
                (&json!("CONFIRMING"), &json!("MEMBER"))
            );
            let code = coupon["coupon_code"].as_str().unwrap();
            assert_eq!(sandbox.product_coupon(STOCK, code).unwrap().state, ProductCouponState::Confirming);
        }
    }
    let id = created["activity_id"].as_str().unwrap();
    let reply = client.get(&format!("{ACTIVITIES}/{id}?brand_id=1004")).await;
    let shown = fits(&client, "brand_partner_card_member_membership_activities_get_by_activity_id", &reply);
    assert_eq!((&shown["apply_total"], &shown["apply_available"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn an_activity_begins_is_changed_ends_and_expires() {
    let (sandbox, client) = documentation().await;
    let state = async |id: &str| {
        let shown = client.get(&format!("{ACTIVITIES}/{id}?brand_id=1004")).await.value();
        shown["activity_state"].as_str().unwrap_or_default().replace("MEMBERSHIP_ACTIVITY_", "")
    };
    let create = async |number: &str, changes: Value| {
        let body = with(&activity(&sandbox, 1, 3), json!({"out_request_no": number}));
        client.json(ACTIVITIES, &with(&body, changes)).await
    };
    let first = create("a-1", json!({})).await.value()["activity_id"].as_str().unwrap().to_owned();
    let second = create("a-2", json!({})).await.value()["activity_id"].as_str().unwrap().to_owned();
    assert_eq!(state(&first).await, "CREATED");
    create("a-3", json!({"apply_total": 0})).await.refused(400, "PARAM_ERROR");
    create("a-3", json!({"activity_channel": "MERCHANT_APP_COMPONENT"})).await.refused(400, "PARAM_ERROR");
    let reply = create("a-3", json!({"end_time": "2020-01-20T13:29:35+08:00"})).await;
    assert_eq!(reply.value()["detail"]["field"], "/end_time");
    let unknown = json!([{"product_coupon_id": "1000000013", "stock_id": "5"}]);
    create("a-3", json!({"product_coupon_stock_list": unknown})).await.refused(404, "RESOURCE_NOT_EXISTS");

    let change = with(
        &activity(&sandbox, 1, 4),
        json!({"title": "新", "out_request_no": null, "card_id": null, "activity_channel": null, "apply_total": null,
            "product_coupon_stock_list": null}),
    );
    let patch = |id: &str| client.draft("PATCH", &format!("{ACTIVITIES}/{id}"), &change.to_string());
    let reply = client.send(&patch(&first)).await;
    let changed =
        fits(&client, "brand_partner_card_member_membership_activities_update_by_activity_id", &reply);
    assert_eq!(changed["title"], "新");
    sandbox.advance(Duration::from_secs(2 * 24 * 3600)).await;
    assert_eq!(state(&first).await, "EFFECTIVE");
    let end = |id: &str| format!("{ACTIVITIES}/{id}/terminate");
    let reply = client.json(&end(&first), &json!({"brand_id": "1004"})).await;
    let ended = fits(&client, "brand_partner_card_member_membership_activities_terminate", &reply);
    assert_eq!(client.json(&end(&first), &json!({"brand_id": "1004"})).await.value(), ended);
    sandbox.advance(Duration::from_secs(2 * 24 * 3600)).await;
    client.json(&end(&second), &json!({"brand_id": "1004"})).await.refused(400, "INVALID_REQUEST");
    client.send(&patch(&first)).await.refused(400, "INVALID_REQUEST");
    let list = |filter: &str| format!("{ACTIVITIES}?brand_id=1004&offset=0&limit=5{filter}");
    let reply = client.get(&list("&activity_state=MEMBERSHIP_ACTIVITY_EXPIRED")).await;
    let expired = fits(&client, "brand_partner_card_member_membership_activities_list", &reply);
    assert_eq!((&expired["total_count"], &expired["data"][0]["activity_id"]), (&json!(1), &json!(second)));
    assert_eq!(client.get(&list("&card_id=x")).await.value()["total_count"], 0);
}

#[tokio::test]
async fn cards_activities_and_coupons_come_out_of_seed_data() {
    let seed = "
card_member:
  brand_cards:
    - {card_id: C1, brand_id: '1004', code_mode: MERCHANT_ALLOCATE, display: {card_title: Gold},
       valid_date: {type: FIX_TERM, available_day_after_receive: 3}}
  brand_user_cards:
    - {card_id: C1, user_card_code: U1, openid: oSeeded, point_balance: 7, state: EFFECTIVE, phone_number: '139'}
  activities:
    - {activity_id: '1', brand_id: '1004', card_id: C1, begin_time: 2020-01-01T00:00:00+08:00,
       end_time: 2099-01-01T00:00:00+08:00, apply_total: 5, apply_available: 5}
product_coupon:
  stocks:
    - {stock_id: S1, product_coupon_id: '1000000013', brand_id: '1004', max_count: 9, code_mode: UPLOAD, codes: [A, B],
       available_begin_time: 2020-01-01T00:00:00+08:00, available_end_time: 2099-01-01T00:00:00+08:00}
";
    let world = weipay_sandbox::World::documentation().seeded(seed).unwrap();
    let sandbox = weipay_sandbox::Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::new(&sandbox);
    let shown = client.get(&format!("{ROOT}/cards/C1?brand_id=1004")).await.value();
    assert_eq!((&shown["card_title"], &shown["code_mode"]), (&json!("Gold"), &json!("MERCHANT_ALLOCATE")));
    assert_eq!(sandbox.point_balance("C1", "U1"), Some(7));
    let target = format!("{ACTIVITIES}/1?brand_id=1004");
    assert_eq!(client.get(&target).await.value()["activity_state"], "MEMBERSHIP_ACTIVITY_EFFECTIVE");
    let send = json!({"brand_id": "1004", "product_coupon_id": "1000000013", "stock_id": "S1",
        "appid": "wx1234567889999", "send_request_no": "send-01"});
    let sent = client.json("/v3/marketing/partner/product-coupon/users/oSeeded/coupons", &send).await.value();
    assert_eq!((&sent["coupon_code"], &sent["coupon_state"]), (&json!("A"), &json!("CONFIRMING")));
    let misspelt = seed.replace("max_count:", "max_cuont:");
    let error = weipay_sandbox::World::documentation().seeded(&misspelt).unwrap_err().to_string();
    assert!(error.contains("max_cuont"), "{error}");
}
