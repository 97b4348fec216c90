//! Profit sharing: frozen money, shares, what is set free, what comes back.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::ShareReceiver;
use weipay_sandbox::{Sandbox, World};

use crate::client::{Client, with};
use crate::payments::{APPID, MERCHANT, PATH, order};
use crate::receiver::{Act, Receiver};

const ORDERS: &str = "/v3/profitsharing/orders";
const RETURNS: &str = "/v3/profitsharing/return-orders";
const SHARER: &str = "1900000200";

/// A payment of 100 yuan that waits to be shared with one merchant; returns its `transaction_id`.
async fn stage() -> (Sandbox, Client, String) {
    let mut world = World::documentation();
    world.profit_sharing.receivers.push(ShareReceiver {
        seller: MERCHANT.to_owned(),
        kind: "MERCHANT_ID".to_owned(),
        account: SHARER.to_owned(),
    });
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::of(&sandbox, MERCHANT);
    let body = with(&order("order-1", 10_000), json!({"settle_info": {"profit_sharing": true}}));
    let made = client.json(&format!("{PATH}/native"), &body).await.value();
    let transaction_id = sandbox.pay(made["code_url"].as_str().unwrap()).await.unwrap();
    (sandbox, client, transaction_id)
}

fn share(transaction_id: &str, number: &str, account: &str, amount: i64) -> Value {
    json!({"appid": APPID, "transaction_id": transaction_id, "out_order_no": number, "unfreeze_unsplit": false,
        "receivers": [{"type": "MERCHANT_ID", "account": account, "amount": amount, "description": "分给门店"}]})
}

async fn left(client: &Client, transaction_id: &str) -> i64 {
    let reply = client.get(&format!("/v3/profitsharing/transactions/{transaction_id}/amounts")).await;
    reply.is(200);
    reply.value()["unsplit_amount"].as_i64().unwrap()
}

#[tokio::test]
async fn a_payment_is_shared_the_rest_set_free_and_a_share_given_back() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client, id) = stage().await;
    sandbox.set_notify_url(SHARER, &receiver.url).unwrap();
    assert_eq!(left(&client, &id).await, 9940);
    let body = share(&id, "P1", SHARER, 2000);
    let first = client.json(ORDERS, &body).await;
    first.is(200);
    client.verify(&first);
    assert_eq!(first.value()["state"], "PROCESSING");
    assert_eq!(client.json(ORDERS, &body).await.body, first.body);
    assert_eq!(left(&client, &id).await, 7940, "what is under way is not there to share");
    client.json(ORDERS, &share(&id, "P1", SHARER, 1)).await.refused(400, "INVALID_REQUEST");
    client.json(ORDERS, &share(&id, "P2", SHARER, 1001)).await.refused(403, "RULE_LIMIT");

    sandbox.advance(Duration::from_secs(5)).await;
    let done = client.get(&format!("{ORDERS}/P1?transaction_id={id}")).await.value();
    assert_eq!((&done["state"], &done["receivers"][0]["result"]), (&json!("FINISHED"), &json!("SUCCESS")));
    assert_eq!((sandbox.balance(MERCHANT), sandbox.balance(SHARER)), (7940, 2000));
    let resource = receiver.received()[0].open(&sandbox.credentials_of(SHARER).unwrap());
    assert_eq!(resource["receiver"]["amount"], 2000);

    let free = json!({"transaction_id": id, "out_order_no": "P3", "description": "解冻全部剩余资金"});
    client.json(&format!("{ORDERS}/unfreeze"), &free).await.is(200);
    sandbox.advance(Duration::from_secs(5)).await;
    assert_eq!(left(&client, &id).await, 0);
    client.json(ORDERS, &share(&id, "P4", SHARER, 1)).await.refused(403, "NOT_ENOUGH");

    let back = json!({"out_order_no": "P1", "out_return_no": "R1", "return_mchid": SHARER, "amount": 500,
        "description": "用户退款"});
    let returned = client.json(RETURNS, &back).await;
    returned.is(200);
    assert_eq!(returned.value()["result"], "SUCCESS");
    assert_eq!(client.json(RETURNS, &back).await.body, returned.body);
    assert_eq!((sandbox.balance(MERCHANT), sandbox.balance(SHARER)), (8440, 1500));
    let asked = client.get(&format!("{RETURNS}/R1?out_order_no=P1")).await;
    assert_eq!(asked.value(), returned.value());
    let more = with(&back, json!({"out_return_no": "R2", "amount": 1501}));
    client.json(RETURNS, &more).await.refused(400, "INVALID_REQUEST");
    sandbox.set_balance(SHARER, 10);
    client.json(RETURNS, &with(&more, json!({"amount": 1500}))).await.refused(403, "NOT_ENOUGH");
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["ordered", "shared", "unfrozen", "returned"]);
}

