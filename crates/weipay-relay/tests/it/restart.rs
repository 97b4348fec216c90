//! The relay goes down in the middle, and goes on.

use std::time::Duration;

use weipay_relay::ConfirmShape::{A, B};
use weipay_relay::job::State;
use weipay_sandbox::Fault;

use crate::forge;
use crate::stage::{CONFIRM, Stage};

#[tokio::test]
async fn t01_after_a_crash_the_same_body_is_sent_and_takes_effect_once() {
    let mut stage = Stage::set(A).await;
    stage.sandbox.inject(Fault::new("T02").unwrap().on(CONFIRM).times(1));
    let record = stage.exchange().await;
    stage.until(&format!("exchange/{record}/confirm"), |job| job.attempts == 1).await;
    stage.crash().await;
    stage.start().await;
    stage.reaches_in_time(&format!("exchange/{record}/sync"), State::Settled).await;
    let sent = stage.sandbox.journal().for_operation(CONFIRM);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].request_body, sent[1].request_body);
    let books = stage.shop.books();
    assert_eq!((books.balance, books.codes), (900, 1));
    drop(books);
    assert_eq!(stage.sandbox.effects().iter().filter(|effect| effect.what == "exchanged").count(), 1);
}

#[tokio::test]
async fn a_question_that_was_under_way_is_asked_again_under_the_same_id() {
    let mut stage = Stage::set(B).await;
    stage.shop.books().slow = Duration::from_hours(1);
    let message =
        forge::notification("n-1", "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON", &forge::exchange("R1"));
    assert_eq!(stage.post(message).await, 204);
    stage.reaches("exchange/R1/decide", State::Running).await;
    stage.crash().await;
    stage.shop.books().slow = Duration::ZERO;
    stage.start().await;
    let job = stage.reaches("exchange/R1/decide", State::Settled).await;
    assert_eq!(job.crashes, 1);
    assert_eq!(stage.shop.count("decide"), 1, "the first never got to an answer");
}

#[tokio::test]
async fn a_stop_finishes_what_is_under_way_and_leaves_the_rest() {
    let mut stage = Stage::set(B).await;
    stage.shop.books().balance = 100_000;
    let mut records = Vec::new();
    for _ in 0..10 {
        records.push(stage.exchange().await);
    }
    stage.reaches(&format!("exchange/{}/confirm", records[0]), State::Settled).await;
    stage.relay.take().unwrap().stop().await;
    let sent = stage.sandbox.journal().for_operation(CONFIRM).len();
    assert!((1..10).contains(&sent), "{sent}");
    stage.start().await;
    for record in &records {
        let job = stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
        assert_eq!((job.crashes, job.attempts), (0, 1));
    }
    assert_eq!(stage.sandbox.journal().for_operation(CONFIRM).len(), 10);
}
