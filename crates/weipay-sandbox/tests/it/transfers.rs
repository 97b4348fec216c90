//! Transfers to users: confirmed, withdrawn, forgotten.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::with;
use crate::payments::{APPID, MERCHANT, merchant};
use crate::receiver::{Act, Receiver};

const PATH: &str = "/v3/fund-app/mch-transfer/transfer-bills";

fn transfer(out_bill_no: &str, amount: i64, url: &str) -> Value {
    json!({"appid": APPID, "out_bill_no": out_bill_no, "openid": "oTaker", "transfer_amount": amount,
        "transfer_remark": "报销", "transfer_scene_id": "1000", "notify_url": url,
        "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "报销"}]})
}

#[tokio::test]
async fn a_transfer_waits_for_its_taker_and_is_told() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = merchant().await;
    let body = transfer("T1", 600, &receiver.url);
    client.json(PATH, &body).await.refused(403, "NOT_ENOUGH");
    sandbox.set_balance(MERCHANT, 1000);
    let made = client.json(PATH, &body).await;
    made.is(200);
    client.verify(&made);
    assert_eq!(made.value()["state"], "WAIT_USER_CONFIRM");
    assert!(made.value()["package_info"].is_string());
    assert_eq!(client.json(PATH, &body).await.body, made.body);
    assert_eq!(sandbox.balance(MERCHANT), 400);
    client.json(PATH, &with(&body, json!({"transfer_amount": 1}))).await.refused(400, "INVALID_REQUEST");

    sandbox.confirm_transfer(MERCHANT, "T1").await.unwrap();
    sandbox.settled().await;
    assert!(sandbox.confirm_transfer(MERCHANT, "T1").await.is_err());
    let shown = client.get(&format!("{PATH}/out-bill-no/T1")).await.value();
    assert_eq!(shown["state"], "SUCCESS");
    let number = shown["transfer_bill_no"].as_str().unwrap();
    assert_eq!(client.get(&format!("{PATH}/transfer-bill-no/{number}")).await.value(), shown);
    let told = &receiver.received()[0];
    assert_eq!(told.envelope()["event_type"], "MCHTRANSFER.BILL.FINISHED");
    assert_eq!(told.open(&client.credentials)["state"], "SUCCESS");
    client.json(&format!("{PATH}/out-bill-no/T1/cancel"), &json!({})).await.refused(400, "INVALID_REQUEST");
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn what_is_withdrawn_or_forgotten_comes_back() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = merchant().await;
    sandbox.set_balance(MERCHANT, 1000);
    client.json(PATH, &transfer("T1", 600, &receiver.url)).await.is(200);
    client.json(PATH, &transfer("T2", 400, &receiver.url)).await.is(200);
    let cancel = format!("{PATH}/out-bill-no/T1/cancel");
    let first = client.post(&cancel, "").await;
    first.is(200);
    assert_eq!(first.value()["state"], "CANCELING");
    assert!(sandbox.confirm_transfer(MERCHANT, "T1").await.is_err());
    sandbox.advance(Duration::from_secs(5)).await;
    assert_eq!(client.post(&cancel, "").await.value()["state"], "CANCELLED");
    assert_eq!(sandbox.balance(MERCHANT), 600);
    sandbox.advance(Duration::from_secs(86_400)).await;
    let shown = client.get(&format!("{PATH}/out-bill-no/T2")).await.value();
    assert_eq!((&shown["state"], &shown["fail_reason"]), (&json!("FAIL"), &json!("OVERDUE_CLOSE")));
    assert_eq!(sandbox.balance(MERCHANT), 1000);
    let states: Vec<Value> =
        receiver.received().iter().map(|told| told.open(&client.credentials)["state"].clone()).collect();
    assert_eq!(states, ["CANCELLED", "FAIL"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_transfer_is_named() {
    let (sandbox, client) = merchant().await;
    sandbox.set_balance(MERCHANT, 1_000_000);
    for (changes, code) in [
        (json!({"out_bill_no": "T 1"}), "PARAM_ERROR"),
        (json!({"transfer_amount": 0}), "PARAM_ERROR"),
        (json!({"transfer_amount": 200_000}), "PARAM_ERROR"),
        (json!({"transfer_amount": 29, "user_name": "x"}), "PARAM_ERROR"),
        (json!({"user_name": "张三"}), "PARAM_ERROR"),
        (json!({"appid": "wx0"}), "APPID_MCHID_NOT_MATCH"),
    ] {
        let body = with(&transfer("T1", 600, "http://127.0.0.1:1/"), changes);
        client.json(PATH, &body).await.refused(400, code);
    }
    client.get(&format!("{PATH}/out-bill-no/T1")).await.refused(404, "RESOURCE_NOT_EXISTS");
    assert_eq!(sandbox.balance(MERCHANT), 1_000_000);
}
