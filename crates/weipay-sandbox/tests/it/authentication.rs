//! The checks before anything is executed, their order, and their answers.

use serde_json::json;

use weipay_sandbox::world::CertificateState;

use crate::client::{Client, Draft, NOTIFY, Reply, USE, documentation, now, sandbox};
use crate::samples::{NOTIFY_BODY, USE_BODY};

const WRONG_FORM: &str = "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
const TOO_OLD: &str = "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
const WRONG_SERIAL: &str = "商户证书序列号有误。请使用签名私钥匹配的证书序列号";

fn unsigned(reply: &Reply) {
    assert_eq!(reply.header("wechatpay-signature"), None);
    assert_eq!(reply.header("weipay-sandbox-basis"), Some("rule"));
}

fn sign_error(reply: &Reply, message: &str) {
    reply.refused(401, "SIGN_ERROR");
    assert_eq!(reply.message(), message);
    unsigned(reply);
}

#[tokio::test]
async fn an_unknown_path_or_method_is_empty_even_without_any_header() {
    let (_sandbox, client) = documentation().await;
    for (method, target, status) in
        [("POST", "/v3/nothing", 404), ("GET", NOTIFY, 405), ("PUT", "/v3/certificates", 405)]
    {
        let draft = Draft { authorization: Some(String::new()), ..client.draft(method, target, "") };
        let reply = client.send(&draft.without("User-Agent").without("Accept")).await;
        reply.is(status);
        assert!(reply.body.is_empty());
        unsigned(&reply);
    }
}

#[tokio::test]
async fn q08_user_agent_and_accept_come_before_authorization() {
    let (sandbox, client) = documentation().await;
    for header in ["User-Agent", "Accept"] {
        let draft =
            Draft { authorization: Some(String::new()), ..client.draft("GET", "/v3/certificates", "") };
        let reply = client.send(&draft.without(header)).await;
        reply.refused(400, "INVALID_REQUEST");
        assert_eq!(reply.message(), "Http头缺少Accept或User-Agent");
        unsigned(&reply);
        assert!(sandbox.journal().last().unwrap().has_mistake("Q08"));
    }
}

#[tokio::test]
async fn q07_q09_a_missing_foreign_or_malformed_authorization_is_told_apart() {
    let (sandbox, client) = documentation().await;
    let good = client.authorization(&client.draft("GET", "/v3/certificates", ""));
    for (header, message, mistake) in [
        (String::new(), WRONG_FORM, "Q09"),
        ("Bearer abcdef".to_owned(), "HTTP头Authorization认证类型不正确", "Q09"),
        (good.replace('"', "'"), WRONG_FORM, "Q07"),
        (good.replace("\",", "\", "), WRONG_FORM, "Q07"),
        (good.replacen("timestamp", "time", 1), WRONG_FORM, "Q07"),
    ] {
        let draft = Draft { authorization: Some(header), ..client.draft("GET", "/v3/certificates", "") };
        sign_error(&client.send(&draft).await, message);
        let entry = sandbox.journal().last().unwrap();
        assert!(entry.has_mistake(mistake), "{:?}", entry.mistakes);
    }
}

#[tokio::test]
async fn q05_the_clock_is_checked_before_the_signature() {
    let (sandbox, client) = documentation().await;
    let stale = |timestamp: String| Draft {
        timestamp,
        signed: Some(b"nonsense".to_vec()),
        ..client.draft("POST", USE, USE_BODY)
    };
    for timestamp in [now() - 302, now() + 302] {
        sign_error(&client.send(&stale(timestamp.to_string())).await, TOO_OLD);
    }
    for timestamp in ["-1", "abc", "99999999999999999999", "+5"] {
        sign_error(&client.send(&stale(timestamp.to_owned())).await, TOO_OLD);
    }
    let within = Draft { timestamp: (now() - 290).to_string(), ..client.draft("POST", USE, USE_BODY) };
    client.send(&within).await.is(200);
    sandbox.set_wire_skew(-302);
    sign_error(&client.post(USE, USE_BODY).await, TOO_OLD);
    sandbox.set_wire_skew(-200);
    let reply = client.post(USE, USE_BODY).await;
    reply.is(200);
    let stamped: i64 = reply.header("wechatpay-timestamp").unwrap().parse().unwrap();
    assert!((-205..=-195).contains(&(stamped - now())), "answers are stamped with the skewed clock");
}

#[tokio::test]
async fn k13_merchant_and_serial_must_be_known() {
    let (_sandbox, client) = documentation().await;
    let draft = client.draft("GET", "/v3/certificates", "");
    for wrong in [
        Draft { identity: "1999999999".to_owned(), ..draft.clone() },
        Draft { serial: "00AA".to_owned(), ..draft.clone() },
        Draft { serial: client.credentials.platform_certificate_serial.clone(), ..draft.clone() },
        Draft { identity: "1900000200".to_owned(), ..draft },
    ] {
        sign_error(&client.send(&wrong).await, WRONG_SERIAL);
    }
}

