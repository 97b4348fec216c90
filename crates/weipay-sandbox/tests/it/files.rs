//! Uploads, bills and downloads, through the public door.

use std::io::Read as _;
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde_json::{Value, json};
use weipay_sandbox::Sandbox;

use crate::catalogue::{self, hexadecimal};
use crate::client::{Client, Draft, Reply, documentation, with};
use crate::payments::{MERCHANT, order, paid};

const UPLOAD: &str = "/v3/merchant/media/upload";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot really\r\n--a picture";

fn meta(file: &[u8]) -> String {
    json!({"filename": "a.png", "sha256": hexadecimal(digest(&SHA256, file).as_ref())}).to_string()
}

fn upload(client: &Client, meta: &str, name: &str, file: &[u8]) -> Draft {
    catalogue::upload(client.draft("POST", UPLOAD, ""), "meta", meta, "file", name, file)
}

#[tokio::test]
async fn an_uploaded_picture_is_kept_for_its_owner_and_has_an_id_of_its_own() {
    let (sandbox, client) = documentation().await;
    let path = "/v3/merchant-service/images/upload";
    let draft = Draft { target: path.to_owned(), ..upload(&client, &meta(PNG), "a.png", PNG) };
    let reply = client.send(&draft).await;
    reply.is(200);
    client.verify(&reply);
    let media_id = reply.value()["media_id"].as_str().unwrap().to_owned();
    let again = client.send(&draft).await.value()["media_id"].clone();
    assert_ne!(again, json!(media_id));
    let target = format!("/v3/merchant-service/images/{media_id}");
    let picture = client.get(&target).await;
    picture.is(200);
    assert_eq!((&picture.body[..], picture.header("content-type")), (PNG, Some("image/png")));
    assert_eq!(picture.header("wechatpay-signature"), None);
    Client::of(&sandbox, "1900000200").get(&target).await.refused(404, "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn f10_an_upload_with_a_wrong_digest_size_or_type_is_refused_and_kept_nowhere() {
    let (sandbox, client) = documentation().await;
    let large = vec![7; 5_242_881];
    for (draft, field) in [
        (upload(&client, &meta(b"another"), "a.png", PNG), "/sha256"),
        (upload(&client, &meta(b""), "a.png", b""), "/file"),
        (upload(&client, &meta(&large), "a.png", &large), "/file"),
        (upload(&client, &meta(PNG), "a.exe", PNG), "/file"),
        (upload(&client, &meta(PNG), "picture", PNG), "/file"),
    ] {
        let reply = client.send(&draft).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], field);
        assert!(sandbox.journal().last().unwrap().has_mistake("F10"), "{field}");
    }
    assert_eq!(sandbox.effects(), []);
    // 7.5 MB are for PDF only.
    client.send(&upload(&client, &meta(&large), "a.pdf", &large)).await.is(200);
}

#[tokio::test]
async fn q12_an_upload_that_signs_something_else_is_told_what_it_signed() {
    let (sandbox, client) = documentation().await;
    let right = upload(&client, &meta(PNG), "a.png", PNG);
    for (signed, cause) in
        [(right.body.clone(), "whole form"), (PNG.to_vec(), "the file"), (Vec::new(), "left out")]
    {
        let draft = Draft { signed_body: Some(signed), ..right.clone() };
        client.send(&draft).await.refused(401, "SIGN_ERROR");
        let entry = sandbox.journal().last().unwrap();
        assert!(entry.has_mistake("Q12") && entry.mistakes[0].cause.contains(cause), "{:?}", entry.mistakes);
    }
    let cut = Draft { body: right.body[..right.body.len() - 9].to_vec(), ..right };
    client.send(&cut).await.is(401);
}

/// Two payments and a refund on 2026-05-20, a payment on the next day and one of another merchant; asked on the 22nd at
/// 09:00 in China.
async fn billed() -> (Sandbox, Client) {
    let now: Timestamp = "2026-05-20T10:00:00+08:00".parse().unwrap();
    let sandbox = Sandbox::builder().business_time(now).start().await.unwrap();
    let client = Client::of(&sandbox, MERCHANT);
    paid(&sandbox, &client, "bill-one", 1000).await;
    let other = Client::of(&sandbox, "1900000200");
    let foreign = json!({"mchid": "1900000200", "appid": "wx2345678901bcdefa"});
    let made = other.json("/v3/pay/transactions/native", &with(&order("bill-other", 5), foreign)).await;
    sandbox.pay(made.value()["code_url"].as_str().unwrap()).await.unwrap();
    sandbox.advance(Duration::from_secs(7200)).await;
    let refund = json!({"out_trade_no": "bill-one", "out_refund_no": "r1",
        "amount": {"refund": 300, "total": 1000, "currency": "CNY"}});
    client.json("/v3/refund/domestic/refunds", &refund).await.is(200);
    sandbox.advance(Duration::from_secs(12 * 3600 - 60)).await;
    paid(&sandbox, &client, "bill-two", 1).await;
    sandbox.advance(Duration::from_secs(3600)).await;
    paid(&sandbox, &client, "bill-next-day", 5).await;
    sandbox.advance(Duration::from_secs(86_400 + 8 * 3600 + 60)).await;
    (sandbox, client)
}

