//! What goes over the wire: the target that was signed, byte for byte, and the headers of the protocol.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use weipay::error::BuildReason;
use weipay::{Error, Outcome, wire};
use weipay_testkit::wire::{Received, Server};

use crate::clients::{Kind, both};
use crate::world::{
    MCHID, MERCHANT_KEY, answers, client, configured, merchant_serial, public_key_id, redeem, signed,
};

both![
    what_is_sent_is_what_was_signed,
    values_that_no_path_carries_are_refused,
    the_headers_of_the_protocol,
    headers_of_the_caller,
    the_mistakes_of_a_chain_surface_when_it_is_sent,
    a_post_without_a_body_announces_none,
];

/// What `Authorization` says, and that its signature is that of the request as received.
#[track_caller]
pub(crate) fn is_signed(request: &Received) {
    is_signed_over(request, request.body());
}

/// The same of a request that is signed over a part of its body.
#[track_caller]
pub(crate) fn is_signed_over(request: &Received, body: &[u8]) {
    let header = request.header("Authorization").unwrap();
    let (scheme, pairs) = header.split_once(' ').unwrap();
    assert_eq!(scheme, "WECHATPAY2-SHA256-RSA2048");
    let pair = |name: &str| {
        let found =
            pairs.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"'));
        found.unwrap_or_else(|| panic!("no {name} in {header}"))
    };
    assert_eq!((pair("mchid"), pair("serial_no")), (MCHID, merchant_serial()));
    let timestamp = pair("timestamp").parse().unwrap();
    let message =
        wire::request_message(request.method(), request.target(), timestamp, pair("nonce_str"), body);
    // RSASSA-PKCS1-v1_5 is deterministic: the right signature is the only one.
    assert_eq!(pair("signature"), STANDARD.encode(MERCHANT_KEY.sign(&message)), "{request:?}");
}

#[track_caller]
fn target_of<K: Kind>(server: &Server, value: &str) -> String {
    let client: K = client(&server.url());
    let path = client.path("v3/marketing/busifavor/users/{openid}/coupons/{coupon_code}/appids/{appid}");
    let path = path.param("openid", value).param("coupon_code", "C1").param("appid", "wx1").query("q", value);
    K::value(path.get()).unwrap();
    let request = server.requests().pop().unwrap();
    is_signed(&request);
    request.target().to_owned()
}

fn what_is_sent_is_what_was_signed<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    for (value, encoded) in [
        ("plain-1._~", "plain-1._~"),
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("...", "..."),
        ("a..b", "a..b"),
        ("%2e%2e", "%252e%252e"),
        (" two blanks ", "%20two%20blanks%20"),
        ("CAPITALS", "CAPITALS"),
        ("a|b", "a%7Cb"),
        ("a+b", "a%2Bb"),
        ("券码", "%E5%88%B8%E7%A0%81"),
        ("{x}", "%7Bx%7D"),
        ("a?b#c&d=e", "a%3Fb%23c%26d%3De"),
        ("\"'<>`", "%22%27%3C%3E%60"),
        ("a\u{0}\r\nb", "a%00%0D%0Ab"),
    ] {
        let target = format!("/v3/marketing/busifavor/users/{encoded}/coupons/C1/appids/wx1?q={encoded}");
        assert_eq!(target_of::<K>(&server, value), target, "{value:?}");
    }
    // A trailing slash belongs to the template, and an empty query value is one.
    let client: K = client(&server.url());
    K::value(client.path("/v3/some/path/").query("empty", "").query("b", 2).get()).unwrap();
    let request = server.requests().pop().unwrap();
    is_signed(&request);
    assert_eq!(request.target(), "/v3/some/path/?empty=&b=2");

    let body = json!({ "name": "券 / \\ \u{1F600}", "b": 1, "a": 2 });
    K::value(client.path("v3/some/path").post(&body)).unwrap();
    let request = server.requests().pop().unwrap();
    is_signed(&request);
    assert_eq!(request.body(), serde_json::to_vec(&body).unwrap());
}

