//! Connections that do not come about: nothing was sent, and the error says at which step.

use std::net::TcpListener;
use std::time::Duration;

use weipay::exchange::{FailureKind, Phase};
use weipay::{ConfigError, Outcome};
use weipay_testkit::wire::{Action, Answer, Server};

use crate::clients::{Kind, both};
use crate::tls_server::TlsServer;
use crate::world::{CA, answers, client, configured, redeem, signed, transport};

both![
    t10_a_refused_connection,
    t10_a_name_that_does_not_resolve,
    t10_a_plain_port_called_by_https,
    t14_a_certificate_of_an_unknown_authority,
    a_certificate_of_an_extra_authority,
    a_tls_handshake_that_never_ends,
    a_proxy_that_never_answers,
    a_proxy_that_refuses,
    a_proxy_that_is_not_there,
    an_explicit_proxy_is_asked_for_a_tunnel,
    a_proxy_is_asked_for_port_80_of_plain_http,
    a_refused_connection_is_tried_again,
];

const NOT_SENT: Outcome = Outcome::NotSent;

/// A port on which nothing listens.
fn closed_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn t10_a_refused_connection<K: Kind>() {
    let client: K = client(&format!("http://127.0.0.1:{}", closed_port()));
    let failure = transport(K::value(redeem(&client)));
    assert_eq!(failure, (Phase::NotConnected, FailureKind::Connect, NOT_SENT));
}

fn t10_a_name_that_does_not_resolve<K: Kind>() {
    // No label may have more than 63 characters, so no resolver needs to ask anybody.
    let client: K = client(&format!("http://{}.localhost:1", "a".repeat(64)));
    let failure = transport(K::value(redeem(&client)));
    assert_eq!(failure, (Phase::NotConnected, FailureKind::Dns, NOT_SENT));
}

fn t10_a_plain_port_called_by_https<K: Kind>() {
    let server = Server::start([vec![Action::Write(Answer::new(400).bytes())]]);
    let client: K = client(&format!("https://{}", server.address()));
    let failure = transport(K::value(redeem(&client)));
    assert_eq!(failure, (Phase::NotConnected, FailureKind::Tls, NOT_SENT));
}

fn t14_a_certificate_of_an_unknown_authority<K: Kind>() {
    let server = TlsServer::start(signed(200, "{}").bytes());
    let client: K = client(&server.url());
    let error = K::value(redeem(&client)).unwrap_err();
    let chain = std::iter::successors(std::error::Error::source(&error), |error| error.source());
    assert!(chain.map(ToString::to_string).any(|cause| cause.contains("UnknownIssuer")), "{error:?}");
    assert_eq!(transport(Err(error)), (Phase::NotConnected, FailureKind::Tls, NOT_SENT));
}

