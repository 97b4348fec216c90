//! Combined orders: one payment, several merchants' orders.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{documentation, with};
use crate::payments::{APPID, MERCHANT, merchant};
use crate::receiver::{Act, Receiver};

const PATH: &str = "/v3/combine-transactions";
const PARTNER: &str = "1900000100";
const SUBS: [&str; 2] = ["1234567890", "1900000109"];

fn combined(number: &str) -> Value {
    let part = |sub: &str, total: i64| {
        json!({"mchid": PARTNER, "sub_mchid": sub, "attach": "深圳分店", "description": "图书",
            "out_trade_no": format!("{number}-{sub}"), "amount": {"total_amount": total, "currency": "CNY"}})
    };
    json!({"combine_appid": "wx1234567890abcdef", "combine_mchid": PARTNER, "combine_out_trade_no": number,
        "combine_payer_info": {"openid": "oCombined"}, "notify_url": "http://127.0.0.1:1/",
        "sub_orders": [part(SUBS[0], 1000), part(SUBS[1], 500)]})
}

#[tokio::test]
async fn one_payment_pays_every_part_and_is_told_once() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = documentation().await;
    let body = with(&combined("combined-1"), json!({"notify_url": receiver.url}));
    let made = client.json(&format!("{PATH}/jsapi"), &body).await;
    made.is(200);
    assert_eq!(client.json(&format!("{PATH}/jsapi"), &body).await.body, made.body);
    let query = format!("{PATH}/out-trade-no/combined-1");
    let before = client.get(&query).await.value();
    assert_eq!(before["sub_orders"][1]["trade_state"], "NOTPAY");

    let id = sandbox.pay(made.value()["prepay_id"].as_str().unwrap()).await.unwrap();
    sandbox.settled().await;
    let after = client.get(&query).await.value();
    assert_eq!(after["combine_transaction_id"], id);
    assert_eq!(after["combine_payer_info"]["openid"], "oCombined");
    for (part, total) in after["sub_orders"].as_array().unwrap().iter().zip([1000, 500]) {
        assert_eq!(part["trade_state"], "SUCCESS");
        assert_eq!(part["amount"]["total_amount"], total);
        assert_ne!(part["transaction_id"], after["combine_transaction_id"]);
    }
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(receiver.received()[0].open(&client.credentials), after);
    assert_eq!((sandbox.balance(SUBS[0]), sandbox.balance(SUBS[1])), (994, 497));
    client.json(&format!("{PATH}/jsapi"), &body).await.refused(403, "OUT_TRADE_NO_USED");

    // A part is refunded as any order of its sub-merchant.
    let part = &after["sub_orders"][1];
    let refund = json!({"sub_mchid": SUBS[1], "transaction_id": part["transaction_id"], "out_refund_no": "r1",
        "amount": {"refund": 500, "total": 500, "currency": "CNY"}});
    client.json("/v3/refund/domestic/refunds", &refund).await.is(200);
    sandbox.advance(Duration::from_secs(5)).await;
    let states: Vec<Value> = client.get(&query).await.value()["sub_orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["trade_state"].clone())
        .collect();
    assert_eq!(states, ["SUCCESS", "REFUND"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_combined_order_is_named() {
    let (sandbox, client) = documentation().await;
    let path = format!("{PATH}/jsapi");
    let body = combined("combined-1");
    let mut foreign = body.clone();
    foreign["sub_orders"][0]["sub_mchid"] = json!("1111111111");
    client.json(&path, &foreign).await.refused(403, "NO_AUTH");
    let mut free = body.clone();
    free["sub_orders"][1]["amount"]["total_amount"] = json!(0);
    let reply = client.json(&path, &free).await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.value()["detail"]["field"], "/sub_orders/1/amount/total_amount");
    let mut twice = body.clone();
    twice["sub_orders"][1] = twice["sub_orders"][0].clone();
    client.json(&path, &twice).await.refused(403, "OUT_TRADE_NO_USED");
    let mut one = body.clone();
    one["sub_orders"].as_array_mut().unwrap().pop();
    client.json(&path, &one).await.refused(400, "PARAM_ERROR");
    let nobody = with(&body, json!({"combine_payer_info": {}}));
    client.json(&path, &nobody).await.refused(400, "PARAM_ERROR");
    client.json(&path, &with(&body, json!({"combine_mchid": "1"}))).await.refused(400, "PARAM_ERROR");
    client
        .json(&path, &with(&body, json!({"combine_appid": "wx0"})))
        .await
        .refused(400, "APPID_MCHID_NOT_MATCH");
    client.get(&format!("{PATH}/out-trade-no/combined-1")).await.refused(404, "ORDER_NOT_EXIST");
    assert!(sandbox.effects().is_empty());
}

#[tokio::test]
async fn all_parts_are_closed_together() {
    let (sandbox, client) = documentation().await;
    let made = client.json(&format!("{PATH}/native"), &combined("combined-1")).await;
    made.is(200);
    let part =
        |sub: &str| json!({"mchid": PARTNER, "sub_mchid": sub, "out_trade_no": format!("combined-1-{sub}")});
    let close = |parts: Value| json!({"combine_appid": "wx1234567890abcdef", "sub_orders": parts});
    let path = format!("{PATH}/out-trade-no/combined-1/close");
    client.json(&path, &close(json!([part(SUBS[0])]))).await.refused(400, "INVALID_REQUEST");
    let all = close(json!([part(SUBS[1]), part(SUBS[0])]));
    client.json(&path, &all).await.is(204);
    client.json(&path, &all).await.is(204);
    assert!(sandbox.pay(made.value()["code_url"].as_str().unwrap()).await.is_err());
    let shown = client.get(&format!("{PATH}/out-trade-no/combined-1")).await.value();
    assert_eq!(shown["sub_orders"][0]["trade_state"], "CLOSED");
    client.json(&format!("{PATH}/native"), &combined("combined-1")).await.refused(400, "ORDER_CLOSED");
    assert_eq!(sandbox.effects().iter().filter(|effect| effect.what == "closed").count(), 1);
}

#[tokio::test]
async fn a_direct_merchant_combines_orders_of_its_own() {
    let (sandbox, client) = merchant().await;
    let part = |number: &str, total: i64| {
        json!({"mchid": MERCHANT, "attach": "深圳分店", "description": "图书", "out_trade_no": number,
            "amount": {"total_amount": total, "currency": "CNY"}})
    };
    let body = json!({"combine_appid": APPID, "combine_mchid": MERCHANT, "combine_out_trade_no": "combined-1",
        "combine_payer_info": {"openid": "oCombined"}, "notify_url": "http://127.0.0.1:1/",
        "sub_orders": [part("combined-1-a", 1000), part("combined-1-b", 500)]});
    let made = client.json(&format!("{PATH}/jsapi"), &body).await;
    made.is(200);
    sandbox.pay(made.value()["prepay_id"].as_str().unwrap()).await.unwrap();
    let shown = client.get(&format!("{PATH}/out-trade-no/combined-1")).await.value();
    let parts = shown["sub_orders"].as_array().unwrap();
    assert!(
        parts.iter().all(|part| part["trade_state"] == "SUCCESS" && part.get("sub_mchid").is_none()),
        "{shown}"
    );
}
