//! Templates, their rights and services.

use serde_json::{Value, json};
use weipay_sandbox::{Error, TakeMemberCard};

use super::{APPID, CARD, CARDS, card, delete, patch, template};
use crate::catalogue::answers_fit;
use crate::client::{Client, PREPARE, documentation, sandbox, with};

#[tokio::test]
async fn a_template_is_created_once_per_number_shown_and_listed() {
    let (sandbox, client) = documentation().await;
    let body = with(&template("one"), json!({"total_quantity": 2, "need_dynamic_code": false}));
    let first = client.json(CARDS, &body).await;
    first.is(200);
    client.verify(&first);
    assert_eq!(client.json(CARDS, &body).await.body, first.body);
    client.json(CARDS, &with(&body, json!({"title": "另一张卡"}))).await.refused(400, "INVALID_REQUEST");
    let id = first.value()["card_id"].as_str().unwrap().to_owned();
    sandbox
        .take_member_card(TakeMemberCard { card_id: id.clone(), ..TakeMemberCard::default() })
        .await
        .unwrap();
    let shown = client.get(&format!("{CARDS}/{id}")).await.value();
    for name in [
        "appid",
        "brand",
        "title",
        "code_type",
        "date_information",
        "code_mode",
        "init_level",
        "total_quantity",
    ] {
        assert_eq!(shown[name], body[name], "{name}");
    }
    assert_eq!((&shown["status"], &shown["remain_quantity"]), (&json!("APPROVED"), &json!(1)));
    let list = client.get(&format!("{CARDS}?offset=1&limit=1&appid={APPID}&brand_id=1004")).await.value();
    assert_eq!((&list["total_count"], &list["data"][0]["card_id"]), (&json!(2), &json!(id)));
    answers_fit(&sandbox);
}

#[tokio::test]
async fn a_template_belongs_to_its_creator_and_brand() {
    let (sandbox, client) = documentation().await;
    let foreign = json!({"brand": {"brand_id": "2008", "display_name": "x"}});
    client.json(CARDS, &with(&template("n1"), foreign)).await.refused(403, "NO_AUTH");
    client.json(CARDS, &with(&template("n2"), json!({"appid": "wx0"}))).await.refused(400, "INVALID_REQUEST");
    let other = Client::of(&sandbox, "1900000200");
    other.get(&format!("{CARDS}/{CARD}")).await.refused(403, "NO_AUTH");
    client.get(&format!("{CARDS}/none")).await.refused(404, "RESOURCE_NOT_EXISTS");
    patch(&other, &format!("{CARDS}/{CARD}"), &json!({"title": "x"})).await.refused(400, "INVALID_REQUEST");
    for (changes, field) in [
        (json!({"date_information": {"type": "FIX_TIME_RANGE"}}), "/date_information/available_begin_time"),
        (json!({"date_information": {"type": "FIX_TERM"}}), "/date_information/available_day_after_receive"),
        (json!({"total_quantity": 0}), "/total_quantity"),
    ] {
        let reply = client.json(CARDS, &with(&template("n3"), changes)).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], field);
    }
}

#[tokio::test]
async fn a_template_is_changed_and_deleted_and_cards_stay() {
    let (sandbox, client) = documentation().await;
    let id = card(&client, json!({"total_quantity": 5})).await;
    let target = format!("{CARDS}/{id}");
    let order = TakeMemberCard { card_id: id.clone(), ..TakeMemberCard::default() };
    let taken = sandbox.take_member_card(order.clone()).await.unwrap();
    patch(&client, &target, &json!({"title": "新卡名", "init_level": "黄金会员"})).await.is(204);
    let shown = client.get(&target).await.value();
    assert_eq!((&shown["title"], &shown["description"]), (&json!("新卡名"), &json!("使用须知")));
    let second =
        sandbox.take_member_card(TakeMemberCard { openid: "o2".to_owned(), ..order.clone() }).await.unwrap();
    patch(&client, &target, &json!({"total_quantity": 1})).await.refused(400, "INVALID_REQUEST");
    patch(&client, &target, &json!({"total_quantity": 2})).await.is(204);
    let full = sandbox.take_member_card(TakeMemberCard { openid: "o3".to_owned(), ..order.clone() }).await;
    assert!(matches!(full, Err(Error::State(_))));
    let level =
        async |code: &str| client.get(&format!("{target}/codes/{code}")).await.value()["level"].clone();
    assert_eq!((level(&taken.code).await, level(&second.code).await), (json!("白银会员"), json!("黄金会员")));
    delete(&client, &target).await.is(204);
    delete(&client, &target).await.is(204);
    assert_eq!(client.get(&target).await.value()["status"], "DELETED");
    assert_eq!(level(&taken.code).await, "白银会员");
    patch(&client, &target, &json!({"title": "x"})).await.refused(400, "INVALID_REQUEST");
    let deleted = sandbox.take_member_card(TakeMemberCard { openid: "o4".to_owned(), ..order }).await;
    assert!(matches!(deleted, Err(Error::State(_))));
    answers_fit(&sandbox);
}

