//! Brand membership cards: templates, and users' cards from taking to deleting.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::{BrandUserCardState, CardCodeMode, ConfirmShape, UserInformation, ValidDate};
use weipay_sandbox::{DeliveryState, Error, ExchangePoints, Sandbox, TakeCard, World};

use crate::client::{Client, SYNC, documentation, sandbox, with};
use crate::receiver::{Act, Receiver};
use crate::sensitive::{fits, seal, unseal};

const CARDS: &str = "/v3/brand/partner/card-member/cards";
const USER_CARDS: &str = "/v3/brand/partner/card-member/user-cards";
const CARD: &str = "pbLatjvWOibDc5-TBnbUk1pD12o0";
const MEMBER: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";
const CODE: &str = "478515832665";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn template() -> Value {
    json!({
        "brand_id": "1004", "appid": "wxea9c30890f48d5ae", "card_type": "NORMAL", "card_title": "测试卡",
        "card_color": "#FFFF00", "card_picture_url": "https://wxpaylogo.qpic.cn/wxpaylogo/xxxxx/0",
        "code_mode": "SYSTEM_ALLOCATE", "code_type": "QR_CODE", "benefits": "会员折扣",
        "notify_url": "https://www.weixin.qq.com/wxpay/notify.php", "need_pinned": true,
        "valid_date_information": {"type": "FIX_TERM", "available_day_after_receive": 200},
        "out_request_no": "card-1",
    })
}

/// A sandbox whose notifications arrive somewhere.
async fn told(change: impl FnOnce(&mut World)) -> (Receiver, Sandbox, Client) {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let mut world = World::documentation().notify(&receiver.url);
    change(&mut world);
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::new(&sandbox);
    (receiver, sandbox, client)
}

fn confirm_target(code: &str) -> String {
    format!("{USER_CARDS}/{code}/confirm?card_id={CARD}")
}

fn confirmation(openid: &str, changes: Value) -> Value {
    let base =
        json!({"brand_id": "1004", "openid": openid, "user_card_confirm_state": "CREATE_CARD_SUCCESS"});
    with(&base, changes)
}

fn query(code: &str, openid: &str) -> String {
    format!("{USER_CARDS}/{code}?brand_id=1004&card_id={CARD}&openid={openid}")
}

fn new_member() -> TakeCard {
    TakeCard { openid: "oNewMember".to_owned(), ..TakeCard::default() }
}

#[tokio::test]
async fn a_template_is_created_once_shown_changed_and_invalidated() {
    let (sandbox, client) = documentation().await;
    let reply = client.json(CARDS, &template()).await;
    let created = fits(&client, "brand_partner_card_member_cards_create", &reply);
    assert_eq!((&created["card_title"], &created["state"]), (&json!("测试卡"), &json!("CARD_EFFECTIVE")));
    assert_eq!(client.json(CARDS, &template()).await.value(), created, "the same number, the same answer");
    let other = with(&template(), json!({"card_title": "another"}));
    client.json(CARDS, &other).await.refused(400, "INVALID_REQUEST");

    let id = created["card_id"].as_str().unwrap();
    let reply = client.get(&format!("{CARDS}/{id}?brand_id=1004")).await;
    let shown = fits(&client, "brand_partner_card_member_cards_get_by_card_id", &reply);
    assert_eq!(shown["valid_date_information"], template()["valid_date_information"]);
    assert_eq!(shown["need_pinned"], true);
    let change =
        json!({"brand_id": "1004", "card_title": "新卡", "card_type": "BALANCE", "state": "CARD_INVALID",
        "valid_date_information": {"type": "PERMANENT"}})
        .to_string();
    let reply = client.send(&client.draft("PATCH", &format!("{CARDS}/{id}"), &change)).await;
    let changed = fits(&client, "brand_partner_card_member_cards_update_by_card_id", &reply);
    assert_eq!(changed["card_title"], "新卡");
    assert_eq!((&changed["card_type"], &changed["state"]), (&json!("NORMAL"), &json!("CARD_EFFECTIVE")));
    assert_eq!(changed["valid_date_information"], json!({"type": "PERMANENT"}));

    let invalidate = format!("{CARDS}/{id}/invalidate");
    let reply = client.json(&invalidate, &json!({"brand_id": "1004"})).await;
    let invalid = fits(&client, "brand_partner_card_member_cards_invalidate", &reply);
    assert_eq!(invalid["state"], "CARD_INVALID");
    assert_eq!(client.json(&invalidate, &json!({"brand_id": "1004"})).await.value(), invalid);
    let again = client.send(&client.draft("PATCH", &format!("{CARDS}/{id}"), &change)).await;
    again.refused(400, "INVALID_REQUEST");
    let order = TakeCard { card_id: id.to_owned(), ..new_member() };
    assert!(matches!(sandbox.take_card(order).await, Err(Error::State(_))));
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["created", "updated", "invalidated"]);
}