fn values_that_no_path_carries_are_refused<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let client: K = client(&server.url());
    for value in ["", ".", "..", "a\\b"] {
        let error = K::value(client.path("v3/x/{id}").param("id", value).get()).unwrap_err();
        let Error::Build(build) = &error else { panic!("{value}: {error:?}") };
        assert_eq!(*build.reason(), BuildReason::ParamValue("id".to_owned()));
        assert_eq!(error.outcome(), Outcome::NotSent);
    }
    assert_eq!(server.connections(), 0);
}

fn the_headers_of_the_protocol<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let client = K::finish(configured::<K>(&server.url()).user_agent("my-shop/1.2")).unwrap();
    K::value(redeem(&client)).unwrap();
    K::value(client.path("v3/some/path").get()).unwrap();
    let [post, get] = server.requests().try_into().unwrap();
    for request in [&post, &get] {
        is_signed(request);
        assert!(request.head().contains(" HTTP/1.1\r\n"), "{request:?}");
        assert_eq!(request.header("Host"), Some(server.address().to_string().as_str()));
        assert_eq!(request.header("Accept"), Some("application/json"));
        assert_eq!(request.header("Wechatpay-Serial"), Some(public_key_id()));
        assert_eq!(request.header("Accept-Encoding"), None);
        let agent = request.header("User-Agent").unwrap();
        assert!(agent.starts_with("weipay/") && agent.ends_with(" my-shop/1.2"), "{agent}");
    }
    assert_eq!(post.header("Content-Type"), Some("application/json"));
    assert_eq!(post.header("Content-Length"), Some(post.body().len().to_string().as_str()));
    assert_eq!((get.header("Content-Type"), get.header("Content-Length")), (None, None));
}

fn headers_of_the_caller<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let client: K = client(&server.url());
    K::value(redeem(&client).header("X-Trace", "t-1").header("Accept-Language", "en")).unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!((request.header("x-trace"), request.header("accept-language")), (Some("t-1"), Some("en")));
    for name in [
        "Authorization",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Accept-Encoding",
        "Wechatpay-Serial",
        "Wechatpay-Anything",
    ] {
        let error = K::value(redeem(&client).header(name, "x")).unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        let text = error.to_string();
        assert!(
            text.contains("is set by the protocol itself") && text.contains(&name.to_lowercase()),
            "{text}"
        );
    }
    let error = K::value(redeem(&client).header("X-Bad", "a\r\nb")).unwrap_err();
    assert!(error.to_string().contains("no legal header"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

fn the_mistakes_of_a_chain_surface_when_it_is_sent<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let client: K = client(&server.url());
    let path = |template: &str| client.path(template);
    let mut nan = std::collections::BTreeMap::new();
    nan.insert((1, 2), "a key that JSON cannot have");
    for (request, message) in [
        (path("v3/x/{id}").get(), "path parameter 'id' has no value; add .param(\"id\", …)"),
        (
            path("v3/x/{id}").param("id", 1).param("idd", 1).get(),
            "the path has no parameter 'idd'; it has id",
        ),
        (path("v3/x/{id}").param("id", 1).param("id", 2).get(), "path parameter 'id' was given twice"),
        (path("https://api.mch.weixin.qq.com/v3/x").get(), "give the path alone"),
        (path("v3/x?a=1").get(), "use .query(name, value)"),
        (path("v3/x%2Fy").get(), "write a {parameter}"),
        (path("v3//x").get(), "empty segment"),
        (path("v3/../x").get(), "'.' or '..'"),
        (path("v3/券").get(), "would need encoding"),
        (path("brand/x").get(), "need a brand credential"),
        (path("v3/x").post(&nan), "the body cannot be written as JSON"),
    ] {
        let error = K::value(request).unwrap_err();
        assert!(matches!(error, Error::Build(_)), "{error:?}");
        assert_eq!(error.outcome(), Outcome::NotSent);
        let text = error.to_string();
        assert!(text.contains(message) && text.ends_with("; nothing was sent"), "{text}");
    }
    assert_eq!(server.connections(), 0);
}

fn a_post_without_a_body_announces_none<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let client: K = client(&server.url());
    K::value(client.path("v3/some/path").post(&())).unwrap();
    let request = server.requests().pop().unwrap();
    is_signed(&request);
    assert_eq!(request.header("Content-Length"), Some("0"), "without it, gateways answer 411");
}
