//! Requests against the catalogue: refused members, and what is accepted with a note.

use serde_json::json;
use weipay_catalog::reference::Kind;
use weipay_sandbox::Sandbox;

use crate::client::{CONFIRM, Client, NOTIFY, SYNC, USE, documentation, with};
use crate::samples::{CONFIRM_BODY, NOTIFY_BODY, USE_BODY, value};

#[tokio::test]
async fn q15_a_wrong_member_is_named_by_its_pointer() {
    let (sandbox, client) = documentation().await;
    let sample = value(USE_BODY);
    for (changes, field, issue, mistake) in [
        (json!({"appid": null}), "/appid", "required", None),
        (json!({"coupon_code": 5}), "/coupon_code", "not a string", None),
        (json!({"coupon_code": "c".repeat(33)}), "/coupon_code", "longer than 32", None),
        (json!({"coupon_code": ""}), "/coupon_code", "shorter than 1", None),
        (json!({"use_request_no": "n".repeat(129)}), "/use_request_no", "longer than 128", None),
        (json!({"use_time": "2015-05-20 13:29:35"}), "/use_time", "RFC 3339", Some("Q15")),
        (json!({"use_time": "2015-05-20T13:29:35"}), "/use_time", "RFC 3339", Some("Q15")),
        (json!({"openid": "o😀"}), "/openid", "3 UTF-8 bytes", Some("Q15")),
        (json!({"use_time": "2099-05-20T13:29:35+08:00"}), "/use_time", "future", None),
    ] {
        let reply = client.json(USE, &with(&sample, changes)).await;
        reply.refused(400, "PARAM_ERROR");
        client.verify(&reply);
        let detail = &reply.value()["detail"];
        assert_eq!(detail["field"], field);
        assert_eq!(detail["location"], "body");
        assert!(detail["issue"].as_str().unwrap().contains(issue), "{detail}");
        let noticed = sandbox.journal().last().unwrap();
        assert_eq!(noticed.mistakes.first().map(|mistake| mistake.id), mistake, "{detail}");
        assert_eq!(detail.get("likely_cause").is_some(), mistake.is_some());
    }
    assert!(sandbox.effects().is_empty());
}

#[tokio::test]
async fn q15_null_fractions_and_what_is_not_json_are_refused() {
    let (sandbox, client) = documentation().await;
    let sync = json!({"out_request_no": "1", "brand_id": "1004", "card_id": "c", "openid": "o",
        "user_card_code": "u", "point_balance": 9.5});
    let reply = client.json(SYNC, &sync).await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.value()["detail"]["value"], 9.5);
    assert!(sandbox.journal().last().unwrap().has_mistake("Q15"));
    let mut sample = value(USE_BODY);
    sample["openid"] = json!(null);
    client.json(USE, &sample).await.refused(400, "PARAM_ERROR");
    assert!(sandbox.journal().last().unwrap().has_mistake("Q15"));
    for body in ["", "{", "not json", "[]", "\"text\"", "{} {}"] {
        let reply = client.post(USE, body).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.header("weipay-sandbox-basis"), Some("schema"), "{body}");
    }
}

#[tokio::test]
async fn undeclared_and_repeated_members_are_accepted_and_noted() {
    let (sandbox, client) = documentation().await;
    let body = USE_BODY.replacen('{', "{\"cashier\":\"7\",\"openid\":\"somebody else\",", 1);
    client.post(USE, &body).await.is(200);
    let notes = sandbox.journal().last().unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("/cashier")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("/openid stands twice")), "{notes:?}");
}

#[tokio::test]
async fn the_decision_is_a_closed_enum() {
    let (_sandbox, client) = documentation().await;
    let body = with(&value(CONFIRM_BODY), json!({"state": "POINT_EXCHANGE_COUPON_MAYBE"}));
    let reply = client.json(CONFIRM, &body).await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.value()["detail"]["field"], "/state");
}

#[tokio::test]
async fn l18_l21_points_notify_has_one_text_for_everything() {
    let (sandbox, client) = documentation().await;
    let sample = value(NOTIFY_BODY);
    for changes in [
        json!({"transaction_id": null}),
        json!({"points_update_time": "2020-05-20T13:29:35"}),
        json!({"increased_points": -1}),
        json!({"increased_points": 1.5}),
        json!({"earn_points": "true"}),
        json!({"points_update_time": "2099-05-20T13:29:35+08:00"}),
        json!({"transaction_id": "4200000000000000000000000000"}),
        json!({"openid": "oSomebodyElse"}),
        json!({"appid": "wx0000000000000000"}),
        json!({"sub_mchid": null}),
    ] {
        let reply = client.json(NOTIFY, &with(&sample, changes.clone())).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.message(), "参数校验错误,请检查商圈商户号,微信订单号,OPENID是否为空", "{changes}");
    }
    assert!(sandbox.effects().is_empty());
}

