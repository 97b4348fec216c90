//! Answers that cannot be trusted never become values.

use weipay::error::VerifyReason;
use weipay::{Error, Outcome};
use weipay_testkit::wire::Answer;

use crate::clients::{Kind, both};
use crate::world::{NOW, answers_once, certificate_platform, client, platform, redeem, signed};

both![
    r01_a_signature_over_another_body,
    r02_a_signature_probe,
    r03_an_unsigned_success,
    r04_a_missing_header,
    r04_lower_case_headers_and_repeated_equal_ones_pass,
    r04_a_header_with_two_values,
    r05_a_stale_or_future_signature,
    r06_a_timestamp_that_is_none,
    r07_an_unknown_certificate,
    r08_an_unknown_public_key,
    r10_a_signature_of_another_scheme,
    r12_an_unsigned_204,
];

#[track_caller]
fn refused<K: Kind>(answer: &Answer) -> VerifyReason {
    let server = answers_once(answer);
    let error = K::value(redeem(&client::<K>(&server.url()))).expect_err("it must not be believed");
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    assert_eq!(server.requests().len(), 1, "and is not asked for again");
    let Error::Verify(verify) = &error else { panic!("{error:?}") };
    verify.reason().clone()
}

fn r01_a_signature_over_another_body<K: Kind>() {
    let answer = signed(200, r#"{"paid":false}"#).body(r#"{"paid":true}"#);
    assert_eq!(refused::<K>(&answer), VerifyReason::WrongSignature);
}

fn r02_a_signature_probe<K: Kind>() {
    let answer = signed(200, "{}").without("Wechatpay-Signature");
    let answer = answer.header("Wechatpay-Signature", "WECHATPAY/SIGNTEST/c2lnbmF0dXJl");
    assert_eq!(refused::<K>(&answer), VerifyReason::Probe);
}

fn r03_an_unsigned_success<K: Kind>() {
    assert_eq!(refused::<K>(&Answer::json(200, "{}")), VerifyReason::Unsigned);
}

fn r04_a_missing_header<K: Kind>() {
    for name in ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"] {
        assert_eq!(refused::<K>(&signed(200, "{}").without(name)), VerifyReason::MissingHeader(name));
    }
}

fn r04_lower_case_headers_and_repeated_equal_ones_pass<K: Kind>() {
    let answer = signed(200, r#"{"ok":true}"#).header("Wechatpay-Timestamp", &NOW.to_string()).lower_case();
    let server = answers_once(&answer);
    assert_eq!(K::value(redeem(&client::<K>(&server.url()))).unwrap()["ok"], true);
}

fn r04_a_header_with_two_values<K: Kind>() {
    let answer = signed(200, "{}").header("Wechatpay-Nonce", "another");
    assert_eq!(refused::<K>(&answer), VerifyReason::AmbiguousHeader("Wechatpay-Nonce"));
}

fn r05_a_stale_or_future_signature<K: Kind>() {
    let at = |unix| Answer::json(200, r#"{"ok":true}"#).signed(&platform(), unix);
    assert_eq!(refused::<K>(&at(NOW - 301)), VerifyReason::Stale { seconds: 301 });
    assert_eq!(refused::<K>(&at(NOW + 301)), VerifyReason::Stale { seconds: -301 });
    for unix in [NOW - 300, NOW + 300] {
        let server = answers_once(&at(unix));
        assert_eq!(K::value(redeem(&client::<K>(&server.url()))).unwrap()["ok"], true);
    }
}

fn r06_a_timestamp_that_is_none<K: Kind>() {
    for text in ["-9223372036854775808", "99999999999999999999", "abc", ""] {
        let answer = signed(200, "{}").without("Wechatpay-Timestamp").header("Wechatpay-Timestamp", text);
        assert_eq!(refused::<K>(&answer), VerifyReason::MalformedTimestamp, "{text}");
    }
}

fn r07_an_unknown_certificate<K: Kind>() {
    let answer = Answer::json(200, "{}").signed(&certificate_platform(), NOW);
    let VerifyReason::UnknownSerial(serial) = refused::<K>(&answer) else { panic!() };
    assert_eq!(serial, certificate_platform().serial);
}

fn r08_an_unknown_public_key<K: Kind>() {
    let id = "PUB_KEY_ID_0000000000000000000000000000000099";
    let answer = signed(200, "{}").without("Wechatpay-Serial").header("Wechatpay-Serial", id);
    assert_eq!(refused::<K>(&answer), VerifyReason::UnknownSerial(id.to_owned()));
}

fn r10_a_signature_of_another_scheme<K: Kind>() {
    let scheme = "WECHATPAY2-SM2-WITH-SM3";
    let answer =
        signed(200, "{}").without("Wechatpay-Signature-Type").header("Wechatpay-Signature-Type", scheme);
    assert_eq!(refused::<K>(&answer), VerifyReason::SignatureType(scheme.to_owned()));
}

fn r12_an_unsigned_204<K: Kind>() {
    assert_eq!(refused::<K>(&Answer::new(204)), VerifyReason::Unsigned);
}
