//! Member cards: templates, codes, how users come to their card, imports, points.

mod activation;
mod bonus;
mod import;
mod journey;
mod template;
mod user_card;

use serde_json::{Value, json};
use weipay_sandbox::{Sandbox, World};

use crate::catalogue::event_fits;
use crate::client::{Client, Reply, with};
use crate::receiver::{Act, Receiver};

const CARDS: &str = "/v3/marketing/membercard-open/cards";
/// The template, and the code of its one member, in the world of the pages.
const CARD: &str = "478515832665";
const MEMBER: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";
const APPID: &str = "wx1234567890abcdef";

/// A body that creates a template.
fn template(number: &str) -> Value {
    json!({
        "appid": APPID,
        "logo_url": "https://wxpaylogo.qpic.cn/wxpaylogo/xxxxx/0",
        "brand": { "brand_id": "1004", "display_name": "微信支付" },
        "title": "微信支付测试卡",
        "background_picture_url": "https://wxpaylogo.qpic.cn/wxpaylogo/xxxxx/0",
        "description": "使用须知",
        "code_type": "QRCODE",
        "date_information": { "type": "PERMANENT" },
        "code_mode": "SYSTEM_ALLOCATE",
        "init_level": "白银会员",
        "out_request_no": number,
    })
}

/// Creates a template; returns its id.
async fn card(client: &Client, changes: Value) -> String {
    let reply = client.json(CARDS, &with(&template("card"), changes)).await;
    reply.is(200);
    reply.value()["card_id"].as_str().unwrap().to_owned()
}

async fn patch(client: &Client, target: &str, body: &Value) -> Reply {
    client.send(&client.draft("PATCH", target, &body.to_string())).await
}

async fn delete(client: &Client, target: &str) -> Reply {
    client.send(&client.draft("DELETE", target, "")).await
}

/// The world of the pages, whose merchants are told at a receiver.
async fn told(change: impl FnOnce(&mut World)) -> (Receiver, Sandbox, Client) {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let mut world = World::documentation().notify(&receiver.url);
    change(&mut world);
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::new(&sandbox);
    (receiver, sandbox, client)
}

/// Everything that the merchant was told, opened: the event's name and its resource, in the order in which it happened.
async fn events(receiver: &Receiver, sandbox: &Sandbox, client: &Client) -> Vec<(String, Value)> {
    sandbox.settled().await;
    let received = receiver.received();
    let mut events = Vec::new();
    for delivery in sandbox.deliveries() {
        let named =
            received.iter().find(|notification| notification.envelope()["id"] == delivery.id).unwrap();
        assert_eq!(named.envelope()["resource"]["original_type"], "membercard");
        let resource = named.open(&client.credentials);
        event_fits(delivery.event_type, &resource);
        events.push((delivery.event_type.to_owned(), resource));
    }
    events
}