#[tokio::test]
async fn templates_are_listed_page_by_page_and_by_state() {
    let (sandbox, client) = documentation().await;
    for number in 0..3 {
        let body = with(&template(), json!({"out_request_no": format!("card-{number}")}));
        client.json(CARDS, &body).await.is(200);
    }
    let reply = client.get(&format!("{CARDS}?brand_id=1004&offset=1&limit=3")).await;
    let page = fits(&client, "brand_partner_card_member_cards_list", &reply);
    assert_eq!((&page["total_count"], page["data"].as_array().unwrap().len()), (&json!(4), 1));
    let page = client.get(&format!("{CARDS}?brand_id=1004&state=CARD_INVALID")).await.value();
    assert_eq!((&page["total_count"], &page["data"]), (&json!(0), &json!([])));
    client.get(&format!("{CARDS}?brand_id=1004&limit=x")).await.refused(400, "PARAM_ERROR");
    let other = Client::of(&sandbox, "1900000200");
    other.get(&format!("{CARDS}?brand_id=1004")).await.refused(403, "NO_AUTH");
    other.get(&format!("{CARDS}/{CARD}?brand_id=2008")).await.refused(404, "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn an_older_revision_deletes_a_template() {
    let (sandbox, client) = documentation().await;
    let target = format!("{CARDS}/{CARD}?brand_id=1004");
    let reply = client.send(&client.draft("DELETE", &target, "")).await;
    let deleted = fits(&client, "brand_partner_card_member_cards_delete_by_card_id", &reply);
    assert_eq!(deleted["state"], "CARD_INVALID");
    assert_eq!(sandbox.user_card(CARD, MEMBER).unwrap().state, BrandUserCardState::Effective);
    assert!(matches!(sandbox.exchange_points(ExchangePoints::default()).await, Err(Error::State(_))));
}

#[tokio::test]
async fn a_template_says_for_how_long() {
    let (_sandbox, client) = documentation().await;
    for (validity, field) in [
        (json!({"type": "FIX_TERM"}), "available_day_after_receive"),
        (json!({"type": "FIX_TERM", "available_day_after_receive": 0}), "available_day_after_receive"),
        (
            json!({"type": "FIX_TIME_RANGE", "available_end_time": "2030-05-20T13:29:35+08:00"}),
            "available_begin_time",
        ),
        (
            json!({"type": "FIX_TIME_RANGE", "available_begin_time": "2030-05-20T13:29:35+08:00",
                "available_end_time": "2030-05-20T13:29:35+08:00"}),
            "available_end_time",
        ),
        (json!({"type": "EVER"}), "type"),
    ] {
        let reply = client.json(CARDS, &with(&template(), json!({"valid_date_information": validity}))).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], format!("/valid_date_information/{field}"));
    }
}

