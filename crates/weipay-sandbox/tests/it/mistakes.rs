//! What clients do wrong is recognised and named, in the answer and in the journal.

use serde_json::{Value, json};

use crate::client::{Client, Draft, USE, documentation, now};
use crate::samples::{USE_BODY, value};

const QUERY: &str =
    "/v3/businesscircle/user-authorizations/o%7C1?appid=wx%2F1&sub_mchid=1234567890&note=a%20b";

#[tokio::test]
async fn q01_q02_q03_q04_q06_q13_wrongly_built_strings_are_recognised() {
    let (sandbox, client) = documentation().await;
    let post = client.draft("POST", USE, USE_BODY);
    let get = client.draft("GET", QUERY, "");
    let right = |draft: &Draft| String::from_utf8(draft.string()).unwrap();
    let signed = |draft: &Draft, string: String| Draft { signed: Some(string.into_bytes()), ..draft.clone() };
    let target =
        |draft: &Draft, target: &str| Draft { signed_target: Some(target.to_owned()), ..draft.clone() };
    let body = |body: String| Draft { signed_body: Some(body.into_bytes()), ..post.clone() };
    let sample = value(USE_BODY);
    let slashes = json!({"coupon_code": "a/b", "note": "券"}).to_string();
    let slashed = client.draft("POST", USE, &slashes);
    let cases = [
        ("Q01", signed(&post, right(&post).trim_end_matches('\n').to_owned())),
        ("Q01", signed(&post, right(&post).replace('\n', "\r\n"))),
        ("Q01", signed(&get, right(&get).replacen("\n\n", "\n", 1))),
        ("Q02", target(&post, &format!("https://api.mch.weixin.qq.com{USE}"))),
        ("Q02", target(&post, &format!("{}{USE}", sandbox.url()))),
        ("Q02", target(&get, &QUERY.replace("o%7C1", "{openid}"))),
        ("Q02", target(&post, &format!("/{USE}"))),
        ("Q03", target(&get, QUERY.split('?').next().unwrap())),
        ("Q03", target(&get, &QUERY.replace("%2F", "/").replace("%7C", "|").replace("%20", " "))),
        (
            "Q03",
            target(
                &get,
                "/v3/businesscircle/user-authorizations/o%7C1?appid=wx%2F1&note=a%20b&sub_mchid=1234567890",
            ),
        ),
        ("Q03", target(&get, &QUERY.replace("%20", "+"))),
        ("Q03", target(&get, &QUERY.replace("%7C", "|"))),
        ("Q04", body(serde_json::to_string_pretty(&sample).unwrap())),
        ("Q04", body(USE_BODY.replace("\":", "\": ").replace(",\"", ", \""))),
        ("Q04", Draft { signed_body: Some(slashes.replace('/', "\\/").into_bytes()), ..slashed.clone() }),
        ("Q04", Draft { signed_body: Some(slashes.replace('券', "\\u5238").into_bytes()), ..slashed }),
        ("Q06", signed(&post, right(&post).replacen(&post.timestamp, &(now() - 2).to_string(), 1))),
        ("Q13", body(String::new())),
    ];
    for (number, (id, draft)) in cases.into_iter().enumerate() {
        let reply = client.send(&draft).await;
        reply.refused(401, "SIGN_ERROR");
        let entry = sandbox.journal().last().unwrap();
        assert!(entry.has_mistake(id), "case {number}: {id}, but {:?}", entry.mistakes);
        let cause = reply.value()["detail"]["detail"]["likely_cause"].as_str().unwrap_or_default().to_owned();
        assert!(cause.starts_with(id), "case {number}: {cause}");
    }
}

#[tokio::test]
async fn q16_the_key_of_somebody_else_is_named() {
    let (sandbox, client) = documentation().await;
    let other = Client::of(&sandbox, "1900000200");
    let draft = client.draft("POST", USE, USE_BODY);
    let authorization = other.authorization(&draft);
    let reply = client.send(&Draft { authorization: Some(authorization), ..draft }).await;
    reply.refused(401, "SIGN_ERROR");
    let mistake = &sandbox.journal().last().unwrap().mistakes[0];
    assert_eq!(mistake.id, "Q16");
    assert!(mistake.cause.contains("1900000200"));
}

