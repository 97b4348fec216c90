//! The pace of a budget, and what urgency does to it.

use std::time::{Duration, Instant};

use weipay_relay::ConfirmShape::B;
use weipay_relay::job::State;
use weipay_sandbox::Fault;

use crate::stage::{CONFIRM, Stage};

/// The sandbox counts arrivals in a sliding second and refuses the sixth.
#[tokio::test]
async fn l04_five_a_second_are_never_exceeded_and_almost_reached() {
    let stage = Stage::set(B).await;
    stage.shop.books().balance = 100_000;
    let mut records = Vec::new();
    let started = Instant::now();
    for _ in 0..20 {
        records.push(stage.exchange().await);
    }
    for record in &records {
        stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
    }
    let took = started.elapsed();
    let sent = stage.sandbox.journal().for_operation(CONFIRM);
    assert_eq!(sent.len(), 20);
    assert!(sent.iter().all(|entry| entry.status == Some(200)), "nothing was refused for speed");
    // 19 intervals of 218 ms.
    assert!(took >= Duration::from_millis(19 * 200), "{took:?}");
}

#[tokio::test]
async fn l04_a_refusal_for_speed_is_no_attempt_and_nothing_is_dropped() {
    let stage = Stage::set(B).await;
    stage.sandbox.inject(Fault::new("T04").unwrap().variant("429").unwrap().on(CONFIRM).times(2));
    let record = stage.exchange().await;
    let job = stage.reaches_in_time(&format!("exchange/{record}/confirm"), State::Settled).await;
    assert_eq!(job.attempts, 1, "two refusals for speed do not count");
    assert_eq!(stage.sandbox.journal().for_operation(CONFIRM).len(), 3);
}
