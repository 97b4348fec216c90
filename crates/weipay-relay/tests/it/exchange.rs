//! Points against a coupon, in both shapes, whatever breaks.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_relay::ConfirmShape::{A, B};
use weipay_relay::Effect;
use weipay_relay::hook::{Decision, HookError, Settlement};
use weipay_relay::job::State;
use weipay_sandbox::world::{ConfirmShape as Accepted, RecordState};
use weipay_sandbox::{Fault, Journal};

use crate::forge;
use crate::stage::{CARD, CONFIRM, SYNC, Stage, accepts};

fn bodies(journal: &Journal, operation: &str) -> Vec<Value> {
    let entries = journal.for_operation(operation);
    entries.iter().map(|entry| serde_json::from_slice(&entry.request_body).unwrap()).collect()
}

/// Points of the shop's ledger: balance, set aside.
fn points(stage: &Stage) -> (u64, u64) {
    let books = stage.shop.books();
    (books.balance, books.reserved.values().sum())
}

#[tokio::test]
async fn shape_a_settles_with_the_shops_own_code() {
    let stage = Stage::with(A, accepts(Accepted::A), |merchant| merchant).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    assert_eq!(stage.shop.told(), [Settlement::Issued { coupon_code: Some("SHOP0001".to_owned()) }]);
    assert_eq!(points(&stage), (900, 0));
    assert_eq!(stage.sandbox.record(&record).unwrap().coupon_code.unwrap(), "SHOP0001");
    assert_eq!(stage.sandbox.point_balance(CARD.0, CARD.1), Some(900));
}

#[tokio::test]
async fn shape_b_settles_with_wechat_pays_code() {
    let stage = Stage::with(B, accepts(Accepted::B), |merchant| merchant).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    let code = stage.sandbox.record(&record).unwrap().coupon_code;
    assert!(code.is_some());
    assert_eq!(stage.shop.told(), [Settlement::Issued { coupon_code: code }]);
    assert_eq!(points(&stage), (900, 0));
    assert_eq!(stage.sandbox.point_balance(CARD.0, CARD.1), Some(900));
}

#[tokio::test]
async fn a_member_without_enough_points_is_rejected_with_a_reason() {
    for shape in [A, B] {
        let stage = Stage::set(shape).await;
        stage.shop.books().balance = 99;
        let record = stage.exchange().await;
        stage.reaches(&format!("exchange/{record}/confirm/settled"), State::Settled).await;
        assert_eq!(stage.shop.told(), [Settlement::NotIssued { reason: "积分不足".to_owned() }]);
        assert_eq!(stage.sandbox.record(&record).unwrap().state, RecordState::Failed);
        assert_eq!(points(&stage), (99, 0));
    }
}

#[tokio::test]
async fn l01_a_200_that_issued_nothing_gives_the_points_back() {
    let stage = Stage::with(
        B,
        |world| world.card_member.exchange_templates[0].available = Some(0),
        |merchant| merchant,
    )
    .await;
    let record = stage.exchange().await;
    let job = stage.reaches(&format!("exchange/{record}/confirm"), State::Refused).await;
    assert!(job.reason.unwrap().contains("could not issue"));
    stage.reaches(&format!("exchange/{record}/confirm/settled"), State::Settled).await;
    assert_eq!(
        stage.shop.told(),
        [Settlement::NotIssued {
            reason: "WeChat Pay could not issue the coupon: 券库存不足".to_owned()
        }]
    );
    assert_eq!(points(&stage), (1000, 0));
}

