//! A key, serial or clock that is wrong: WeChat Pay answers 401 to whatever a merchant sends.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_relay::ConfirmShape::B;
use weipay_relay::hook::Settlement;
use weipay_relay::job::State;
use weipay_relay::operate::{Command, Role, Who};
use weipay_relay::store::Scope;
use weipay_sandbox::Fault;

use crate::stage::{CONFIRM, Stage};

async fn run(stage: &Stage, command: Command) -> Value {
    let who = Who { name: "zhang".to_owned(), role: Role::Operator };
    stage.relay().operator().run(command, &who).await.unwrap()
}

fn calls() -> Scope {
    Scope::Effects("shop".to_owned())
}

/// Decisions that wait to be sent, and a server that takes our clock for wrong: 401.
async fn unheard(exchanges: usize) -> (Stage, Vec<String>) {
    let stage = Stage::set(B).await;
    run(&stage, Command::Hold { scope: calls(), note: None }).await;
    let mut records = Vec::new();
    for _ in 0..exchanges {
        let record = stage.exchange().await;
        stage.reaches(&format!("exchange/{record}/decide"), State::Settled).await;
        records.push(record);
    }
    stage.sandbox.set_wire_skew(1000);
    run(&stage, Command::Release { scope: calls(), note: None }).await;
    paused(&stage).await;
    (stage, records)
}

async fn paused(stage: &Stage) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let status = run(stage, Command::Status {}).await;
        if status["held"][0]["by"]["who"] == "relay" {
            assert_eq!(status["held"][0]["scope"], json!({ "effects": "shop" }));
            assert!(status["held"][0]["by"]["note"].as_str().unwrap().contains("401"), "{status}");
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{status}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn settle(stage: &Stage, records: &[String]) {
    for record in records {
        stage.reaches(&format!("exchange/{record}/confirm/settled"), State::Settled).await;
    }
    let told = stage.shop.told();
    assert_eq!(told.len(), records.len(), "{told:?}");
    assert!(told.iter().all(|told| matches!(told, Settlement::Issued { .. })), "{told:?}");
    let issued = stage.sandbox.effects().iter().filter(|effect| effect.what == "exchanged").count();
    assert_eq!(issued, records.len());
}

#[tokio::test]
async fn while_wechat_pay_answers_401_calls_wait_and_afterwards_a_probe_lets_them_go() {
    let (stage, records) = unheard(3).await;
    for record in &records {
        let job = stage.until(&format!("exchange/{record}/confirm"), |job| job.state == State::Ready).await;
        assert_eq!(job.attempts, 0, "a call that was not heard is no attempt");
    }
    let sent = stage.sandbox.journal().for_operation(CONFIRM).len();
    assert!((1..=3).contains(&sent), "{sent}");
    stage.clock.advance(Duration::from_secs(190));
    stage.holds("a probe", || stage.sandbox.journal().for_operation(CONFIRM).len() > sent).await;
    paused(&stage).await;
    stage.sandbox.set_wire_skew(0);
    stage.clock.advance(Duration::from_secs(190));
    // The probe that was not heard is put back for a while; the next one is another.
    stage.clock.advance(Duration::from_secs(190));
    settle(&stage, &records).await;
    let audit = run(&stage, Command::Audit { limit: 10 }).await;
    let relay: Vec<&Value> = audit
        .as_array()
        .unwrap()
        .iter()
        .filter(|act| act["by"]["who"] == "relay")
        .map(|act| &act["act"])
        .collect();
    assert_eq!(relay, ["release", "hold"]);
    assert_eq!(run(&stage, Command::Status {}).await["held"], json!([]));
}

#[tokio::test]
async fn a_released_pause_goes_on_at_once_and_nothing_was_told_meanwhile() {
    let (stage, records) = unheard(2).await;
    assert!(stage.shop.told().is_empty());
    stage.sandbox.set_wire_skew(0);
    assert_eq!(run(&stage, Command::Release { scope: calls(), note: None }).await["held"], true);
    settle(&stage, &records).await;
}

#[tokio::test]
async fn t16_a_401_on_a_repetition_leaves_the_first_attempt_unknown() {
    let stage = Stage::set(B).await;
    stage.sandbox.inject(Fault::new("T01").unwrap().on(CONFIRM).times(1));
    let record = stage.exchange().await;
    let key = format!("exchange/{record}/confirm");
    stage.until(&key, |job| job.attempts == 1).await;
    stage.sandbox.set_wire_skew(1000);
    stage.clock.advance(Duration::from_secs(2));
    paused(&stage).await;
    let job = stage.until(&key, |job| job.state == State::Ready).await;
    assert_eq!((job.attempts, job.earlier), (1, Some(weipay::Outcome::Unknown)));
    stage.sandbox.set_wire_skew(0);
    run(&stage, Command::Release { scope: calls(), note: None }).await;
    settle(&stage, &[record]).await;
}

#[tokio::test]
async fn a_pause_moves_no_deadline() {
    let (stage, records) = unheard(1).await;
    stage.clock.advance(Duration::from_hours(25));
    let job = stage.reaches(&format!("exchange/{}/confirm", records[0]), State::Refused).await;
    assert!(job.reason.unwrap().contains("its time was over"));
    stage.reaches(&format!("exchange/{}/confirm/settled", records[0]), State::Settled).await;
    assert!(matches!(stage.shop.told()[..], [Settlement::NotIssued { .. }]));
    assert_eq!(stage.shop.books().balance, 1000);
}

#[tokio::test]
async fn what_an_operator_holds_is_not_probed() {
    let (stage, records) = unheard(1).await;
    run(&stage, Command::Hold { scope: calls(), note: Some("we look into it".to_owned()) }).await;
    let sent = stage.sandbox.journal().for_operation(CONFIRM).len();
    stage.sandbox.set_wire_skew(0);
    stage.clock.advance(Duration::from_hours(1));
    // The relay has looked since: it asked another question.
    let next = stage.exchange().await;
    stage.reaches(&format!("exchange/{next}/decide"), State::Settled).await;
    assert_eq!(stage.sandbox.journal().for_operation(CONFIRM).len(), sent);
    run(&stage, Command::Release { scope: calls(), note: None }).await;
    settle(&stage, &[records[0].clone(), next]).await;
}
