//! Cards that the merchant's own page activates.

use serde_json::json;
use weipay_sandbox::{Error, TakeMemberCard};

use super::{CARD, CARDS, events, told};
use crate::catalogue::answers_fit;
use crate::client::{Client, documentation, with};

#[tokio::test]
async fn the_merchants_page_finds_the_user_and_activates() {
    let (receiver, sandbox, client) = told(|_| ()).await;
    let invitation = json!({"activate_type": "JUMP_ACTIVATE", "activate_url": "https://w.url.cn/s/Ahz3p2C", "outer_str": "szwxtd"});
    let qrcode = client.json(&format!("{CARDS}/{CARD}/qrcode"), &invitation).await;
    qrcode.is(200);
    let order = TakeMemberCard {
        invitation: Some(qrcode.value()["url"].as_str().unwrap().to_owned()),
        user_information: vec![("USER_FORM_FLAG_NAME".to_owned(), "周星星".into())],
        ..TakeMemberCard::default()
    };
    let taken = sandbox.take_member_card(order).await.unwrap();
    let (encrypt_code, ticket) = (taken.encrypt_code.unwrap(), taken.activate_ticket.unwrap());
    let decrypt = |escaped: &str| format!("{CARDS}/{CARD}/decrypt-code?encrypt_code={escaped}");
    let escaped = encrypt_code.replace('+', "%2B").replace('/', "%2F");
    assert_eq!(client.get(&decrypt(&escaped)).await.value(), json!({"code": taken.code}));
    client.get(&decrypt(&encrypt_code)).await.refused(400, "INVALID_REQUEST");
    let filled = client.get(&format!("/v3/marketing/membercard-open/activate-informations/{ticket}")).await;
    assert_eq!(
        filled.value()["user_information"]["common_field_list"],
        json!([{"name": "USER_FORM_FLAG_NAME", "value": "周星星"}])
    );
    let other = Client::of(&sandbox, "1900000200");
    other
        .get(&format!("/v3/marketing/membercard-open/activate-informations/{ticket}"))
        .await
        .refused(403, "NO_AUTH");

    let user_card = format!("{CARDS}/{CARD}/codes/{}", taken.code);
    assert_eq!(client.get(&user_card).await.value()["user_card_status"], "NOT_ACTIVATE");
    let prepare = json!({"out_trade_no": "t1", "bonus_value": 5});
    client.json(&format!("{user_card}/bonus/prepare"), &prepare).await.refused(400, "INVALID_REQUEST");
    let activate = json!({"membership_number": "316510891298"});
    client.json(&format!("{user_card}/activate"), &activate).await.is(204);
    client.json(&format!("{user_card}/activate"), &activate).await.is(204);
    client.json(&format!("{user_card}/bonus/prepare"), &prepare).await.is(204);
    let shown = client.get(&user_card).await.value();
    assert_eq!(
        (&shown["user_card_status"], &shown["membership_number"]),
        (&json!("EFFECTIVE"), &json!("316510891298"))
    );
    let told: Vec<_> = events(&receiver, &sandbox, &client).await;
    let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["MEMBERCARD.ACCEPT_CARD", "MEMBERCARD.ACTIVATE_CARD"], "activated once");
    assert!(told.iter().all(|(_, resource)| resource["outer_str"] == "szwxtd"));
    answers_fit(&sandbox);
}

#[tokio::test]
async fn invitations_say_where_the_page_is() {
    let (sandbox, client) = documentation().await;
    let token = format!("{CARDS}/{CARD}/permission-tokens");
    let jump = json!({"activate_type": "JUMP_ACTIVATE"});
    for (body, field) in [
        (jump.clone(), "/activate_url"),
        (with(&jump, json!({"activate_appid": "wx1"})), "/activate_url"),
        (json!({"activate_type": "OTHER"}), "/activate_type"),
    ] {
        let reply = client.json(&token, &body).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], field);
    }
    let program = json!({"activate_appid": "wx1", "activate_path": "pages/activate"});
    client.json(&token, &with(&jump, program)).await.is(200);
    let auto = client.json(&token, &json!({"activate_type": "AUTO_ACTIVATE"})).await.value();
    let key = auto["permission_token"].as_str().unwrap().to_owned();
    let order = TakeMemberCard { invitation: Some(key), ..TakeMemberCard::default() };
    assert_eq!(sandbox.take_member_card(order.clone()).await.unwrap().encrypt_code, None);
    let wrong = TakeMemberCard { invitation: Some("none".to_owned()), ..order };
    assert!(matches!(sandbox.take_member_card(wrong).await, Err(Error::Unknown { what: "invitation", .. })));
    client
        .get("/v3/marketing/membercard-open/activate-informations/none")
        .await
        .refused(404, "RESOURCE_NOT_EXISTS");
    client
        .json(&format!("{CARDS}/{CARD}/codes/none/activate"), &json!({}))
        .await
        .refused(400, "INVALID_REQUEST");
    answers_fit(&sandbox);
}