#[tokio::test]
async fn a_template_that_is_reviewed_gives_no_cards_before() {
    let (sandbox, client) = sandbox(|world| world.membercard.review = true).await;
    let (good, bad) = (card(&client, json!({})).await, card(&client, json!({"out_request_no": "2"})).await);
    let order = TakeMemberCard { card_id: good.clone(), ..TakeMemberCard::default() };
    assert!(matches!(sandbox.take_member_card(order.clone()).await, Err(Error::State(_))));
    sandbox.review_member_card(&good, true).await.unwrap();
    sandbox.review_member_card(&bad, false).await.unwrap();
    assert!(matches!(sandbox.review_member_card(&bad, true).await, Err(Error::State(_))));
    sandbox.take_member_card(order).await.unwrap();
    assert_eq!(client.get(&format!("{CARDS}/{bad}")).await.value()["status"], "APPROVE_FAIL");
}

#[tokio::test]
async fn the_bonus_right_has_to_be_opened_before_points_are_shown() {
    let (sandbox, client) = documentation().await;
    let id = card(&client, json!({})).await;
    let order = TakeMemberCard { card_id: id.clone(), ..TakeMemberCard::default() };
    let first = sandbox.take_member_card(order.clone()).await.unwrap();
    let target = format!("{CARDS}/{id}/rights");
    let prepare =
        PREPARE.replace("cards/478515832665/codes/478515832665", &format!("cards/{id}/codes/{}", first.code));
    let shown = json!({"out_trade_no": "t1", "bonus_value": 5});
    client.json(&prepare, &shown).await.refused(400, "INVALID_REQUEST");
    patch(&client, &target, &json!({"show_bonus": true, "show_favor": false}))
        .await
        .refused(400, "PARAM_ERROR");
    let open = json!({"show_bonus": true, "show_favor": false,
        "bonus": {"init_bonus": 100, "bonus_value_word": "我的积分", "bonus_cost_word": "500积分=2小时"}});
    patch(&client, &target, &open).await.is(204);
    client.json(&prepare, &shown).await.is(204);
    let second = sandbox.take_member_card(TakeMemberCard { openid: "o2".to_owned(), ..order }).await.unwrap();
    assert_eq!(sandbox.bonus_value(&id, &first.code), Some(0));
    assert_eq!(sandbox.bonus_value(&id, &second.code), Some(100));
    assert_eq!(client.get(&format!("{CARDS}/{id}")).await.value()["bonus"]["init_bonus"], 100);
    patch(&client, &target, &json!({"show_bonus": false, "show_favor": false})).await.is(204);
    client.json(&prepare, &with(&shown, json!({"out_trade_no": "t2"}))).await.refused(400, "INVALID_REQUEST");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn an_older_template_is_upgraded_once() {
    let (sandbox, client) = sandbox(|world| world.membercard.member_cards[0].shown = Value::Null).await;
    let older = client.get(&format!("{CARDS}/{CARD}")).await.value();
    assert_eq!((&older["card_id"], older.get("brand")), (&json!(CARD), None));
    let target = format!("{CARDS}/{CARD}/upgrade");
    client.json(&target, &json!({"brand_id": "2008", "appid": APPID})).await.refused(403, "NO_AUTH");
    client.json(&target, &json!({"brand_id": "1004", "appid": APPID})).await.is(204);
    client.json(&target, &json!({"brand_id": "1004", "appid": APPID})).await.is(204);
    client
        .json(&target, &json!({"brand_id": "1004", "appid": "wx1234567889999"}))
        .await
        .refused(400, "INVALID_REQUEST");
    assert_eq!(client.get(&format!("{CARDS}/{CARD}")).await.value()["brand"]["brand_id"], "1004");
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn services_are_put_on_a_card_and_filled_in_for_a_member() {
    let (sandbox, client) = documentation().await;
    let modules = format!("{CARDS}/{CARD}/service-modules");
    let jump = |path: &str| json!({"appid": "wx37178d097a6851d8", "path": path});
    let service = json!({"service_module_id": "666", "jump_miniprogram": jump("pages/index/index")});
    let data = json!({"out_request_no": "d1", "service_module_id": "666",
        "state_setting": {"state_id": "CHECKED_IN", "content_template_data":
            {"field_list": [{"field_id": "hotel_name", "field_value": "滨海路700号"}]}}});
    let fill = format!("{CARDS}/{CARD}/codes/{CARD}/set-service-module-data");
    client.json(&fill, &data).await.refused(400, "INVALID_REQUEST");
    for _ in 0..2 {
        let reply = client.json(&modules, &service).await;
        reply.is(200);
        assert_eq!(reply.value(), with(&service, json!({"card_id": CARD})));
    }
    client
        .json(&modules, &with(&service, json!({"jump_miniprogram": jump("x")})))
        .await
        .refused(400, "INVALID_REQUEST");
    patch(&client, &format!("{modules}/666"), &json!({"jump_miniprogram": jump("y")})).await.is(200);
    patch(&client, &format!("{modules}/7"), &json!({"jump_miniprogram": jump("y")}))
        .await
        .refused(404, "RESOURCE_NOT_EXISTS");
    client.json(&fill, &data).await.is(204);
    client.json(&fill, &data).await.is(204);
    let member = client.get(&format!("{CARDS}/{CARD}/codes/{CARD}")).await.value();
    assert_eq!(member["service_modules"][0]["state_setting"]["state_id"], "CHECKED_IN");
    let shown = client.get(&format!("{CARDS}/{CARD}")).await.value();
    assert_eq!(shown["service_modules"][0]["jump_miniprogram"]["path"], "y");
    delete(&client, &format!("{modules}/666")).await.is(204);
    delete(&client, &format!("{modules}/666")).await.refused(404, "RESOURCE_NOT_EXISTS");
    answers_fit(&sandbox);
}
