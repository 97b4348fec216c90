//! Orders: made, paid, asked for, closed; by merchants and by partners.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::{CodeDoes, OrderState, Payer, PaymentCode};
use weipay_sandbox::{Error, Sandbox};

use crate::client::{Client, Reply, sandbox, with};
use crate::receiver::{Act, Receiver};

pub(crate) const MERCHANT: &str = "1230000109";
pub(crate) const APPID: &str = "wx3456789012cdefab";
const PARTNER: &str = "1900000100";
const SUB: &str = "1900000109";
pub(crate) const PATH: &str = "/v3/pay/transactions";
pub(crate) const PARTNER_PATH: &str = "/v3/pay/partner/transactions";

/// The direct merchant of the documentation's world.
pub(crate) async fn merchant() -> (Sandbox, Client) {
    let (sandbox, _) = sandbox(|_| ()).await;
    let client = Client::of(&sandbox, MERCHANT);
    (sandbox, client)
}

pub(crate) fn order(out_trade_no: &str, total: i64) -> Value {
    json!({
        "appid": APPID, "mchid": MERCHANT, "description": "图书", "out_trade_no": out_trade_no,
        "notify_url": "http://127.0.0.1:1/notify", "amount": {"total": total, "currency": "CNY"}, "attach": "a1",
    })
}

pub(crate) fn partner_order(out_trade_no: &str, total: i64) -> Value {
    json!({
        "sp_appid": "wx1234567890abcdef", "sp_mchid": PARTNER, "sub_mchid": SUB, "description": "图书",
        "out_trade_no": out_trade_no, "notify_url": "http://127.0.0.1:1/notify",
        "amount": {"total": total, "currency": "CNY"},
    })
}

pub(crate) async fn native(client: &Client, out_trade_no: &str, total: i64) -> String {
    let reply = client.json(&format!("{PATH}/native"), &order(out_trade_no, total)).await;
    reply.is(200);
    reply.value()["code_url"].as_str().unwrap().to_owned()
}

/// Makes an order and pays it; returns its `transaction_id`.
pub(crate) async fn paid(sandbox: &Sandbox, client: &Client, out_trade_no: &str, total: i64) -> String {
    let code_url = native(client, out_trade_no, total).await;
    sandbox.pay(&code_url).await.unwrap()
}

async fn query(client: &Client, out_trade_no: &str) -> Reply {
    client.get(&format!("{PATH}/out-trade-no/{out_trade_no}?mchid={MERCHANT}")).await
}

