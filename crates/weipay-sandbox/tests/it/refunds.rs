//! Refunds: amounts, numbers, money, and how they end.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::{Payer, RefundStatus};

use crate::client::{Client, sandbox, with};
use crate::payments::{APPID, MERCHANT, PARTNER_PATH, PATH, merchant, native, paid, partner_order};
use crate::receiver::{Act, Receiver};

const REFUNDS: &str = "/v3/refund/domestic/refunds";

fn refund(out_trade_no: &str, out_refund_no: &str, fen: i64, total: i64) -> Value {
    json!({"out_trade_no": out_trade_no, "out_refund_no": out_refund_no,
        "amount": {"refund": fen, "total": total, "currency": "CNY"}})
}

#[tokio::test]
async fn an_order_is_given_back_in_parts_until_nothing_is_left() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = merchant().await;
    let transaction_id = paid(&sandbox, &client, "order-1", 1000).await;
    let body = with(&refund("order-1", "r1", 400, 1000), json!({"notify_url": receiver.url}));
    let first = client.json(REFUNDS, &body).await;
    first.is(200);
    client.verify(&first);
    assert_eq!(first.value()["status"], "PROCESSING");
    assert_eq!(first.value()["transaction_id"], transaction_id);
    assert_eq!(client.json(REFUNDS, &body).await.body, first.body);
    assert_eq!(sandbox.balance(MERCHANT), 596, "994 less 400, and 2 fen of the fee come back");
    client.json(REFUNDS, &refund("order-1", "r1", 401, 1000)).await.refused(400, "INVALID_REQUEST");

    sandbox.advance(Duration::from_secs(5)).await;
    let done = client.get(&format!("{REFUNDS}/r1")).await.value();
    assert_eq!(done["status"], "SUCCESS");
    let told = &receiver.received()[0];
    assert_eq!(told.envelope()["event_type"], "REFUND.SUCCESS");
    let resource = told.open(&client.credentials);
    assert_eq!(resource["refund_status"], "SUCCESS");
    assert_eq!(resource["mchid"], MERCHANT);
    assert_eq!(resource["success_time"], done["success_time"]);
    assert_eq!(
        resource["amount"],
        json!({"total": 1000, "refund": 400, "payer_total": 1000, "payer_refund": 400})
    );
    assert_eq!(
        client.json(REFUNDS, &body).await.value()["status"],
        "SUCCESS",
        "a repeat shows how it stands now"
    );

    client.json(REFUNDS, &refund("order-1", "r2", 601, 1000)).await.refused(400, "INVALID_REQUEST");
    let by_id = json!({"transaction_id": transaction_id, "out_refund_no": "r2",
        "amount": {"refund": 600, "total": 1000, "currency": "CNY"}});
    client.json(REFUNDS, &by_id).await.is(200);
    assert_eq!(sandbox.balance(MERCHANT), 0);
    let reply = client.json(REFUNDS, &refund("order-1", "r3", 1, 1000)).await;
    reply.refused(400, "INVALID_REQUEST");
    assert_eq!(reply.message(), "订单已全额退款");
    let order = client.get(&format!("{PATH}/out-trade-no/order-1?mchid={MERCHANT}")).await.value();
    assert_eq!(order["trade_state"], "REFUND");
    assert_eq!(sandbox.effects().iter().filter(|effect| effect.what == "refunded").count(), 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_refund_is_named() {
    let (sandbox, client) = merchant().await;
    paid(&sandbox, &client, "order-1", 1000).await;
    native(&client, "unpaid", 1000).await;
    for (body, status, code) in [
        (refund("nothing", "r1", 1, 1000), 404, "RESOURCE_NOT_EXISTS"),
        (refund("unpaid", "r1", 1, 1000), 400, "INVALID_REQUEST"),
        (refund("order-1", "r1", 1, 999), 400, "INVALID_REQUEST"),
        (refund("order-1", "r1", 0, 1000), 400, "PARAM_ERROR"),
        (refund("order-1", "r 1", 1, 1000), 400, "PARAM_ERROR"),
        (refund("order-1", &"r".repeat(65), 1, 1000), 400, "PARAM_ERROR"),
        (with(&refund("order-1", "r1", 1, 1000), json!({"out_trade_no": null})), 400, "PARAM_ERROR"),
        (with(&refund("order-1", "r1", 1, 1000), json!({"sub_mchid": "1900000109"})), 403, "NO_AUTH"),
    ] {
        client.json(REFUNDS, &body).await.refused(status, code);
    }
    client.get(&format!("{REFUNDS}/r1")).await.refused(404, "RESOURCE_NOT_EXISTS");
    Client::of(&sandbox, "1900000200")
        .json(REFUNDS, &refund("order-1", "r1", 1, 1000))
        .await
        .refused(404, "RESOURCE_NOT_EXISTS");
    assert!(sandbox.effects().iter().all(|effect| effect.what == "ordered"));
}

#[tokio::test]
async fn money_time_and_payer_can_stand_in_the_way() {
    let (sandbox, _) = sandbox(|world| {
        let openid = "oGone".to_owned();
        world.payments.payers.push(Payer { appid: APPID.to_owned(), openid, account_closed: true });
    })
    .await;
    let client = Client::of(&sandbox, MERCHANT);
    paid(&sandbox, &client, "gone-1", 1000).await;
    client.json(REFUNDS, &refund("gone-1", "r1", 1, 1000)).await.refused(403, "USER_ACCOUNT_ABNORMAL");

    let (sandbox, client) = merchant().await;
    paid(&sandbox, &client, "order-1", 1000).await;
    sandbox.set_balance(MERCHANT, 500);
    client.json(REFUNDS, &refund("order-1", "r1", 1000, 1000)).await.refused(403, "NOT_ENOUGH");
    sandbox.set_balance(MERCHANT, 994);
    client.json(REFUNDS, &refund("order-1", "r1", 1, 1000)).await.is(200);
    sandbox.advance(Duration::from_secs(365 * 86_400)).await;
    let reply = client.json(REFUNDS, &refund("order-1", "r2", 1, 1000)).await;
    reply.refused(400, "INVALID_REQUEST");
    assert_eq!(reply.message(), "订单已超过可退款的最大期限");
}

#[tokio::test]
async fn an_order_has_fifty_refunds_at_most() {
    let (sandbox, client) = merchant().await;
    paid(&sandbox, &client, "order-1", 1000).await;
    for number in 0..50 {
        client.json(REFUNDS, &refund("order-1", &format!("r{number}"), 1, 1000)).await.is(200);
    }
    client.json(REFUNDS, &refund("order-1", "r50", 1, 1000)).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn an_abnormal_refund_takes_another_way() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = merchant().await;
    sandbox.set_notify_url(MERCHANT, &receiver.url).unwrap();
    paid(&sandbox, &client, "order-1", 1000).await;
    let made = client.json(REFUNDS, &refund("order-1", "r1", 1000, 1000)).await.value();
    let refund_id = made["refund_id"].as_str().unwrap();
    let path = format!("{REFUNDS}/{refund_id}/apply-abnormal-refund");
    let to_merchant = json!({"out_refund_no": "r1", "type": "MERCHANT_BANK_CARD"});
    client.json(&path, &to_merchant).await.refused(400, "INVALID_REQUEST");
    sandbox.end_refund(refund_id, RefundStatus::Abnormal).await.unwrap();
    sandbox.end_refund(refund_id, RefundStatus::Closed).await.unwrap_err();
    let in_clear = json!({"out_refund_no": "r1", "type": "USER_BANK_CARD", "bank_type": "CMB_DEBIT",
        "bank_account": "6225", "real_name": "张三"});
    client.json(&path, &in_clear).await.refused(400, "PARAM_ERROR");
    client.json(&path, &with(&in_clear, json!({"bank_type": null}))).await.refused(400, "PARAM_ERROR");
    let again = client.json(&path, &to_merchant).await;
    again.is(200);
    assert_eq!(again.value()["status"], "PROCESSING");
    assert_eq!(client.json(&path, &to_merchant).await.body, again.body);
    sandbox.advance(Duration::from_secs(5)).await;
    assert_eq!(client.get(&format!("{REFUNDS}/r1")).await.value()["status"], "SUCCESS");
    let events: Vec<_> = receiver
        .received()
        .iter()
        .map(|told| told.envelope()["event_type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(events, ["REFUND.ABNORMAL", "REFUND.SUCCESS"]);
}

#[tokio::test]
async fn a_closed_refund_leaves_the_money_where_it_was() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = crate::client::sandbox(|_| ()).await;
    let made = client.json(&format!("{PARTNER_PATH}/native"), &partner_order("order-1", 1000)).await.value();
    sandbox.pay(made["code_url"].as_str().unwrap()).await.unwrap();
    let body = with(
        &refund("order-1", "r1", 400, 1000),
        json!({"sub_mchid": "1900000109", "notify_url": receiver.url}),
    );
    let reply = client.json(REFUNDS, &body).await;
    reply.is(200);
    assert_eq!(sandbox.balance("1900000109"), 596);
    sandbox.end_refund(reply.value()["refund_id"].as_str().unwrap(), RefundStatus::Closed).await.unwrap();
    sandbox.settled().await;
    assert_eq!(sandbox.balance("1900000109"), 994);
    let resource = receiver.received()[0].open(&client.credentials);
    assert_eq!(resource["refund_status"], "CLOSED");
    assert_eq!(resource["sub_mchid"], "1900000109");
    client.get(&format!("{REFUNDS}/r1?sub_mchid=1900000109")).await.is(200);
    client.get(&format!("{REFUNDS}/r1")).await.refused(404, "RESOURCE_NOT_EXISTS");
    let order = format!("{PARTNER_PATH}/out-trade-no/order-1?sp_mchid=1900000100&sub_mchid=1900000109");
    assert_eq!(client.get(&order).await.value()["trade_state"], "SUCCESS");
}
