//! The payer's page, as a browser uses it.

use serde_json::json;
use weipay_sandbox::Sandbox;
use weipay_sandbox::world::OrderState;

use crate::client::{Client, Draft, Reply, with};
use crate::payments::{MERCHANT, PATH, merchant, native, order};
use crate::receiver::{Act, Receiver};

/// A request of a browser: not signed.
async fn browse(client: &Client, method: &str, target: &str, form: &str, headers: &[(&str, &str)]) -> Reply {
    let draft = Draft { authorization: Some(String::new()), ..client.draft(method, target, form) };
    let draft = draft.without("Wechatpay-Serial").without("Accept").without("Content-Type");
    let draft = headers.iter().fold(draft, |draft, (name, value)| draft.header(name, value));
    client.send(&draft).await
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).unwrap()
}

/// An H5 order's page, as a target.
async fn page(sandbox: &Sandbox, client: &Client, number: &str, notify_url: &str) -> String {
    let scene = json!({"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}});
    let more = json!({"scene_info": scene, "notify_url": notify_url, "description": "<b>书</b>"});
    let reply = client.json(&format!("{PATH}/h5"), &with(&order(number, 1234), more)).await;
    reply.is(200);
    let url = reply.value()["h5_url"].as_str().unwrap().to_owned();
    url.strip_prefix(&sandbox.url()).unwrap().to_owned()
}

#[tokio::test]
async fn an_h5_url_leads_to_a_page_that_pays() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = merchant().await;
    let target = page(&sandbox, &client, "page-1", &receiver.url).await;
    let target = format!("{target}&redirect_url=http%3A%2F%2Fshop.test%2F%3Fa%3D1%26b");
    let shown = browse(&client, "GET", &target, "", &[]).await;
    shown.is(200);
    assert!(shown.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(shown.header("wechatpay-signature"), None);
    let html = text(&shown);
    for part in
        ["¥12.34", "&lt;b&gt;书&lt;/b&gt;", "page-1", MERCHANT, "待支付", "value=\"pay\"", "a=1&amp;b"]
    {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("<b>") && !html.contains("<script"), "{html}");

    let origin = sandbox.url();
    let paid = browse(&client, "POST", &target, "act=pay", &[("Origin", &origin)]).await;
    paid.is(303);
    assert_eq!(paid.header("location"), Some(target.as_str()));
    sandbox.settled().await;
    assert_eq!(receiver.received().len(), 1);
    let html = text(&browse(&client, "GET", &target, "", &[]).await);
    assert!(html.contains("支付成功") && !html.contains("<form"), "{html}");
    browse(&client, "POST", &target, "act=pay", &[("Origin", &origin)]).await.is(409);
    assert_eq!(sandbox.order(MERCHANT, None, "page-1").unwrap().state, OrderState::Success);
}

#[tokio::test]
async fn only_the_page_itself_may_post() {
    let (sandbox, client) = merchant().await;
    let target = page(&sandbox, &client, "page-1", "http://127.0.0.1:1/").await;
    for headers in [
        &[("Origin", "http://evil.test")][..],
        &[("Origin", "null")][..],
        &[][..],
        &[("Sec-Fetch-Site", "cross-site")][..],
    ] {
        browse(&client, "POST", &target, "act=pay", headers).await.is(403);
    }
    assert_eq!(sandbox.order(MERCHANT, None, "page-1").unwrap().state, OrderState::NotPay);
    let own = [("Sec-Fetch-Site", "same-origin")];
    browse(&client, "POST", &target, "act=steal", &own).await.is(400);
    browse(&client, "PUT", &target, "", &own).await.is(405);
    browse(&client, "POST", &target, "act=pay", &own).await.is(303);
}

#[tokio::test]
async fn a_payer_may_turn_away_and_come_back_in_english() {
    let (sandbox, client) = merchant().await;
    let code_url = native(&client, "page-2", 100).await;
    let note = sandbox.journal().last().unwrap().notes.join("\n");
    let (_, target) = note.rsplit_once(&sandbox.url()).unwrap();
    let origin = sandbox.url();
    let cancelled = browse(&client, "POST", target, "act=cancel", &[("Origin", &origin)]).await;
    cancelled.is(303);
    let back = cancelled.header("location").unwrap().to_owned();
    assert!(text(&browse(&client, "GET", &back, "", &[]).await).contains("已取消"));
    let english = text(&browse(&client, "GET", &back, "", &[("Accept-Language", "en-GB,en")]).await);
    assert!(
        english.contains("Cancelled") && english.contains("lang=\"en\"") && english.contains("中文"),
        "{english}"
    );
    let english = text(&browse(&client, "GET", &format!("{target}?lang=en"), "", &[]).await);
    assert!(english.contains("To be paid"), "{english}");
    sandbox.pay(&code_url).await.unwrap();
    let script = format!("{target}?redirect_url=javascript%3Aalert(1)");
    assert!(!text(&browse(&client, "GET", &script, "", &[]).await).contains("javascript:"));
    browse(&client, "GET", "/sandbox/pay/unknown", "", &[]).await.is(404);
}
