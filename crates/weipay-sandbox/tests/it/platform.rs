//! The certificate list and the self-test of signatures.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use weipay_sandbox::DeliveryState;

use crate::client::{Client, certificate_key, der, documentation, sandbox};
use crate::receiver::{Act, Receiver, open_bytes};

const ECHO: &str = "/v3/security/echo";

#[tokio::test]
async fn the_certificate_list_opens_with_the_apiv3_key() {
    let (_sandbox, client) = documentation().await;
    for target in
        ["/v3/certificates", "/v3/certificates?algorithm_type=RSA", "/v3/certificates?algorithm_type=ALL"]
    {
        let reply = client.get(target).await;
        reply.is(200);
        client.verify(&reply);
        let listed = &reply.value()["data"][0];
        assert_eq!(listed["serial_no"], client.credentials.platform_certificate_serial);
        assert_eq!(listed["effective_time"], "2020-01-01T08:00:00+08:00");
        let sealed = &listed["encrypt_certificate"];
        assert_eq!(sealed["associated_data"], "certificate");
        let pem = open_bytes(sealed, &client.credentials.apiv3_key);
        assert_eq!(pem, client.credentials.platform_certificate_pem.as_bytes());
    }
}

#[tokio::test]
async fn a_merchant_of_today_has_no_certificates() {
    let (_sandbox, client) = sandbox(|world| world.platform.no_certificates = true).await;
    let reply = client.get("/v3/certificates").await;
    reply.refused(404, "RESOURCE_NOT_EXISTS");
    assert!(reply.message().starts_with("无可用的平台证书"));
    client.verify(&reply);
}

pub(crate) fn encrypt(spki: &[u8], text: &str) -> String {
    let key = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(spki).unwrap()).unwrap();
    let mut field = vec![0; key.ciphertext_size()];
    STANDARD.encode(key.encrypt(&OAEP_SHA1_MGF1SHA1, text.as_bytes(), &mut field, None).unwrap())
}

pub(crate) fn decrypt(client: &Client, field: &str) -> String {
    let key = PrivateDecryptingKey::from_pkcs8(&der(&client.credentials.private_key_pem)).unwrap();
    let key = OaepPrivateDecryptingKey::new(key).unwrap();
    let mut plain = vec![0; key.min_output_size()];
    let plain = key.decrypt(&OAEP_SHA1_MGF1SHA1, &STANDARD.decode(field).unwrap(), &mut plain, None).unwrap();
    String::from_utf8(plain.to_vec()).unwrap()
}

#[tokio::test]
async fn k10_echo_decrypts_and_encrypts_with_the_key_that_was_named() {
    let (_sandbox, client) = documentation().await;
    let plain = client.json(ECHO, &json!({"echo_message": "hello"})).await;
    assert_eq!(plain.value(), json!({"echo_message": "hello"}));
    let public = der(&client.credentials.platform_public_key_pem);
    let certificate = certificate_key(&client.credentials.platform_certificate_pem);
    let serial = client.credentials.platform_certificate_serial.clone();
    for (key, serial) in [(public, client.credentials.platform_key_id.clone()), (certificate, serial)] {
        let body =
            json!({"echo_message": "hello", "encrypted_echo_message": encrypt(&key, "你好")}).to_string();
        let draft = client.draft("POST", ECHO, &body);
        let reply = client.send(&draft.clone().header("Wechatpay-Serial", &serial)).await;
        reply.is(200);
        client.verify(&reply);
        assert_eq!(decrypt(&client, reply.value()["encrypted_echo_message"].as_str().unwrap()), "你好");
        let reply = client.send(&draft.without("Wechatpay-Serial")).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.message(), "HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)");
    }
    for field in
        ["hello".to_owned(), encrypt(&certificate_key(&client.credentials.merchant_certificate_pem), "x")]
    {
        let reply =
            client.json(ECHO, &json!({"echo_message": "hello", "encrypted_echo_message": field})).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.message(), "请确认待处理的消息是否为加密后的密文");
    }
}

#[tokio::test]
async fn echo_calls_back() {
    let (sandbox, client) = documentation().await;
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    client.json(ECHO, &json!({"echo_message": "hello", "notify_url": receiver.url})).await.is(200);
    sandbox.settled().await;
    let received = receiver.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].envelope()["event_type"], "SECURITY_ECHO.SUCCESS");
    assert_eq!(received[0].envelope()["resource"]["original_type"], "security");
    assert_eq!(received[0].open(&client.credentials)["echo_message"], "hello");
    let elsewhere = json!({"echo_message": "hello", "notify_url": "http://192.0.2.1/notify"});
    client.json(ECHO, &elsewhere).await.is(200);
    assert!(matches!(sandbox.deliveries()[1].state, DeliveryState::Undeliverable(_)));
}
