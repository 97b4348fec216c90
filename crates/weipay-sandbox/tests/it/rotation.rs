//! Keys that change while calls run: the platform's and the merchant's.

use serde_json::json;
use weipay_sandbox::world::{CertificateState, SignWith};
use weipay_sandbox::{Error, Migration, Sandbox, World};

use crate::client::{Client, Draft, Reply, certificate_key, documentation, verifies};
use crate::receiver::{Act, Receiver, open_bytes};

const ECHO: &str = "/v3/security/echo";

async fn echo(client: &Client, serial: Option<&str>) -> Reply {
    let draft = client.draft("POST", ECHO, r#"{"echo_message":"x"}"#);
    let draft = match serial {
        Some(serial) => draft.header("Wechatpay-Serial", serial),
        None => draft.without("Wechatpay-Serial"),
    };
    client.send(&draft).await
}

/// The next platform certificate of the world of the pages.
fn next() -> (String, Vec<u8>) {
    let pem = World::documentation().platform.next.unwrap().certificate_pem;
    (crate::client::serial_of(&pem), certificate_key(&pem))
}

async fn listed(client: &Client) -> Vec<String> {
    let reply = client.get("/v3/certificates").await;
    reply.is(200);
    let data = reply.value()["data"].as_array().unwrap().clone();
    for entry in &data {
        let pem = open_bytes(&entry["encrypt_certificate"], &client.credentials.apiv3_key);
        let pem = String::from_utf8(pem).unwrap();
        assert_eq!(entry["serial_no"], json!(crate::client::serial_of(&pem)));
    }
    data.iter().map(|entry| entry["serial_no"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn k01_a_new_platform_certificate_takes_over_step_by_step() {
    let (sandbox, client) = documentation().await;
    let (serial, key) = next();
    let present = client.credentials.platform_certificate_serial.clone();
    assert_eq!(listed(&client).await, std::slice::from_ref(&present));
    echo(&client, Some(&serial)).await.refused(400, "PARAM_ERROR");
    assert!(sandbox.journal().last().unwrap().has_mistake("K09"));

    sandbox.migrate(Migration { announced: true, ..Migration::default() });
    assert_eq!(listed(&client).await, [present.clone(), serial.clone()]);
    let reply = echo(&client, Some(&serial)).await;
    assert_eq!(reply.header("wechatpay-serial"), Some(present.as_str()));
    for share in [0.3, 1.0] {
        sandbox.migrate(Migration { to_next_certificate: share, ..Migration::default() });
        let mut by_next = 0;
        for _ in 0..40 {
            let reply = echo(&client, Some(&present)).await;
            if reply.header("wechatpay-serial") == Some(&serial) {
                assert!(verifies(&key, |name| reply.header(name), &reply.body));
                by_next += 1;
            } else {
                client.verify(&reply);
            }
        }
        let expected = if share < 1.0 { 3..=25 } else { 40..=40 };
        assert!(expected.contains(&by_next), "{share}: {by_next}");
        // Who names the public key gets it.
        client.verify(&echo(&client, Some(&client.credentials.platform_key_id)).await);
    }
}

#[tokio::test]
async fn answers_and_notifications_move_from_the_certificate_to_the_public_key() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let mut world = World::documentation().notify(&receiver.url);
    world.merchants[0].notifications_signed_with = SignWith::Certificate;
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::new(&sandbox);
    for (share, expected) in [(0.0, 0..=0), (0.5, 5..=35), (1.0, 40..=40)] {
        sandbox.migrate(Migration { to_public_key: share, ..Migration::default() });
        let (mut answers, before) = (0, receiver.received().len());
        for _ in 0..40 {
            let reply = echo(&client, None).await;
            client.verify(&reply);
            answers +=
                usize::from(reply.header("wechatpay-serial") == Some(&client.credentials.platform_key_id));
            sandbox.trigger("MALL_TRANSACTION.SUCCESS").unwrap();
        }
        sandbox.settled().await;
        let received = receiver.received().split_off(before);
        assert!(received.iter().all(|notification| notification.verifies(&client.credentials)));
        let by_key = |notification: &&crate::receiver::Notification| {
            notification.header("wechatpay-serial") == Some(&client.credentials.platform_key_id)
        };
        let notifications = received.iter().filter(by_key).count();
        assert!(
            expected.contains(&answers) && expected.contains(&notifications),
            "{share}: {answers} {notifications}"
        );
    }
}

#[tokio::test]
async fn k08_a_merchants_certificates_are_registered_replaced_expired_and_revoked_while_it_calls() {
    let (sandbox, client) = documentation().await;
    let world = World::documentation();
    let newer = world.merchant("1230000109").unwrap().certificates[0].clone();
    let mut credentials = sandbox.credentials_of("1230000109").unwrap();
    credentials.mchid.clone_from(&client.credentials.mchid);
    let with_newer = Client::with(&sandbox, credentials);
    echo(&with_newer, None).await.refused(401, "SIGN_ERROR");
    sandbox.register_certificate("1900000100", newer).unwrap();
    echo(&with_newer, None).await.is(200);
    echo(&client, None).await.is(200);
    for (state, message) in [
        (CertificateState::Replaced, "已更换证书，请使用新证书"),
        (CertificateState::Expired, "商户证书已过期"),
        (CertificateState::Revoked, "商户证书已作废"),
    ] {
        sandbox.set_certificate("1900000100", &client.credentials.merchant_serial, state).unwrap();
        let reply = echo(&client, None).await;
        reply.refused(401, "SIGN_ERROR");
        assert_eq!(reply.message(), message);
        echo(&with_newer, None).await.is(200);
    }
    let unknown = sandbox.set_certificate("1900000100", "00", CertificateState::Active);
    assert!(matches!(unknown, Err(Error::Unknown { what: "certificate", .. })));
    let mut broken = world.merchants[0].certificates[0].clone();
    broken.certificate_pem = "nonsense".to_owned();
    assert!(matches!(sandbox.register_certificate("1900000100", broken), Err(Error::Key(_))));
    echo(&with_newer, None).await.is(200);
}

#[tokio::test]
async fn a_brand_without_its_platform_key_is_told_so_by_that_key() {
    let (sandbox, _) = documentation().await;
    let brand = Client::of_brand(&sandbox);
    let draft: Draft = brand.draft("GET", "/brand/card-member/cards", "").without("Wechatpay-Serial");
    let reply = brand.send(&draft).await;
    reply.refused(400, "PARAM_ERROR");
    brand.verify(&reply);
}
