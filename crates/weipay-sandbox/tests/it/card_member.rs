//! Points against coupons, in both request shapes, and the balance.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use weipay_sandbox::world::{ConfirmShape, CouponState, RecordState};
use weipay_sandbox::{ExchangePoints, Sandbox};

use crate::client::{CONFIRM, Client, Reply, SYNC, USE, documentation, sandbox, with};
use crate::samples::{CONFIRM_BODY, value};

const RECORD: &str = "pbLatjvWOibDc5-TBnbUk1pD12o0";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Today's shape, for the sample's record.
fn decision(result: &str, changes: Value) -> Value {
    let base = with(&value(CONFIRM_BODY), json!({"state": null, "coupon_code": null, "fail_reason": null}));
    with(&with(&base, json!({"result": format!("POINT_EXCHANGE_COUPON_{result}")})), changes)
}

fn shape_a(changes: Value) -> Value {
    with(&value(CONFIRM_BODY), changes)
}

async fn begin(sandbox: &Sandbox) -> String {
    sandbox.exchange_points(ExchangePoints::default()).await.unwrap()
}

#[tokio::test]
async fn allow_issues_a_coupon_and_a_repeat_gets_the_same_answer() {
    let (sandbox, client) = documentation().await;
    let body = decision("ALLOW", json!({}));
    let reply = client.json(CONFIRM, &body).await;
    reply.is(200);
    client.verify(&reply);
    let answer = reply.value();
    assert_eq!(answer["state"], "POINT_EXCHANGE_COUPON_SUCCESS");
    assert_eq!((&answer["stock_id"], &answer["record_id"]), (&json!("100088"), &json!(RECORD)));
    assert!(answer["product_coupon_id"].is_string() && answer["product_coupon_stock_type"].is_string());
    let code = answer["coupon_code"].as_str().unwrap();
    assert_eq!(sandbox.coupon("100088", code).unwrap().state, CouponState::Sended);
    assert_eq!(client.json(CONFIRM, &body).await.value(), answer);
    assert_eq!(sandbox.effects().len(), 1);
    client
        .json(CONFIRM, &decision("REJECT", json!({"reject_reason": "x"})))
        .await
        .refused(400, "INVALID_REQUEST");
    client.json(CONFIRM, &shape_a(json!({}))).await.refused(400, "INVALID_REQUEST");
    assert_eq!(sandbox.record(RECORD).unwrap().state, RecordState::Succeeded);
}

#[tokio::test]
async fn l01_an_exchange_that_cannot_be_issued_is_a_200_with_fail() {
    for number in 0..3 {
        let (sandbox, client) = sandbox(|world| match number {
            0 => world.card_member.exchange_templates[0].available = Some(0),
            1 => world.card_member.exchange_templates[0].paused = true,
            _ => world.card_member.exchange_templates[0].per_user = Some(0),
        })
        .await;
        let reply = client.json(CONFIRM, &decision("ALLOW", json!({}))).await;
        reply.is(200);
        assert_eq!(reply.value()["state"], "POINT_EXCHANGE_COUPON_FAIL");
        assert!(reply.value().get("coupon_code").is_none());
        assert_eq!(sandbox.record(RECORD).unwrap().state, RecordState::Failed);
    }
}

#[tokio::test]
async fn the_stock_runs_out() {
    let (sandbox, client) =
        sandbox(|world| world.card_member.exchange_templates[0].available = Some(1)).await;
    let states = ["SUCCESS", "FAIL"];
    for state in states {
        let record = begin(&sandbox).await;
        let reply = client.json(CONFIRM, &decision("ALLOW", json!({"record_id": record}))).await;
        assert_eq!(reply.value()["state"], format!("POINT_EXCHANGE_COUPON_{state}"));
    }
}

#[tokio::test]
async fn reject_needs_a_short_reason_and_closes_the_record() {
    let (sandbox, client) = documentation().await;
    for reason in [json!(null), json!("长".repeat(33))] {
        let body = decision("REJECT", json!({"reject_reason": reason}));
        let reply = client.json(CONFIRM, &body).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], "/reject_reason");
    }
    let reply = client.json(CONFIRM, &decision("REJECT", json!({"reject_reason": "积分不足"}))).await;
    reply.is(200);
    assert_eq!(reply.value()["state"], "POINT_EXCHANGE_COUPON_FAIL");
    assert_eq!(reply.value()["reject_reason"], "积分不足");
    assert_eq!(sandbox.record(RECORD).unwrap().state, RecordState::Failed);
}