#[tokio::test]
async fn q05_clocks_in_milliseconds_or_local_time_are_recognised() {
    let (sandbox, client) = documentation().await;
    for (timestamp, cause) in [
        ((now() * 1000).to_string(), "milliseconds"),
        ((now() + 8 * 3600).to_string(), "whole hours"),
        ((now() - 4000).to_string(), "-4000"),
    ] {
        client
            .send(&Draft { timestamp, ..client.draft("POST", USE, USE_BODY) })
            .await
            .refused(401, "SIGN_ERROR");
        let mistake = sandbox.journal().last().unwrap().mistakes[0].clone();
        assert_eq!(mistake.id, "Q05");
        assert!(mistake.cause.contains(cause), "{mistake}");
    }
}

#[tokio::test]
async fn q14_a_retry_with_a_stale_authorization_is_recognised() {
    let (sandbox, client) = documentation().await;
    let draft = client.draft("POST", USE, USE_BODY);
    client.send(&draft).await.is(200);
    sandbox.set_wire_skew(400);
    client.send(&draft).await.refused(401, "SIGN_ERROR");
    assert!(sandbox.journal().last().unwrap().has_mistake("Q14"));
}

#[tokio::test]
async fn q02_a_placeholder_in_the_path_is_recognised() {
    let (sandbox, client) = documentation().await;
    let target = "/v3/marketing/membercard-open/cards/{card_id}/codes/{code}/bonus/commits";
    client.post(target, "{}").await.is(404);
    assert!(sandbox.journal().last().unwrap().has_mistake("Q02"));
    client.post(&format!("/{USE}"), USE_BODY).await.is(404);
    assert!(sandbox.journal().last().unwrap().has_mistake("Q02"));
}

#[tokio::test]
async fn q10_a_merchant_number_that_is_not_the_callers_is_refused() {
    let (sandbox, client) = documentation().await;
    let mut body = value(crate::samples::COMMIT_BODY);
    body.as_object_mut().unwrap().remove("sub_mchid");
    let reply = client.json(crate::client::COMMIT, &body).await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.message(), "http header中的mchid与post payload中的mchid不匹配");
    client.verify(&reply);
    assert!(sandbox.journal().last().unwrap().has_mistake("Q10"));
}

#[tokio::test]
async fn the_journal_and_debug_keep_secrets_to_themselves() {
    let (sandbox, client) = documentation().await;
    client.post(USE, USE_BODY).await.is(200);
    let entry = sandbox.journal().last().unwrap();
    assert!(entry.request_header("authorization").unwrap().contains('…'));
    assert_eq!(entry.string_to_sign.as_deref(), Some(&*format!("{}", Signed(&client, &entry))));
    let shown = format!(
        "{entry:?}{:?}{sandbox:?}{:?}",
        sandbox.credentials(),
        weipay_sandbox::World::documentation()
    );
    assert!(!shown.contains("PRIVATE KEY") && !shown.contains("WeipaySandboxNotARealKey"));
    assert!(!format!("{entry:?}").contains("xsd3434454567676"));
}

/// The string that the tests' client signed for an entry of the journal.
struct Signed<'a>(&'a Client, &'a weipay_sandbox::Entry);

impl std::fmt::Display for Signed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let header = self.1.request_header("authorization").unwrap();
        let timestamp = header.split("timestamp=\"").nth(1).unwrap().split('"').next().unwrap();
        let body: &str = std::str::from_utf8(&self.1.request_body).unwrap();
        assert!(matches!(value(body), Value::Object(_)));
        let draft = Draft { timestamp: timestamp.to_owned(), ..self.0.draft("POST", USE, body) };
        f.write_str(std::str::from_utf8(&draft.string()).unwrap())
    }
}
