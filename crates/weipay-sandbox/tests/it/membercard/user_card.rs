//! Users' cards: number, level, stored value; unavailable, and over.

use std::time::Duration;

use serde_json::json;
use weipay_sandbox::TakeMemberCard;
use weipay_sandbox::world::UserCardStatus;

use super::{CARD, CARDS, MEMBER, card, patch};
use crate::catalogue::answers_fit;
use crate::client::{Client, documentation, with};

#[tokio::test]
async fn l24_stored_value_moves_only_from_where_it_stands() {
    let (sandbox, client) = documentation().await;
    let path = format!("{CARDS}/{CARD}/codes/{CARD}");
    let add = json!({"out_request_no": "b1", "level": "钻石会员",
        "balance_information": {"before_balance": 888, "balance": 988, "add_balance": 100}});
    patch(&client, &path, &add).await.is(204);
    patch(&client, &path, &add).await.is(204);
    assert_eq!(sandbox.member(CARD, CARD).unwrap().balance, 988);
    let shown = client.get(&path).await.value();
    assert_eq!((&shown["balance"], &shown["level"]), (&json!(988), &json!("钻石会员")));
    patch(&client, &path, &with(&add, json!({"out_request_no": "b2"}))).await.refused(400, "INVALID_REQUEST");
    patch(&client, &path, &with(&add, json!({"level": "x"}))).await.refused(400, "INVALID_REQUEST");
    for change in [
        json!({"before_balance": 988, "balance": 1000, "add_balance": 13}),
        json!({"before_balance": 988, "balance": -12, "add_balance": -1000}),
        json!({"before_balance": i64::MAX, "balance": 0, "add_balance": 1}),
    ] {
        let reply = patch(&client, &path, &json!({"balance_information": change})).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], "/balance_information/add_balance");
    }
    // Without a number each change is one of its own.
    for number in ["1", "2"] {
        patch(&client, &path, &json!({"membership_number": number})).await.is(204);
    }
    assert_eq!(client.get(&path).await.value()["membership_number"], "2");
    patch(&Client::of(&sandbox, "1900000200"), &path, &add).await.refused(400, "INVALID_REQUEST");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn an_unavailable_card_stays_so() {
    let (sandbox, client) = documentation().await;
    let path = format!("{CARDS}/{CARD}/codes/{CARD}");
    client.json(&format!("{path}/unavailable"), &json!({"reason": "用户违反会员条例"})).await.is(204);
    client.json(&format!("{path}/unavailable"), &json!({})).await.is(204);
    assert_eq!(client.get(&path).await.value()["user_card_status"], "UNAVAILABLE");
    client.json(&format!("{path}/activate"), &json!({})).await.refused(400, "INVALID_REQUEST");
    patch(&client, &path, &json!({"level": "x"})).await.refused(400, "INVALID_REQUEST");
    let again = TakeMemberCard { openid: MEMBER.to_owned(), ..TakeMemberCard::default() };
    assert!(sandbox.take_member_card(again).await.is_err());
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn a_card_is_over_when_its_days_are() {
    let (sandbox, client) = documentation().await;
    let term = json!({"type": "FIX_TERM", "available_day_after_receive": 2});
    let id = card(&client, json!({"date_information": term})).await;
    let order = TakeMemberCard { card_id: id.clone(), ..TakeMemberCard::default() };
    let code = sandbox.take_member_card(order).await.unwrap().code;
    let path = format!("{CARDS}/{id}/codes/{code}");
    assert_eq!(client.get(&path).await.value()["user_card_status"], "EFFECTIVE");
    sandbox.advance(Duration::from_secs(24 * 3600)).await;
    assert_eq!(client.get(&path).await.value()["user_card_status"], "EFFECTIVE");
    sandbox.advance(Duration::from_secs(24 * 3600)).await;
    assert_eq!(client.get(&path).await.value()["user_card_status"], "EXPIRE");
    assert_eq!(sandbox.member(&id, &code).unwrap().status, UserCardStatus::Expire);
    patch(&client, &path, &json!({"level": "x"})).await.refused(400, "INVALID_REQUEST");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn the_cards_of_a_user_are_listed_without_the_deleted() {
    let (sandbox, client) = documentation().await;
    let id = card(&client, json!({})).await;
    let order =
        TakeMemberCard { card_id: id.clone(), openid: MEMBER.to_owned(), ..TakeMemberCard::default() };
    let code = sandbox.take_member_card(order).await.unwrap().code;
    let list = format!("/v3/marketing/membercard-open/user/cards?openid={MEMBER}&offset=0&limit=10");
    let cards = client.get(&list).await.value();
    assert_eq!(cards["data"], json!([{"card_id": CARD, "code": CARD}, {"card_id": id, "code": code}]));
    sandbox.delete_member_card(CARD, CARD).await.unwrap();
    assert_eq!(client.get(&list).await.value()["total_count"], 1);
    assert_eq!(Client::of(&sandbox, "1900000200").get(&list).await.value()["total_count"], 0);
    answers_fit(&sandbox);
}
