//! The sample bodies of the documentation pages, byte for byte.

use serde_json::{Value, json};
use weipay_sandbox::world::{BonusState, CouponState, RecordState};

use crate::client::{COMMIT, CONFIRM, NOTIFY, USE, documentation};

pub(crate) const CONFIRM_BODY: &str = include_str!("../samples/exchange-coupon-confirm.json");
pub(crate) const NOTIFY_BODY: &str = include_str!("../samples/businesscircle-points-notify.json");
pub(crate) const USE_BODY: &str = include_str!("../samples/busifavor-coupons-use.json");
pub(crate) const COMMIT_BODY: &str = include_str!("../samples/membercard-bonus-commit.json");

pub(crate) fn value(sample: &str) -> Value {
    serde_json::from_str(sample).unwrap()
}

#[tokio::test]
async fn confirm_echoes_the_fields_and_fills_the_wallet() {
    let (sandbox, client) = documentation().await;
    let reply = client.post(CONFIRM, CONFIRM_BODY).await;
    reply.is(200);
    client.verify(&reply);
    assert_eq!(reply.value(), value(CONFIRM_BODY));
    assert_eq!(reply.header("weipay-sandbox-basis"), Some("rule"));
    let record = sandbox.record("pbLatjvWOibDc5-TBnbUk1pD12o0").unwrap();
    assert_eq!((record.state, record.coupon_code.as_deref()), (RecordState::Succeeded, Some("123446565767")));
    let coupon = sandbox.coupon("100088", "123446565767").unwrap();
    assert_eq!((coupon.state, coupon.openid.as_str()), (CouponState::Sended, "obLatjnx9gnqzS4myYGmLZ7LgLBA"));
    let notes = sandbox.journal().last().unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("/fail_reason")), "{notes:?}");
}

#[tokio::test]
async fn points_notify_is_204_signed_over_nothing() {
    let (sandbox, client) = documentation().await;
    let reply = client.post(NOTIFY, NOTIFY_BODY).await;
    reply.is(204);
    assert!(reply.body.is_empty());
    client.verify(&reply);
    assert_eq!(sandbox.increased_points("1217752501201407033233368018"), Some(100));
    let notes = sandbox.journal().last().unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("/no_points_remarks")), "{notes:?}");
}

#[tokio::test]
async fn use_redeems_the_coupon() {
    let (sandbox, client) = documentation().await;
    let reply = client.post(USE, USE_BODY).await;
    reply.is(200);
    client.verify(&reply);
    let body = reply.value();
    assert_eq!((&body["stock_id"], &body["openid"]), (&json!("100088"), &json!("xsd3434454567676")));
    assert!(body["wechatpay_use_time"].as_str().unwrap().ends_with("+08:00"));
    assert_eq!(sandbox.coupon("100088", "sxxe34343434").unwrap().state, CouponState::Used);
}

#[tokio::test]
async fn commit_marks_the_shown_points_as_credited() {
    let (sandbox, client) = documentation().await;
    let reply = client.post(COMMIT, COMMIT_BODY).await;
    reply.is(204);
    client.verify(&reply);
    let bonus = sandbox.bonus("1900000109", "1217752501201407033233368018").unwrap();
    assert_eq!((bonus.bonus_value, bonus.state), (30, BonusState::Committed));
    let notes = sandbox.journal().last().unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("/mchid")), "{notes:?}");
    assert_eq!(sandbox.bonus_value("478515832665", "478515832665"), Some(500), "it moves no balance");
}

#[tokio::test]
async fn each_sample_takes_effect_once_however_often_it_is_sent() {
    let (sandbox, client) = documentation().await;
    let samples = [(CONFIRM, CONFIRM_BODY), (NOTIFY, NOTIFY_BODY), (USE, USE_BODY), (COMMIT, COMMIT_BODY)];
    for (path, body) in samples {
        let first = client.post(path, body).await;
        let again = client.post(path, body).await;
        assert_eq!((again.status, again.body), (first.status, first.body), "{path}");
    }
    let effects = sandbox.effects();
    assert_eq!(effects.len(), 4, "{effects:?}");
    assert_eq!(effects[2].key, "100088/sxxe34343434");
}
