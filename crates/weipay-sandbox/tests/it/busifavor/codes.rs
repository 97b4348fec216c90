//! Codes that the merchant uploads.

use serde_json::{Value, json};

use super::{SEND, STOCKS, parcel, send, stock};
use crate::catalogue::answers_fit;
use crate::client::{Client, documentation, with};

async fn upload(client: &Client, stock_id: &str, number: &str, codes: &[&str]) -> crate::client::Reply {
    let body = json!({"coupon_code_list": codes, "upload_request_no": number});
    client.json(&format!("{STOCKS}/{stock_id}/couponcodes"), &body).await
}

#[tokio::test]
async fn l16_an_upload_succeeds_in_part_and_says_so_in_a_200() {
    let (sandbox, client) = documentation().await;
    let id = stock(&client, json!({"coupon_code_mode": "MERCHANT_UPLOAD"})).await;
    upload(&client, &id, "u1", &["A1", "A2"]).await.is(200);
    let long = "L".repeat(33);
    let reply = upload(&client, &id, "u2", &["A2", "B1", "B1", "B1", &long, "B_2\\/=| -", "ü"]).await;
    reply.is(200);
    client.verify(&reply);
    let body = reply.value();
    for (name, expected) in [
        ("total_count", json!(5)),
        ("success_count", json!(2)),
        ("success_codes", json!(["B1", "B_2\\/=| -"])),
        ("exist_codes", json!(["A2"])),
        ("duplicate_codes", json!(["B1"])),
        ("fail_count", json!(2)),
    ] {
        assert_eq!(body[name], expected, "{name}");
    }
    let reasons: Vec<_> =
        body["fail_codes"].as_array().unwrap().iter().map(|fail| fail["code"].clone()).collect();
    assert_eq!(reasons, ["LENGTH_LIMIT", "CHARACTER_LIMIT"]);
    let again = upload(&client, &id, "u2", &["A2", "B1", "B1", "B1", &long, "B_2\\/=| -", "ü"]).await;
    assert_eq!(again.body, reply.body, "the same number gets the same answer");
    upload(&client, &id, "u2", &["C1"]).await.refused(400, "INVALID_REQUEST");
    let shown = client.get(&format!("{STOCKS}/{id}")).await.value();
    assert_eq!(shown["coupon_code_count"], json!({"total_count": 4, "available_count": 4}));
    answers_fit(&sandbox);
}

#[tokio::test]
async fn an_upload_is_refused_as_a_whole_where_nothing_of_it_can_succeed() {
    let (_sandbox, client) = documentation().await;
    let id = stock(&client, json!({"coupon_code_mode": "MERCHANT_UPLOAD"})).await;
    let target = format!("{STOCKS}/{id}/couponcodes");
    let good = json!({"coupon_code_list": ["A"], "upload_request_no": "u"});
    for (changes, field) in [
        (json!({"coupon_code_list": []}), "/coupon_code_list"),
        (json!({"coupon_code_list": vec!["A"; 201]}), "/coupon_code_list"),
        (json!({"coupon_code_list": ["A", 5]}), "/coupon_code_list/1"),
        (json!({"upload_request_no": ""}), "/upload_request_no"),
        (json!({"upload_request_no": null}), "/upload_request_no"),
    ] {
        let reply = client.json(&target, &with(&good, changes)).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], field);
    }
    let many: Vec<String> = (0..11).map(|number| format!("C{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    upload(&client, &id, "u", &many).await.refused(400, "INVALID_REQUEST");
    upload(&client, "100088", "u", &["A"]).await.refused(400, "INVALID_REQUEST");
    upload(&client, "404", "u", &["A"]).await.refused(404, "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn uploaded_codes_are_drawn_listed_and_deleted_while_nobody_has_them() {
    let (sandbox, client) = documentation().await;
    let id = stock(&client, json!({"coupon_code_mode": "MERCHANT_UPLOAD"})).await;
    client.json(SEND, &parcel(&id, "none")).await.refused(403, "RULELIMIT");
    upload(&client, &id, "u1", &["A1", "A2", "A3"]).await.is(200);
    client
        .json(SEND, &with(&parcel(&id, "chosen"), json!({"coupon_code": "A2"})))
        .await
        .refused(400, "INVALID_REQUEST");
    assert_eq!(send(&client, &id, "s1").await, "A1");
    let codes = format!("{STOCKS}/{id}/couponcodes");
    let listed = client.get(&format!("{codes}?status=AVAILABLE&offset=1&limit=1")).await.value();
    assert_eq!(listed["total_count"], 2);
    assert_eq!(listed["data"][0]["code"], "A3");
    let one = client.get(&format!("{codes}/A1")).await.value();
    assert_eq!(one["code_information"]["code_status"], "DISPATCHED");
    assert_eq!(one["coupon_information"]["coupon_state"], "SENDED");
    assert_eq!(client.get(&format!("{codes}/A2")).await.value().get("coupon_information"), None::<&Value>);
    let delete = async |code: &str, number: &str| {
        client.send(&client.draft("DELETE", &format!("{codes}/{code}?delete_request_no={number}"), "")).await
    };
    delete("A1", "d1").await.refused(400, "INVALID_REQUEST");
    let first = delete("A2", "d2").await;
    first.is(200);
    assert_eq!(delete("A2", "d2").await.body, first.body);
    delete("A2", "d3").await.refused(404, "RESOURCE_NOT_EXISTS");
    assert_eq!(send(&client, &id, "s2").await, "A3");
    answers_fit(&sandbox);
}