#[tokio::test]
async fn frozen_money_cannot_be_spent_and_strangers_get_nothing() {
    let (sandbox, client, id) = stage().await;
    let transfer = json!({"appid": APPID, "out_bill_no": "T1", "openid": "oTaker", "transfer_amount": 1,
        "transfer_remark": "x", "transfer_scene_id": "1000",
        "transfer_scene_report_infos": [{"info_type": "a", "info_content": "b"}]});
    client.json("/v3/fund-app/mch-transfer/transfer-bills", &transfer).await.refused(403, "NOT_ENOUGH");
    client.json(ORDERS, &share(&id, "P1", "1900000100", 100)).await.is(200);
    sandbox.advance(Duration::from_secs(5)).await;
    let done = client.get(&format!("{ORDERS}/P1?transaction_id={id}")).await.value();
    let part = &done["receivers"][0];
    assert_eq!((&part["result"], &part["fail_reason"]), (&json!("CLOSED"), &json!("NO_RELATION")));
    assert_eq!(left(&client, &id).await, 9940);

    let refund = json!({"transaction_id": id, "out_refund_no": "r1",
        "amount": {"refund": 10_000, "total": 10_000, "currency": "CNY"}});
    client.json("/v3/refund/domestic/refunds", &refund).await.is(200);
    assert_eq!((left(&client, &id).await, sandbox.balance(MERCHANT)), (0, 0), "a refund takes frozen money");
}

#[tokio::test]
async fn only_payments_made_for_it_are_shared_and_only_by_their_merchant() {
    let (sandbox, client, id) = stage().await;
    let usual = crate::payments::paid(&sandbox, &client, "order-2", 1000).await;
    client.json(ORDERS, &share(&usual, "P1", SHARER, 1)).await.refused(400, "INVALID_REQUEST");
    client.json(ORDERS, &share("4200", "P1", SHARER, 1)).await.refused(404, "RESOURCE_NOT_EXISTS");
    client.json(ORDERS, &share(&id, "P1", SHARER, 0)).await.refused(400, "PARAM_ERROR");
    let none = with(&share(&id, "P1", SHARER, 1), json!({"receivers": []}));
    client.json(ORDERS, &none).await.refused(400, "PARAM_ERROR");
    let other = Client::of(&sandbox, SHARER);
    let foreign = with(&share(&id, "P1", SHARER, 1), json!({"appid": "wx2345678901bcdefa"}));
    other.json(ORDERS, &foreign).await.refused(404, "RESOURCE_NOT_EXISTS");
    client.get(&format!("{ORDERS}/P1?transaction_id={id}")).await.refused(404, "RESOURCE_NOT_EXISTS");

    let person =
        json!({"appid": APPID, "type": "PERSONAL_OPENID", "account": "oStaff", "relation_type": "STAFF"});
    client.json("/v3/profitsharing/receivers/add", &person).await.is(200);
    let merchant = with(&person, json!({"type": "MERCHANT_ID"}));
    client.json("/v3/profitsharing/receivers/add", &merchant).await.refused(400, "PARAM_ERROR");
    let mut to_person = share(&id, "P2", "oStaff", 100);
    to_person["receivers"][0]["type"] = json!("PERSONAL_OPENID");
    client.json(ORDERS, &to_person).await.is(200);
    sandbox.advance(Duration::from_secs(5)).await;
    let done = client.get(&format!("{ORDERS}/P2?transaction_id={id}")).await.value();
    assert_eq!(done["receivers"][0]["result"], "SUCCESS");
    let deleted = json!({"appid": APPID, "type": "PERSONAL_OPENID", "account": "oStaff"});
    client.json("/v3/profitsharing/receivers/delete", &deleted).await.is(200);
    to_person["out_order_no"] = json!("P3");
    client.json(ORDERS, &to_person).await.is(200);
    sandbox.advance(Duration::from_secs(5)).await;
    let done = client.get(&format!("{ORDERS}/P3?transaction_id={id}")).await.value();
    assert_eq!(done["receivers"][0]["result"], "CLOSED");
}