#[tokio::test]
async fn a_card_is_taken_told_confirmed_and_shown() {
    let (receiver, sandbox, client) = told(|_| ()).await;
    let order = TakeCard {
        phone_number: Some("13900000001".into()),
        user_information: UserInformation {
            common: vec![("USER_FORM_FLAG_NAME".to_owned(), "张三".into())],
            custom: vec![("喜欢的运动".to_owned(), vec!["篮球".into()])],
        },
        ..new_member()
    };
    assert!(!format!("{order:?}").contains("13900000001") && !format!("{order:?}").contains("张三"));
    let code = sandbox.take_card(order).await.unwrap().unwrap();
    assert!(code.len() == 24 && code.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(matches!(sandbox.take_card(new_member()).await, Err(Error::State(_))), "one card of a kind");
    sandbox.settled().await;
    let notification = &receiver.received()[0];
    let envelope = notification.envelope();
    assert_eq!(envelope["event_type"], "BRAND_MEMBER_CARD_SP.USER_CARD.CREATE");
    assert_eq!(envelope["resource"]["original_type"], "user_card");
    let told = notification.open(&client.credentials);
    assert_eq!((&told["user_card_code"], &told["user_card_state"]), (&json!(code), &json!("NOT_EFFECTIVE")));
    for name in ["card_color", "card_picture_url", "pickup_time", "create_time", "modify_time"] {
        assert!(told[name].is_string(), "{name}");
    }
    assert_eq!(unseal(&client, &told["phone_number"]), "13900000001");
    let information = &told["user_information"];
    assert_eq!(unseal(&client, &information["common_field_list"][0]["value"]), "张三");
    assert_eq!(unseal(&client, &information["custom_field_list"][0]["user_chosen_values"][0]), "篮球");

    let shown = client.get(&query(&code, "oNewMember")).await.value();
    assert_eq!(shown["user_card_state"], "UNACTIVATED");
    let sync = json!({"out_request_no": "s1", "brand_id": "1004", "card_id": CARD, "openid": "oNewMember",
        "user_card_code": code, "point_balance": 5});
    client.json(SYNC, &sync).await.refused(400, "INVALID_REQUEST");

    let changes = json!({"level": "钻石会员", "phone_number": seal(&client, "13900000002")});
    let body = confirmation("oNewMember", changes);
    let reply = client.json(&confirm_target(&code), &body).await;
    let opened = fits(&client, "brand_partner_card_member_user_cards_confirm", &reply);
    assert_eq!((&opened["user_card_state"], &opened["level"]), (&json!("EFFECTIVE"), &json!("钻石会员")));
    assert_eq!(unseal(&client, &opened["phone_number"]), "13900000002");
    client.json(&confirm_target(&code), &body).await.is(200);
    let fail = confirmation("oNewMember", json!({"user_card_confirm_state": "CREATE_CARD_FAIL"}));
    client.json(&confirm_target(&code), &fail).await.refused(400, "INVALID_REQUEST");
    client.json(SYNC, &sync).await.is(200);
    let card = sandbox.user_card(CARD, "oNewMember").unwrap();
    assert_eq!((card.state, card.point_balance), (BrandUserCardState::Effective, 5));
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["opened", "synced"]);
    sandbox.advance(DAY * 2).await;
    assert_eq!(sandbox.user_card(CARD, "oNewMember").unwrap().state, BrandUserCardState::Effective);
}

#[tokio::test]
async fn a_card_that_nobody_confirms_is_not_opened() {
    let (sandbox, client) = documentation().await;
    let code = sandbox.take_card(new_member()).await.unwrap().unwrap();
    sandbox.advance(Duration::from_secs(24 * 3600 - 60)).await;
    assert_eq!(sandbox.user_card(CARD, "oNewMember").unwrap().state, BrandUserCardState::Unactivated);
    sandbox.advance(Duration::from_secs(120)).await;
    assert_eq!(sandbox.user_card(CARD, "oNewMember").unwrap().state, BrandUserCardState::Failed);
    let late = client.json(&confirm_target(&code), &confirmation("oNewMember", json!({}))).await;
    late.refused(404, "RESOURCE_NOT_EXISTS");
    client.get(&query(&code, "oNewMember")).await.refused(404, "RESOURCE_NOT_EXISTS");
    assert!(sandbox.take_card(new_member()).await.unwrap().is_some(), "the user may try again");
}

