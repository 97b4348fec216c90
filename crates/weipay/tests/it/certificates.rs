//! The platform certificates: fetched when they are asked for or needed, once for everybody who waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;
use weipay::{Certificate, Client, Error, Outcome};
use weipay_testkit::wire::{Action, Answer, Server};

use crate::clients::{Kind, both};
use crate::world::{
    CERTIFICATE, CERTIFICATE_SERIAL, NOW, certificate_list, certificate_platform, client, downloading, redeem,
};

both![
    asked_for_they_are_installed,
    the_first_call_fetches_what_it_needs,
    r07_an_unknown_certificate_is_looked_up_once_for_all_who_wait,
    r07_a_certificate_that_the_list_does_not_have_either,
    r08_a_public_key_id_is_never_looked_up,
    k04_a_merchant_without_certificates,
    without_leave_nothing_is_fetched,
];

const LIST: &str = "/v3/certificates";

/// Business answers signed by the certificate; the list as given.
fn server(list: Vec<Action>) -> Server {
    let business = Answer::json(200, r#"{"ok":true}"#).signed(&certificate_platform(), NOW).bytes();
    Server::answering(move |request| {
        if request.target() == LIST { list.clone() } else { vec![Action::Write(business.clone())] }
    })
}

fn fetches(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.target() == LIST).count()
}

fn list() -> Vec<Action> {
    vec![Action::Write(certificate_list().bytes())]
}

fn asked_for_they_are_installed<K: Kind>() {
    let server = server(list());
    let client = K::finish(downloading::<K>(&server.url())).unwrap();
    let certificates = client.fetch_certificates().unwrap();
    let [certificate] = certificates.as_slice() else { panic!("{certificates:?}") };
    assert_eq!((certificate.serial(), certificate.to_pem().as_str()), (CERTIFICATE_SERIAL, CERTIFICATE));
    assert_eq!(K::value(redeem(&client)).unwrap()["ok"], true);
    assert_eq!(fetches(&server), 1);
}

fn the_first_call_fetches_what_it_needs<K: Kind>() {
    let server = server(list());
    let client = K::finish(downloading::<K>(&server.url())).unwrap();
    assert_eq!(K::value(redeem(&client)).unwrap()["ok"], true);
    let requests = server.requests();
    assert_eq!(requests[0].target(), LIST);
    assert_eq!(requests[1].header("Wechatpay-Serial"), Some(CERTIFICATE_SERIAL));
}

/// A client that knows another certificate than the one that answers are signed by.
fn with_an_old_certificate<K: Kind>(url: &str) -> K {
    let old = Certificate::from_pem(include_str!("../keys/tls-server.cert.pem")).unwrap();
    K::finish(downloading::<K>(url).platform_certificate(old)).unwrap()
}

fn r07_an_unknown_certificate_is_looked_up_once_for_all_who_wait<K: Kind>() {
    const CALLERS: usize = 6;
    let server = server(vec![Action::Stall, Action::Write(certificate_list().bytes())]);
    let client: K = with_an_old_certificate(&server.url());
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(|| K::value(redeem(&client)))).collect();
        // The list comes when every call and the one download are under way.
        server.wait_for_requests(CALLERS + 1);
        server.release();
        for caller in callers {
            assert_eq!(caller.join().unwrap().unwrap()["ok"], true);
        }
    });
    assert_eq!(fetches(&server), 1);
}

