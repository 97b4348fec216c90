//! The effects API: what a till or a batch of the merchant's own asks for.

use serde_json::{Value, json};
use weipay_relay::ConfirmShape::B;
use weipay_sandbox::Fault;
use weipay_sandbox::world::CouponState;

use crate::forge::Message;
use crate::stage::{Stage, send};

const USE: &str = "marketing_busifavor_coupons_use";

fn order(key: &str, time: &str) -> Value {
    json!({ "key": key, "effect": { "operation": USE, "lane": "till", "body": {
        "coupon_code": "sxxe34343434",
        "stock_id": "100088",
        "appid": "wx1234567889999",
        "use_time": time,
        "openid": "xsd3434454567676",
    } } })
}

const TIME: &str = "2026-01-01T00:00:00+08:00";

async fn call(stage: &Stage, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
    let headers = vec![
        ("authorization".to_owned(), format!("Bearer {token}")),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let (status, body) =
        send(method, &format!("{}{path}", stage.relay().url()), Message { headers, body }).await;
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn l11_a_till_gets_its_answer_and_the_same_key_is_the_same_redemption() {
    let stage = Stage::set(B).await;
    let order = order("till-7-0001", TIME);
    let (status, first) = call(&stage, "POST", "/v1/effects?wait=20s", "till-token", &order).await;
    assert_eq!((status, &first["state"]), (200, &json!("settled")), "{first}");
    assert!(first["result"]["body"]["wechatpay_use_time"].is_string());
    let (status, again) = call(&stage, "POST", "/v1/effects?wait=20s", "till-token", &order).await;
    assert_eq!((status, &again), (200, &first));
    let (status, shown) = call(&stage, "GET", "/v1/effects/till-7-0001", "till-token", &Value::Null).await;
    assert_eq!((status, &shown), (200, &first));
    assert_eq!(stage.sandbox.journal().for_operation(USE).len(), 1);
    let coupon = stage.sandbox.coupon("100088", "sxxe34343434").unwrap();
    assert_eq!(coupon.state, CouponState::Used);
    assert_eq!(json!(coupon.use_request_no), first["request_no"]);
}

#[tokio::test]
async fn a_key_belongs_to_one_effect_and_a_token_to_one_merchant() {
    let stage = Stage::set(B).await;
    call(&stage, "POST", "/v1/effects?wait=20s", "till-token", &order("k1", TIME)).await;
    let other = order("k1", "2026-01-02T00:00:00+08:00");
    assert_eq!(call(&stage, "POST", "/v1/effects", "till-token", &other).await.0, 409);
    assert_eq!(call(&stage, "POST", "/v1/effects", "wrong", &order("k2", TIME)).await.0, 401);
    assert_eq!(call(&stage, "GET", "/v1/effects/k1", "wrong", &Value::Null).await.0, 401);
    assert_eq!(call(&stage, "GET", "/v1/effects/k9", "till-token", &Value::Null).await.0, 404);
    for (bad, names) in [
        (json!({ "key": "k3" }), "effect"),
        (json!({ "key": "k/3", "effect": { "operation": USE } }), "key"),
        (json!({ "key": "k3", "effect": { "operation": "marketing_busifavor_coupon_use" } }), "catalogue"),
        (
            json!({ "key": "k3", "effect": { "operation": "marketing_membercard_open_cards_codes_bonus_commit" } }),
            "card_id",
        ),
    ] {
        let (status, answer) = call(&stage, "POST", "/v1/effects", "till-token", &bad).await;
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().contains(names), "{answer}");
    }
}

#[tokio::test]
async fn t02_a_pending_effect_is_found_again_under_its_key() {
    let stage = Stage::set(B).await;
    stage.sandbox.inject(Fault::new("T02").unwrap().on(USE).times(1));
    let (status, pending) =
        call(&stage, "POST", "/v1/effects?wait=300ms", "till-token", &order("k1", TIME)).await;
    assert_eq!((status, &pending["state"]), (202, &json!("pending")));
    let (status, settled) = call(&stage, "GET", "/v1/effects/k1?wait=20s", "till-token", &Value::Null).await;
    assert_eq!((status, &settled["state"]), (200, &json!("settled")));
    assert_eq!((&settled["attempts"], &settled["request_no"]), (&json!(2), &pending["request_no"]));
    assert_eq!(stage.sandbox.effects().len(), 1);
}

#[tokio::test]
async fn l12_a_refused_redemption_says_why() {
    let stage = Stage::set(B).await;
    let mut order = order("k1", TIME);
    order["effect"]["body"]["coupon_code"] = json!("nobody-has-it");
    let (status, refused) = call(&stage, "POST", "/v1/effects?wait=20s", "till-token", &order).await;
    assert_eq!((status, &refused["state"]), (200, &json!("refused")));
    assert_eq!(refused["result"]["code"], "RESOURCE_NOT_EXISTS");
}