#[tokio::test]
async fn a_merchant_may_refuse_a_card() {
    let (sandbox, client) = documentation().await;
    let code = sandbox.take_card(new_member()).await.unwrap().unwrap();
    let fail = confirmation("oNewMember", json!({"user_card_confirm_state": "CREATE_CARD_FAIL"}));
    let bare = client.draft("POST", &confirm_target(&code), &fail.to_string()).without("Wechatpay-Serial");
    client.send(&bare).await.refused(400, "PARAM_ERROR");
    client.json(&confirm_target(&code), &fail).await.is(200);
    client.json(&confirm_target(&code), &fail).await.is(200);
    client.get(&query(&code, "oNewMember")).await.refused(404, "RESOURCE_NOT_EXISTS");
    client
        .json(&confirm_target(&code), &confirmation("oNewMember", json!({})))
        .await
        .refused(404, "RESOURCE_NOT_EXISTS");
    let strange = confirmation("oNewMember", json!({"user_card_confirm_state": "MAYBE"}));
    let reply = client.json(&confirm_target(&code), &strange).await;
    assert_eq!(reply.value()["detail"]["field"], "/user_card_confirm_state");
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn a_merchant_may_choose_the_code() {
    let (receiver, sandbox, client) =
        told(|world| world.card_member.brand_cards[0].code_mode = CardCodeMode::MerchantAllocate).await;
    assert_eq!(sandbox.take_card(new_member()).await.unwrap(), None);
    sandbox.settled().await;
    let told = receiver.received()[0].open(&client.credentials);
    assert_eq!(told.get("user_card_code"), None);
    for bad in ["x".repeat(33), "%E4%BC%9A".to_owned()] {
        let reply = client.json(&confirm_target(&bad), &confirmation("oNewMember", json!({}))).await;
        reply.refused(400, "PARAM_ERROR");
    }
    let taken = client.json(&confirm_target(CODE), &confirmation("oNewMember", json!({}))).await;
    taken.refused(400, "INVALID_REQUEST");
    let reply = client.json(&confirm_target("VIP-0001"), &confirmation("oNewMember", json!({}))).await;
    assert_eq!(
        fits(&client, "brand_partner_card_member_user_cards_confirm", &reply)["user_card_code"],
        "VIP-0001"
    );
    client
        .json(&confirm_target("VIP-0002"), &confirmation("oNewMember", json!({})))
        .await
        .refused(404, "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn a_deleted_card_has_other_names_in_notifications_and_in_queries() {
    let (receiver, sandbox, client) = told(|_| ()).await;
    sandbox.delete_card(CARD, CODE).await.unwrap();
    assert!(matches!(sandbox.delete_card(CARD, CODE).await, Err(Error::State(_))));
    sandbox.settled().await;
    let envelope = receiver.received()[0].envelope();
    assert_eq!(envelope["event_type"], "BRAND_MEMBER_CARD_SP.USER_CARD.DELETE");
    assert_eq!(receiver.received()[0].open(&client.credentials)["user_card_state"], "DELETE");
    assert_eq!(client.get(&query(CODE, MEMBER)).await.value()["user_card_state"], "INVALID");
    let again = TakeCard { openid: MEMBER.to_owned(), ..TakeCard::default() };
    assert_ne!(sandbox.take_card(again).await.unwrap().unwrap(), CODE);
}

#[tokio::test]
async fn a_users_card_is_queried_listed_changed_and_ended() {
    let (sandbox, client) = documentation().await;
    let reply = client.get(&query(CODE, MEMBER)).await;
    fits(&client, "brand_partner_card_member_user_cards_get_by_user_card_code", &reply);
    client.get(&query(CODE, "oSomebody")).await.refused(404, "RESOURCE_NOT_EXISTS");
    let list = |state: &str| format!("{USER_CARDS}?brand_id=1004&openid={MEMBER}&offset=0&limit=20{state}");
    let reply = client.get(&list("")).await;
    let listed = fits(&client, "brand_partner_card_member_user_cards_list", &reply);
    assert_eq!((&listed["total_count"], &listed["data"][0]["user_card_code"]), (&json!(1), &json!(CODE)));
    assert_eq!(client.get(&list("&user_card_state=EXPIRED")).await.value()["total_count"], 0);

    let target = format!("{USER_CARDS}/{CODE}?card_id={CARD}");
    let patch = |body: Value| client.draft("PATCH", &target, &body.to_string());
    let body = json!({"brand_id": "1004", "openid": MEMBER, "level": "白银会员", "phone_number": seal(&client, "139")});
    let reply = client.send(&patch(body.clone())).await;
    let changed = fits(&client, "brand_partner_card_member_user_cards_update_by_user_card_code", &reply);
    assert_eq!(
        (changed["level"].as_str(), unseal(&client, &changed["phone_number"])),
        (Some("白银会员"), "139".to_owned())
    );
    let plain = client.send(&patch(with(&body, json!({"level": "x", "phone_number": "13900000000"})))).await;
    plain.refused(400, "PARAM_ERROR");
    assert_eq!(plain.value()["detail"]["field"], "/phone_number");
    assert!(sandbox.journal().last().unwrap().has_mistake("K10"));
    assert_eq!(client.get(&query(CODE, MEMBER)).await.value()["level"], "白银会员");
    client.send(&patch(json!({"level": "x"}))).await.refused(400, "PARAM_ERROR");

    let end = format!("{USER_CARDS}/{CODE}/invalidate?brand_id=1004&card_id={CARD}");
    let reason = json!({"openid": MEMBER, "invalid_reason": "违规"});
    let reply = client.json(&end, &reason).await;
    let ended = fits(&client, "brand_partner_card_member_user_cards_invalidate", &reply);
    assert_eq!((&ended["user_card_state"], &ended["invalid_reason"]), (&json!("INVALID"), &json!("违规")));
    client.json(&end, &reason).await.is(200);
    client.send(&patch(body)).await.refused(400, "INVALID_REQUEST");
    assert_eq!(sandbox.user_card(CARD, MEMBER).unwrap().state, BrandUserCardState::Invalid);
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["updated", "invalidated"]);
}

#[tokio::test]
async fn a_card_expires_in_business_time() {
    let (sandbox, client) =
        sandbox(|world| world.card_member.brand_cards[0].valid_date = ValidDate::Term { days: 3 }).await;
    let code = sandbox.take_card(new_member()).await.unwrap().unwrap();
    client.json(&confirm_target(&code), &confirmation("oNewMember", json!({}))).await.is(200);
    sandbox.advance(DAY * 3).await;
    assert_eq!(client.get(&query(&code, "oNewMember")).await.value()["user_card_state"], "EXPIRED");
    assert!(matches!(sandbox.view_points(CARD, &code).await, Err(Error::State(_))));
    assert_ne!(sandbox.take_card(new_member()).await.unwrap().unwrap(), code, "a new card can be taken");
}

#[tokio::test]
async fn members_of_before_are_imported_by_openid_and_by_phone() {
    let (receiver, sandbox, client) = told(|world| {
        let phone =
            weipay_sandbox::world::Phone { number: "13800000002".into(), openid: "oByPhone".to_owned() };
        world.phones.push(phone);
    })
    .await;
    let base = json!({"brand_id": "1004", "card_id": CARD, "user_card_code": "OLD-1",
        "pickup_time": "2024-05-20T13:29:35+08:00"});
    let validity = json!({"type": "PERMANENT"});
    let by_openid = with(&base, json!({"openid": "oOld", "valid_date_information": validity}));
    let target = format!("{USER_CARDS}/import-by-openid");
    let reply = client.json(&target, &by_openid).await;
    let card = fits(&client, "brand_partner_card_member_user_cards_import_by_openid", &reply);
    assert_eq!((&card["user_card_state"], &card["pickup_time"]), (&json!("EFFECTIVE"), &base["pickup_time"]));
    client.json(&target, &by_openid).await.is(200);
    client
        .json(&target, &with(&by_openid, json!({"user_card_code": "OLD-2"})))
        .await
        .refused(400, "INVALID_REQUEST");
    client
        .json(&target, &with(&by_openid, json!({"openid": "oOther"})))
        .await
        .refused(400, "INVALID_REQUEST");

    let by_phone = with(
        &base,
        json!({"user_card_code": "OLD-3", "date_information": validity,
        "phone_number": seal(&client, "13800000002")}),
    );
    let target = format!("{USER_CARDS}/import-by-phone");
    let reply = client.json(&target, &by_phone).await;
    let card = fits(&client, "brand_partner_card_member_user_cards_import_by_phone", &reply);
    assert_eq!(
        (card["openid"].as_str(), unseal(&client, &card["phone_number"])),
        (Some("oByPhone"), "13800000002".to_owned())
    );
    let unknown =
        with(&by_phone, json!({"phone_number": seal(&client, "13800000003"), "user_card_code": "OLD-4"}));
    client.json(&target, &unknown).await.refused(404, "RESOURCE_NOT_EXISTS");
    sandbox.settled().await;
    assert!(receiver.received().is_empty(), "an import is silent");
    assert_eq!(sandbox.effects().len(), 2);
}

#[tokio::test]
async fn a_balance_is_asked_for_when_the_user_looks() {
    let (receiver, sandbox, client) = told(|_| ()).await;
    sandbox.view_points(CARD, CODE).await.unwrap();
    sandbox.settled().await;
    let envelope = receiver.received()[0].envelope();
    assert_eq!(envelope["event_type"], "BRAND_MEMBER_CARD_SP.SYNC_USER_POINT");
    assert_eq!(envelope["resource"]["associated_data"], "sync_user_point");
    let expected = json!({"brand_id": "1004", "card_id": CARD, "openid": MEMBER, "user_card_code": CODE});
    assert_eq!(receiver.received()[0].open(&client.credentials), expected);
    assert!(matches!(
        sandbox.view_points(CARD, "x").await,
        Err(Error::Unknown { what: "user_card_code", .. })
    ));
}

#[tokio::test]
async fn a_brand_runs_its_own_cards_and_is_told_with_its_own_keys() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, _partner) = documentation().await;
    let brand = Client::of_brand(&sandbox);
    let body = with(&template(), json!({"brand_id": null, "notify_url": receiver.url}));
    let reply = brand.json("/brand/card-member/cards", &body).await;
    let id = fits(&brand, "brand_card_member_cards_create", &reply)["card_id"].as_str().unwrap().to_owned();
    let reply = brand.get("/brand/card-member/cards").await;
    assert_eq!(fits(&brand, "brand_card_member_cards_list", &reply)["total_count"], 2);
    let reply = brand.get(&format!("/brand/card-member/cards/{id}")).await;
    fits(&brand, "brand_card_member_cards_get_by_card_id", &reply);
    let patch = brand.draft("PATCH", &format!("/brand/card-member/cards/{id}"), r#"{"benefits":"九折"}"#);
    let reply = brand.send(&patch).await;
    assert_eq!(fits(&brand, "brand_card_member_cards_update_by_card_id", &reply)["benefits"], "九折");

    let order = TakeCard { card_id: id.clone(), phone_number: Some("139".into()), ..new_member() };
    let code = sandbox.take_card(order).await.unwrap().unwrap();
    sandbox.settled().await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!((delivery.state.clone(), delivery.receiver.as_str()), (DeliveryState::Delivered, "1004"));
    let notification = &receiver.received()[0];
    assert_eq!(notification.header("wechatpay-signature-type"), Some("WECHATPAY-BRAND-SHA256-RSA2048"));
    assert_eq!(notification.envelope()["event_type"], "BRAND_MEMBER_CARD.USER_CARD.CREATE");
    let mut keys = brand.credentials.clone();
    "WeipaySandboxNotARealKey00001004".clone_into(&mut keys.apiv3_key);
    let told = notification.open(&keys);
    assert_eq!(
        (told["brand_id"].as_str(), unseal(&brand, &told["phone_number"])),
        (Some("1004"), "139".to_owned())
    );

    let path = format!("/brand/card-member/user-cards/{code}");
    let confirm = json!({"card_id": id, "openid": "oNewMember", "user_card_confirm_state": "CREATE_CARD_ALREADY_EXISTS"});
    let reply = brand.json(&format!("{path}/confirm"), &confirm).await;
    assert_eq!(fits(&brand, "brand_card_member_user_cards_confirm", &reply)["user_card_state"], "EFFECTIVE");
    let reply = brand.get(&format!("{path}?card_id={id}&openid=oNewMember")).await;
    fits(&brand, "brand_card_member_user_cards_get_by_user_card_code", &reply);
    let reply = brand.get("/brand/card-member/user-cards?openid=oNewMember&offset=0&limit=5").await;
    assert_eq!(fits(&brand, "brand_card_member_user_cards_list", &reply)["total_count"], 1);
    let patch = brand.draft("PATCH", &path, &json!({"card_id": id, "attach": "x"}).to_string());
    let reply = brand.send(&patch).await;
    assert_eq!(fits(&brand, "brand_card_member_user_cards_update_by_user_card_code", &reply)["attach"], "x");
    let sync = json!({"out_request_no": "s1", "card_id": id, "openid": "oNewMember", "user_card_code": code,
        "point_balance": 7});
    let reply = brand.json("/brand/card-member/user-points/sync", &sync).await;
    assert_eq!(fits(&brand, "brand_card_member_user_points_sync", &reply)["brand_id"], "1004");
    let reply =
        brand.json(&format!("{path}/invalidate"), &json!({"card_id": id, "openid": "oNewMember"})).await;
    fits(&brand, "brand_card_member_user_cards_invalidate", &reply);
    let import = json!({"card_id": id, "openid": "oOld", "user_card_code": "OLD-1",
        "valid_date_information": {"type": "PERMANENT"}, "pickup_time": "2024-05-20T13:29:35+08:00"});
    let reply = brand.json("/brand/card-member/user-cards/import-by-openid", &import).await;
    fits(&brand, "brand_card_member_user_cards_import_by_openid", &reply);
    let reply = brand.json(&format!("/brand/card-member/cards/{id}/invalidate"), &json!({})).await;
    assert_eq!(fits(&brand, "brand_card_member_cards_invalidate", &reply)["state"], "CARD_INVALID");
}

