//! Files, which are verified by their published hash while they pass.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use weipay::error::VerifyReason;
use weipay::exchange::{Digest, Expected, FailureKind, Phase};
use weipay::{Call, Error, Outcome};
use weipay_testkit::wire::{Action, Answer, Server};

use crate::clients::{Kind, both};
use crate::world::{answers_once, client, configured, signed};

both![
    f01_a_file_with_the_published_hash,
    f01_a_file_with_another_hash,
    f01_a_file_that_is_cut,
    a_file_that_stalls,
    a_file_larger_than_allowed,
    f04_a_refused_download,
];

const FILE: &[u8] = b"`2025-01-01`,`1900000001`,`100`\r\n";

fn download(max: u64) -> Call {
    let hash = digest(&SHA256, FILE).as_ref().try_into().unwrap();
    Call::download("v3/billdownload/file", Digest { expected: Expected::Sha256(hash), gzip: false, max })
}

fn f01_a_file_with_the_published_hash<K: Kind>() {
    let server = answers_once(&Answer::new(200).body(FILE).chunked(7));
    let answer = client::<K>(&server.url()).run(download(1000)).unwrap();
    assert!(answer.hash().is_some_and(|hash| hash.len() == 64));
}

fn f01_a_file_with_another_hash<K: Kind>() {
    let server = answers_once(&Answer::new(200).body("another file"));
    let error = client::<K>(&server.url()).run(download(1000)).unwrap_err();
    let Error::Verify(verify) = &error else { panic!("{error:?}") };
    assert_eq!(*verify.reason(), VerifyReason::WrongHash);
}

#[track_caller]
fn breaks_off<K: Kind>(client: &K, max: u64) -> (Phase, FailureKind, Outcome) {
    let error = client.run(download(max)).unwrap_err();
    let Error::Transport(transport) = &error else { panic!("{error:?}") };
    (transport.phase(), transport.kind(), error.outcome())
}

fn f01_a_file_that_is_cut<K: Kind>() {
    let server = answers_once(&Answer::new(200).body(FILE).announcing(1000));
    let failure = breaks_off(&client::<K>(&server.url()), 1000);
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::Truncated, Outcome::Unknown));
}

fn a_file_that_stalls<K: Kind>() {
    let part = Answer::new(200).body(FILE).announcing(1000).bytes();
    let server = Server::start([vec![Action::Read, Action::Write(part), Action::Stall]]);
    let client =
        K::finish(configured::<K>(&server.url()).attempt_timeout(Duration::from_millis(300))).unwrap();
    let failure = breaks_off(&client, 1000);
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::Timeout, Outcome::Unknown));
}

fn a_file_larger_than_allowed<K: Kind>() {
    let server = answers_once(&Answer::new(200).body(FILE).chunked(7));
    let failure = breaks_off(&client::<K>(&server.url()), 10);
    assert_eq!(failure, (Phase::ReadingBody, FailureKind::TooLarge, Outcome::Unknown));
}

fn f04_a_refused_download<K: Kind>() {
    let server = answers_once(&signed(403, r#"{"code":"NO_AUTH","message":"text"}"#).chunked(9));
    let error = client::<K>(&server.url()).run(download(1000)).unwrap_err();
    assert_eq!((error.code(), error.outcome()), (Some("NO_AUTH"), Outcome::Rejected));
}
