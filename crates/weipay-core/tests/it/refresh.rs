//! The key ring's one refresh slot, and the certificate list that proves itself.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weipay_core::error::VerifyReason;
use weipay_core::exchange::{Event, Step};
use weipay_core::{Call, Credential, Error};
use weipay_testkit::vectors::{key_file, text};

use crate::support::{CERTIFICATE, Play, Signer, certificate, coupons_use, done, merchant, now, settings};

fn downloading() -> Arc<Credential> {
    Arc::new(
        merchant()
            .platform_certificate(certificate("platform.cert.pem"))
            .download_certificates()
            .build()
            .unwrap(),
    )
}

/// The list that WeChat Pay answers, as JSON.
fn list(entries: &[(&str, &str)]) -> String {
    let key =
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, text("/generated/apiv3_key").as_bytes()).unwrap());
    let entries: Vec<_> = entries
        .iter()
        .map(|(serial, file)| {
            let mut sealed = key_file(file).into_bytes();
            let nonce = Nonce::try_assume_unique_for_key(b"61f9c719728a").unwrap();
            key.seal_in_place_append_tag(nonce, Aad::from(b"certificate"), &mut sealed).unwrap();
            serde_json::json!({"serial_no": serial, "effective_time ": "x", "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM", "nonce": "61f9c719728a",
                "associated_data": "certificate", "ciphertext": STANDARD.encode(sealed)}})
        })
        .collect();
    serde_json::json!({ "data": entries }).to_string()
}

fn rotated() -> String {
    certificate("rotated.cert.pem").serial().to_owned()
}

fn fetch(
    credential: &Arc<Credential>,
    answer: http::Response<bytes::Bytes>,
) -> Result<weipay_core::Answer, Error> {
    Play::with(Call::certificates(), Arc::clone(credential), settings()).answered(answer)
}

#[test]
fn an_unknown_certificate_serial_is_looked_up_once_and_the_answer_judged_again() {
    let credential = downloading();
    let mut play = Play::with(coupons_use(), Arc::clone(&credential), settings());
    play.start();
    let answer = Signer::certificate("rotated.cert.pem").answer(200, "{}");
    let Step::AwaitRefresh(ticket) = play.exchange.step(now(1), Event::Response(answer)) else { panic!() };
    assert!(ticket.is_owner());
    let body = list(&[(CERTIFICATE, "platform.cert.pem"), (&rotated(), "rotated.cert.pem")]);
    fetch(&credential, Signer::certificate("platform.cert.pem").answer(200, &body)).unwrap();
    drop(ticket);
    assert!(done(play.exchange.step(now(2), Event::RefreshDone)).is_ok());
}

#[test]
fn r07_a_serial_that_the_list_does_not_bring_is_refused_and_not_asked_for_again() {
    let credential = downloading();
    let ask = |later: u64| {
        let mut play = Play::with(coupons_use(), Arc::clone(&credential), settings());
        play.start();
        let answer = Signer { serial: "ABCD".to_owned(), ..Signer::default() }.answer(200, "{}");
        let step = play.exchange.step(now(later), Event::Response(answer));
        (play, step)
    };
    let (mut play, step) = ask(1);
    let Step::AwaitRefresh(ticket) = step else { panic!("asked once") };
    drop(ticket);
    let error = done(play.exchange.step(now(2), Event::RefreshDone)).unwrap_err();
    assert!(
        matches!(&error, Error::Verify(error) if *error.reason() == VerifyReason::UnknownSerial("ABCD".to_owned()))
    );
    assert!(matches!(ask(200).1, Step::Done(Err(Error::Verify(_)))), "not again within the period");
}

#[test]
fn k02_the_list_may_be_signed_by_a_certificate_that_it_brings() {
    let credential = downloading();
    let body = list(&[(&rotated(), "rotated.cert.pem")]);
    fetch(&credential, Signer::certificate("rotated.cert.pem").answer(200, &body)).unwrap();
    assert_eq!(credential.key_ring().serials(), [CERTIFICATE.to_owned(), rotated()], "known keys stay");
}

