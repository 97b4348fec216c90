//! Points shown after a payment, and the member's points.

use serde_json::{Value, json};
use weipay_sandbox::World;
use weipay_sandbox::world::{BonusState, UserCardStatus};

use crate::client::{COMMIT, Client, PREPARE, RIGHTS, documentation, sandbox, with};
use crate::samples::{COMMIT_BODY, value};

fn order(number: &str, points: i64) -> Value {
    json!({"out_trade_no": number, "bonus_value": points})
}

#[tokio::test]
async fn l23_prepare_may_change_its_mind_until_commit() {
    let (sandbox, client) = documentation().await;
    let shown = |sandbox: &weipay_sandbox::Sandbox| sandbox.bonus("1900000100", "t1").unwrap();
    client.json(COMMIT, &order("t1", 10)).await.refused(400, "INVALID_REQUEST");
    client.json(PREPARE, &order("t1", 10)).await.is(204);
    client.json(PREPARE, &order("t1", 10)).await.is(204);
    client.json(PREPARE, &order("t1", 20)).await.is(204);
    assert_eq!((shown(&sandbox).bonus_value, shown(&sandbox).state), (20, BonusState::Prepared));
    client.json(COMMIT, &order("t1", 10)).await.refused(400, "INVALID_REQUEST");
    client.json(COMMIT, &order("t1", 20)).await.is(204);
    client.json(COMMIT, &order("t1", 20)).await.is(204);
    client.json(PREPARE, &order("t1", 30)).await.refused(400, "INVALID_REQUEST");
    assert_eq!((shown(&sandbox).bonus_value, shown(&sandbox).state), (20, BonusState::Committed));
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["prepared", "prepared", "committed"]);
}

#[tokio::test]
async fn the_order_belongs_to_the_merchant_that_is_named() {
    let (sandbox, client) = documentation().await;
    let sample = value(COMMIT_BODY);
    client.json(COMMIT, &with(&sample, json!({"mchid": null}))).await.is(204);
    let own = with(&sample, json!({"mchid": "1900000100", "sub_mchid": null}));
    client.json(COMMIT, &own).await.refused(400, "INVALID_REQUEST");
    client.json(PREPARE, &own).await.is(204);
    assert!(sandbox.bonus("1900000100", "1217752501201407033233368018").is_some());
    client.json(COMMIT, &with(&sample, json!({"sub_mchid": "1900000999"}))).await.refused(403, "NO_AUTH");
    client
        .json(COMMIT, &with(&sample, json!({"sub_mchid": "1234567890"})))
        .await
        .refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn the_documented_refusals() {
    let (sandbox, client) = documentation().await;
    let refused = |target: String| {
        let client = client.clone();
        async move { client.json(&target, &order("t1", 1)).await.refused(400, "INVALID_REQUEST") }
    };
    refused(COMMIT.replacen("cards/478515832665", "cards/other", 1)).await;
    refused(COMMIT.replacen("codes/478515832665", "codes/other", 1)).await;
    for points in [json!(0), json!(-5), json!("5")] {
        client
            .json(COMMIT, &json!({"out_trade_no": "t1", "bonus_value": points}))
            .await
            .refused(400, "PARAM_ERROR");
    }
    Client::of(&sandbox, "1900000200").json(PREPARE, &order("t1", 1)).await.refused(400, "INVALID_REQUEST");
    for change in [
        (|world: &mut World| world.membercard.member_cards[0].bonus_right = false) as fn(&mut World),
        |world| {
            world.membercard.members[0].status = UserCardStatus::Delete;
        },
    ] {
        let (_sandbox, client) = crate::client::sandbox(change).await;
        client.json(PREPARE, &order("t1", 1)).await.refused(400, "INVALID_REQUEST");
    }
}

async fn patch(client: &Client, body: &Value) -> crate::client::Reply {
    client.send(&client.draft("PATCH", RIGHTS, &body.to_string())).await
}

#[tokio::test]
async fn l24_rights_move_points_with_before_as_a_lock() {
    let (sandbox, client) = documentation().await;
    let add = json!({"out_request_no": "r1", "before_bonus_value": 500, "bonus_value": 600, "add_bonus_value": 100});
    patch(&client, &add).await.is(204);
    patch(&client, &add).await.is(204);
    let points = || sandbox.bonus_value("478515832665", "478515832665");
    assert_eq!(points(), Some(600));
    patch(&client, &with(&add, json!({"out_request_no": "r2"}))).await.refused(400, "INVALID_REQUEST");
    patch(&client, &with(&add, json!({"bonus_value": 601, "add_bonus_value": 101})))
        .await
        .refused(400, "INVALID_REQUEST");
    let wrong_sum = with(&add, json!({"out_request_no": "r3", "before_bonus_value": 600}));
    patch(&client, &wrong_sum).await.refused(400, "PARAM_ERROR");
    let half = json!({"out_request_no": "r4", "bonus_value": 5});
    patch(&client, &half).await.refused(400, "PARAM_ERROR");
    assert_eq!((points(), sandbox.effects().len()), (Some(600), 1));
    let less = json!({"out_request_no": "r5", "before_bonus_value": 600, "bonus_value": 570, "add_bonus_value": -30});
    patch(&client, &less).await.is(204);
    assert_eq!(points(), Some(570));
}

#[tokio::test]
async fn a_users_card_is_shown_to_its_creator() {
    let (sandbox, client) = sandbox(|_| ()).await;
    let path = "/v3/marketing/membercard-open/cards/478515832665/codes/478515832665";
    let reply = client.get(path).await;
    reply.is(200);
    client.verify(&reply);
    assert_eq!(
        (&reply.value()["bonus_value"], &reply.value()["user_card_status"]),
        (&json!(500), &json!("EFFECTIVE"))
    );
    client.get(&path.replace("codes/478515832665", "codes/x")).await.refused(404, "RESOURCE_NOT_EXISTS");
    Client::of(&sandbox, "1900000200").get(path).await.refused(403, "NO_AUTH");
}
