//! The main line of a payment against the sandbox: ordered, paid, told, asked for, given back, billed.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use weipay::exchange::{Digest, Expected};
use weipay::{ApiV3Key, AsyncHandle as _, Call, Client, Credential, Outcome, PrivateKey, PublicKey};
use weipay_sandbox::{Direction, Entry, Sandbox};

const MERCHANT: &str = "1230000109";

async fn stage() -> (Sandbox, Client) {
    let morning = "2026-05-20T10:00:00+08:00".parse().unwrap();
    let sandbox = Sandbox::builder().business_time(morning).start().await.unwrap();
    let own = sandbox.credentials_of(MERCHANT).unwrap();
    let credential = Credential::merchant(own.mchid)
        .private_key(own.merchant_serial, PrivateKey::from_pem(own.private_key_pem).unwrap())
        .platform_public_key(own.platform_key_id, PublicKey::from_pem(own.platform_public_key_pem).unwrap())
        .apiv3_key(ApiV3Key::new(own.apiv3_key).unwrap())
        .build()
        .unwrap();
    let client = Client::builder().credential(credential).base_url(sandbox.url()).build().unwrap();
    (sandbox, client)
}

/// The newest notification that the sandbox sent; nobody has to listen for it to be in the journal.
fn sent(sandbox: &Sandbox, event: &str) -> Entry {
    let entries = sandbox.journal().entries().into_iter().rev();
    let mut sent = entries.filter(|entry| entry.direction == Direction::Sent);
    sent.find(|entry| entry.event.as_deref() == Some(event)).unwrap()
}

fn opened(client: &Client, entry: &Entry) -> Value {
    let headers: HeaderMap = entry
        .request_headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
        .collect();
    let notification = client.open_notification(&headers, &entry.request_body).unwrap();
    notification.resource().unwrap()
}

#[tokio::test]
async fn an_order_from_its_making_to_the_bill() {
    let (sandbox, client) = stage().await;
    let order = json!({
        "appid": "wx3456789012cdefab", "mchid": MERCHANT, "description": "图书", "out_trade_no": "order-1",
        "notify_url": "http://127.0.0.1:1/notify", "amount": {"total": 1000, "currency": "CNY"},
        "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    });
    let made = client.chain("v3/pay/transactions/jsapi").post(&order).await.unwrap();
    sandbox.pay(made["prepay_id"].as_str().unwrap()).await.unwrap();
    sandbox.settled().await;
    let query =
        client.chain("v3/pay/transactions/out-trade-no/{out_trade_no}").param("out_trade_no", "order-1");
    let shown = query.query("mchid", MERCHANT).get().await.unwrap();
    assert_eq!(shown["trade_state"], "SUCCESS");
    assert_eq!(opened(&client, &sent(&sandbox, "TRANSACTION.SUCCESS")), shown);

    let refund = json!({"out_trade_no": "order-1", "out_refund_no": "r1",
        "amount": {"refund": 400, "total": 1000, "currency": "CNY"}, "notify_url": "http://127.0.0.1:1/notify"});
    let given = client.chain("v3/refund/domestic/refunds").post(&refund).await.unwrap();
    assert_eq!(given["status"], "PROCESSING");
    sandbox.advance(std::time::Duration::from_secs(5)).await;
    assert_eq!(opened(&client, &sent(&sandbox, "REFUND.SUCCESS"))["refund_status"], "SUCCESS");
    let other = json!({"out_trade_no": "order-1", "out_refund_no": "r2",
        "amount": {"refund": 601, "total": 1000, "currency": "CNY"}});
    let error = client.chain("v3/refund/domestic/refunds").post(&other).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), (Some("INVALID_REQUEST"), Outcome::Rejected));

    sandbox.advance(std::time::Duration::from_secs(24 * 3600)).await;
    let bill = client.chain("v3/bill/tradebill").query("bill_date", "2026-05-20").query("tar_type", "GZIP");
    let bill = bill.get().await.unwrap();
    let hash = bill["hash_value"].as_str().unwrap();
    let hash: Vec<u8> =
        (0..20).map(|at| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap()).collect();
    let digest = Digest { expected: Expected::Sha1(hash.try_into().unwrap()), gzip: true, max: 10_000 };
    let mut call = Call::download("v3/billdownload/file", digest);
    let (_, token) = bill["download_url"].as_str().unwrap().split_once("token=").unwrap();
    call.query("token", token.split('&').next().unwrap());
    call.query("tartype", "gzip");
    let file = client.execute(call).await.unwrap();
    assert_eq!(file.hash(), bill["hash_value"].as_str());
}