#[tokio::test]
async fn query_and_path_parameters_are_checked() {
    let (_sandbox, client) = documentation().await;
    let reply = client.get("/v3/businesscircle/user-authorizations/o1").await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.value()["detail"]["field"], "appid");
    assert_eq!(reply.value()["detail"]["location"], "query");
    let reply = client.get("/v3/businesscircle/users/o1/points/commit_status?brandid=x&appid=wx1").await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.value()["detail"]["field"], "brandid");
    let target = format!("/v3/marketing/membercard-open/cards/{}/codes/1/bonus/commit", "c".repeat(33));
    let reply = client.post(&target, r#"{"out_trade_no":"1","bonus_value":1}"#).await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.value()["detail"]["location"], "url");
}

#[tokio::test]
async fn a_strict_sandbox_says_that_it_has_no_rule_after_all_checks() {
    let sandbox = Sandbox::builder().strict().start().await.unwrap();
    let client = Client::new(&sandbox);
    let reply = client.get("/v3/merchant-service/complaint-notifications").await;
    reply.is(501);
    assert_eq!(reply.header("weipay-sandbox-basis"), Some("schema"));
    assert!(reply.message().contains("merchant_service_complaint_notifications_get"));
    client.verify(&reply);
}

/// The members of an answer that the catalogue requires are there, and none that it does not know.
fn fits(object: &weipay_catalog::reference::Object, answer: &serde_json::Value, operation: &str) {
    for property in object.properties {
        match answer.get(property.name) {
            None => assert!(!property.required, "{operation} lacks {}", property.name),
            Some(member) => match property.schema.kind {
                Kind::String => assert!(member.is_string(), "{operation}: {}", property.name),
                Kind::Integer => assert!(member.is_i64(), "{operation}: {}", property.name),
                Kind::Object(inner) => fits(inner, member, operation),
                Kind::Array(item) => {
                    for value in member.as_array().unwrap() {
                        item.object().into_iter().for_each(|inner| fits(inner, value, operation));
                    }
                }
                _ => {}
            },
        }
    }
    for name in answer.as_object().unwrap().keys() {
        assert!(object.property(name).is_some(), "{operation} has an undeclared {name}");
    }
}

#[tokio::test]
async fn answers_fit_the_catalogue() {
    let (sandbox, client) = documentation().await;
    client.post(CONFIRM, CONFIRM_BODY).await.is(200);
    let record = sandbox.exchange_points(weipay_sandbox::ExchangePoints::default()).await.unwrap();
    let allow = with(
        &value(CONFIRM_BODY),
        json!({"record_id": record, "state": null, "coupon_code": null,
        "fail_reason": null, "result": "POINT_EXCHANGE_COUPON_ALLOW"}),
    );
    client.json(CONFIRM, &allow).await.is(200);
    let sync = json!({"out_request_no": "1", "brand_id": "1004", "card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA", "user_card_code": "478515832665", "point_balance": 9});
    client.json(SYNC, &sync).await.is(200);
    client.post(USE, USE_BODY).await.is(200);
    let coupon = json!({"coupon_code": "sxxe34343434", "stock_id": "100088", "return_request_no": "r",
        "deactivate_request_no": "d"});
    client.json("/v3/marketing/busifavor/coupons/return", &coupon).await.is(200);
    let send = json!({"openid": "xsd3434454567676", "appid": "wx1234567889999", "stock_id": "100088",
        "out_request_no": "s", "coupon_code": "K"});
    client.json("/v3/marketing/busifavor/coupons/send", &send).await.is(200);
    client.json("/v3/marketing/busifavor/coupons/deactivate", &coupon).await.is(200);
    for target in [
        "/v3/marketing/busifavor/users/xsd3434454567676/coupons/sxxe34343434/appids/wx1234567889999",
        "/v3/marketing/busifavor/users/xsd3434454567676/coupons?appid=wx1234567889999&creator_merchant=1900000100",
        "/v3/marketing/membercard-open/cards/478515832665/codes/478515832665",
        "/v3/businesscircle/user-authorizations/o?appid=wx1234567890abcdef",
        "/v3/businesscircle/users/o/points/commit_status?brandid=1004&appid=wx1234567890abcdef",
        "/v3/certificates",
    ] {
        client.get(target).await.is(200);
    }
    client.post("/v3/security/echo", r#"{"echo_message":"x"}"#).await.is(200);
    let entries = sandbox.journal().entries();
    assert_eq!(entries.len(), 14);
    for entry in entries {
        let reference = weipay_catalog::reference::reference(entry.operation.unwrap()).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&entry.response_body).unwrap();
        let decision = entry.request_body.windows(8).any(|bytes| bytes == b"\"result\"");
        let body = &reference.bodies[usize::from(decision)];
        fits(body.answer.unwrap().object().unwrap(), &answer, reference.operation.id);
    }
}
