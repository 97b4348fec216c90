//! The outcome table, row by row.

use serde_json::Value;
use weipay_catalog::ops::{Method, Scheme, TooManyRequestsOutcome, operations};
use weipay_core::exchange::{Event, Failure, FailureKind, Phase};
use weipay_core::{Call, Decode, Envelope, Error, Outcome, Verified};

use crate::support::{Play, coupons_use, done, now, signed, unsigned};
use bytes::Bytes;

const BODY: &str = r#"{"code":"PARAM_ERROR","message":"wrong"}"#;
const SYSTEM_ERROR: &str = r#"{"code":"SYSTEM_ERROR","message":"busy"}"#;

fn answered(call: Call, answer: http::Response<Bytes>) -> Error {
    let value = Play::new(call.clone()).answered(answer).and_then(|answer| Value::decode(&answer, &call));
    value.expect_err("no value")
}

fn wrong(status: u16, body: &str) -> http::Response<Bytes> {
    let mut answer = signed(status, "another body");
    *answer.body_mut() = body.to_owned().into();
    answer
}

fn repeated(mut call: Call, earlier: Outcome) -> Call {
    call.repeats(earlier);
    call
}

#[test]
fn nothing_sent() {
    for kind in
        [FailureKind::Dns, FailureKind::Connect, FailureKind::Tls, FailureKind::Timeout, FailureKind::Proxy]
    {
        let mut play = Play::new(coupons_use());
        play.start();
        let event = Event::Failed(Failure::new(Phase::NotConnected, kind));
        assert_eq!(done(play.exchange.step(now(1), event)).unwrap_err().outcome(), Outcome::NotSent);
    }
    let build = done(Play::new(Call::new(Method::Get, "v3/{a}")).start()).unwrap_err();
    assert_eq!(build.outcome(), Outcome::NotSent);
}

#[test]
fn r17_refusals_that_are_unsigned_by_protocol() {
    let check = r#"{"code":"INVALID_REQUEST","message":"Http头缺少Accept或User-Agent"}"#;
    let sign = r#"{"code":"SIGN_ERROR","message":"签名错误"}"#;
    for (status, body) in [(401, sign), (404, ""), (405, ""), (400, check), (404, "<html>")] {
        let error = answered(coupons_use(), unsigned(status, body));
        assert_eq!(error.outcome(), Outcome::Rejected, "{status}");
        assert_eq!(error.status(), Some(status));
        assert!(matches!(&error, Error::Api(error) if error.verified() == Verified::Absent));
    }
}

#[test]
fn other_4xx_with_a_valid_signature_or_none() {
    for status in [400, 403, 404, 409, 422, 429] {
        for (answer, verified) in
            [(signed(status, BODY), Verified::Yes), (unsigned(status, BODY), Verified::Absent)]
        {
            let error = answered(coupons_use(), answer);
            assert_eq!(error.outcome(), Outcome::Rejected, "{status}");
            assert_eq!(error.code(), Some("PARAM_ERROR"));
            assert!(matches!(&error, Error::Api(error) if error.verified() == verified));
        }
    }
}

#[test]
fn r16_a_4xx_whose_signature_is_wrong() {
    for status in [400, 401, 403, 404, 429] {
        let error = answered(coupons_use(), wrong(status, BODY));
        assert_eq!(error.outcome(), Outcome::Unknown, "{status}");
        assert_eq!(error.code(), Some("PARAM_ERROR"), "the code is not hidden");
    }
}

#[test]
fn t09_system_error_under_400() {
    for answer in [signed(400, SYSTEM_ERROR), unsigned(400, SYSTEM_ERROR)] {
        assert_eq!(answered(coupons_use(), answer).outcome(), Outcome::Unknown);
    }
}

