//! The whole vocabulary of the exchange, played by a script.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use weipay_catalog::ops::Method;
use weipay_core::error::{SignerError, VerifyReason};
use weipay_core::exchange::{Event, Exchange, Failure, FailureKind, Phase, Reply, Step};
use weipay_core::wire::{Signature, SigningKey};
use weipay_core::{Call, Error, Outcome, Signer, SignerFuture};

use crate::support::{
    KEY_ID, NOW, Play, SERIAL, coupons_use, credential, done, merchant, merchant_key, now,
    platform_public_key, settings, signed,
};

#[test]
fn start_sign_send_response_done() {
    let mut exchange = Exchange::new(coupons_use(), credential(), Arc::new(settings()), [7; 32]);
    let Step::Sign { bytes, key: SigningKey::Local(key) } = exchange.step(now(0), Event::Start) else {
        panic!("a request is signed first")
    };
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let lines: Vec<_> = text.split('\n').collect();
    assert_eq!(lines[0], "POST");
    assert_eq!(lines[1], "/v3/marketing/busifavor/coupons/use");
    assert_eq!(lines[2], NOW.to_string());
    assert!(lines[3].len() == 32 && lines[3].bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')));
    assert_eq!(lines[4..], [r#"{"coupon_code":"K1","use_request_no":"N1"}"#, ""]);
    let signature = Signature::new(key.sign(&bytes));
    let step = exchange.step(now(0), Event::Signed(Ok(signature)));
    let Step::Send { request, connect_by, respond_by, reply } = step else { panic!("then sent") };
    assert_eq!(connect_by, now(0).mono + Duration::from_secs(5));
    assert_eq!(respond_by, now(0).mono + Duration::from_secs(15));
    assert_eq!(reply, Reply::Buffer { max: 8 * 1024 * 1024 });
    assert_eq!(request.uri(), "https://api.mch.weixin.qq.com/v3/marketing/busifavor/coupons/use");
    let header = |name: &str| request.headers()[name].to_str().unwrap();
    assert_eq!(header("accept"), "application/json");
    assert_eq!(header("content-type"), "application/json");
    assert!(header("user-agent").starts_with("weipay/"));
    assert_eq!(header("wechatpay-serial"), KEY_ID);
    let authorization = header("authorization");
    assert!(authorization.starts_with("WECHATPAY2-SHA256-RSA2048 mchid=\"1900000001\","));
    assert!(authorization.contains(&format!("nonce_str=\"{}\"", lines[3])));
    assert!(authorization.contains(&format!("serial_no=\"{SERIAL}\"")));
    let answer = done(exchange.step(now(1), Event::Response(signed(200, "{}")))).unwrap();
    assert_eq!((answer.status(), &answer.bytes()[..]), (200, &b"{}"[..]));
    assert_eq!((answer.serial(), answer.request_id()), (Some(KEY_ID), Some("08F00D-0")));
}

#[test]
fn r11_204_is_verified_over_the_empty_body() {
    let answer = Play::new(coupons_use()).answered(signed(204, "")).unwrap();
    assert_eq!(answer.status(), 204);
    let mut other = signed(204, "");
    *other.body_mut() = Bytes::from_static(b"x");
    assert!(matches!(Play::new(coupons_use()).answered(other), Err(Error::Verify(_))));
}

#[derive(Debug)]
struct Broken;

impl Signer for Broken {
    fn sign(&self, _: Bytes) -> SignerFuture<'_> {
        Box::pin(async { Err(SignerError::new("the key service is away")) })
    }
}

#[test]
fn a_signer_elsewhere_may_fail_and_then_nothing_was_sent() {
    let credential = merchant()
        .signer(SERIAL, Arc::new(Broken))
        .platform_public_key(KEY_ID, platform_public_key())
        .build()
        .unwrap();
    let mut exchange = Exchange::new(coupons_use(), Arc::new(credential), Arc::new(settings()), [7; 32]);
    let Step::Sign { key: SigningKey::Remote(_), .. } = exchange.step(now(0), Event::Start) else {
        panic!("a remote key is asked")
    };
    let event = Event::Signed(Err(SignerError::new("the key service is away")));
    let error = done(exchange.step(now(0), event)).unwrap_err();
    assert!(matches!(error, Error::Sign(_)));
    assert_eq!(error.outcome(), Outcome::NotSent);
}

#[test]
fn a_connection_that_never_stood_may_be_tried_again_with_a_fresh_signature() {
    let mut settings = settings();
    settings.connect_attempts = 2;
    let mut play = Play::with(coupons_use(), credential(), settings);
    let Step::Send { .. } = play.start() else { panic!() };
    let refused = || Event::Failed(Failure::new(Phase::NotConnected, FailureKind::Connect));
    let Step::Sleep { until } = play.exchange.step(now(1), refused()) else { panic!("a pause first") };
    assert_eq!(until, now(1).mono + Duration::from_millis(200));
    let step = play.exchange.step(now(2), Event::Woke);
    let Step::Send { .. } = play.sign(now(2), step) else { panic!("then again") };
    assert_ne!(play.sent[0].headers()["authorization"], play.sent[1].headers()["authorization"]);
    assert_eq!(play.sent[0].body(), play.sent[1].body());
    let error = done(play.exchange.step(now(3), refused())).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
}

#[test]
fn what_may_have_been_sent_is_never_sent_again() {
    for phase in [Phase::MaybeSent, Phase::ReadingBody] {
        let mut settings = settings();
        settings.connect_attempts = 9;
        let mut play = Play::with(coupons_use(), credential(), settings);
        play.start();
        let failure = Failure::new(phase, FailureKind::Closed).because("reset by peer");
        let error = done(play.exchange.step(now(1), Event::Failed(failure))).unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "reset by peer");
    }
}

#[test]
fn the_total_time_out_bounds_the_attempts() {
    let mut call = coupons_use();
    call.timeout(Duration::from_secs(2));
    let mut settings = settings();
    settings.connect_attempts = 9;
    let mut play = Play::with(call, credential(), settings);
    let Step::Send { connect_by, respond_by, .. } = play.start() else { panic!() };
    assert_eq!((connect_by, respond_by), (now(2).mono, now(2).mono));
    let refused = Event::Failed(Failure::new(Phase::NotConnected, FailureKind::Timeout));
    assert!(matches!(play.exchange.step(now(2), refused), Step::Done(Err(Error::Transport(_)))));
}

#[test]
fn a_call_without_time_left_is_not_sent() {
    let mut call = coupons_use();
    call.timeout(Duration::ZERO);
    let error = done(Play::new(call).start()).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
}

#[test]
fn null_is_no_body() {
    let mut call = Call::new(Method::Post, "v3/certificates");
    call.body(&());
    let mut play = Play::new(call);
    play.start();
    assert!(play.sent[0].body().is_empty());
    assert!(!play.sent[0].headers().contains_key("content-type"));
}

#[test]
fn r04_headers_missing_twice_and_differing() {
    let names = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"];
    for name in names {
        let mut answer = signed(200, "{}");
        answer.headers_mut().remove(name);
        assert_eq!(reason(answer), VerifyReason::MissingHeader(name));
        let mut answer = signed(200, "{}");
        let same = answer.headers()[name].clone();
        answer.headers_mut().append(name, same);
        assert!(Play::new(coupons_use()).answered(answer).is_ok(), "the same value twice says nothing new");
        let mut answer = signed(200, "{}");
        answer.headers_mut().append(name, "other".parse().unwrap());
        assert_eq!(reason(answer), VerifyReason::AmbiguousHeader(name));
        let mut answer = signed(200, "{}");
        let blanks = format!("  {}  ", answer.headers()[name].to_str().unwrap());
        answer.headers_mut().insert(name, blanks.parse().unwrap());
        assert!(Play::new(coupons_use()).answered(answer).is_ok(), "blanks around a value are no part of it");
    }
}

#[test]
fn r05_300_seconds_both_ways() {
    let at = |offset: i64| {
        let signer =
            crate::support::Signer { timestamp: (NOW + 1 + offset).to_string(), ..Default::default() };
        Play::new(coupons_use()).answered(signer.answer(200, "{}"))
    };
    assert!(at(300).is_ok() && at(-300).is_ok());
    for offset in [301, -301, 100_000, -100_000] {
        let error = at(offset).unwrap_err();
        assert!(
            matches!(&error, Error::Verify(error) if matches!(error.reason(), VerifyReason::Stale { seconds } if *seconds == i128::from(-offset))),
            "{error}"
        );
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
}

#[test]
fn r06_timestamps_that_are_none() {
    for timestamp in [
        "-9223372036854775808",
        "99999999999999999999",
        "abc",
        "",
        "+1735689600",
        "1735689600.0",
        "18446744073709551615",
    ] {
        let signer = crate::support::Signer { timestamp: timestamp.to_owned(), ..Default::default() };
        assert!(Play::new(coupons_use()).answered(signer.answer(200, "{}")).is_err(), "{timestamp}");
    }
}

#[test]
fn r06_the_string_is_built_from_the_header_text() {
    let signer = crate::support::Signer { timestamp: format!("0{NOW}"), ..Default::default() };
    assert!(Play::new(coupons_use()).answered(signer.answer(200, "{}")).is_ok());
}

fn reason(answer: http::Response<Bytes>) -> VerifyReason {
    match Play::new(coupons_use()).answered(answer).unwrap_err() {
        Error::Verify(error) => error.reason().clone(),
        error => panic!("{error}"),
    }
}

#[test]
fn r02_a_probe_is_refused_like_any_wrong_signature() {
    let mut answer = signed(200, "{}");
    let probe = format!("WECHATPAY/SIGNTEST/{}", answer.headers()["Wechatpay-Signature"].to_str().unwrap());
    answer.headers_mut().insert("Wechatpay-Signature", probe.parse().unwrap());
    assert_eq!(reason(answer), VerifyReason::Probe);
}

#[test]
fn r03_r12_unsigned_answers_are_forged() {
    for (status, body) in [(200, "{}"), (204, "")] {
        assert_eq!(reason(crate::support::unsigned(status, body)), VerifyReason::Unsigned);
    }
}

#[test]
fn r07_r08_unknown_serials() {
    let of = |serial: &str| {
        let signer = crate::support::Signer { serial: serial.to_owned(), ..Default::default() };
        reason(signer.answer(200, "{}"))
    };
    for serial in ["5157F09EFDC096DE15EBE81A47057A7232F1B8E2", "PUB_KEY_ID_9", &KEY_ID.to_lowercase()] {
        assert_eq!(of(serial), VerifyReason::UnknownSerial(serial.to_owned()));
    }
}

#[test]
fn r09_a_certificate_may_sign_although_the_public_key_was_asked_for() {
    let both = merchant()
        .platform_public_key(KEY_ID, platform_public_key())
        .platform_certificate(crate::support::certificate("rotated.cert.pem"))
        .build()
        .unwrap();
    let play = Play::with(coupons_use(), Arc::new(both), settings());
    assert!(play.answered(crate::support::Signer::certificate("rotated.cert.pem").answer(200, "{}")).is_ok());
}

#[test]
fn r10_other_schemes_are_refused() {
    for scheme in ["WECHATPAY2-SM2-WITH-SM3", "WECHATPAY-BRAND-SHA256-RSA2048"] {
        let mut answer = signed(200, "{}");
        answer.headers_mut().insert("Wechatpay-Signature-Type", scheme.parse().unwrap());
        assert_eq!(reason(answer), VerifyReason::SignatureType(scheme.to_owned()));
    }
    let mut answer = signed(200, "{}");
    answer.headers_mut().insert("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".parse().unwrap());
    assert!(Play::new(coupons_use()).answered(answer).is_ok());
}

#[test]
fn r13_bodies_are_verified_as_delivered() {
    for body in ["{\r\n  \"a\": 1\r\n}\r\n ", "{\"a\":1}\n", "\u{feff}{}"] {
        let answer = Play::new(coupons_use()).answered(signed(200, body)).unwrap();
        assert_eq!(answer.bytes(), body);
    }
}

#[test]
fn r13_gzip_is_undone_before_the_signature_is_checked() {
    let gzip = |body: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, body).unwrap();
        encoder.finish().unwrap()
    };
    let packed = |bytes: Vec<u8>| {
        let mut answer = signed(200, "{\"a\":1}");
        answer.headers_mut().insert("Content-Encoding", "gzip".parse().unwrap());
        *answer.body_mut() = bytes.into();
        answer
    };
    let good = gzip(b"{\"a\":1}");
    assert_eq!(Play::new(coupons_use()).answered(packed(good.clone())).unwrap().bytes(), "{\"a\":1}");
    for bad in [good[..good.len() - 4].to_vec(), [good.clone(), b"more".to_vec()].concat(), b"{}".to_vec()] {
        assert!(matches!(reason(packed(bad)), VerifyReason::Encoding(_)));
    }
    let bomb = packed(gzip(&vec![b' '; 64 * 1024 * 1024]));
    let error = Play::new(coupons_use()).answered(bomb).unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.kind() == FailureKind::TooLarge), "{error}");
}

