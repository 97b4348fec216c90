//! Requests and answers that break off: the phase tells how far they got, and after the first byte the outcome is unknown.

use std::time::Duration;

use serde_json::Value;
use weipay::exchange::{FailureKind, Phase};
use weipay::{Error, Outcome};
use weipay_testkit::wire::{Action, Answer, Server};

use crate::clients::{Kind, both};
use crate::world::{answers_once, client, configured, redeem, signed, transport};

both![
    t01_a_reset_before_the_head,
    t01_a_close_before_the_head,
    t05_a_reset_after_the_head,
    t03_a_head_that_never_comes,
    t06_a_body_that_stalls,
    t05_a_body_shorter_than_announced,
    t05_a_chunked_body_without_its_end,
    an_answer_that_is_not_http,
    an_answer_larger_than_allowed_by_its_length,
    an_answer_larger_than_allowed_in_chunks,
    an_answer_as_large_as_allowed,
    t12_a_redirect_is_told_and_not_followed,
    the_timeout_of_a_call_bounds_it,
];

/// Long enough for a loopback connection on a busy machine: what is waited for never comes.
const SHORT: Duration = Duration::from_millis(300);

fn plays<K: Kind>(script: Vec<Action>) -> (Phase, FailureKind, Outcome) {
    let server = Server::start([script]);
    let result = K::value(redeem(&client::<K>(&server.url())));
    assert_eq!((server.connections(), server.requests().len()), (1, 1), "nothing is sent twice");
    transport(result)
}

fn t01_a_reset_before_the_head<K: Kind>() {
    let failure = plays::<K>(vec![Action::Read, Action::Reset]);
    assert_eq!(failure, (Phase::MaybeSent, FailureKind::Closed, Outcome::Unknown));
}

fn t01_a_close_before_the_head<K: Kind>() {
    let failure = plays::<K>(vec![Action::Read]);
    assert_eq!(failure, (Phase::MaybeSent, FailureKind::Closed, Outcome::Unknown));
}

fn t05_a_reset_after_the_head<K: Kind>() {
    let head = signed(200, r#"{"ok":true}"#).head();
    let failure = plays::<K>(vec![Action::Read, Action::Write(head), Action::Reset]);
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::Closed, Outcome::Unknown));
}

fn times_out<K: Kind>(script: Vec<Action>) -> (Phase, FailureKind, Outcome) {
    let server = Server::start([script]);
    let client = K::finish(configured::<K>(&server.url()).attempt_timeout(SHORT)).unwrap();
    transport(K::value(redeem(&client)))
}

fn t03_a_head_that_never_comes<K: Kind>() {
    let failure = times_out::<K>(vec![Action::Read, Action::Stall]);
    assert_eq!(failure, (Phase::MaybeSent, FailureKind::Timeout, Outcome::Unknown));
}

fn t06_a_body_that_stalls<K: Kind>() {
    let mut part = signed(200, r#"{"ok":true}"#).bytes();
    part.pop();
    let failure = times_out::<K>(vec![Action::Read, Action::Write(part), Action::Stall]);
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::Timeout, Outcome::Unknown));
}

fn t05_a_body_shorter_than_announced<K: Kind>() {
    let answer = signed(200, r#"{"ok":true}"#).announcing(100);
    let failure = plays::<K>(vec![Action::Read, Action::Write(answer.bytes())]);
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::Truncated, Outcome::Unknown));
}

fn t05_a_chunked_body_without_its_end<K: Kind>() {
    let mut bytes = signed(200, r#"{"ok":true}"#).chunked(4).bytes();
    bytes.truncate(bytes.len() - 5);
    let failure = plays::<K>(vec![Action::Read, Action::Write(bytes)]);
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::Truncated, Outcome::Unknown));
}

fn an_answer_that_is_not_http<K: Kind>() {
    let failure = plays::<K>(vec![Action::Read, Action::Write(b"220 mail.example ESMTP\r\n".to_vec())]);
    assert_eq!(failure, (Phase::MaybeSent, FailureKind::Protocol, Outcome::Unknown));
}

fn with_limit<K: Kind>(answer: &Answer, max: usize) -> Result<Value, Error> {
    let server = answers_once(answer);
    let client = K::finish(configured::<K>(&server.url()).max_answer(max)).unwrap();
    K::value(redeem(&client))
}

fn an_answer_larger_than_allowed_by_its_length<K: Kind>() {
    // The body never comes: the announced length is enough to give up.
    let head = signed(200, &"x".repeat(1001)).head();
    let server = Server::start([vec![Action::Read, Action::Write(head), Action::Stall]]);
    let client = K::finish(configured::<K>(&server.url()).max_answer(1000)).unwrap();
    let failure = transport(K::value(redeem(&client)));
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::TooLarge, Outcome::Unknown));
}

fn an_answer_larger_than_allowed_in_chunks<K: Kind>() {
    let failure = transport(with_limit::<K>(&signed(200, &"x".repeat(1001)).chunked(100), 1000));
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::TooLarge, Outcome::Unknown));
}

fn an_answer_as_large_as_allowed<K: Kind>() {
    let body = format!("\"{}\"", "x".repeat(998));
    assert_eq!(with_limit::<K>(&signed(200, &body), 1000).unwrap().as_str().unwrap().len(), 998);
    assert_eq!(with_limit::<K>(&signed(200, &body).chunked(7), 1000).unwrap().as_str().unwrap().len(), 998);
}

fn t12_a_redirect_is_told_and_not_followed<K: Kind>() {
    let second = Server::start([]);
    for status in [301, 302, 307, 308] {
        let to = format!("{}/v3/elsewhere", second.url());
        let first = answers_once(&Answer::new(status).header("Location", &to));
        let error = K::value(redeem(&client::<K>(&first.url()))).unwrap_err();
        assert_eq!((error.status(), error.outcome()), (Some(status), Outcome::Unknown));
        assert!(error.to_string().contains("a redirect to 127.0.0.1, which is never followed"), "{error}");
    }
    assert_eq!(second.connections(), 0);
}

fn the_timeout_of_a_call_bounds_it<K: Kind>() {
    let server = Server::start([vec![Action::Read, Action::Stall]]);
    let client: K = client(&server.url());
    let failure = transport(K::value(redeem(&client).timeout(SHORT)));
    assert_eq!(failure, (Phase::MaybeSent, FailureKind::Timeout, Outcome::Unknown));

    let error = K::value(redeem(&client).timeout(Duration::ZERO)).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(error.to_string().contains("the time-out had already passed"), "{error}");
}