#[test]
fn t07_429_where_the_facts_say_unknown() {
    let error = answered(coupons_use(), unsigned(429, ""));
    assert_eq!(error.outcome(), Outcome::Rejected);
    let of_merchants = operations().iter().filter(|operation| operation.scheme == Scheme::Merchant);
    for operation in of_merchants {
        let unknown = operation
            .too_many_requests
            .as_ref()
            .is_some_and(|fact| fact.outcome == TooManyRequestsOutcome::Unknown);
        let mut call = Call::new(operation.method, operation.template);
        for segment in operation.template.split('/').filter_map(|part| part.strip_prefix('{')) {
            call.param(segment.trim_end_matches('}'), "1");
        }
        let outcome = answered(call, unsigned(429, "")).outcome();
        assert_eq!(outcome == Outcome::Unknown, unknown, "{}", operation.id);
    }
}

#[test]
fn t02_every_5xx() {
    for status in [500, 502, 503, 504] {
        for answer in [signed(status, SYSTEM_ERROR), unsigned(status, "<html>bad gateway"), wrong(status, "")]
        {
            assert_eq!(answered(coupons_use(), answer).outcome(), Outcome::Unknown);
        }
    }
    assert_eq!(answered(coupons_use(), unsigned(302, "")).outcome(), Outcome::Unknown);
}

#[test]
fn t01_everything_that_breaks_after_the_connection_stood() {
    for phase in [Phase::MaybeSent, Phase::ReadingBody] {
        for kind in [
            FailureKind::Closed,
            FailureKind::Timeout,
            FailureKind::Truncated,
            FailureKind::TooLarge,
            FailureKind::Protocol,
        ] {
            let mut play = Play::new(coupons_use());
            play.start();
            let event = Event::Failed(Failure::new(phase, kind));
            assert_eq!(done(play.exchange.step(now(1), event)).unwrap_err().outcome(), Outcome::Unknown);
        }
    }
}

#[test]
fn a_2xx_that_fails_verification() {
    for answer in [wrong(200, "{}"), unsigned(200, "{}"), unsigned(204, ""), wrong(202, "")] {
        let error = answered(coupons_use(), answer);
        assert!(matches!(error, Error::Verify(_)));
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
}

#[test]
fn a_verified_202() {
    let answer = Play::new(coupons_use()).answered(signed(202, "")).unwrap();
    assert_eq!(answer.status(), 202);
    let envelope = Envelope::<Value>::decode(answer, &coupons_use()).unwrap();
    assert_eq!((envelope.status(), envelope.value()), (202, &Value::Null));
}

#[test]
fn r15_a_verified_2xx_that_does_not_decode() {
    let error = answered(coupons_use(), signed(200, "not JSON"));
    assert!(matches!(&error, Error::Decode(error) if error.bytes() == b"not JSON"));
    assert_eq!(error.outcome(), Outcome::Accepted);
    let error = answered(coupons_use(), signed(200, SYSTEM_ERROR));
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[test]
fn t16_after_an_unknown_attempt_only_a_verified_2xx_settles() {
    let again = || repeated(coupons_use(), Outcome::Unknown);
    for answer in [
        unsigned(401, BODY),
        unsigned(429, ""),
        signed(400, BODY),
        signed(403, BODY),
        unsigned(404, ""),
        signed(500, BODY),
    ] {
        assert_eq!(answered(again(), answer).outcome(), Outcome::Unknown);
    }
    let mut play = Play::new(again());
    play.start();
    let event = Event::Failed(Failure::new(Phase::NotConnected, FailureKind::Connect));
    assert_eq!(done(play.exchange.step(now(1), event)).unwrap_err().outcome(), Outcome::Unknown);
    assert!(Play::new(again()).answered(signed(200, "{}")).is_ok());
    // An attempt that was refused or never sent leaves nothing behind.
    for earlier in [Outcome::Rejected, Outcome::NotSent] {
        assert_eq!(
            answered(repeated(coupons_use(), earlier), unsigned(401, BODY)).outcome(),
            Outcome::Rejected
        );
    }
}

#[test]
fn a_build_error_of_a_repetition_does_not_settle_either() {
    let mut call = Call::new(Method::Get, "v3/{a}");
    call.repeats(Outcome::Unknown);
    assert_eq!(done(Play::new(call).start()).unwrap_err().outcome(), Outcome::Unknown);
}
