//! What a user does in the app, and what the merchant is told of it.

use serde_json::json;
use weipay_sandbox::world::CardStatus;
use weipay_sandbox::{Error, TakeMemberCard};

use super::{CARD, CARDS, MEMBER, card, events, patch, told};
use crate::catalogue::answers_fit;
use crate::client::{Client, documentation};
use crate::receiver::{Act, Receiver};

const CALLBACK: &str = "/v3/marketing/membercard-open/callback";

#[tokio::test]
async fn a_new_member_is_told_twice_accepted_and_activated() {
    let (receiver, sandbox, client) = told(|_| ()).await;
    let taken = sandbox.take_member_card(TakeMemberCard::default()).await.unwrap();
    assert_eq!((taken.code.len(), &taken.encrypt_code, &taken.activate_ticket), (12, &None, &None));
    let events = events(&receiver, &sandbox, &client).await;
    let [(accept, accepted), (activate, activated)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((accept.as_str(), activate.as_str()), ("MEMBERCARD.ACCEPT_CARD", "MEMBERCARD.ACTIVATE_CARD"));
    assert_eq!((&accepted["event_type"], &accepted["code"]), (&json!("NEW_ACTIVATE"), &json!(taken.code)));
    assert_eq!(
        (&activated["event_type"], &activated["activate_scene"]),
        (&json!("MEMBER_CARD_ACTIVATE"), &json!("NEW_ACTIVATE"))
    );
    assert_eq!(accepted["openid"], TakeMemberCard::default().openid);
    let again = sandbox.take_member_card(TakeMemberCard::default()).await;
    assert!(matches!(again, Err(Error::State(_))), "one card to a user");
}

#[tokio::test]
async fn l25_a_deleted_card_comes_back_with_its_code_and_points() {
    let (receiver, sandbox, client) = told(|_| ()).await;
    sandbox.delete_member_card(CARD, CARD).await.unwrap();
    let path = format!("{CARDS}/{CARD}/codes/{CARD}");
    assert_eq!(client.get(&path).await.value()["user_card_status"], "DELETE");
    let less =
        json!({"out_request_no": "r1", "before_bonus_value": 500, "bonus_value": 0, "add_bonus_value": -500});
    patch(&client, &format!("{path}/rights"), &less).await.refused(400, "INVALID_REQUEST");
    assert!(matches!(sandbox.delete_member_card(CARD, CARD).await, Err(Error::State(_))));
    let back = TakeMemberCard { openid: MEMBER.to_owned(), ..TakeMemberCard::default() };
    let taken = sandbox.take_member_card(back).await.unwrap();
    assert_eq!(taken.code, CARD, "the member of before, not a new one");
    assert_eq!(sandbox.bonus_value(CARD, CARD), Some(500));
    assert_eq!(client.get(&path).await.value()["user_card_status"], "EFFECTIVE");
    let events = events(&receiver, &sandbox, &client).await;
    let told: Vec<_> = events.iter().map(|(_, resource)| resource["event_type"].as_str().unwrap()).collect();
    assert_eq!(told, ["USER_DELETE_MEMBERCARD", "RECOVER", "MEMBER_CARD_ACTIVATE"]);
    assert_eq!(events[2].1["activate_scene"], "RECOVER");
    assert!(events.iter().all(|(_, resource)| resource["code"] == CARD));
}

#[tokio::test]
async fn a_user_looks_and_changes_what_the_form_allows() {
    let (receiver, sandbox, client) = told(|_| ()).await;
    let field = |value: &str| vec![("USER_FORM_FLAG_CITY".to_owned(), value.into())];
    assert!(matches!(
        sandbox.modify_member_information(CARD, CARD, field("深圳")).await,
        Err(Error::State(_))
    ));
    let form = json!({"user_information_form": {"can_modify_after_activate": true}});
    patch(&client, &format!("{CARDS}/{CARD}"), &form).await.is(204);
    sandbox.modify_member_information(CARD, CARD, field("深圳")).await.unwrap();
    sandbox.modify_member_information(CARD, CARD, field("广州")).await.unwrap();
    sandbox.view_member_card(CARD, CARD).await.unwrap();
    assert!(matches!(sandbox.view_member_card(CARD, "none").await, Err(Error::Unknown { what: "code", .. })));
    let member = client.get(&format!("{CARDS}/{CARD}/codes/{CARD}")).await.value();
    assert_eq!(
        member["user_information"],
        json!({"common_field_list": [{"name": "USER_FORM_FLAG_CITY", "value": "广州"}]})
    );
    let events = events(&receiver, &sandbox, &client).await;
    let told: Vec<_> = events.iter().map(|(_, resource)| resource["event_type"].as_str().unwrap()).collect();
    assert_eq!(told, ["USER_MODIFY_INFORMATION", "USER_MODIFY_INFORMATION", "USER_VIEW_MEMBERCARD"]);
    assert!(!format!("{:?}", sandbox.deliveries()).contains("广州"));
    answers_fit(&sandbox);
}

#[tokio::test]
async fn events_go_to_the_callback_of_the_templates_creator() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = documentation().await;
    client.get(CALLBACK).await.refused(404, "RESOURCE_NOT_EXISTS");
    patch(&client, CALLBACK, &json!({"notify_url": "http://example.com/"})).await.refused(400, "PARAM_ERROR");
    patch(&client, CALLBACK, &json!({"notify_url": "https://example.com/"})).await.is(200);
    let set = patch(&client, CALLBACK, &json!({"notify_url": receiver.url})).await;
    assert_eq!(set.value(), json!({"notify_url": receiver.url, "mchid": "1900000100"}));
    assert_eq!(client.get(CALLBACK).await.value(), set.value());
    sandbox.view_member_card(CARD, CARD).await.unwrap();
    sandbox.settled().await;
    assert_eq!(receiver.received().len(), 1);
    Client::of(&sandbox, "1900000200").get(CALLBACK).await.refused(404, "RESOURCE_NOT_EXISTS");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn codes_come_from_where_the_template_says() {
    let (sandbox, client) = documentation().await;
    let store = card(&client, json!({"code_mode": "MERCHANT_DEPOSIT"})).await;
    let deposit = format!("{CARDS}/{store}/codes/deposit");
    let order = |card_id: &str, openid: &str| TakeMemberCard {
        card_id: card_id.to_owned(),
        openid: openid.to_owned(),
        ..TakeMemberCard::default()
    };
    assert!(matches!(sandbox.take_member_card(order(&store, "o1")).await, Err(Error::State(_))));
    let long = "1".repeat(33);
    let reply = client.json(&deposit, &json!({"code": ["A1", "A1", &long, "A2", ""]})).await;
    reply.is(200);
    let results: Vec<_> =
        reply.value()["data"].as_array().unwrap().iter().map(|item| item["result"].clone()).collect();
    assert_eq!(results, ["SUCCESS", "DUPLICATE", "FAIL", "SUCCESS", "FAIL"]);
    assert_eq!(sandbox.take_member_card(order(&store, "o1")).await.unwrap().code, "A1");
    let again = client.json(&deposit, &json!({"code": ["A1", "A3"]})).await.value();
    assert_eq!(
        (&again["data"][0]["result"], &again["data"][1]["result"]),
        (&json!("DUPLICATE"), &json!("SUCCESS"))
    );
    let shown = client.get(&format!("{CARDS}/{store}")).await.value();
    assert_eq!((&shown["total_quantity"], &shown["remain_quantity"]), (&json!(3), &json!(2)));
    client.json(&deposit, &json!({})).await.refused(400, "PARAM_ERROR");
    client
        .json(&deposit.replace(&store, CARD), &json!({"code": ["B"]}))
        .await
        .refused(400, "INVALID_REQUEST");

    let named = card(&client, json!({"code_mode": "REAL_TIME", "out_request_no": "2"})).await;
    assert!(matches!(sandbox.take_member_card(order(&named, "o1")).await, Err(Error::State(_))));
    let own = TakeMemberCard { code: Some("MINE".to_owned()), ..order(&named, "o1") };
    assert_eq!(sandbox.take_member_card(own.clone()).await.unwrap().code, "MINE");
    let twice = TakeMemberCard { openid: "o2".to_owned(), ..own };
    assert!(matches!(sandbox.take_member_card(twice).await, Err(Error::State(_))));
    answers_fit(&sandbox);
}

#[tokio::test]
async fn nobody_takes_a_card_that_does_not_exist_or_is_not_approved() {
    let (sandbox, _client) = crate::client::sandbox(|world| {
        world.membercard.member_cards[0].status = CardStatus::ApproveFail;
    })
    .await;
    assert!(matches!(sandbox.take_member_card(TakeMemberCard::default()).await, Err(Error::State(_))));
    let none = TakeMemberCard { card_id: "none".to_owned(), ..TakeMemberCard::default() };
    assert!(matches!(sandbox.take_member_card(none).await, Err(Error::Unknown { what: "card_id", .. })));
}