#[tokio::test]
async fn k08_a_certificate_out_of_use_is_refused_by_name() {
    for (state, message) in [
        (CertificateState::Expired, "商户证书已过期"),
        (CertificateState::Revoked, "商户证书已作废"),
        (CertificateState::Replaced, "已更换证书，请使用新证书"),
    ] {
        let (_sandbox, client) =
            sandbox(|world| world.merchant_mut("1900000100").unwrap().certificates[0].state = state).await;
        sign_error(&client.get("/v3/certificates").await, message);
    }
}

#[tokio::test]
async fn a_mismatch_shows_the_servers_string_and_executes_nothing() {
    let (sandbox, client) = documentation().await;
    let draft = Draft { signed: Some(b"something else".to_vec()), ..client.draft("POST", USE, USE_BODY) };
    let reply = client.send(&draft).await;
    reply.refused(401, "SIGN_ERROR");
    unsigned(&reply);
    let information = &reply.value()["detail"]["sign_information"];
    let right = Draft { signed: None, ..draft };
    assert_eq!(information["method"], "POST");
    assert_eq!(information["url"], USE);
    assert_eq!(information["sign_message_length"], right.string().len());
    assert_eq!(information["truncated_sign_message"].as_str().unwrap().as_bytes(), right.string());
    assert_eq!(reply.value()["detail"]["detail"]["issue"], "sign not match");
    assert!(sandbox.effects().is_empty());
    assert_eq!(sandbox.journal().last().unwrap().caller, None);

    let long = format!("{{\"coupon_code\":\"{}\"}}", "券".repeat(2000));
    let draft = Draft { signed: Some(b"x".to_vec()), ..client.draft("POST", USE, &long) };
    let reply = client.send(&draft).await;
    let shown = reply.value()["detail"]["sign_information"]["truncated_sign_message"].as_str().unwrap().len();
    assert!((1000..1100).contains(&shown), "{shown}");
}

#[tokio::test]
async fn k09_the_callers_serial_chooses_the_key_that_signs() {
    let (_sandbox, client) = documentation().await;
    let certificate = client.credentials.platform_certificate_serial.clone();
    let key = client.credentials.platform_key_id.clone();
    let draft = client.draft("POST", NOTIFY, NOTIFY_BODY);
    for (draft, signed_by) in [
        (draft.clone(), &key),
        (draft.clone().header("Wechatpay-Serial", &certificate), &certificate),
        (draft.clone().without("Wechatpay-Serial"), &certificate),
    ] {
        let reply = client.send(&draft).await;
        reply.is(204);
        assert_eq!(reply.header("wechatpay-serial"), Some(signed_by.as_str()));
        assert_eq!(reply.header("wechatpay-signature-type"), Some("WECHATPAY2-SHA256-RSA2048"));
        assert!(reply.header("request-id").unwrap().ends_with("-0"));
        client.verify(&reply);
    }
    let reply = client.send(&draft.header("Wechatpay-Serial", "PUB_KEY_ID_5")).await;
    reply.refused(400, "PARAM_ERROR");
    assert_eq!(reply.message(), "平台证书序列号Wechatpay-Serial错误");
    client.verify(&reply);
}

/// The brand's own client.
#[tokio::test]
async fn q11_brands_have_a_scheme_paths_and_a_key_of_their_own() {
    let (sandbox, partner) = documentation().await;
    let client = Client::of_brand(&sandbox);
    let path = "/brand/card-member/user-points/sync";
    let body = json!({"out_request_no": "b1", "card_id": "pbLatjvWOibDc5-TBnbUk1pD12o0", "point_balance": 77,
        "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA", "user_card_code": "478515832665"});
    let draft = client.draft("POST", path, &body.to_string());
    let reply = client.send(&draft).await;
    reply.is(200);
    client.verify(&reply);
    assert_eq!(reply.header("wechatpay-signature-type"), Some("WECHATPAY-BRAND-SHA256-RSA2048"));
    assert_eq!(sandbox.point_balance("pbLatjvWOibDc5-TBnbUk1pD12o0", "478515832665"), Some(77));

    let reply = client.send(&draft.clone().without("Wechatpay-Serial")).await;
    reply.refused(400, "PARAM_ERROR");
    assert!(sandbox.journal().last().unwrap().has_mistake("Q11"));
    let on_merchant_path = Draft { target: NOTIFY.to_owned(), ..draft };
    for reply in [client.send(&on_merchant_path).await, partner.json(path, &body).await] {
        sign_error(&reply, "HTTP头Authorization认证类型不正确");
        assert!(sandbox.journal().last().unwrap().has_mistake("Q11"));
    }
}
