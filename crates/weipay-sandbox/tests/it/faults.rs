//! Faults on demand: what the wire shows, and whether the operation took effect.

use std::time::{Duration, Instant};

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weipay_sandbox::{Fault, Sandbox, World};

use crate::client::{Client, Reply, USE, der, documentation, now};
use crate::samples::USE_BODY;

const OPERATION: &str = "marketing_busifavor_coupons_use";

async fn struck(id: &str, variant: Option<&str>) -> (Sandbox, Client) {
    let (sandbox, client) = documentation().await;
    let fault = Fault::new(id).unwrap().on(OPERATION);
    sandbox.inject(variant.map_or(Ok(fault.clone()), |variant| fault.variant(variant)).unwrap());
    (sandbox, client)
}

/// The retry with the same number gets a good answer, and there is one effect in all.
async fn recovers(sandbox: &Sandbox, client: &Client, effects_before: usize) {
    assert_eq!(sandbox.effects().len(), effects_before);
    let reply = client.post(USE, USE_BODY).await;
    reply.is(200);
    client.verify(&reply);
    assert_eq!(sandbox.effects().len(), 1);
    let entries = sandbox.journal().for_operation(OPERATION);
    assert!(entries[0].fault.is_some() && entries[1].fault.is_none());
}

#[tokio::test]
async fn r01_r02_r03_r05_signatures_are_damaged_after_the_effect() {
    for (id, variant) in [("R01", None), ("R02", None), ("R03", None), ("R05", None), ("R05", Some("ahead"))]
    {
        let (sandbox, client) = struck(id, variant).await;
        let reply = client.post(USE, USE_BODY).await;
        reply.is(200);
        let signature = reply.header("wechatpay-signature");
        match id {
            "R02" => {
                let signature = signature.unwrap();
                assert!(
                    signature.starts_with("WECHATPAY/SIGNTEST/") && signature.len() == 344,
                    "{signature}"
                );
            }
            "R03" => assert!(signature.is_none() && reply.header("wechatpay-timestamp").is_none()),
            "R05" => {
                let stamped: i64 = reply.header("wechatpay-timestamp").unwrap().parse().unwrap();
                let off = if variant.is_some() { 301 } else { -301 };
                assert!((stamped - now() - off).abs() <= 2, "{stamped}");
                client.verify(&reply);
            }
            _ => {}
        }
        assert_eq!(client.verifies(&reply), id == "R05", "{id}");
        recovers(&sandbox, &client, 1).await;
    }
}

