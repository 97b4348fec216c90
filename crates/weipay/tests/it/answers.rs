//! Answers that come whole: verified ones become values, refusals say what they mean.

use std::io::Write as _;

use serde_json::Value;
use weipay::{Error, Outcome, Verified};
use weipay_testkit::wire::{Action, Answer, Server};

use crate::clients::{Kind, both};
use crate::world::{NOW, answers, answers_once, client, platform, redeem, signed};

both![
    a_verified_answer_becomes_a_value_or_an_envelope,
    r13_a_gzip_answer_is_verified_over_its_plain_body,
    r13_a_chunked_answer_is_one_body,
    a_gzip_answer_that_inflates_beyond_the_limit,
    r11_a_signed_204_is_null,
    t08_a_202_is_not_finished,
    refusals_say_their_outcome,
    t16_a_refusal_after_an_unknown_attempt_settles_nothing,
];

fn a_verified_answer_becomes_a_value_or_an_envelope<K: Kind>() {
    let answer = signed(200, r#"{"stock_id":"98065001"}"#).header("Request-ID", "08F78BB5AF06");
    let server = answers(&answer);
    let client: K = client(&server.url());
    assert_eq!(K::value(redeem(&client)).unwrap()["stock_id"], "98065001");
    let envelope = K::envelope(redeem(&client)).unwrap();
    assert_eq!(envelope.status(), 200);
    assert_eq!(envelope.answer().request_id(), Some("08F78BB5AF06"));
    assert_eq!(envelope.answer().bytes().as_ref(), br#"{"stock_id":"98065001"}"#);
    assert_eq!(envelope.into_value()["stock_id"], "98065001");
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn r13_a_gzip_answer_is_verified_over_its_plain_body<K: Kind>() {
    let plain = r#"{"ok":true, "blank": "kept "}"#;
    let answer = signed(200, plain).header("Content-Encoding", "gzip").body(gzip(plain.as_bytes()));
    let server = answers_once(&answer);
    assert_eq!(K::value(redeem(&client::<K>(&server.url()))).unwrap()["ok"], true);
    assert_eq!(server.requests()[0].header("Accept-Encoding"), None, "and was never asked for");
}

fn r13_a_chunked_answer_is_one_body<K: Kind>() {
    let server = answers_once(&signed(200, "{\"ok\":true,\r\n \"more\": \"text\"}\n").chunked(5));
    assert_eq!(K::value(redeem(&client::<K>(&server.url()))).unwrap()["more"], "text");
}

fn a_gzip_answer_that_inflates_beyond_the_limit<K: Kind>() {
    let plain = vec![b' '; 9 * 1024 * 1024];
    let answer = signed(200, "{}").header("Content-Encoding", "gzip").body(gzip(&plain));
    let server = answers_once(&answer);
    let error = K::value(redeem(&client::<K>(&server.url()))).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.to_string().contains("larger than allowed"), "{error}");
}

fn r11_a_signed_204_is_null<K: Kind>() {
    let server = answers_once(&Answer::new(204).signed(&platform(), NOW));
    assert_eq!(K::value(redeem(&client::<K>(&server.url()))).unwrap(), Value::Null);
}

fn t08_a_202_is_not_finished<K: Kind>() {
    let answer = signed(202, "{}");
    let server = answers(&answer);
    let client: K = client(&server.url());
    let error = K::value(redeem(&client)).unwrap_err();
    assert!(matches!(error, Error::Unfinished(_)), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Accepted);
    assert_eq!(K::envelope(redeem(&client)).unwrap().status(), 202, "the envelope shows it");
}

fn refusals_say_their_outcome<K: Kind>() {
    use Outcome::{Rejected, Unknown};
    let body = |code: &str| format!(r#"{{"code":"{code}","message":"text"}}"#);
    let table = [
        (signed(400, &body("PARAM_ERROR")), Rejected, Verified::Yes, Some("PARAM_ERROR")),
        // T09: busifavor answers a server's failure with 400.
        (signed(400, &body("SYSTEM_ERROR")), Unknown, Verified::Yes, Some("SYSTEM_ERROR")),
        (signed(403, &body("RULELIMIT")), Rejected, Verified::Yes, Some("RULELIMIT")),
        (signed(404, &body("RESOURCE_NOT_EXISTS")), Rejected, Verified::Yes, Some("RESOURCE_NOT_EXISTS")),
        (signed(429, &body("FREQUENCY_LIMITED")), Rejected, Verified::Yes, Some("FREQUENCY_LIMITED")),
        (signed(500, &body("SYSTEM_ERROR")), Unknown, Verified::Yes, Some("SYSTEM_ERROR")),
        // R17: refusals before authentication and from gateways are not signed.
        (Answer::json(401, body("SIGN_ERROR")), Rejected, Verified::Absent, Some("SIGN_ERROR")),
        (Answer::new(404), Rejected, Verified::Absent, None),
        (Answer::new(405), Rejected, Verified::Absent, None),
        (Answer::new(502).body("<html>Bad Gateway</html>"), Unknown, Verified::Absent, None),
        (Answer::new(503), Unknown, Verified::Absent, None),
        // R16: a refusal whose signature is wrong may come from anybody.
        (signed(403, &body("NO_AUTH")).body(body("NO_AUTH_")), Unknown, Verified::Wrong, Some("NO_AUTH_")),
    ];
    for (answer, outcome, verified, code) in table {
        let server = answers_once(&answer);
        let error = K::value(redeem(&client::<K>(&server.url()))).unwrap_err();
        let Error::Api(api) = &error else { panic!("{error:?}") };
        assert_eq!((error.outcome(), api.verified(), error.code()), (outcome, verified, code), "{error}");
    }
}

fn t16_a_refusal_after_an_unknown_attempt_settles_nothing<K: Kind>() {
    let server = Server::start([
        vec![Action::Read, Action::Reset],
        vec![Action::Read, Action::Write(signed(400, r#"{"code":"PARAM_ERROR","message":"text"}"#).bytes())],
    ]);
    let client: K = client(&server.url());
    let first = K::value(redeem(&client)).unwrap_err();
    let second = K::value(redeem(&client).repeats(first.outcome())).unwrap_err();
    assert_eq!((second.code(), second.outcome()), (Some("PARAM_ERROR"), Outcome::Unknown));
}