#[tokio::test]
async fn a_confirm_shape_is_of_the_partner_and_a_brand_takes_both() {
    let (sandbox, _client) =
        sandbox(|world| world.merchant_mut("1900000100").unwrap().confirm_shape = ConfirmShape::A).await;
    let brand = Client::of_brand(&sandbox);
    let decision = json!({"record_id": CARD, "exchange_coupon_template_id": "0Flpo7FqTQ", "card_id": CARD,
        "openid": MEMBER, "user_card_code": CODE, "result": "POINT_EXCHANGE_COUPON_ALLOW"});
    let path = "/brand/card-member/user-points/exchange-coupon/confirm";
    let reply = brand.json(path, &decision).await;
    let answer = fits(&brand, "brand_card_member_user_points_exchange_coupon_confirm", &reply);
    assert_eq!(answer["state"], "POINT_EXCHANGE_COUPON_SUCCESS");
}

#[tokio::test]
async fn what_happens_on_a_brands_own_card_is_told_to_the_brand() {
    let (sandbox, _partner) = sandbox(|world| world.card_member.brand_cards[0].partner = None).await;
    sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    sandbox.view_points(CARD, CODE).await.unwrap();
    sandbox.delete_card(CARD, CODE).await.unwrap();
    let told: Vec<_> =
        sandbox.deliveries().into_iter().map(|delivery| (delivery.event_type, delivery.receiver)).collect();
    let names = ["POINT_EXCHANGE_COUPON", "SYNC_USER_POINT", "USER_CARD.DELETE"];
    for ((event, receiver), name) in told.iter().zip(names) {
        assert_eq!((*event, receiver.as_str()), (format!("BRAND_MEMBER_CARD.{name}").as_str(), "1004"));
    }
    assert_eq!(told.len(), 3);
}