/// The target behind a `download_url`, which is signed like any other.
fn target(reply: &Reply, sandbox: &Sandbox) -> String {
    let url = reply.value()["download_url"].as_str().unwrap().to_owned();
    url.strip_prefix(&sandbox.url()).unwrap().to_owned()
}

#[tokio::test]
async fn a_bill_has_the_days_trades_and_the_hash_of_the_file_before_compression() {
    let (sandbox, client) = billed().await;
    for (query, gzip) in [("", false), ("&tar_type=GZIP", true)] {
        let reply = client.get(&format!("/v3/bill/tradebill?bill_date=2026-05-20{query}")).await;
        reply.is(200);
        client.verify(&reply);
        let file = client.get(&target(&reply, &sandbox)).await;
        file.is(200);
        assert_eq!(file.header("wechatpay-signature"), None);
        let mut bytes = file.body.clone();
        if gzip {
            bytes = Vec::new();
            GzDecoder::new(&file.body[..]).read_to_end(&mut bytes).unwrap();
        }
        let hash = hexadecimal(digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes).as_ref());
        assert_eq!(
            (&reply.value()["hash_value"], &reply.value()["hash_type"]),
            (&json!(hash), &json!("SHA1"))
        );
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert!(
            lines[1].starts_with("`2026-05-20 10:00:00,`wx3456789012cdefab,`1230000109,`0,`,`4200"),
            "{text}"
        );
        for line in &lines[1..4] {
            assert_eq!(line.split(',').count(), lines[0].split(',').count(), "{line}");
        }
        assert!(lines[0].starts_with("\u{feff}交易时间,"), "{text}");
        assert_eq!(lines[5], "`3,`10.01,`3.00,`0.00,`0.04000,`10.01,`3.00");
    }
    for (kind, count, columns) in [("SUCCESS", 2, 20), ("REFUND", 1, 29)] {
        let reply = client.get(&format!("/v3/bill/tradebill?bill_date=2026-05-20&bill_type={kind}")).await;
        let text = String::from_utf8(client.get(&target(&reply, &sandbox)).await.body).unwrap();
        assert!(text.lines().last().unwrap().starts_with(&format!("`{count},")), "{text}");
        assert_eq!(text.lines().next().unwrap().split(',').count(), columns, "{text}");
    }
    let reply = client.get("/v3/bill/fundflowbill?bill_date=2026-05-20").await;
    let text = String::from_utf8(client.get(&target(&reply, &sandbox)).await.body).unwrap();
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    assert_eq!(last[0], "`4,`2,`10.01,`2,`3.04", "{text}");
    assert!(last[2].contains("`交易,`交易,`收入,`0.01,`6.97,`system"), "{text}");
}

#[tokio::test]
async fn f07_a_bill_that_does_not_exist_or_not_yet_is_refused() {
    let (sandbox, client) = billed().await;
    let bill = |day: &str| format!("/v3/bill/tradebill?bill_date={day}");
    client.get(&bill("2026-05-19")).await.refused(400, "NO_STATEMENT_EXIST");
    client.get(&bill("2026-05-21")).await.refused(400, "STATEMENT_CREATING");
    for day in ["2026-05-22", "2026-05-23", "20260520", "yesterday", "2026-02-21"] {
        client.get(&bill(day)).await.refused(400, "PARAM_ERROR");
    }
    sandbox.advance(Duration::from_secs(3600)).await;
    client.get(&bill("2026-05-21")).await.is(200);
}

#[tokio::test]
async fn f04_f05_a_download_needs_its_merchant_a_signature_and_haste() {
    let (sandbox, client) = billed().await;
    let reply = client.get("/v3/bill/tradebill?bill_date=2026-05-20").await;
    let target = target(&reply, &sandbox);
    let unsigned = Draft { authorization: Some(String::new()), ..client.draft("GET", &target, "") };
    client.send(&unsigned).await.refused(401, "SIGN_ERROR");
    assert!(sandbox.journal().last().unwrap().has_mistake("F05"));
    let without_token =
        Draft { signed_target: Some("/v3/billdownload/file".to_owned()), ..client.draft("GET", &target, "") };
    client.send(&without_token).await.refused(401, "SIGN_ERROR");
    assert!(sandbox.journal().last().unwrap().has_mistake("F05"));
    Client::of(&sandbox, "1900000200").get(&target).await.refused(403, "NO_AUTH");
    client.get("/v3/billdownload/file?token=unknown").await.refused(404, "RESOURCE_NOT_EXISTS");
    sandbox.advance(Duration::from_secs(29)).await;
    client.get(&target).await.is(200);
    sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(client.get(&target).await.status, 401);
}

#[tokio::test]
async fn a_generated_answer_that_leads_to_a_file_leads_to_one_that_is_there() {
    let sandbox = Sandbox::builder().allow_generated().start().await.unwrap();
    let client = Client::new(&sandbox);
    let reply = client.get("/v3/fund-app/mch-transfer/elecsign/out-bill-no/one").await;
    reply.is(200);
    let file = client.get(&target(&reply, &sandbox)).await;
    file.is(200);
    let hash = hexadecimal(digest(&SHA1_FOR_LEGACY_USE_ONLY, &file.body).as_ref());
    assert_eq!(reply.value()["hash_value"], Value::String(hash));
}
