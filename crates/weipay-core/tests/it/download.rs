//! Files pass chunk by chunk through limit, inflation and hash.

use std::io::Write;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use flate2::{Compression, write::GzEncoder};
use weipay_core::error::VerifyReason;
use weipay_core::exchange::{Digest, Event, Expected, Failure, FailureKind, Phase, Reply, Step};
use weipay_core::{Answer, Call, Error};

use crate::support::{Play, now, signed, unsigned};

const FILE: &[u8] = b"\xef\xbb\xbf`2025-01-01,`1.00\r\n";

fn sha1(bytes: &[u8]) -> Expected {
    Expected::Sha1(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().try_into().unwrap())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Streams `bytes` in chunks of `size`; gives the result and what was passed on.
fn stream(plan: Digest, bytes: &[u8], size: usize) -> (Result<Answer, Error>, Vec<u8>) {
    let mut play = Play::new(Call::download("/v3/billdownload/file", plan));
    let Step::Send { reply, .. } = play.start() else { panic!() };
    assert_eq!(reply, Reply::Stream(plan));
    let mut output = Vec::new();
    let mut step = play.exchange.step(now(1), Event::Response(unsigned(200, "")));
    let mut chunks = bytes.chunks(size);
    loop {
        match step {
            Step::Read { output: read, .. } => output.extend_from_slice(&read),
            Step::Done(Ok(answer)) => {
                output.extend_from_slice(answer.bytes());
                return (Ok(answer), output);
            }
            Step::Done(result) => return (result, output),
            step => panic!("{step:?}"),
        }
        step = match chunks.next() {
            Some(chunk) => play.exchange.step(now(1), Event::Chunk(chunk)),
            None => play.exchange.step(now(1), Event::StreamEnded),
        };
    }
}

#[test]
fn f02_the_hash_is_that_of_the_inflated_file() {
    let plain = Digest { expected: sha1(FILE), gzip: false, max: 1000 };
    let packed = Digest { gzip: true, ..plain };
    for size in [1, 3, 1000] {
        for (plan, bytes) in [(plain, FILE.to_vec()), (packed, gzip(FILE))] {
            let (result, output) = stream(plan, &bytes, size);
            assert_eq!(result.unwrap().hash().unwrap().len(), 40);
            assert_eq!(output, FILE);
        }
    }
    let sha256 = Expected::Sha256(digest(&SHA256, FILE).as_ref().try_into().unwrap());
    assert!(stream(Digest { expected: sha256, ..plain }, FILE, 7).0.is_ok());
    let of_packed = Digest { expected: sha1(&gzip(FILE)), ..packed };
    assert!(
        matches!(stream(of_packed, &gzip(FILE), 7).0, Err(Error::Verify(error)) if *error.reason() == VerifyReason::WrongHash)
    );
}

#[test]
fn f01_f03_cut_damaged_and_oversized_files() {
    let packed = Digest { expected: sha1(FILE), gzip: true, max: 1000 };
    let good = gzip(FILE);
    let cut = good[..good.len() - 3].to_vec();
    let trailing = [good.clone(), b"x".to_vec()].concat();
    let members = [good.clone(), good.clone()].concat();
    for bad in [cut, trailing, members] {
        assert!(matches!(stream(packed, &bad, 5).0, Err(Error::Verify(_))));
    }
    assert!(stream(Digest { gzip: false, ..packed }, &FILE[..5], 5).0.is_err());
    let bomb = gzip(&vec![0; 10_000_000]);
    for plan in [Digest { max: 5, gzip: false, ..packed }, packed] {
        let bytes = if plan.gzip { &bomb[..] } else { FILE };
        let (result, output) = stream(plan, bytes, 100);
        assert!(matches!(result, Err(Error::Transport(error)) if error.kind() == FailureKind::TooLarge));
        assert!(output.len() as u64 <= plan.max);
    }
}

#[test]
fn a_refusal_of_a_download_is_read_whole() {
    let plan = Digest { expected: sha1(FILE), gzip: false, max: 1000 };
    let mut play = Play::new(Call::download("/v3/billdownload/file", plan));
    play.start();
    let body = r#"{"code":"NO_AUTH","message":"no"}"#;
    play.exchange.step(now(1), Event::Response(signed(403, body)));
    for chunk in body.as_bytes().chunks(9) {
        assert!(
            matches!(play.exchange.step(now(1), Event::Chunk(chunk)), Step::Read { output, .. } if output.is_empty())
        );
    }
    let Step::Done(Err(error)) = play.exchange.step(now(1), Event::StreamEnded) else { panic!() };
    assert_eq!(error.code(), Some("NO_AUTH"));
}

#[test]
fn a_download_that_breaks_off() {
    let plan = Digest { expected: sha1(FILE), gzip: false, max: 1000 };
    let mut play = Play::new(Call::download("/v3/billdownload/file", plan));
    play.start();
    play.exchange.step(now(1), Event::Response(unsigned(200, "")));
    let failure = Failure::new(Phase::ReadingBody, FailureKind::Truncated);
    assert!(matches!(
        play.exchange.step(now(1), Event::Failed(failure)),
        Step::Done(Err(Error::Transport(_)))
    ));
}