#[tokio::test]
async fn l02_a_confirm_that_is_cut_is_repeated_byte_for_byte_until_it_settles() {
    for (shape, fault) in [(A, "T01"), (A, "T05"), (B, "T01"), (B, "T02"), (B, "R01")] {
        let stage = Stage::set(shape).await;
        stage.sandbox.inject(Fault::new(fault).unwrap().on(CONFIRM).times(2));
        let record = stage.exchange().await;
        stage.reaches_in_time(&format!("exchange/{record}/confirm/settled"), State::Settled).await;
        let sent = bodies(&stage.sandbox.journal(), CONFIRM);
        assert_eq!(sent.len(), 3, "{fault}");
        assert!(sent.iter().all(|body| *body == sent[0]), "{fault}");
        let issued = stage.sandbox.effects().iter().filter(|effect| effect.what == "exchanged").count();
        assert_eq!((issued, points(&stage)), (1, (900, 0)), "{fault}");
    }
}

#[tokio::test]
async fn l03_l28_n01_n02_a_repeated_notification_is_the_same_exchange() {
    let stage = Stage::set(A).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/confirm/settled"), State::Settled).await;
    let first = stage.sandbox.journal().entries().into_iter().find(|entry| entry.event.is_some()).unwrap();
    let again = forge::Message { headers: first.request_headers.clone(), body: first.request_body.to_vec() };
    assert_eq!(stage.post(again).await, 204, "the same id");
    let event = "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON";
    let other = forge::notification("another-id", event, &forge::exchange(&record));
    assert_eq!(stage.post(other).await, 204, "another id, the same record");
    let next = stage.exchange().await;
    stage.reaches(&format!("exchange/{next}/confirm/settled"), State::Settled).await;
    assert_eq!((stage.shop.count("decide"), stage.shop.books().codes), (2, 2));
    assert_eq!(bodies(&stage.sandbox.journal(), CONFIRM).len(), 2);
    assert_eq!(points(&stage), (800, 0));
}

