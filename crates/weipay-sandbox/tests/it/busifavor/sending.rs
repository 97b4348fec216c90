//! Coupons come to their users, and their merchants are told.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::{ConsumptionCard, CouponState};
use weipay_sandbox::{Error, Sandbox, World};

use super::{APPID, SEND, STOCKS, USER, parcel, send, stock, terms};
use crate::catalogue::{answers_fit, event_fits};
use crate::client::{Client, USE, documentation, sandbox, with};
use crate::receiver::{Act, Receiver};
use crate::samples::{USE_BODY, value};

const CALLBACKS: &str = "/v3/marketing/busifavor/callbacks";

async fn told(script: &'static [Act]) -> (Receiver, Sandbox, Client) {
    let receiver = Receiver::start(script).await;
    let (sandbox, client) = documentation().await;
    let body = json!({"notify_url": receiver.url});
    let reply = client.json(CALLBACKS, &body).await;
    reply.is(200);
    assert_eq!(reply.value()["mchid"], "1900000100");
    (receiver, sandbox, client)
}

#[tokio::test]
async fn a_coupon_that_was_sent_is_told_with_its_openid_only_to_who_named_an_appid() {
    let (receiver, sandbox, client) = told(&[Act::Status(204)]).await;
    let quiet = stock(&client, json!({})).await;
    let open = stock(&client, json!({"out_request_no": "2", "notify_config": {"notify_appid": APPID}})).await;
    let code = send(&client, &quiet, "s1").await;
    send(&client, &open, "s2").await;
    sandbox.settled().await;
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    let envelope = received[0].envelope();
    assert_eq!(
        (&envelope["event_type"], &envelope["resource"]["original_type"]),
        (&json!("COUPON.SEND"), &json!("coupon"))
    );
    let opened = received[0].open(&client.credentials);
    event_fits("COUPON.SEND", &opened);
    assert_eq!(
        (&opened["event_type"], &opened["coupon_code"]),
        (&json!("EVENT_TYPE_BUSICOUPON_SEND"), &json!(code))
    );
    assert_eq!(
        (&opened["send_channel"], opened.get("openid")),
        (&json!("BUSICOUPON_SEND_CHANNEL_API"), None)
    );
    assert_eq!(received[1].open(&client.credentials)["openid"], USER);
    client.json(SEND, &parcel(&quiet, "s1")).await.is(200);
    sandbox.settled().await;
    assert_eq!(receiver.received().len(), 2, "a repeat tells nothing");
    answers_fit(&sandbox);
}

/// The event of that name belongs to cash coupons (代金券); a merchant coupon is redeemed by its merchant.
#[tokio::test]
async fn l15_no_event_tells_of_use_return_deactivation_expiry_or_deletion() {
    let (receiver, sandbox, client) = told(&[Act::Status(204)]).await;
    let id = stock(&client, json!({})).await;
    let code = send(&client, &id, "s1").await;
    let other = send(&client, &id, "s2").await;
    let third = send(&client, &id, "s3").await;
    sandbox.settled().await;
    let before = receiver.received().len();
    let using = json!({"coupon_code": code, "stock_id": id, "appid": APPID, "use_request_no": "u",
        "use_time": "2020-05-20T13:29:35+08:00"});
    client.json(USE, &using).await.is(200);
    let numbers =
        json!({"coupon_code": code, "stock_id": id, "return_request_no": "r", "deactivate_request_no": "d"});
    client.json("/v3/marketing/busifavor/coupons/return", &numbers).await.is(200);
    client.json("/v3/marketing/busifavor/coupons/deactivate", &numbers).await.is(200);
    sandbox.delete_coupon(&id, &other).unwrap();
    sandbox.advance(Duration::from_secs(100 * 365 * 24 * 3600)).await;
    assert_eq!(sandbox.coupon(&id, &third).unwrap().state, CouponState::Expired);
    assert_eq!((before, receiver.received().len()), (3, 3));
    assert!(sandbox.deliveries().iter().all(|delivery| delivery.event_type == "COUPON.SEND"));
}