#[tokio::test]
async fn t01_a_reset_comes_before_any_byte_and_after_the_effect() {
    let (sandbox, client) = struck("T01", None).await;
    let outcome = client.exchange(&client.draft("POST", USE, USE_BODY)).await;
    assert_eq!(outcome.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(sandbox.journal().last().unwrap().status, None);
    recovers(&sandbox, &client, 1).await;
}

#[tokio::test]
async fn t05_a_body_is_cut_after_the_effect() {
    let (sandbox, client) = struck("T05", None).await;
    let bytes = client.exchange(&client.draft("POST", USE, USE_BODY)).await.unwrap();
    let reply = Reply::parse(&bytes).unwrap();
    let whole: usize = reply.header("content-length").unwrap().parse().unwrap();
    assert_eq!((reply.status, reply.body.len()), (200, whole / 2));
    assert_eq!(sandbox.journal().last().unwrap().response_body.len(), whole);
    recovers(&sandbox, &client, 1).await;
}

#[tokio::test]
async fn a_cut_answer_without_a_body_ends_inside_its_head() {
    let (sandbox, client) = documentation().await;
    sandbox.inject(Fault::new("T05").unwrap());
    let draft = client.draft("POST", crate::client::NOTIFY, crate::samples::NOTIFY_BODY);
    let bytes = client.exchange(&draft).await.unwrap();
    assert_eq!(bytes.len(), 40);
    assert!(Reply::parse(&bytes).is_none());
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn t02_t04_t09_errors_with_and_without_effect() {
    for (id, variant, status, code, signed, effects) in [
        ("T02", None, 500, "SYSTEM_ERROR", true, 1),
        ("T04", None, 503, "SERVICE_UNAVAILABLE", false, 0),
        ("T04", Some("500"), 500, "SYSTEM_ERROR", true, 0),
        ("T04", Some("502"), 502, "", false, 0),
        ("T04", Some("429"), 429, "FREQUENCY_LIMITED", false, 0),
        ("T09", None, 400, "SYSTEM_ERROR", true, 0),
        ("T09", Some("after"), 400, "SYSTEM_ERROR", true, 1),
    ] {
        let (sandbox, client) = struck(id, variant).await;
        let reply = client.post(USE, USE_BODY).await;
        reply.refused(status, code);
        assert_eq!(client.verifies(&reply), signed, "{id} {variant:?}");
        recovers(&sandbox, &client, effects).await;
    }
}

#[tokio::test]
async fn a_fault_waits_for_its_operation_and_can_be_taken_back() {
    let (sandbox, client) = documentation().await;
    sandbox.inject(Fault::new("T04").unwrap().on("security_echo").times(2));
    client.post(USE, USE_BODY).await.is(200);
    client.post("/v3/security/echo", r#"{"echo_message":"x"}"#).await.is(503);
    sandbox.clear_faults();
    client.post("/v3/security/echo", r#"{"echo_message":"x"}"#).await.is(200);
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_an_after_fault() {
    let (sandbox, client) = struck("T02", None).await;
    client.post(USE, "{}").await.refused(400, "PARAM_ERROR");
    client.post(USE, USE_BODY).await.refused(500, "SYSTEM_ERROR");
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn r07_r08_an_answer_names_an_unknown_key() {
    for (id, start) in [("R07", "5157F09E"), ("R08", "PUB_KEY_ID_")] {
        let (sandbox, client) = struck(id, None).await;
        let reply = client.post(USE, USE_BODY).await;
        reply.is(200);
        let serial = reply.header("wechatpay-serial").unwrap();
        assert!(serial.starts_with(start) && serial != client.credentials.platform_key_id, "{serial}");
        recovers(&sandbox, &client, 1).await;
    }
}

#[tokio::test]
async fn r15_a_signed_200_carries_an_error_body() {
    let (sandbox, client) = struck("R15", None).await;
    let reply = client.post(USE, USE_BODY).await;
    reply.refused(200, "SYSTEM_ERROR");
    client.verify(&reply);
    recovers(&sandbox, &client, 1).await;
}

#[tokio::test]
async fn r16_a_refusal_is_signed_wrongly_and_a_success_does_not_use_it_up() {
    let (sandbox, client) = struck("R16", None).await;
    let reply = client.post(USE, USE_BODY).await;
    reply.is(200);
    client.verify(&reply);
    let other = USE_BODY.replace("1002600620019090123143254435", "another");
    let reply = client.post(USE, &other).await;
    reply.refused(400, "RESOURCE_ALREADY_EXISTS");
    assert!(reply.header("wechatpay-signature").is_some() && !client.verifies(&reply));
    assert_eq!(sandbox.journal().last().unwrap().fault, Some("R16"));
    client.verify(&client.post(USE, &other).await);
}

#[tokio::test]
async fn r18_a_good_body_comes_under_a_wrong_content_type() {
    for (variant, expected) in [("text", Some("text/plain")), ("none", None)] {
        let (sandbox, client) = struck("R18", Some(variant)).await;
        let reply = client.post(USE, USE_BODY).await;
        reply.is(200);
        client.verify(&reply);
        assert_eq!(reply.header("content-type"), expected);
        recovers(&sandbox, &client, 1).await;
    }
}

#[tokio::test]
async fn k08_a_merchant_certificate_is_suddenly_no_longer_taken() {
    for (variant, message) in [
        ("replaced", "已更换证书，请使用新证书"),
        ("expired", "商户证书已过期"),
        ("revoked", "商户证书已作废"),
    ] {
        let (sandbox, client) = struck("K08", Some(variant)).await;
        let reply = client.post(USE, USE_BODY).await;
        reply.refused(401, "SIGN_ERROR");
        assert_eq!(reply.message(), message);
        assert_eq!(reply.header("wechatpay-signature"), None);
        recovers(&sandbox, &client, 0).await;
    }
}

#[tokio::test]
async fn k11_a_sensitive_member_is_encrypted_to_the_merchants_older_certificate() {
    let mut world = World::documentation();
    let older = world.merchant("1900000200").unwrap().certificates[0].clone();
    let older_key = older.private_key_pem.expose().to_owned();
    world.merchant_mut("1900000100").unwrap().certificates.push(older);
    world.merchants.retain(|merchant| merchant.mchid != "1900000200");
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::new(&sandbox);
    let decrypts = |key: &str, text: &str| {
        let key =
            OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&der(key)).unwrap()).unwrap();
        let (sealed, mut plain) = (STANDARD.decode(text).unwrap(), [0; 512]);
        key.decrypt(&OAEP_SHA1_MGF1SHA1, &sealed, &mut plain, None).is_ok_and(|plain| plain == b"secret")
    };
    let body = json!({"echo_message": "x", "encrypted_echo_message": crate::platform::encrypt(&der(&client.credentials.platform_public_key_pem), "secret")});
    sandbox.inject(Fault::new("K11").unwrap());
    for older in [true, false] {
        let reply = client.json("/v3/security/echo", &body).await;
        reply.is(200);
        let text = reply.value()["encrypted_echo_message"].as_str().unwrap().to_owned();
        assert_eq!(decrypts(&older_key, &text), older);
        assert_eq!(decrypts(&client.credentials.private_key_pem, &text), !older);
    }
}

#[tokio::test]
async fn t03_an_answer_comes_late_and_after_the_effect() {
    let (sandbox, client) = documentation().await;
    sandbox.inject(Fault::new("T03").unwrap().on(OPERATION).by(Duration::from_millis(300)));
    let start = Instant::now();
    client.post(USE, USE_BODY).await.is(200);
    assert!(start.elapsed() >= Duration::from_millis(300));
    recovers(&sandbox, &client, 1).await;
}

/// Sends on a connection that stays open.
async fn open(client: &Client, stream: &mut TcpStream) {
    let bytes = client.wire(&client.draft("POST", USE, USE_BODY));
    let text = String::from_utf8(bytes).unwrap().replace("Connection: close\r\n", "");
    stream.write_all(text.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn t06_the_head_and_half_the_body_come_and_then_nothing() {
    let (sandbox, client) = struck("T06", None).await;
    let mut stream = TcpStream::connect(sandbox.addr()).await.unwrap();
    open(&client, &mut stream).await;
    let mut bytes = Vec::new();
    let reply = loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let reply = Reply::parse(&bytes);
        let whole = |reply: &Reply| reply.header("content-length").unwrap().parse::<usize>().unwrap();
        if let Some(reply) = reply.filter(|reply| reply.body.len() >= whole(reply) / 2) {
            break reply;
        }
    };
    reply.is(200);
    // Neither a byte nor an end of the stream comes.
    let silence = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut [0; 64])).await;
    assert!(silence.is_err());
    recovers(&sandbox, &client, 1).await;
}

#[tokio::test]
async fn t11_a_connection_is_reset_when_it_is_used_again() {
    let (sandbox, client) = struck("T11", None).await;
    let mut stream = TcpStream::connect(sandbox.addr()).await.unwrap();
    open(&client, &mut stream).await;
    let mut buffer = [0; 4096];
    let count = stream.read(&mut buffer).await.unwrap();
    assert!(buffer[..count].starts_with(b"HTTP/1.1 200"));
    open(&client, &mut stream).await;
    let error = loop {
        match stream.read(&mut buffer).await {
            Ok(0) => panic!("closed instead of reset"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    recovers(&sandbox, &client, 1).await;
}

#[tokio::test]
async fn t08_t12_202_and_redirects_execute_nothing() {
    for (id, variant, status) in [("T08", None, 202), ("T12", None, 302), ("T12", Some("301"), 301)] {
        let (sandbox, client) = struck(id, variant).await;
        let reply = client.post(USE, USE_BODY).await;
        reply.is(status);
        assert_eq!(client.verifies(&reply), status == 202);
        assert_eq!(reply.header("location").is_some(), status != 202);
        recovers(&sandbox, &client, 0).await;
    }
}

#[tokio::test]
async fn f04_f07_downloads_and_statements_are_refused_on_command() {
    let (sandbox, client) = documentation().await;
    for (id, variant, target, status, code) in [
        ("F04", "401", "/v3/billdownload/file?token=x", 401, "SIGN_ERROR"),
        ("F04", "403", "/v3/billdownload/file?token=x", 403, "NO_AUTH"),
        ("F04", "404", "/v3/billdownload/file?token=x", 404, "RESOURCE_NOT_EXISTS"),
        ("F07", "STATEMENT_CREATING", "/v3/bill/tradebill?bill_date=2020-01-01", 400, "STATEMENT_CREATING"),
        (
            "F07",
            "NO_STATEMENT_EXIST",
            "/v3/bill/fundflowbill?bill_date=2020-01-01",
            400,
            "NO_STATEMENT_EXIST",
        ),
    ] {
        sandbox.inject(Fault::new(id).unwrap().variant(variant).unwrap());
        client.get(target).await.refused(status, code);
        assert_eq!(sandbox.journal().last().unwrap().fault, Some(id));
    }
}

#[tokio::test]
async fn faults_come_in_an_order_on_a_path_by_chance_and_for_a_time() {
    let (sandbox, client) = documentation().await;
    let echo = || client.post("/v3/security/echo", r#"{"echo_message":"x"}"#);
    sandbox.inject(Fault::order("429, 429, ok, T02").unwrap().matching("POST /v3/security/*").unwrap());
    client.post(USE, USE_BODY).await.is(200);
    for status in [429, 429, 200, 500, 200] {
        echo().await.is(status);
    }
    sandbox.inject(Fault::new("T04").unwrap().times(100).lasting(Duration::from_secs(60)));
    echo().await.is(503);
    sandbox.advance(Duration::from_secs(61)).await;
    echo().await.is(200);

    let mut runs = Vec::new();
    for _ in 0..2 {
        let (sandbox, client) = documentation().await;
        sandbox.inject(Fault::new("T04").unwrap().times(1000).probability(0.3));
        let mut run = Vec::new();
        for _ in 0..40 {
            run.push(client.post("/v3/security/echo", r#"{"echo_message":"x"}"#).await.status);
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&503) && runs[0].contains(&200), "{:?}", runs[0]);
}
