//! Subsidies: a 200 may carry a failure.

use serde_json::{Value, json};
use weipay_sandbox::Sandbox;

use super::{APPID, send, stock};
use crate::catalogue::answers_fit;
use crate::client::{Client, USE, documentation, sandbox, with};

const PAY: &str = "/v3/marketing/busifavor/subsidy/pay-receipts";
const RETURN: &str = "/v3/marketing/busifavor/subsidy/return-receipts";

/// A redeemed coupon of a stock with subsidies, and the body that pays for it.
async fn redeemed(client: &Client, changes: Value) -> Value {
    let id = stock(client, with(&json!({"subsidy": true, "belong_merchant": "1234567890"}), changes)).await;
    let code = send(client, &id, "s1").await;
    let using = json!({"coupon_code": code, "stock_id": id, "appid": APPID, "use_request_no": format!("u{id}"),
        "use_time": "2020-05-20T13:29:35+08:00"});
    client.json(USE, &using).await.is(200);
    json!({"stock_id": id, "coupon_code": code, "transaction_id": "4200000913202101152566792388",
        "payer_merchant": "1900000100", "payee_merchant": "1234567890", "amount": 500, "description": "满减补差",
        "out_subsidy_no": "subsidy-1"})
}

fn status(reply: &crate::client::Reply) -> (String, Value) {
    reply.is(200);
    (reply.value()["status"].as_str().unwrap().to_owned(), reply.value()["fail_reason"].clone())
}

#[tokio::test]
async fn a_subsidy_is_paid_once_and_given_back_in_parts() {
    let (sandbox, client) = documentation().await;
    let body = redeemed(&client, json!({})).await;
    let paid = client.json(PAY, &body).await;
    client.verify(&paid);
    assert_eq!(status(&paid), ("PAY_RECEIPT_SUCCESS".to_owned(), Value::Null));
    assert_eq!(client.json(PAY, &body).await.body, paid.body);
    let second = client.json(PAY, &with(&body, json!({"out_subsidy_no": "subsidy-2"}))).await;
    assert_eq!(status(&second).1, "PAY_RECEIPT_EXCEED_SUBSIDY_COUNT_QUOTA");
    let id = paid.value()["subsidy_receipt_id"].as_str().unwrap().to_owned();
    let back = with(
        &body,
        json!({"refund_id": "50300000912021011501020304050607", "amount": 200,
        "out_subsidy_no": null, "out_subsidy_return_no": "back-1"}),
    );
    let first = client.json(RETURN, &back).await;
    assert_eq!(status(&first).0, "RETURN_RECEIPT_SUCCESS");
    assert_eq!(client.json(RETURN, &back).await.body, first.body);
    let receipt = |id: String| {
        let client = client.clone();
        async move { client.get(&format!("{PAY}/{id}")).await.value() }
    };
    assert_eq!(receipt(id.clone()).await["status"], "PAY_RECEIPT_PARTIAL_RETURN");
    let more = with(&back, json!({"amount": 301, "out_subsidy_return_no": "back-2"}));
    client.json(RETURN, &more).await.refused(400, "INVALID_REQUEST");
    client.json(RETURN, &with(&more, json!({"amount": 300}))).await.is(200);
    assert_eq!(receipt(id).await["status"], "PAY_RECEIPT_FULL_RETURN");
    let back_id = first.value()["subsidy_return_receipt_id"].as_str().unwrap().to_owned();
    assert_eq!(client.get(&format!("{RETURN}/{back_id}")).await.value(), first.value());
    let (stock_id, code) = (body["stock_id"].as_str().unwrap(), body["coupon_code"].as_str().unwrap());
    let list = client
        .get(&format!("{PAY}?stock_id={stock_id}&coupon_code={code}&out_subsidy_no=subsidy-2"))
        .await
        .value();
    assert_eq!(list["pay_receipt_list"].as_array().unwrap().len(), 1);
    client.get(&format!("{PAY}/404")).await.refused(404, "RESOURCE_NOT_EXISTS");
    client.get(&format!("{RETURN}/404")).await.refused(404, "RESOURCE_NOT_EXISTS");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn a_subsidy_has_its_limits() {
    let (_sandbox, client) = documentation().await;
    let body = redeemed(&client, json!({})).await;
    let over = client.json(PAY, &with(&body, json!({"amount": 501}))).await;
    assert_eq!(
        status(&over),
        ("PAY_RECEIPT_FAIL".to_owned(), json!("PAY_RECEIPT_EXCEED_SUBSIDY_AMOUNT_QUOTA"))
    );
    for (changes, status, code) in [
        (json!({"amount": 0}), 400, "PARAM_ERROR"),
        (json!({"payer_merchant": "1900000200"}), 400, "PARAM_ERROR"),
        (json!({"payee_merchant": "1900000100"}), 400, "PARAM_ERROR"),
        (json!({"coupon_code": "none"}), 404, "RESOURCE_NOT_EXISTS"),
    ] {
        let body = with(&with(&body, json!({"out_subsidy_no": "n"})), changes);
        client.json(PAY, &body).await.refused(status, code);
    }
    let unused = send(&client, body["stock_id"].as_str().unwrap(), "s2").await;
    let unused = with(&body, json!({"coupon_code": unused, "out_subsidy_no": "n"}));
    client.json(PAY, &unused).await.refused(400, "INVALID_REQUEST");
    let without = redeemed(&client, json!({"subsidy": false, "out_request_no": "2"})).await;
    client.json(PAY, &with(&without, json!({"out_subsidy_no": "n"}))).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn without_money_the_receipt_has_failed() {
    let funds = |sandbox_funds: (&str, i64)| {
        let (mchid, fen) = (sandbox_funds.0.to_owned(), sandbox_funds.1);
        sandbox(move |world| {
            world.busifavor.subsidy_funds.insert(mchid, fen);
        })
    };
    let (_payer, client): (Sandbox, Client) = funds(("1900000100", 499)).await;
    let body = redeemed(&client, json!({})).await;
    assert_eq!(status(&client.json(PAY, &body).await).1, "PAY_RECEIPT_INSUFFICIENT_BALANCE");
    let less = with(&body, json!({"amount": 499, "out_subsidy_no": "subsidy-2"}));
    assert_eq!(status(&client.json(PAY, &less).await).0, "PAY_RECEIPT_SUCCESS");
}