fn a_certificate_of_an_extra_authority<K: Kind>() {
    let server = TlsServer::start(signed(200, r#"{"ok":true}"#).bytes());
    let client = K::finish(configured::<K>(&server.url()).extra_ca(CA)).unwrap();
    assert_eq!(K::value(redeem(&client)).unwrap()["ok"], true);
}

fn a_tls_handshake_that_never_ends<K: Kind>() {
    let server = Server::start([vec![Action::Stall]]);
    let url = format!("https://{}", server.address());
    let client = K::finish(configured::<K>(&url).connect_timeout(Duration::from_millis(20))).unwrap();
    let failure = transport(K::value(redeem(&client)));
    assert_eq!(failure, (Phase::NotConnected, FailureKind::Timeout, NOT_SENT));
}

fn through<K: Kind>(proxy: &str, target: &str) -> K {
    K::finish(configured::<K>(target).proxy(proxy)).unwrap()
}

fn a_proxy_that_never_answers<K: Kind>() {
    let proxy = Server::start([vec![Action::Read, Action::Stall]]);
    let builder = configured::<K>("http://shop.test").proxy(proxy.url());
    let client = K::finish(builder.connect_timeout(Duration::from_millis(20))).unwrap();
    let failure = transport(K::value(redeem(&client)));
    assert_eq!(failure, (Phase::NotConnected, FailureKind::Timeout, NOT_SENT));
}

fn a_proxy_that_refuses<K: Kind>() {
    let proxy = Server::start([vec![Action::Read, Action::Write(Answer::new(407).bytes())]]);
    let failure = transport(K::value(redeem(&through::<K>(&proxy.url(), "https://shop.test"))));
    assert_eq!(failure, (Phase::NotConnected, FailureKind::Proxy, NOT_SENT));
    assert_eq!(proxy.requests()[0].target(), "shop.test:443");
}

fn a_proxy_that_is_not_there<K: Kind>() {
    let proxy = format!("http://127.0.0.1:{}", closed_port());
    let failure = transport(K::value(redeem(&through::<K>(&proxy, "http://shop.test"))));
    assert_eq!(failure, (Phase::NotConnected, FailureKind::Proxy, NOT_SENT));
}

fn an_explicit_proxy_is_asked_for_a_tunnel<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let proxy = Server::start([vec![Action::Read, Action::Tunnel(server.address())]]);
    let url = format!("http://me:p%40ss@{}", proxy.address());
    // The name resolves nowhere: only the proxy has to know it.
    let client: K = through(&url, "http://shop.test:8080");
    K::value(redeem(&client)).unwrap();

    let asked = &proxy.requests()[0];
    assert_eq!((asked.method(), asked.target()), ("CONNECT", "shop.test:8080"));
    assert_eq!(asked.header("Proxy-Authorization"), Some("Basic bWU6cEBzcw=="), "me:p@ss");
    let inner = &server.requests()[0];
    assert_eq!(inner.target(), "/v3/marketing/busifavor/coupons/use", "origin form, as signed");
    assert_eq!(inner.header("Host"), Some("shop.test:8080"));
    assert_eq!(inner.header("Proxy-Authorization"), None);
}

fn a_proxy_is_asked_for_port_80_of_plain_http<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let proxy = Server::start([vec![Action::Read, Action::Tunnel(server.address())]]);
    K::value(redeem(&through::<K>(&proxy.url(), "http://shop.test"))).unwrap();
    assert_eq!(proxy.requests()[0].target(), "shop.test:80");
}

fn a_refused_connection_is_tried_again<K: Kind>() {
    // The proxy refuses the first tunnel: nothing was sent, so a second attempt is safe.
    let server = answers(&signed(200, "{}"));
    let proxy = Server::start([
        vec![Action::Read, Action::Write(Answer::new(503).bytes())],
        vec![Action::Read, Action::Tunnel(server.address())],
    ]);
    let client =
        K::finish(configured::<K>("http://shop.test").proxy(proxy.url()).connect_attempts(2)).unwrap();
    K::value(redeem(&client)).unwrap();
    assert_eq!((proxy.connections(), server.requests().len()), (2, 1));
}

#[test]
fn a_proxy_or_an_authority_that_cannot_work_is_refused_when_the_client_is_built() {
    let build =
        |proxy: &str| configured::<weipay::Client>("http://shop.test").proxy(proxy).build().unwrap_err();
    for (url, why) in [
        ("socks5://host:1080", "only http:// proxies are supported"),
        ("https://host:443", "only http:// proxies are supported"),
        ("host", "not of the form http://host:port"),
        ("http://user:geheim@", "is no URL"),
        ("http://host/path", "behind its host and port"),
    ] {
        let error = build(url);
        assert!(matches!(error, ConfigError::Proxy(_)), "{url}: {error:?}");
        assert!(error.to_string().contains(why), "{url}: {error}");
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error}");
    }
    for (pem, why) in [
        ("", "holds no '-----BEGIN CERTIFICATE-----'"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no X.509 certificate"),
        ("-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n", "PEM is damaged"),
    ] {
        let error = configured::<weipay::Client>("https://shop.test").extra_ca(pem).build().unwrap_err();
        assert!(matches!(error, ConfigError::ExtraCa(_)), "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
    }
}