#[tokio::test]
async fn n03_copies_at_the_same_time_are_one() {
    let stage = Stage::set(B).await;
    stage.shop.books().fails = Some(HookError::failed("not now"));
    let event = "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON";
    let copies = (0..20).map(|copy| {
        let id = format!("id-{}", copy % 3);
        stage.post(forge::notification(&id, event, &forge::exchange("R-AT-ONCE")))
    });
    let answers = futures_util::future::join_all(copies).await;
    assert!(answers.iter().all(|status| *status == 204), "{answers:?}");
    stage.holds("asked", || stage.shop.count("decide") > 0).await;
    let ids: std::collections::BTreeSet<_> =
        stage.shop.books().asked.iter().map(|(_, id)| id.clone()).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn l05_l31_the_wrong_shape_is_one_clear_error_and_no_other_is_tried() {
    let stage = Stage::with(B, accepts(Accepted::A), |merchant| merchant).await;
    let record = stage.exchange().await;
    let job = stage.reaches(&format!("exchange/{record}/confirm"), State::Parked).await;
    let reason = job.reason.unwrap();
    assert!(reason.contains("PARAM_ERROR") && reason.contains("confirm_shape is B"), "{reason}");
    stage.reaches(&format!("exchange/{record}/confirm/parked"), State::Settled).await;
    assert!(matches!(stage.shop.told()[..], [Settlement::Parked { .. }]));
    stage.clock.advance(Duration::from_hours(1));
    let next = stage.exchange().await;
    stage.reaches(&format!("exchange/{next}/confirm"), State::Parked).await;
    let sent = bodies(&stage.sandbox.journal(), CONFIRM);
    assert_eq!(sent.len(), 2, "one for each record");
    assert!(sent.iter().all(|body| body.get("state").is_none()), "never the other shape");
    assert_eq!(points(&stage), (1000, 200), "the points stay set aside");
}

#[tokio::test]
async fn l06_a_balance_that_is_asked_for_while_an_exchange_is_open_leaves_out_what_is_set_aside() {
    let stage = Stage::set(B).await;
    stage.sandbox.inject(Fault::new("T04").unwrap().on(CONFIRM).times(1));
    let record = stage.exchange().await;
    stage.until(&format!("exchange/{record}/confirm"), |job| job.attempts == 1).await;
    let asked = forge::notification("sync-1", "BRAND_MEMBER_CARD_SP.SYNC_USER_POINT", &forge::holder());
    assert_eq!(stage.post(asked).await, 204);
    stage.reaches("balance/sync-1/sync", State::Settled).await;
    assert_eq!(stage.sandbox.point_balance(CARD.0, CARD.1), Some(900));
    stage.reaches_in_time(&format!("exchange/{record}/sync"), State::Settled).await;
    assert_eq!(stage.sandbox.point_balance(CARD.0, CARD.1), Some(900));
    let numbers: std::collections::BTreeSet<_> = bodies(&stage.sandbox.journal(), SYNC)
        .iter()
        .map(|body| body["out_request_no"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(numbers.len(), 2, "each its own number");
}

#[tokio::test]
async fn l29_a_definite_refusal_withdraws_coupon_and_reservation_once() {
    let stage = Stage::set(A).await;
    stage.shop.books().fails = Some(HookError::failed("not now"));
    let record = stage.exchange().await;
    stage.holds("asked", || stage.shop.count("decide") > 0).await;
    // ASSUME: a record ends after 24 hours; the sandbox refuses what comes later.
    stage.sandbox.advance(Duration::from_hours(24)).await;
    stage.shop.books().fails = None;
    let job = stage.reaches_in_time(&format!("exchange/{record}/confirm"), State::Refused).await;
    assert!(job.reason.unwrap().contains("INVALID_REQUEST"));
    stage.reaches(&format!("exchange/{record}/confirm/settled"), State::Settled).await;
    assert!(matches!(stage.shop.told()[..], [Settlement::NotIssued { .. }]));
    assert_eq!(stage.shop.books().withdrawn, ["SHOP0001"]);
    assert_eq!(points(&stage), (1000, 0));
    assert_eq!(bodies(&stage.sandbox.journal(), CONFIRM).len(), 1);
}

#[tokio::test]
async fn l30_an_answer_without_what_its_shape_needs_is_never_sent() {
    let stage = Stage::set(A).await;
    stage.shop.books().says = Some(Decision::Allow { coupon_code: None });
    let record = stage.exchange().await;
    let key = format!("exchange/{record}/decide");
    stage.until(&key, |job| job.attempts > 0).await;
    assert!(bodies(&stage.sandbox.journal(), CONFIRM).is_empty());
    stage.shop.books().says = Some(Decision::Allow { coupon_code: Some("SHOP0007".to_owned()) });
    stage.reaches_in_time(&format!("exchange/{record}/confirm"), State::Settled).await;
    assert_eq!(bodies(&stage.sandbox.journal(), CONFIRM)[0]["coupon_code"], "SHOP0007");
}

#[tokio::test]
async fn t16_a_refused_repetition_of_an_unknown_confirm_is_parked_and_gives_nothing_back() {
    let stage = Stage::set(A).await;
    stage.sandbox.inject(Fault::new("T04").unwrap().on(CONFIRM).times(1));
    let record = stage.exchange().await;
    let key = format!("exchange/{record}/confirm");
    stage.until(&key, |job| job.attempts == 1).await;
    // The record ends meanwhile: what comes from here on is refused.
    stage.sandbox.advance(Duration::from_hours(24)).await;
    let job = stage.reaches_in_time(&key, State::Parked).await;
    assert!(job.reason.unwrap().contains("INVALID_REQUEST"));
    stage.reaches(&format!("{key}/parked"), State::Settled).await;
    assert!(matches!(stage.shop.told()[..], [Settlement::Parked { .. }]));
    assert_eq!(points(&stage), (1000, 100), "points and coupon stay set aside");
    assert!(stage.shop.books().withdrawn.is_empty());
}

#[tokio::test]
async fn a_hook_that_is_down_for_an_hour_is_asked_again_with_the_same_id() {
    let stage = Stage::set(B).await;
    stage.shop.books().fails = Some(HookError::failed("down"));
    let record = stage.exchange().await;
    let end = 3600;
    for _ in 0..end / 60 {
        stage.clock.advance(Duration::from_mins(1));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let asked = stage.shop.count("decide");
    assert!((5..=30).contains(&asked), "asked {asked} times in an hour");
    assert!(bodies(&stage.sandbox.journal(), CONFIRM).is_empty());
    stage.shop.books().fails = None;
    stage.clock.advance(Duration::from_mins(5));
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    let ids: std::collections::BTreeSet<_> = stage
        .shop
        .books()
        .asked
        .iter()
        .filter(|(asked, _)| asked == "decide")
        .map(|(_, id)| id.clone())
        .collect();
    assert_eq!((ids.len(), points(&stage)), (1, (900, 0)));
}

#[tokio::test]
async fn without_an_answer_in_time_it_is_parked_or_rejected_as_configured() {
    use weipay_relay::{Deadline, Deadlines, Then};
    let parking = Stage::set(B).await;
    let rejecting = Stage::with(
        B,
        |_| (),
        |merchant| {
            let then = Then::Decline("系统繁忙".to_owned());
            merchant.deadlines(Deadlines {
                decide: Deadline { within: Duration::from_hours(1), then },
                ..Deadlines::default()
            })
        },
    )
    .await;
    for stage in [&parking, &rejecting] {
        stage.shop.books().fails = Some(HookError::failed("down"));
    }
    let (parked, rejected) = (parking.exchange().await, rejecting.exchange().await);
    for (stage, record, after) in
        [(&parking, &parked, State::Parked), (&rejecting, &rejected, State::Settled)]
    {
        stage.until(&format!("exchange/{record}/decide"), |job| job.attempts > 0).await;
        stage.clock.advance(Duration::from_hours(13));
        stage.reaches(&format!("exchange/{record}/decide"), after).await;
    }
    rejecting.reaches(&format!("exchange/{rejected}/confirm"), State::Settled).await;
    assert_eq!(bodies(&rejecting.sandbox.journal(), CONFIRM)[0]["reject_reason"], "系统繁忙");
    assert!(bodies(&parking.sandbox.journal(), CONFIRM).is_empty());
}

#[tokio::test]
async fn a_hook_that_panics_is_asked_again() {
    let stage = Stage::set(B).await;
    stage.shop.books().panics = 2;
    let record = stage.exchange().await;
    let job = stage.reaches_in_time(&format!("exchange/{record}/decide"), State::Settled).await;
    assert_eq!(job.attempts, 3);
    assert_eq!(stage.shop.count("decide"), 3);
}

#[tokio::test]
async fn an_answer_brings_further_effects_with_numbers_of_their_own() {
    let stage = Stage::set(B).await;
    let body = json!({
        "coupon_code": "sxxe34343434",
        "stock_id": "100088",
        "appid": "wx1234567889999",
        "use_time": "2026-01-01T00:00:00+08:00",
        "openid": "xsd3434454567676",
    });
    stage.shop.books().effects = vec![Effect::coupons_use(body)];
    let record = stage.exchange().await;
    let job = stage.reaches(&format!("exchange/{record}/decide/0"), State::Settled).await;
    let number = job.work.request_no.unwrap();
    assert_eq!(number.len(), 32);
    let coupon = stage.sandbox.coupon("100088", "sxxe34343434").unwrap();
    assert_eq!(coupon.use_request_no, Some(number));
}

#[tokio::test]
async fn a_hook_that_names_a_time_is_left_alone_until_then() {
    let stage = Stage::set(B).await;
    let busy = HookError::failed("busy").retry_after(Duration::from_mins(10));
    stage.shop.books().fails = Some(busy);
    let record = stage.exchange().await;
    let key = format!("exchange/{record}/decide");
    let job = stage.until(&key, |job| job.attempts == 1).await;
    let pause = job.work.due.duration_since(job.created).as_secs();
    assert!((599..=605).contains(&pause), "{pause}");
    stage.clock.advance(Duration::from_secs(590));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(stage.shop.count("decide"), 1);
    stage.clock.advance(Duration::from_secs(20));
    stage.until(&key, |job| job.attempts == 2).await;
}