#[tokio::test]
async fn coupon_send_is_repeated_eleven_times_a_minute_apart() {
    let (receiver, sandbox, client) = told(&[Act::Status(500)]).await;
    let id = stock(&client, json!({})).await;
    send(&client, &id, "s1").await;
    sandbox.advance(Duration::from_secs(660)).await;
    let delivery = &sandbox.deliveries()[0];
    let gaps: Vec<i64> =
        delivery.attempts.windows(2).map(|two| two[1].due.duration_since(two[0].due).as_secs()).collect();
    assert_eq!(gaps, [60; 11]);
    assert_eq!(receiver.received().len(), 12);
}

#[tokio::test]
async fn a_user_takes_coupons_as_long_as_the_stock_allows() {
    let (sandbox, client) = documentation().await;
    let id = stock(&client, json!({"stock_send_rule": {"max_coupons": 3, "max_coupons_per_user": 2}})).await;
    let code = sandbox.take_coupon(&id, "oWalker").await.unwrap();
    assert_eq!(code.len(), 22);
    sandbox.take_coupon(&id, "oWalker").await.unwrap();
    assert!(matches!(sandbox.take_coupon(&id, "oWalker").await, Err(Error::State(_))));
    sandbox.take_coupon(&id, "oOther").await.unwrap();
    assert!(matches!(sandbox.take_coupon(&id, "oThird").await, Err(Error::State(_))));
    assert!(matches!(sandbox.take_coupon("404", "oThird").await, Err(Error::Unknown { .. })));
    assert!(
        matches!(sandbox.take_coupon("100088", "oThird").await, Err(Error::State(_))),
        "no code of its own"
    );
    let list =
        format!("/v3/marketing/busifavor/users/oWalker/coupons?appid={APPID}&sender_merchant=1900000100");
    assert_eq!(client.get(&list).await.value()["total_count"], 2);
}

#[tokio::test]
async fn a_promised_coupon_is_taken_once_by_its_user() {
    let (sandbox, client) = documentation().await;
    let target = "/v3/marketing/busifavor/product-coupons/pre-send";
    let body = json!({"stock_id": "100088", "appid": APPID, "send_request_no": "p1", "coupon_code": "MINE", "openid": USER});
    let first = client.json(target, &body).await;
    first.is(200);
    assert_eq!(client.json(target, &body).await.body, first.body);
    client
        .json(target, &with(&body, json!({"send_request_no": "p2", "coupon_code": null})))
        .await
        .refused(400, "INVALID_REQUEST");
    let token = first.value()["token"].as_str().unwrap().to_owned();
    assert!(matches!(sandbox.take_pre_sent_coupon(&token, "oOther").await, Err(Error::State(_))));
    assert_eq!(sandbox.take_pre_sent_coupon(&token, USER).await.unwrap(), "MINE");
    assert!(matches!(sandbox.take_pre_sent_coupon(&token, USER).await, Err(Error::State(_))));
    assert_eq!(sandbox.coupon("100088", "MINE").unwrap().state, CouponState::Sended);
    let id = stock(&client, json!({})).await;
    let anybody = json!({"stock_id": id, "appid": APPID, "send_request_no": "p3"});
    let token = client.json(target, &anybody).await.value()["token"].as_str().unwrap().to_owned();
    sandbox.take_pre_sent_coupon(&token, "oFirst").await.unwrap();
    assert!(
        matches!(sandbox.take_pre_sent_coupon(&token, "oSecond").await, Err(Error::State(_))),
        "one coupon"
    );
    answers_fit(&sandbox);
}

#[tokio::test]
async fn product_coupons_for_members_need_the_card() {
    let (sandbox, client) = documentation().await;
    let target = "/v3/marketing/busifavor/product-coupons/send";
    let id = stock(&client, json!({})).await;
    let member = "obLatjnx9gnqzS4myYGmLZ7LgLBA";
    let body = with(
        &parcel(&id, "m1"),
        json!({"openid": member, "coupon_type": "MEMBER", "member_card_id": "478515832665"}),
    );
    let first = client.json(target, &body).await;
    first.is(200);
    assert_eq!(client.json(target, &body).await.body, first.body);
    client.json(target, &with(&body, json!({"openid": USER}))).await.refused(403, "RULELIMIT");
    // A brand membership card is a card, too.
    let brand = json!({"out_request_no": "m3", "member_card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0"});
    client.json(target, &with(&body, brand)).await.is(200);
    client.json(target, &with(&body, json!({"member_card_id": null}))).await.refused(400, "PARAM_ERROR");
    client
        .json(
            target,
            &with(&body, json!({"out_request_no": "m2", "coupon_type": "NORMAL", "member_card_id": null})),
        )
        .await
        .is(200);
    answers_fit(&sandbox);
}

