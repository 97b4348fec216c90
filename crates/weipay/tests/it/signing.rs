//! Keys that live elsewhere, and transports of one's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use weipay::error::SignerError;
use weipay::exchange::{Failure, FailureKind, Phase};
use weipay::wire::Signature;
use weipay::{Chunks, Client, Deadlines, Error, Outcome, Signer, SignerFuture, Transport, Transporting};

use crate::clients::{Kind, both};
use crate::world::{
    MCHID, MERCHANT_KEY, NOW, answers, configured, merchant_serial, public_key, public_key_id, redeem,
    signed, transport,
};

both![a_signer_elsewhere_signs, a_signer_that_fails, a_transport_double_answers];

/// A transport that is never connected, and counts how often it was tried.
#[derive(Clone, Default)]
pub(crate) struct Unplugged(pub(crate) Arc<AtomicUsize>);

impl Transport for Unplugged {
    fn send(&self, _: http::Request<Bytes>, _: Deadlines, _: usize) -> Transporting<'_, Bytes> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err(Failure::new(Phase::NotConnected, FailureKind::Connect)) })
    }

    fn stream(&self, _: http::Request<Bytes>, _: Deadlines) -> Transporting<'_, Chunks> {
        Box::pin(async { Err(Failure::new(Phase::NotConnected, FailureKind::Connect)) })
    }
}

/// A transport that never answers and ignores its deadlines.
pub(crate) struct Silent;

impl Transport for Silent {
    fn send(&self, _: http::Request<Bytes>, _: Deadlines, _: usize) -> Transporting<'_, Bytes> {
        Box::pin(std::future::pending())
    }

    fn stream(&self, _: http::Request<Bytes>, _: Deadlines) -> Transporting<'_, Chunks> {
        Box::pin(std::future::pending())
    }
}

#[derive(Clone, Copy, Debug)]
enum Elsewhere {
    Signs,
    Fails,
    Hangs,
}

impl Signer for Elsewhere {
    fn sign(&self, message: Bytes) -> SignerFuture<'_> {
        Box::pin(async move {
            match self {
                Elsewhere::Signs => Ok(Signature::new(MERCHANT_KEY.sign(&message))),
                Elsewhere::Fails => Err(SignerError::new("the HSM is locked")),
                Elsewhere::Hangs => std::future::pending().await,
            }
        })
    }
}

fn with<K: Kind>(signer: Elsewhere, url: &str) -> weipay::ClientBuilder<K> {
    K::start()
        .base_url(url)
        .merchant_signer(MCHID, merchant_serial(), signer)
        .platform_public_key(public_key_id(), public_key())
        .clock(|| NOW)
}

fn a_signer_elsewhere_signs<K: Kind>() {
    let server = answers(&signed(200, r#"{"ok":true}"#));
    let client = K::finish(with::<K>(Elsewhere::Signs, &server.url())).unwrap();
    assert_eq!(K::value(redeem(&client)).unwrap()["ok"], true);
}

fn a_signer_that_fails<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let client = K::finish(with::<K>(Elsewhere::Fails, &server.url())).unwrap();
    let error = K::value(redeem(&client)).unwrap_err();
    assert!(matches!(error, Error::Sign(_)), "{error:?}");
    assert_eq!((error.outcome(), server.connections()), (Outcome::NotSent, 0));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("the HSM is locked"));
}

fn a_transport_double_answers<K: Kind>() {
    let client = K::finish(configured::<K>("http://127.0.0.1:1").transport(Unplugged::default())).unwrap();
    let failure = transport(K::value(redeem(&client)));
    assert_eq!(failure, (Phase::NotConnected, FailureKind::Connect, Outcome::NotSent));
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_hangs_ends_with_the_call() {
    let client = with::<Client>(Elsewhere::Hangs, "http://127.0.0.1:1").build().unwrap();
    let started = tokio::time::Instant::now();
    let error = redeem(&client).timeout(Duration::from_secs(3)).await.unwrap_err();
    assert_eq!((started.elapsed().as_secs(), error.outcome()), (3, Outcome::NotSent));
    assert!(matches!(error, Error::Sign(_)), "{error:?}");
}
