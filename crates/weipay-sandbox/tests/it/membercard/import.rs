//! Members of old: imported, or reminded of their card.

use serde_json::json;
use weipay_sandbox::world::Phone;
use weipay_sandbox::{TakeMemberCard, World};

use super::{APPID, CARD, CARDS, MEMBER, card, events, told};
use crate::catalogue::answers_fit;
use crate::client::{Client, der, with};
use crate::platform::{decrypt, encrypt};

const PHONE: &str = "13800138000";
const OTHER_PHONE: &str = "13800138001";
const USER: &str = "oPhoneUser00000000000000001";
const REMIND: &str = "/v3/marketing/membercard-open/phonenumber-member/import";

fn with_phone(world: &mut World) {
    for (number, openid) in [(PHONE, USER), (OTHER_PHONE, MEMBER)] {
        world.phones.push(Phone { number: number.into(), openid: openid.to_owned() });
    }
}

fn sealed(client: &Client, phone: &str) -> String {
    encrypt(&der(&client.credentials.platform_public_key_pem), phone)
}

#[tokio::test]
async fn an_import_is_silent_and_gives_one_card_to_a_user() {
    let (receiver, sandbox, client) = told(|_| ()).await;
    let target = format!("{CARDS}/{CARD}/users/import");
    let body = json!({"openid": "xsd3434454567676", "code": "OLD1", "out_request_no": "i1"});
    let first = client.json(&target, &body).await;
    first.is(200);
    assert_eq!(first.value(), json!({"code": "OLD1"}));
    assert_eq!(client.json(&target, &body).await.body, first.body);
    client.json(&target, &with(&body, json!({"code": "OLD2"}))).await.refused(400, "INVALID_REQUEST");
    let again = with(&body, json!({"out_request_no": "i2", "code": null}));
    assert_eq!(client.json(&target, &again).await.value(), first.value(), "the card that is known");
    client
        .json(&target, &with(&again, json!({"out_request_no": "i3", "code": "OLD2"})))
        .await
        .refused(400, "INVALID_REQUEST");
    client
        .json(&target, &json!({"openid": "nobody", "out_request_no": "i4"}))
        .await
        .refused(400, "INVALID_REQUEST");
    let taken = json!({"openid": "oWmnN4xxxxxxxxxxe92NHIGf1xd8", "code": "OLD1", "out_request_no": "i5"});
    client.json(&target, &taken).await.refused(400, "INVALID_REQUEST");
    assert!(events(&receiver, &sandbox, &client).await.is_empty());
    assert_eq!(sandbox.effects().iter().filter(|effect| effect.what == "imported").count(), 1);
    let shown = client.get(&format!("{CARDS}/{CARD}/codes/OLD1")).await.value();
    assert_eq!(shown["user_card_status"], "EFFECTIVE");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn k10_an_import_by_phone_needs_the_number_sealed_with_the_key_that_is_named() {
    let (_receiver, sandbox, client) = told(with_phone).await;
    let target = format!("{CARDS}/{CARD}/phone-membercard/import");
    let body = |field: &str, number: &str| json!({"encrypted_phone_number": field, "out_request_no": number});
    let first = client.json(&target, &body(&sealed(&client, PHONE), "p1")).await;
    first.is(200);
    let repeat = client.json(&target, &body(&sealed(&client, PHONE), "p1")).await;
    assert_eq!(repeat.body, first.body, "the same number, encrypted once more");
    let other = client.json(&target, &body(&sealed(&client, OTHER_PHONE), "p1")).await;
    other.refused(400, "INVALID_REQUEST");
    client.json(&target, &body(PHONE, "p2")).await.refused(400, "PARAM_ERROR");
    assert!(sandbox.journal().last().unwrap().has_mistake("K10"));
    client.json(&target, &body(&sealed(&client, "13900139000"), "p3")).await.refused(400, "INVALID_REQUEST");
    let list = client
        .get(&format!(
            "/v3/marketing/membercard-open/user/cards?openid={USER}&appid={APPID}&offset=0&limit=10"
        ))
        .await;
    assert_eq!(list.value()["data"], json!([{"card_id": CARD, "code": first.value()["code"]}]));
    answers_fit(&sandbox);
}

#[tokio::test]
async fn a_reminder_is_shown_and_followed() {
    let (receiver, sandbox, client) = told(with_phone).await;
    let body = json!({"member_information": {"card_id": CARD, "code": "REM1", "membership_number": "9",
        "registration_time": "2015-05-20T13:29:35.120+08:00"}, "encrypted_phone_number": sealed(&client, PHONE),
        "outer_str": "my_card_CARD"});
    let search = async || {
        let field = sealed(&client, PHONE).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let target = format!(
            "/v3/marketing/membercard-open/phonenumber-member/search?card_id={CARD}&encrypted_phone_number={field}"
        );
        client.get(&target).await
    };
    search().await.refused(404, "RESOURCE_NOT_EXISTS");
    assert!(sandbox.show_card_reminder(CARD, PHONE).await.is_err());
    client.json(REMIND, &body).await.is(204);
    assert_eq!(search().await.value(), json!({"receive_status": "UNSHOWED"}));
    sandbox.show_card_reminder(CARD, PHONE).await.unwrap();
    assert_eq!(search().await.value(), json!({"receive_status": "UNRECEIVED"}));
    let order = TakeMemberCard { openid: USER.to_owned(), ..TakeMemberCard::default() };
    assert_eq!(sandbox.take_member_card(order).await.unwrap().code, "REM1");
    let found = search().await.value();
    assert_eq!(
        (&found["receive_status"], &found["user_card_information"]["openid"]),
        (&json!("RECEIVED"), &json!(USER))
    );
    let told = events(&receiver, &sandbox, &client).await;
    let accepted = &told[0].1;
    assert_eq!(accepted["event_type"], "MEMBER_CARD_ACCEPT_BY_PHONE_NUMBER");
    assert_eq!(decrypt(&client, accepted["phone_number"].as_str().unwrap()), PHONE);
    assert_eq!(accepted["outer_str"], "my_card_CARD");
    client
        .json(REMIND, &with(&body, json!({"encrypted_phone_number": "plain"})))
        .await
        .refused(400, "PARAM_ERROR");
    answers_fit(&sandbox);
}

#[tokio::test]
async fn imports_take_codes_that_are_in_store() {
    let (_receiver, sandbox, client) = told(|_| ()).await;
    let id = card(&client, json!({"code_mode": "MERCHANT_DEPOSIT"})).await;
    let target = format!("{CARDS}/{id}/users/import");
    let body = json!({"openid": MEMBER, "code": "S2", "out_request_no": "i1"});
    client.json(&target, &body).await.refused(400, "INVALID_REQUEST");
    client.json(&format!("{CARDS}/{id}/codes/deposit"), &json!({"code": ["S1", "S2"]})).await.is(200);
    assert_eq!(client.json(&target, &body).await.value(), json!({"code": "S2"}));
    let next = json!({"openid": "xsd3434454567676", "out_request_no": "i2"});
    assert_eq!(client.json(&target, &next).await.value(), json!({"code": "S1"}));
    answers_fit(&sandbox);
}