async fn state(client: &Client, out_trade_no: &str) -> String {
    let reply = query(client, out_trade_no).await;
    reply.is(200);
    reply.value()["trade_state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn four_ways_to_an_order_and_one_payment_of_each() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = merchant().await;
    let jsapi = json!({"payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}});
    let h5 = json!({"scene_info": {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}});
    for (way, more, member, trade_type) in [
        ("jsapi", jsapi, "prepay_id", "JSAPI"),
        ("app", json!({}), "prepay_id", "APP"),
        ("h5", h5, "h5_url", "MWEB"),
        ("native", json!({}), "code_url", "NATIVE"),
    ] {
        let number = format!("order-{way}");
        let body = with(&with(&order(&number, 100), more), json!({"notify_url": receiver.url}));
        let made = client.json(&format!("{PATH}/{way}"), &body).await;
        made.is(200);
        client.verify(&made);
        assert_eq!(made.header("weipay-sandbox-basis"), Some("rule"));
        let what = made.value()[member].as_str().unwrap().to_owned();
        let before = query(&client, &number).await.value();
        assert_eq!((&before["trade_state"], &before["transaction_id"]), (&json!("NOTPAY"), &Value::Null));

        let transaction_id = sandbox.pay(&what).await.unwrap();
        sandbox.settled().await;
        let after = query(&client, &number).await.value();
        assert_eq!(after["trade_state"], "SUCCESS");
        assert_eq!(after["trade_type"], trade_type);
        assert_eq!(after["attach"], "a1");
        assert_eq!(after["amount"]["payer_total"], 100);
        let by_id = client.get(&format!("{PATH}/id/{transaction_id}?mchid={MERCHANT}")).await;
        assert_eq!(by_id.value(), after);
        let told = receiver.received().last().unwrap().clone();
        assert_eq!(told.envelope()["event_type"], "TRANSACTION.SUCCESS");
        assert_eq!(told.envelope()["resource"]["original_type"], "transaction");
        assert_eq!(told.open(&client.credentials), after);
        assert!(matches!(sandbox.pay(&what).await, Err(Error::State(_))), "an order is paid once");
    }
    assert_eq!(receiver.received().len(), 4);
}

#[tokio::test]
async fn a_partner_speaks_for_its_sub_merchant() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let (sandbox, client) = sandbox(|_| ()).await;
    let body = partner_order("partner-1", 250);
    let body = with(&body, json!({"notify_url": receiver.url, "payer": {"sp_openid": "oPartner"}}));
    let made = client.json(&format!("{PARTNER_PATH}/jsapi"), &body).await;
    made.is(200);
    let transaction_id = sandbox.pay(made.value()["prepay_id"].as_str().unwrap()).await.unwrap();
    sandbox.settled().await;
    let asked = format!("{PARTNER_PATH}/out-trade-no/partner-1?sp_mchid={PARTNER}&sub_mchid={SUB}");
    let shown = client.get(&asked).await.value();
    assert_eq!(shown["sub_mchid"], SUB);
    assert_eq!(shown["payer"], json!({"sp_openid": "oPartner"}));
    assert_eq!(shown.get("mchid"), None);
    assert_eq!(receiver.received()[0].open(&client.credentials), shown);
    let by_id = format!("{PARTNER_PATH}/id/{transaction_id}?sp_mchid={PARTNER}&sub_mchid={SUB}");
    assert_eq!(client.get(&by_id).await.value(), shown);
    assert_eq!(sandbox.balance(SUB), 248, "the fee of 0.60 % is 2 fen");
    assert_eq!(sandbox.balance(PARTNER), 0);

    let foreign = with(&body, json!({"sub_mchid": "1111111111", "out_trade_no": "partner-2"}));
    client.json(&format!("{PARTNER_PATH}/jsapi"), &foreign).await.refused(403, "NO_AUTH");
    let nobody = with(&body, json!({"payer": {}, "out_trade_no": "partner-2"}));
    client.json(&format!("{PARTNER_PATH}/jsapi"), &nobody).await.refused(400, "PARAM_ERROR");
    let other = asked.replace(SUB, "1234567890");
    client.get(&other).await.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn the_same_number_gets_the_same_session_and_another_body_is_refused() {
    let (sandbox, client) = merchant().await;
    let first = client.json(&format!("{PATH}/app"), &order("again-1", 100)).await;
    first.is(200);
    assert_eq!(client.json(&format!("{PATH}/app"), &order("again-1", 100)).await.body, first.body);
    client.json(&format!("{PATH}/app"), &order("again-1", 101)).await.refused(403, "OUT_TRADE_NO_USED");
    client.json(&format!("{PATH}/native"), &order("again-1", 100)).await.refused(403, "OUT_TRADE_NO_USED");
    assert_eq!(sandbox.effects().len(), 1);

    sandbox.advance(Duration::from_secs(7200)).await;
    let old = first.value()["prepay_id"].as_str().unwrap().to_owned();
    assert!(matches!(sandbox.pay(&old).await, Err(Error::State(_))), "a session lasts two hours");
    let second = client.json(&format!("{PATH}/app"), &order("again-1", 100)).await;
    assert_ne!(second.body, first.body);
    sandbox.pay(second.value()["prepay_id"].as_str().unwrap()).await.unwrap();
    client.json(&format!("{PATH}/app"), &order("again-1", 100)).await.refused(403, "OUT_TRADE_NO_USED");
}

#[tokio::test]
async fn refusals_as_developers_report_them() {
    let (sandbox, _) = sandbox(|world| {
        world.payments.observed_refusals = true;
        world.payments.payers.push(Payer {
            appid: "wx-other".to_owned(),
            openid: "oElsewhere".to_owned(),
            account_closed: false,
        });
    })
    .await;
    let client = Client::of(&sandbox, MERCHANT);
    paid(&sandbox, &client, "observed-1", 100).await;
    client.json(&format!("{PATH}/native"), &order("observed-1", 100)).await.refused(400, "ORDERPAID");
    native(&client, "observed-2", 100).await;
    let reply = client.json(&format!("{PATH}/native"), &order("observed-2", 1)).await;
    reply.refused(400, "INVALID_REQUEST");
    assert_eq!(reply.message(), "请求重入时，参数与首次请求时不一致");
    let elsewhere = with(&order("observed-3", 1), json!({"payer": {"openid": "oElsewhere"}}));
    client.json(&format!("{PATH}/jsapi"), &elsewhere).await.refused(400, "PARAM_ERROR");
}

#[tokio::test]
async fn l21_an_openid_of_another_appid_is_told() {
    let (sandbox, _) = sandbox(|world| {
        let payer = |appid: &str, openid: &str| Payer {
            appid: appid.to_owned(),
            openid: openid.to_owned(),
            account_closed: false,
        };
        world.payments.payers = vec![payer("wx-other", "oElsewhere"), payer(APPID, "oHere")];
    })
    .await;
    let client = Client::of(&sandbox, MERCHANT);
    let by = |openid: &str| with(&order("openid-1", 1), json!({"payer": {"openid": openid}}));
    client.json(&format!("{PATH}/jsapi"), &by("oElsewhere")).await.refused(500, "OPENID_MISMATCH");
    client.json(&format!("{PATH}/jsapi"), &by("oHere")).await.is(200);
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_named() {
    let (sandbox, client) = merchant().await;
    let soon = sandbox.business_time() + Duration::from_secs(30);
    for (changes, status, code, field) in [
        (json!({"appid": "wx0"}), 400, "APPID_MCHID_NOT_MATCH", ""),
        (json!({"out_trade_no": "short"}), 400, "PARAM_ERROR", "/out_trade_no"),
        (json!({"out_trade_no": "with space"}), 400, "PARAM_ERROR", "/out_trade_no"),
        (json!({"out_trade_no": "x".repeat(33)}), 400, "PARAM_ERROR", "/out_trade_no"),
        (json!({"amount": {"total": 0}}), 400, "PARAM_ERROR", "/amount/total"),
        (json!({"amount": {"total": 1, "currency": "USD"}}), 400, "PARAM_ERROR", "/amount/currency"),
        (json!({"amount": {"total": 0.5}}), 400, "PARAM_ERROR", "/amount/total"),
        (json!({"description": "书".repeat(128)}), 400, "PARAM_ERROR", "/description"),
        (json!({"time_expire": "2018-06-08 10:34:56"}), 400, "PARAM_ERROR", "/time_expire"),
        (json!({"time_expire": soon.to_string()}), 400, "PARAM_ERROR", "/time_expire"),
        (json!({"mchid": "1900000100"}), 400, "PARAM_ERROR", ""),
    ] {
        let reply =
            client.json(&format!("{PATH}/native"), &with(&order("wrong-1", 1), changes.clone())).await;
        reply.refused(status, code);
        assert_eq!(reply.value()["detail"]["field"].as_str().unwrap_or_default(), field, "{changes}");
    }
    assert!(sandbox.effects().is_empty());
    query(&client, "wrong-1").await.refused(404, "ORDER_NOT_EXIST");
    let foreign = format!("{PATH}/out-trade-no/wrong-1?mchid=1900000100");
    client.get(&foreign).await.refused(400, "PARAM_ERROR");
}

#[tokio::test]
async fn an_order_is_closed_by_hand_or_by_time() {
    let (sandbox, client) = merchant().await;
    let close = |number: &str| format!("{PATH}/out-trade-no/{number}/close");
    let body = json!({"mchid": MERCHANT});
    let code_url = native(&client, "close-1", 1).await;
    let reply = client.json(&close("close-1"), &body).await;
    reply.is(204);
    client.verify(&reply);
    client.json(&close("close-1"), &body).await.is(204);
    assert_eq!(state(&client, "close-1").await, "CLOSED");
    assert!(sandbox.pay(&code_url).await.is_err());
    client.json(&format!("{PATH}/native"), &order("close-1", 1)).await.refused(400, "ORDER_CLOSED");
    client.json(&close("unknown"), &body).await.refused(404, "ORDER_NOT_EXIST");
    paid(&sandbox, &client, "close-2", 1).await;
    client.json(&close("close-2"), &body).await.refused(400, "ORDER_PAID");
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["ordered", "closed", "ordered"]);

    let expires = (sandbox.business_time() + Duration::from_secs(600)).to_string();
    let timed = with(&order("close-3", 1), json!({"time_expire": expires}));
    let made = client.json(&format!("{PATH}/native"), &timed).await;
    sandbox.advance(Duration::from_secs(599)).await;
    assert_eq!(state(&client, "close-3").await, "NOTPAY");
    sandbox.advance(Duration::from_secs(2)).await;
    assert_eq!(state(&client, "close-3").await, "CLOSED");
    assert!(sandbox.pay(made.value()["code_url"].as_str().unwrap()).await.is_err());
}

fn code(out_trade_no: &str, auth_code: &str, total: i64) -> Value {
    json!({
        "appid": APPID, "mchid": MERCHANT, "description": "咖啡", "out_trade_no": out_trade_no,
        "payer": {"auth_code": auth_code}, "amount": {"total": total}, "scene_info": {"store_info": {"id": "1"}},
    })
}

#[tokio::test]
async fn a_payment_by_code_is_paid_at_once_or_asks_for_the_password() {
    let (sandbox, client) = merchant().await;
    let path = format!("{PATH}/codepay");
    let small = client.json(&path, &code("code-small", "130061098828009406", 100)).await;
    small.is(200);
    assert_eq!(small.value()["trade_state"], "SUCCESS");
    assert_eq!(small.value()["trade_type"], "MICROPAY");
    client.json(&path, &code("code-small", "130061098828009406", 100)).await.refused(400, "ORDER_PAID");
    client.json(&path, &code("code-other", "130061098828009406", 1)).await.refused(403, "AUTH_CODE_EXPIRE");
    for bad in ["13006109882800940", "990061098828009406", "13006109882800940x"] {
        client.json(&path, &code("code-other", bad, 1)).await.refused(400, "AUTH_CODE_INVALID");
    }

    let large = code("code-large", "130061098828009407", 100_001);
    assert_eq!(client.json(&path, &large).await.value()["trade_state"], "USERPAYING");
    assert_eq!(client.json(&path, &large).await.value()["trade_state"], "USERPAYING");
    assert_eq!(state(&client, "code-large").await, "USERPAYING");
    sandbox.pay("code-large").await.unwrap();
    assert_eq!(state(&client, "code-large").await, "SUCCESS");
    let given_up = code("code-given-up", "130061098828009408", 100_001);
    client.json(&path, &given_up).await.is(200);
    sandbox.cancel_payment("code-given-up").await.unwrap();
    assert_eq!(state(&client, "code-given-up").await, "PAYERROR");
    assert!(sandbox.deliveries().is_empty(), "payments by code are not notified");
}

#[tokio::test]
async fn what_a_code_does_can_be_chosen() {
    let all = [
        ("1", CodeDoes::AskPassword),
        ("2", CodeDoes::Expired),
        ("3", CodeDoes::NotEnough),
        ("4", CodeDoes::Fail),
    ];
    let (sandbox, _) = sandbox(|world| {
        world.payments.codes = all
            .map(|(last, does)| PaymentCode { auth_code: format!("10000000000000000{last}"), does })
            .to_vec();
    })
    .await;
    let client = Client::of(&sandbox, MERCHANT);
    let path = format!("{PATH}/codepay");
    let scan = async |last: &str| {
        let body = code(&format!("chosen-{last}"), &format!("10000000000000000{last}"), 1);
        client.json(&path, &body).await
    };
    assert_eq!(scan("1").await.value()["trade_state"], "USERPAYING");
    scan("2").await.refused(403, "AUTH_CODE_EXPIRE");
    query(&client, "chosen-2").await.refused(404, "ORDER_NOT_EXIST");
    scan("3").await.refused(403, "NOT_ENOUGH");
    assert_eq!(state(&client, "chosen-3").await, "PAYERROR");
    assert_eq!(scan("4").await.value()["trade_state"], "PAYERROR");
}

#[tokio::test]
async fn a_reversal_closes_what_is_open_and_gives_back_what_is_paid() {
    let (sandbox, client) = merchant().await;
    let path = format!("{PATH}/codepay");
    let reverse = |number: &str| format!("{PATH}/out-trade-no/{number}/reverse");
    let body = json!({"appid": APPID, "mchid": MERCHANT});
    client.json(&path, &code("reverse-1", "120000000000000001", 1000)).await.is(200);
    assert_eq!(sandbox.balance(MERCHANT), 994);
    let first = client.json(&reverse("reverse-1"), &body).await;
    first.is(200);
    assert_eq!(client.json(&reverse("reverse-1"), &body).await.body, first.body);
    assert_eq!(sandbox.balance(MERCHANT), 0);
    assert_eq!(sandbox.order(MERCHANT, None, "reverse-1").unwrap().state, OrderState::Revoked);
    client.json(&path, &code("reverse-1", "120000000000000001", 1000)).await.refused(400, "ORDER_REVERSED");
    client.json(&path, &code("reverse-2", "120000000000000002", 100_001)).await.is(200);
    client.json(&reverse("reverse-2"), &body).await.is(200);
    assert!(sandbox.pay("reverse-2").await.is_err());
    client.json(&path, &code("reverse-3", "120000000000000003", 1)).await.is(200);
    sandbox.advance(Duration::from_secs(7 * 86_400)).await;
    client.json(&reverse("reverse-3"), &body).await.refused(400, "INVALID_REQUEST");
    native(&client, "reverse-4", 1).await;
    client.json(&reverse("reverse-4"), &body).await.refused(400, "INVALID_REQUEST");
    client.json(&reverse("reverse-5"), &body).await.refused(404, "ORDER_NOT_EXIST");
}