#[test]
fn a_list_signed_by_anybody_else_changes_nothing() {
    let credential = downloading();
    let body = list(&[(&rotated(), "rotated.cert.pem")]);
    let mut forged = Signer::certificate("platform.cert.pem");
    forged.serial = rotated();
    for answer in [forged.answer(200, &body), crate::support::unsigned(200, &body)] {
        assert!(matches!(fetch(&credential, answer), Err(Error::Verify(_))));
    }
    assert_eq!(credential.key_ring().serials(), [CERTIFICATE]);
}

#[test]
fn k03_an_entry_under_another_serial_is_left_out() {
    let credential = downloading();
    let body = list(&[("ABCD", "rotated.cert.pem")]);
    let error = fetch(&credential, Signer::certificate("platform.cert.pem").answer(200, &body)).unwrap_err();
    assert!(error.to_string().contains("under another serial than its own"), "{error}");
}

#[test]
fn k05_a_list_that_does_not_open_keeps_the_old_keys() {
    let credential = downloading();
    let body = list(&[(&rotated(), "rotated.cert.pem")]).replace("61f9c719728a", "61f9c719728b");
    let error = fetch(&credential, Signer::certificate("platform.cert.pem").answer(200, &body)).unwrap_err();
    assert!(error.to_string().contains("the APIv3 key does not open it"), "{error}");
    assert_eq!(credential.key_ring().serials(), [CERTIFICATE]);
}

#[test]
fn the_first_call_of_an_empty_ring_fetches_the_list_first() {
    let credential = Arc::new(merchant().download_certificates().build().unwrap());
    let mut play = Play::with(coupons_use(), Arc::clone(&credential), settings());
    let Step::AwaitRefresh(ticket) = play.start() else { panic!() };
    let body = list(&[(CERTIFICATE, "platform.cert.pem")]);
    fetch(&credential, Signer::certificate("platform.cert.pem").answer(200, &body)).unwrap();
    drop(ticket);
    let step = play.exchange.step(now(0), Event::RefreshDone);
    assert!(matches!(play.sign(now(0), step), Step::Send { .. }));
    assert_eq!(play.sent[0].headers()["wechatpay-serial"], CERTIFICATE);
}

#[test]
fn k04_without_any_certificate_the_call_is_not_sent() {
    let credential = Arc::new(merchant().download_certificates().build().unwrap());
    let mut play = Play::with(coupons_use(), credential, settings());
    let Step::AwaitRefresh(ticket) = play.start() else { panic!() };
    drop(ticket);
    let error = done(play.exchange.step(now(0), Event::RefreshDone)).unwrap_err();
    assert!(error.to_string().contains("configure the WeChat Pay public key"), "{error}");
}

#[test]
fn one_owner_and_the_others_wait() {
    let credential = downloading();
    let ring = credential.key_ring();
    let at = Duration::from_secs;
    let owner = ring.begin_refresh("A", at(0)).unwrap();
    let waiter = ring.begin_refresh("A", at(1)).unwrap();
    let other = ring.begin_refresh("B", at(1)).unwrap();
    assert!(owner.is_owner() && !waiter.is_owner() && !other.is_owner());
    let mut finished = pin!(waiter.finished());
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(finished.as_mut().poll(&mut context), Poll::Pending);
    drop(owner);
    assert_eq!(finished.as_mut().poll(&mut context), Poll::Ready(()));
    assert!(ring.begin_refresh("C", at(5)).is_none(), "less than ten seconds after the last");
    assert!(ring.begin_refresh("A", at(500)).is_none(), "the same serial within ten minutes");
    assert!(ring.begin_refresh("C", at(500)).is_some());
    assert!(ring.begin_refresh("A", at(601)).is_some());
}