fn r07_a_certificate_that_the_list_does_not_have_either<K: Kind>() {
    let stranger = Answer::json(200, "{}").signed(&certificate_platform(), NOW).without("Wechatpay-Serial");
    let stranger = stranger.header("Wechatpay-Serial", "7A1000000000000000000000000000000000FFFF").bytes();
    let server = Server::answering(move |request| {
        if request.target() == LIST { list() } else { vec![Action::Write(stranger.clone())] }
    });
    let client: K = with_an_old_certificate(&server.url());
    for _ in 0..3 {
        let error = K::value(redeem(&client)).unwrap_err();
        assert!(matches!(error, Error::Verify(_)), "{error:?}");
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
    assert_eq!(fetches(&server), 1, "whoever can forge an answer cannot make us download at will");
    assert_eq!(server.requests().len(), 4);
}

fn r08_a_public_key_id_is_never_looked_up<K: Kind>() {
    let answer = Answer::json(200, "{}").signed(&certificate_platform(), NOW).without("Wechatpay-Serial");
    let answer = answer.header("Wechatpay-Serial", "PUB_KEY_ID_0000000000000000000000000000000099").bytes();
    let server = Server::answering(move |_| vec![Action::Write(answer.clone())]);
    let client: K = with_an_old_certificate(&server.url());
    let error = K::value(redeem(&client)).unwrap_err();
    assert!(error.to_string().contains("which is not configured"), "{error}");
    assert_eq!(fetches(&server), 0);
}

fn k04_a_merchant_without_certificates<K: Kind>() {
    let body = json!({ "code": "RESOURCE_NOT_EXISTS", "message": "无可用的平台证书" }).to_string();
    let server = server(vec![Action::Write(Answer::json(404, body).bytes())]);
    let client = K::finish(downloading::<K>(&server.url())).unwrap();
    let error = client.fetch_certificates().unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(404), Some("RESOURCE_NOT_EXISTS")));

    let error = K::value(redeem(&client)).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    let text = error.to_string();
    assert!(
        text.contains("configure the WeChat Pay public key") && text.contains("RESOURCE_NOT_EXISTS"),
        "{text}"
    );
}

fn without_leave_nothing_is_fetched<K: Kind>() {
    let server = server(list());
    let error = K::value(redeem(&client::<K>(&server.url()))).unwrap_err();
    assert!(matches!(error, Error::Verify(_)), "{error:?}");
    assert_eq!(fetches(&server), 0);
}

#[tokio::test]
async fn a_download_serves_those_who_wait_even_if_its_caller_is_dropped() {
    let server = Arc::new(server(vec![Action::Stall, Action::Write(certificate_list().bytes())]));
    let client: Client = with_an_old_certificate(&server.url());
    let wait_for = |count| {
        let server = Arc::clone(&server);
        tokio::task::spawn_blocking(move || server.wait_for_requests(count))
    };
    let call = || {
        let client = client.clone();
        tokio::spawn(async move { redeem(&client).await })
    };
    let owner = call();
    wait_for(2).await.unwrap();
    owner.abort();
    assert!(owner.await.unwrap_err().is_cancelled());
    let other = call();
    wait_for(3).await.unwrap();
    server.release();
    assert_eq!(other.await.unwrap().unwrap()["ok"], true);
    assert_eq!(fetches(&server), 1);
}

#[tokio::test]
async fn k06_a_failed_download_is_tried_again_after_a_pause() {
    let fails = AtomicBool::new(true);
    let server = Server::answering(move |request| {
        let business = Answer::json(200, r#"{"ok":true}"#).signed(&certificate_platform(), NOW).bytes();
        match request.target() {
            LIST if fails.swap(false, Ordering::Relaxed) => vec![Action::Reset],
            LIST => list(),
            _ => vec![Action::Write(business)],
        }
    });
    let client = downloading::<Client>(&server.url()).build().unwrap();
    let first = redeem(&client).await.unwrap_err();
    assert_eq!(first.outcome(), Outcome::NotSent, "{first}");
    assert!(first.to_string().contains("GET /v3/certificates: the connection was closed"), "{first}");
    let second = redeem(&client).await.unwrap_err();
    assert_eq!((second.outcome(), server.connections()), (Outcome::NotSent, 1), "at once would be a storm");

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(11)).await;
    tokio::time::resume();
    assert_eq!(redeem(&client).await.unwrap()["ok"], true);
    assert_eq!(fetches(&server), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_list_ends_with_the_call() {
    // The clock of this test runs ahead as soon as everybody waits, and the list never comes.
    let client = downloading::<Client>("http://127.0.0.1:1")
        .transport(crate::signing::Silent)
        .total_timeout(Duration::from_secs(3600))
        .attempt_timeout(Duration::from_secs(3600))
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    let error = redeem(&client).timeout(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 2);
    assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
}

#[test]
fn the_certificate_of_these_tests_has_the_serial_that_they_expect() {
    assert_eq!(Certificate::from_pem(CERTIFICATE).unwrap().serial(), CERTIFICATE_SERIAL);
}