#[tokio::test]
async fn a_coupons_time_follows_its_receipt() {
    let (sandbox, client) = documentation().await;
    let mut use_rule = terms("x")["coupon_use_rule"].clone();
    use_rule["coupon_available_time"]["wait_days_after_receive"] = json!(1);
    use_rule["coupon_available_time"]["available_day_after_receive"] = json!(1);
    let id = stock(&client, json!({"coupon_use_rule": use_rule})).await;
    let code = send(&client, &id, "s1").await;
    let using = |sandbox: &Sandbox, number: &str| {
        json!({"coupon_code": code, "stock_id": id, "appid": APPID, "use_request_no": number,
            "use_time": sandbox.business_time().to_string()})
    };
    let path = format!("/v3/marketing/busifavor/users/{USER}/coupons/{code}/appids/{APPID}");
    let shown = client.get(&path).await.value();
    let time = |name: &str| shown[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let (from, until) = (time("available_start_time"), time("expire_time"));
    assert!(from > sandbox.business_time() && until.duration_since(from).as_secs() == 24 * 3600 - 1);
    client.json(USE, &using(&sandbox, "today")).await.refused(403, "RULELIMIT");
    sandbox.advance(Duration::from_secs(24 * 3600)).await;
    client.json(USE, &using(&sandbox, "tomorrow")).await.is(200);
    let back = json!({"coupon_code": code, "stock_id": id, "return_request_no": "r"});
    sandbox.advance(Duration::from_secs(24 * 3600)).await;
    client.json("/v3/marketing/busifavor/coupons/return", &back).await.is(200);
    assert_eq!(sandbox.coupon(&id, &code).unwrap().state, CouponState::Expired, "its day is over");
    client.json(USE, &using(&sandbox, "late")).await.refused(403, "RULELIMIT");
}

#[tokio::test]
async fn an_order_is_associated_with_one_unused_coupon() {
    let (sandbox, client) = documentation().await;
    let body = json!({"stock_id": "100088", "coupon_code": "sxxe34343434", "out_trade_no": "o1", "out_request_no": "a1"});
    let associate = "/v3/marketing/busifavor/coupons/associate";
    let disassociate = "/v3/marketing/busifavor/coupons/disassociate";
    client.json(disassociate, &body).await.refused(400, "INVALID_REQUEST");
    let first = client.json(associate, &body).await;
    first.is(200);
    assert_eq!(client.json(associate, &body).await.body, first.body);
    client
        .json(associate, &with(&body, json!({"out_trade_no": "o2", "out_request_no": "a2"})))
        .await
        .refused(400, "INVALID_REQUEST");
    let path = format!("/v3/marketing/busifavor/users/{USER}/coupons/sxxe34343434/appids/{APPID}");
    assert_eq!(client.get(&path).await.value()["associate_out_trade_no"], "o1");
    client.json(disassociate, &body).await.is(200);
    client.json(associate, &with(&body, json!({"out_trade_no": "o2", "out_request_no": "a2"}))).await.is(200);
    client.json(USE, &value(USE_BODY)).await.is(200);
    client
        .json(disassociate, &with(&body, json!({"out_trade_no": "o2", "out_request_no": "a3"})))
        .await
        .refused(400, "INVALID_REQUEST");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn callbacks_are_set_and_shown() {
    let (sandbox, client) = documentation().await;
    client.get(CALLBACKS).await.refused(404, "RESOURCE_NOT_EXISTS");
    for wrong in ["http://example.com/notify", "ftp://localhost/", "https://a", ""] {
        client.json(CALLBACKS, &json!({"notify_url": wrong})).await.refused(400, "PARAM_ERROR");
    }
    client.json(CALLBACKS, &json!({"notify_url": "http://127.0.0.1:9/notify"})).await.is(200);
    client.json(CALLBACKS, &json!({"notify_url": "https://example.com/notify"})).await.is(200);
    assert!(sandbox.journal().last().unwrap().notes.iter().any(|note| note.contains("/notify_url")));
    let shown = client.get(CALLBACKS).await.value();
    assert_eq!(shown, json!({"notify_url": "https://example.com/notify", "mchid": "1900000100"}));
    client.get(&format!("{CALLBACKS}?mchid=1900000200")).await.refused(403, "NOAUTH");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn a_consumption_card_is_given_once_per_number() {
    let (sandbox, client) = sandbox(|world: &mut World| {
        world.busifavor.consumption_cards.push(ConsumptionCard {
            card_id: "card".to_owned(),
            mchid: "1900000100".to_owned(),
            appid: APPID.to_owned(),
            codes: Vec::new(),
        });
    })
    .await;
    let target = |card: &str| format!("/v3/marketing/busifavor/coupons/{card}/send");
    let body: Value = json!({"appid": APPID, "openid": USER, "out_request_no": "c1", "send_time": "2020-05-20T13:29:35+08:00"});
    let first = client.json(&target("card"), &body).await;
    first.is(200);
    assert_eq!(client.json(&target("card"), &body).await.body, first.body);
    for (changes, status, code) in [
        (json!({"send_time": "2999-05-20T13:29:35+08:00"}), 400, "PARAM_ERROR"),
        (json!({"appid": "wx1234567890abcdef"}), 400, "APPID_MCHID_NOT_MATCH"),
        (json!({"openid": "nobody"}), 404, "USER_NOT_EXISTS"),
    ] {
        client.json(&target("card"), &with(&body, changes)).await.refused(status, code);
    }
    client.json(&target("other"), &body).await.refused(404, "RESOURCE_NOT_EXISTS");
    Client::of(&sandbox, "1900000200").json(&target("card"), &body).await.refused(403, "NOAUTH");
    client.json(&target("card"), &with(&body, json!({"out_request_no": "c2"}))).await.is(200);
    assert_eq!(sandbox.effects().len(), 2);
    assert!(client.get(&format!("{STOCKS}/card")).await.status == 404);
    answers_fit(&sandbox);
}

#[tokio::test]
async fn each_merchant_has_stocks_and_events_of_its_own() {
    let (_receiver, sandbox, partner) = told(&[Act::Status(204)]).await;
    let direct = Client::of(&sandbox, "1230000109");
    let id = stock(&direct, json!({"belong_merchant": "1230000109"})).await;
    let own = with(&parcel(&id, "s1"), json!({"appid": "wx3456789012cdefab"}));
    direct.json(SEND, &own).await.is(200);
    partner.json(SEND, &parcel(&id, "s2")).await.refused(403, "NOAUTH");
    direct.json(SEND, &parcel(&id, "s3")).await.refused(400, "APPID_MCHID_NOT_MATCH");
    let receivers: Vec<_> = sandbox.deliveries().into_iter().map(|delivery| delivery.receiver).collect();
    assert_eq!(receivers, ["1230000109"]);
    // A number belongs to its caller.
    let other = stock(&partner, json!({})).await;
    assert_ne!(other, id);
}

#[tokio::test]
async fn l12_the_newer_spelling_holds_for_the_whole_family() {
    let (sandbox, client) = sandbox(|world| world.busifavor.newer_spelling = true).await;
    let id = stock(&client, json!({"stock_send_rule": {"max_coupons": 1, "max_coupons_per_user": 1}})).await;
    send(&client, &id, "s1").await;
    client.json(SEND, &parcel(&id, "s2")).await.refused(403, "RULE_LIMIT");
    let other = Client::of(&sandbox, "1900000200");
    other.json(SEND, &parcel(&id, "s3")).await.refused(403, "NO_AUTH");
    other.get(&format!("{STOCKS}/{id}")).await.refused(403, "NO_AUTH");
    other.get(&format!("{CALLBACKS}?mchid=1900000100")).await.refused(403, "NO_AUTH");
}
