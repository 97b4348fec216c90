//! Points for coupons: decided once, settled once, whatever is repeated.

use serde_json::{Value, json};
use weipay_shop::{CouponState, ExchangeState, Ledger};

use crate::world::{ask, config, ledger, settled, wish};

/// Points of merchant `a`'s member: all, and those set aside.
async fn points(ledger: &Ledger) -> (i64, i64) {
    let account = ledger.dump().await.unwrap().accounts.remove(0);
    (account.points, account.reserved)
}

async fn sound(ledger: &Ledger) {
    assert_eq!(ledger.dump().await.unwrap().contradictions(), []);
}

#[tokio::test]
async fn a_decision_sets_points_aside_and_its_settlement_takes_them() {
    let ledger = ledger().await;
    let answer = ask(&ledger, "decide", "q1", "a", wish("R1", 100)).await;
    assert_eq!(answer, json!({ "decision": "allow", "coupon_code": "SHOP00000001" }));
    assert_eq!(points(&ledger).await, (250, 100));
    let balance = ask(&ledger, "balance", "q2", "a", json!({ "openid": "oLi", "card_id": "C" })).await;
    assert_eq!(balance, json!({ "balance": 150 }), "what is set aside cannot be spent");
    ask(&ledger, "settled", "q3", "a", settled("R1", "issued")).await;
    assert_eq!(points(&ledger).await, (150, 0));
    let dump = ledger.dump().await.unwrap();
    assert_eq!(dump.exchanges[0].state, ExchangeState::Taken);
    assert_eq!(
        dump.exchanges[0].coupon_code.as_deref(),
        Some("SHOP00000001"),
        "the code of its own decision"
    );
    assert_eq!(dump.coupons[0].state, CouponState::Issued);
    sound(&ledger).await;
}

#[tokio::test]
async fn where_wechat_pay_issues_the_coupon_there_is_no_code_until_it_has() {
    let ledger = ledger().await;
    assert_eq!(ask(&ledger, "decide", "q1", "b", wish("R1", 100)).await, json!({ "decision": "allow" }));
    ask(&ledger, "settled", "q2", "b", settled("R1", "issued")).await;
    let dump = ledger.dump().await.unwrap();
    assert_eq!(dump.exchanges[0].coupon_code.as_deref(), Some("WX1"));
    assert!(dump.coupons.is_empty());
    sound(&ledger).await;
}

#[tokio::test]
async fn a_repetition_gets_the_stored_answer_also_after_a_restart() {
    let config = config();
    let ledger = Ledger::open(&config).await.unwrap();
    let first = ask(&ledger, "decide", "q1", "a", wish("R1", 100)).await;
    drop(ledger);
    let ledger = Ledger::open(&config).await.unwrap();
    assert_eq!(ask(&ledger, "decide", "q1", "a", wish("R1", 100)).await, first);
    assert_eq!(points(&ledger).await, (250, 100), "a member that is known keeps what he has");
    ask(&ledger, "settled", "q2", "a", settled("R1", "issued")).await;
    ask(&ledger, "settled", "q2", "a", settled("R1", "issued")).await;
    assert_eq!(points(&ledger).await, (150, 0));
    let dump = ledger.dump().await.unwrap();
    assert_eq!((dump.answered, dump.repeated, dump.coupons.len()), (2, 2, 1));
    sound(&ledger).await;
}

#[tokio::test]
async fn too_few_points_are_a_rejection_and_so_is_a_stranger() {
    let ledger = ledger().await;
    ask(&ledger, "decide", "q1", "a", wish("R1", 200)).await;
    let answer = ask(&ledger, "decide", "q2", "a", wish("R2", 100)).await;
    assert_eq!(answer["decision"], "reject", "200 of 250 are set aside");
    assert!(answer["reason"].as_str().unwrap().chars().count() <= 32, "the API's limit for a reason");
    let mut stranger = wish("R3", 1);
    stranger["openid"] = json!("oNobody");
    assert_eq!(ask(&ledger, "decide", "q3", "a", stranger).await["decision"], "reject");
    ask(&ledger, "settled", "q4", "a", settled("R2", "not_issued")).await;
    assert_eq!(points(&ledger).await, (250, 200));
    sound(&ledger).await;
}

#[tokio::test]
async fn l01_what_was_not_issued_gives_points_back_and_withdraws_the_coupon() {
    for result in ["not_issued", "refused"] {
        let ledger = ledger().await;
        ask(&ledger, "decide", "q1", "a", wish("R1", 100)).await;
        ask(&ledger, "settled", "q2", "a", settled("R1", result)).await;
        assert_eq!(points(&ledger).await, (250, 0));
        let dump = ledger.dump().await.unwrap();
        assert_eq!(dump.exchanges[0].state, ExchangeState::GivenBack);
        assert_eq!(dump.coupons[0].state, CouponState::Withdrawn);
        let next = ask(&ledger, "decide", "q3", "a", wish("R2", 100)).await;
        assert_eq!(next["coupon_code"], "SHOP00000002", "a withdrawn code is never used again");
        sound(&ledger).await;
    }
}

#[tokio::test]
async fn what_is_parked_keeps_its_points_until_somebody_has_looked() {
    let ledger = ledger().await;
    ask(&ledger, "decide", "q1", "a", wish("R1", 100)).await;
    ask(&ledger, "settled", "q2", "a", settled("R1", "parked")).await;
    assert_eq!(points(&ledger).await, (250, 100));
    assert!(ledger.dump().await.unwrap().exchanges[0].parked);
    ask(&ledger, "settled", "q3", "a", settled("R1", "issued")).await;
    assert_eq!(points(&ledger).await, (150, 0));
    assert!(!ledger.dump().await.unwrap().exchanges[0].parked);
    sound(&ledger).await;
}

#[tokio::test]
async fn what_the_relay_may_never_do_is_noted_by_name() {
    let ledger = ledger().await;
    let first = ask(&ledger, "decide", "q1", "a", wish("R1", 100)).await;
    assert_eq!(
        ask(&ledger, "decide", "other", "a", wish("R1", 100)).await,
        first,
        "decided once all the same"
    );
    ask(&ledger, "settled", "q2", "a", settled("R1", "issued")).await;
    ask(&ledger, "settled", "q3", "a", settled("R1", "not_issued")).await;
    ask(&ledger, "settled", "q4", "a", settled("R9", "issued")).await;
    assert_eq!(points(&ledger).await, (150, 0));
    let names: Vec<_> =
        ledger.dump().await.unwrap().contradictions().into_iter().map(|breach| breach.name).collect();
    assert_eq!(names, ["asked-under-two-ids", "settled-otherwise", "settled-unknown"]);
}

#[tokio::test]
async fn the_planted_mistake_shows_in_the_books() {
    let mut config = config();
    config.forgetful = true;
    let ledger = Ledger::open(&config).await.unwrap();
    let codes: Vec<Value> = [
        ask(&ledger, "decide", "q1", "a", wish("R1", 100)).await,
        ask(&ledger, "decide", "q1", "a", wish("R1", 100)).await,
    ]
    .into_iter()
    .map(|answer| answer["coupon_code"].clone())
    .collect();
    assert_ne!(codes[0], codes[1]);
    let found = ledger.dump().await.unwrap().contradictions();
    assert!(found.iter().any(|breach| breach.name == "double-coupon"), "{found:?}");
    assert!(found.iter().any(|breach| breach.name == "points-mismatch"), "{found:?}");
}
