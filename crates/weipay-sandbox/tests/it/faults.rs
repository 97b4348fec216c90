//! Faults on demand: what the wire shows, and whether the operation took effect.

use weipay_sandbox::{Fault, Sandbox};

use crate::client::{Client, Reply, USE, documentation, now};
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