#[tokio::test]
async fn shape_a_success_gives_the_merchants_code_which_can_then_be_used() {
    let (sandbox, client) = documentation().await;
    client.json(CONFIRM, &shape_a(json!({"fail_reason": null}))).await.is(200);
    assert!(sandbox.journal().last().unwrap().notes.is_empty());
    let used = json!({"coupon_code": "123446565767", "stock_id": "100088", "appid": "wx1234567889999",
        "use_time": "2020-05-20T13:29:35+08:00", "use_request_no": "till-1", "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA"});
    client.json(USE, &used).await.is(200);
    assert_eq!(sandbox.coupon("100088", "123446565767").unwrap().state, CouponState::Used);
    let record = begin(&sandbox).await;
    let taken = client.json(CONFIRM, &shape_a(json!({"record_id": record}))).await;
    taken.refused(400, "INVALID_REQUEST");
    assert_eq!(sandbox.record(&record).unwrap().state, RecordState::Pending, "a code serves one record only");
}

#[tokio::test]
async fn shape_a_fail_closes_the_record_and_gives_no_coupon() {
    let (sandbox, client) = documentation().await;
    let fail = shape_a(json!({"state": "POINT_EXCHANGE_COUPON_FAIL", "coupon_code": null}));
    client.json(CONFIRM, &fail).await.is(200);
    assert_eq!(sandbox.record(RECORD).unwrap().state, RecordState::Failed);
    assert_eq!(sandbox.coupon("100088", "123446565767"), None);
    client.json(CONFIRM, &shape_a(json!({}))).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn l30_shape_a_needs_what_its_decision_implies() {
    let (sandbox, client) = documentation().await;
    for (changes, field) in [
        (json!({"coupon_code": null}), "/coupon_code"),
        (json!({"state": "POINT_EXCHANGE_COUPON_FAIL", "fail_reason": null}), "/fail_reason"),
        (json!({"state": null}), "/state"),
    ] {
        let reply = client.json(CONFIRM, &shape_a(changes)).await;
        reply.refused(400, "PARAM_ERROR");
        assert_eq!(reply.value()["detail"]["field"], field);
    }
    assert_eq!(sandbox.record(RECORD).unwrap().state, RecordState::Pending);
}

#[tokio::test]
async fn l28_another_code_for_the_same_record_is_refused() {
    let (sandbox, client) = documentation().await;
    client.json(CONFIRM, &shape_a(json!({}))).await.is(200);
    client.json(CONFIRM, &shape_a(json!({"coupon_code": "another"}))).await.refused(400, "INVALID_REQUEST");
    assert_eq!(sandbox.coupon("100088", "another"), None);
}

#[tokio::test]
async fn l05_l31_both_shapes_at_once_are_refused_and_an_account_may_take_only_one() {
    let (_sandbox, client) = documentation().await;
    let both = shape_a(json!({"result": "POINT_EXCHANGE_COUPON_ALLOW"}));
    client.json(CONFIRM, &both).await.refused(400, "PARAM_ERROR");
    for (shape, good, bad, field) in [
        (ConfirmShape::A, shape_a(json!({})), decision("ALLOW", json!({})), "/state"),
        (ConfirmShape::B, decision("ALLOW", json!({})), shape_a(json!({})), "/result"),
    ] {
        let (_sandbox, client) =
            sandbox(|world| world.merchant_mut("1900000100").unwrap().confirm_shape = shape).await;
        let refused = client.json(CONFIRM, &bad).await;
        refused.refused(400, "PARAM_ERROR");
        assert_eq!(refused.value()["detail"]["field"], field);
        client.json(CONFIRM, &good).await.is(200);
    }
}

#[tokio::test]
async fn unknown_records_foreign_brands_and_wrong_names() {
    let (sandbox, client) = documentation().await;
    client.json(CONFIRM, &shape_a(json!({"record_id": "unknown"}))).await.refused(404, "RESOURCE_NOT_EXISTS");
    client.json(CONFIRM, &shape_a(json!({"openid": "oSomebody"}))).await.refused(400, "INVALID_REQUEST");
    let other = Client::of(&sandbox, "1900000200");
    let reply = other.json(CONFIRM, &shape_a(json!({}))).await;
    reply.refused(403, "NO_AUTH");
    assert!(reply.header("request-id").unwrap().ends_with("-268579803"));
    other.verify(&reply);
    assert_eq!(sandbox.record(RECORD).unwrap().state, RecordState::Pending);
}

#[tokio::test]
async fn an_undecided_record_expires_after_a_day_and_a_decided_one_keeps_its_answer() {
    let (sandbox, client) = documentation().await;
    let (late, early) = (begin(&sandbox).await, begin(&sandbox).await);
    let decide = |record: &str| decision("ALLOW", json!({"record_id": record}));
    let first = client.json(CONFIRM, &decide(&early)).await;
    first.is(200);
    sandbox.advance(DAY).await;
    client.json(CONFIRM, &decide(&late)).await.refused(400, "INVALID_REQUEST");
    assert_eq!(sandbox.record(&late).unwrap().state, RecordState::Failed);
    assert_eq!(client.json(CONFIRM, &decide(&early)).await.value(), first.value());
}

#[tokio::test]
async fn l04_the_sixth_confirm_in_a_second_is_429_for_this_partner_only() {
    let (sandbox, client) = documentation().await;
    // Signed and connected beforehand, so that all six arrive within a second even on a busy machine.
    let mut waiting = Vec::new();
    for _ in 0..6 {
        let bytes = client.wire(&client.draft("POST", CONFIRM, CONFIRM_BODY));
        waiting.push((tokio::net::TcpStream::connect(sandbox.addr()).await.unwrap(), bytes));
    }
    for (stream, bytes) in &mut waiting {
        stream.write_all(bytes).await.unwrap();
    }
    let mut replies = Vec::new();
    for (stream, _) in &mut waiting {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        replies.push(Reply::parse(&answer).unwrap());
    }
    let (refused, admitted): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 429);
    assert_eq!((refused.len(), admitted.len()), (1, 5));
    assert!(admitted.iter().all(|reply| reply.status == 200));
    refused[0].refused(429, "FREQUENCY_LIMITED");
    assert_eq!((refused[0].header("retry-after"), refused[0].header("wechatpay-signature")), (None, None));
    Client::of(&sandbox, "1900000200").json(CONFIRM, &shape_a(json!({}))).await.refused(403, "NO_AUTH");
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn sync_sets_the_balance_under_a_number() {
    let (sandbox, client) = documentation().await;
    let base = json!({"out_request_no": "sync-1", "brand_id": "1004", "card_id": RECORD,
        "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA", "user_card_code": "478515832665", "point_balance": 900});
    let reply = client.json(SYNC, &base).await;
    reply.is(200);
    assert_eq!(reply.value(), base);
    assert_eq!(client.json(SYNC, &base).await.value(), base);
    assert_eq!(sandbox.effects().len(), 1);
    client.json(SYNC, &with(&base, json!({"point_balance": 901}))).await.refused(400, "INVALID_REQUEST");
    let stale = with(&base, json!({"out_request_no": "sync-2", "point_balance": 1}));
    client.json(SYNC, &stale).await.is(200);
    assert_eq!(sandbox.point_balance(RECORD, "478515832665"), Some(1), "the last write wins");
}

#[tokio::test]
async fn sync_refuses_bad_numbers_balances_and_cards() {
    let (sandbox, client) = documentation().await;
    let base = json!({"out_request_no": "s", "brand_id": "1004", "card_id": RECORD,
        "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA", "user_card_code": "478515832665", "point_balance": 900});
    client.json(SYNC, &with(&base, json!({"out_request_no": "a b"}))).await.refused(400, "PARAM_ERROR");
    client.json(SYNC, &with(&base, json!({"point_balance": -1}))).await.refused(400, "PARAM_ERROR");
    client.json(SYNC, &with(&base, json!({"user_card_code": "x"}))).await.refused(404, "RESOURCE_NOT_EXISTS");
    client.json(SYNC, &with(&base, json!({"brand_id": "2008"}))).await.refused(403, "NO_AUTH");
    assert_eq!(sandbox.point_balance(RECORD, "478515832665"), Some(1000));
}

#[tokio::test]
async fn an_undecided_record_fails_by_itself_when_its_day_is_over() {
    let (sandbox, _client) = documentation().await;
    let record_id = sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    sandbox.advance(Duration::from_secs(24 * 3600 - 5)).await;
    assert_eq!(sandbox.record(&record_id).unwrap().state, RecordState::Pending);
    sandbox.advance(Duration::from_secs(5)).await;
    assert_eq!(sandbox.record(&record_id).unwrap().state, RecordState::Failed);
}
