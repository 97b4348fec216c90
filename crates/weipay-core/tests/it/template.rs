//! What a call's target looks like on the wire, and which calls are refused before anything is sent.

use weipay_catalog::ops::Method;
use weipay_core::error::BuildReason;
use weipay_core::{Call, Error, Outcome};

use crate::support::Play;

fn target(call: Call) -> Result<String, Error> {
    let mut play = Play::new(call);
    match play.start() {
        weipay_core::exchange::Step::Done(result) => Err(result.unwrap_err()),
        _ => Ok(play.sent[0].uri().path_and_query().unwrap().to_string()),
    }
}

fn reason(call: Call) -> BuildReason {
    let error = target(call).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(error.to_string().ends_with("nothing was sent"), "{error}");
    match error {
        Error::Build(error) => error.reason().clone(),
        error => panic!("{error}"),
    }
}

fn with_code(value: &str) -> Call {
    let mut call = Call::new(Method::Get, "v3/marketing/membercard-open/cards/{card_id}/codes/{code}");
    call.param("card_id", "C1");
    call.param("code", value);
    call
}

#[test]
fn values_are_encoded_once() {
    for (value, encoded) in [
        ("plain-1._~", "plain-1._~"),
        ("a/b", "a%2Fb"),
        ("%2F", "%252F"),
        ("a b", "a%20b"),
        ("ABCdef", "ABCdef"),
        ("1|2", "1%7C2"),
        ("1+2", "1%2B2"),
        ("粤B", "%E7%B2%A4B"),
        ("...", "..."),
        ("a?b#c", "a%3Fb%23c"),
        ("{code}", "%7Bcode%7D"),
        ("a;b=c,d@e:f", "a%3Bb%3Dc%2Cd%40e%3Af"),
    ] {
        let target = target(with_code(value)).unwrap();
        assert_eq!(target, format!("/v3/marketing/membercard-open/cards/C1/codes/{encoded}"));
    }
}

#[test]
fn values_that_no_path_carries_safely() {
    for value in ["", ".", "..", "a\\b"] {
        assert_eq!(reason(with_code(value)), BuildReason::ParamValue("code".to_owned()), "{value:?}");
    }
}

#[test]
fn queries_keep_their_order() {
    let mut call = Call::new(Method::Get, "/v3/businesscircle/user-authorizations/{openid}");
    call.param("openid", "o1");
    call.query("b", "2 +|*");
    call.query("a", "中");
    call.query("b", "");
    assert_eq!(
        target(call).unwrap(),
        "/v3/businesscircle/user-authorizations/o1?b=2%20%2B%7C%2A&a=%E4%B8%AD&b="
    );
}

#[test]
fn a_leading_slash_is_optional_and_a_trailing_one_is_not() {
    let target = |template| target(Call::new(Method::Get, template)).unwrap();
    assert_eq!(target("v3/certificates"), "/v3/certificates");
    assert_eq!(target("/v3/certificates"), "/v3/certificates");
    assert_eq!(target("v3/applyment4sub/applyment/"), "/v3/applyment4sub/applyment/");
}

#[test]
fn mistakes_are_named() {
    let call = |template| Call::new(Method::Get, template);
    let template = |text| matches!(reason(call(text)), BuildReason::Template(_));
    for text in [
        "https://api.mch.weixin.qq.com/v3/certificates",
        "v3/a?b=c",
        "v3/a%2Fb",
        "v3//a",
        "v3/../a",
        "v3/{}",
        "v3/{a}/{a}",
        "v3/x{a}",
        "v3/a b",
        "v3/中",
        "",
    ] {
        assert!(template(text), "{text}");
    }
    assert_eq!(reason(call("v3/{a}")), BuildReason::MissingParam("a".to_owned()));
    let mut unknown = call("v3/{card_id}");
    unknown.param("cardid", 1);
    let known = vec!["card_id".to_owned()];
    assert_eq!(reason(unknown), BuildReason::UnknownParam { name: "cardid".to_owned(), known });
    let mut twice = call("v3/{a}");
    twice.param("a", 1);
    twice.param("a", 2);
    assert_eq!(reason(twice), BuildReason::RepeatedParam("a".to_owned()));
}

#[test]
fn headers_of_the_protocol_are_its_own() {
    for name in ["Authorization", "wechatpay-serial", "Host", "Content-Length", "Accept-Encoding"] {
        let mut call = Call::new(Method::Get, "v3/certificates");
        call.header(name, "x");
        assert!(matches!(reason(call), BuildReason::Header(_)), "{name}");
    }
    let mut call = Call::new(Method::Get, "v3/certificates");
    call.header("X-Trace", "line\nbreak");
    assert!(matches!(reason(call), BuildReason::Header(_)));
}

#[test]
fn a_body_that_does_not_serialize() {
    let mut call = Call::new(Method::Post, "v3/certificates");
    call.body(&std::collections::BTreeMap::from([((1, 2), "no JSON key")]));
    assert!(matches!(reason(call), BuildReason::Body(_)));
}

#[test]
fn q11_brand_paths_need_a_brand_credential() {
    let call = Call::new(Method::Post, "/brand/card-member/user-points/sync");
    assert_eq!(reason(call), BuildReason::Scheme { brand_path: true });
}