#[test]
fn t12_a_redirect_is_told_and_not_followed() {
    let mut answer = crate::support::unsigned(302, "");
    answer.headers_mut().insert("Location", "https://elsewhere.example/v3?x=secret".parse().unwrap());
    let error = Play::new(coupons_use()).answered(answer).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let text = error.to_string();
    assert!(
        text.contains("a redirect to elsewhere.example, which is never followed") && !text.contains("secret"),
        "{text}"
    );
}

#[test]
#[should_panic(expected = "the driver reported Woke in state New")]
fn a_driver_that_loses_its_place_is_told() {
    let mut exchange = Exchange::new(coupons_use(), credential(), Arc::new(settings()), [7; 32]);
    exchange.step(now(0), Event::Woke);
}

#[test]
fn an_exchange_can_be_parked_anywhere() {
    fn parked<T: Send + 'static>(_: T) {}
    let mut exchange = Exchange::new(coupons_use(), credential(), Arc::new(settings()), [7; 32]);
    let step = exchange.step(now(0), Event::Start);
    parked(exchange);
    parked(step);
}

#[test]
fn the_same_seed_signs_the_same_and_another_does_not() {
    let message = |seed| {
        let mut exchange = Exchange::new(coupons_use(), credential(), Arc::new(settings()), [seed; 32]);
        let Step::Sign { bytes, .. } = exchange.step(now(0), Event::Start) else { panic!() };
        bytes
    };
    assert_eq!(message(1), message(1));
    assert_ne!(message(1), message(2));
    assert!(!merchant_key().sign(&message(1)).is_empty());
}
