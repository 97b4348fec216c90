//! Files on their way to where they are wanted: bills, receipts, statements and pictures.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use weipay::error::{BuildReason, VerifyReason};
use weipay::exchange::{FailureKind, Phase};
use weipay::{Error, Outcome};
use weipay_testkit::wire::{Action, Answer, Received, Server};

use crate::clients::{Kind, both};
use crate::requests::is_signed;
use crate::world::{client, signed};

both![
    f05_a_bill_from_its_request_to_its_bytes,
    f02_f03_a_packed_bill,
    f01_no_half_file_stands_under_the_name,
    f04_an_address_that_has_expired,
    f06_signature_headers_on_a_file,
    f07_no_bill_yet,
    f09_a_statement_is_signed_by_its_hash,
    a_receipt_that_is_not_ready,
    an_address_elsewhere_needs_tls,
    only_a_published_hash_verifies,
    an_address_and_its_hash_by_hand,
    what_cannot_be_written_here,
];

const FILE: &[u8] = b"\xef\xbb\xbf`2025-01-01`,`1900000001`,`100`\r\n";
const ADDRESS: &str = "/v3/billdownload/file?token=a%2Bb|c==";
const BILL: &str = "v3/bill/tradebill";

/// A folder of a test's own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("weipay-files-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"))
}

fn sha1(bytes: &[u8]) -> String {
    hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A server that answers a bill's request with an address of its own, and the address with `file`.
fn bills(hash: &str, address: &'static str, file: Answer) -> Server {
    let hash = hash.to_owned();
    Server::answering(move |request: &Received| {
        let answer = if request.target().starts_with("/v3/billdownload/") {
            file.clone()
        } else {
            let host = request.header("Host").unwrap();
            let url = format!("http://{host}{address}");
            let bill = json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": url });
            signed(200, &bill.to_string())
        };
        vec![Action::Write(answer.bytes())]
    })
}

fn plain(body: &[u8]) -> Answer {
    Answer::new(200).body(body)
}

fn bill<K: Kind>(client: &K) -> K::Downloading<'_, weipay::VerifiedFile> {
    client.path(BILL).query("bill_date", "2025-01-01").download()
}

fn f05_a_bill_from_its_request_to_its_bytes<K: Kind>() {
    let folder = Folder::new();
    let server = bills(&sha1(FILE), ADDRESS, plain(FILE).chunked(7));
    let client: K = client(&server.url());
    let path = folder.0.join("bill.csv");
    fs::write(&path, "yesterday's").unwrap();
    let file = K::save(bill(&client), &path).unwrap();
    assert_eq!((file.bytes(), file.hash()), (FILE.len() as u64, sha1(FILE).to_lowercase().as_str()));
    assert_eq!((fs::read(&path).unwrap(), folder.names()), (FILE.to_vec(), vec!["bill.csv".to_owned()]));
    let requests = server.requests();
    let [asked, fetched] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((asked.method(), asked.target()), ("GET", "/v3/bill/tradebill?bill_date=2025-01-01"));
    assert_eq!((fetched.method(), fetched.target()), ("GET", ADDRESS));
    is_signed(fetched);
}

fn f02_f03_a_packed_bill<K: Kind>() {
    let (file, packed) = (vec![b'1'; 100_000], gzip(&vec![b'1'; 100_000]));
    let address = "/v3/billdownload/file?token=t&tartype=gzip";
    let server = bills(&sha1(&file), address, plain(&packed));
    let client: K = client(&server.url());
    let (mut bytes, told) = (Vec::new(), Arc::new(AtomicU64::new(0)));
    let saw = Arc::clone(&told);
    let progress = move |received, total: Option<u64>| {
        assert!(received <= total.unwrap());
        saw.store(received, Ordering::Relaxed);
    };
    let fetched = K::write(K::told(bill(&client), progress), &mut bytes).unwrap();
    assert_eq!((bytes == file, fetched.bytes()), (true, 100_000));
    assert_eq!(told.load(Ordering::Relaxed), packed.len() as u64);

    let of_packed = bills(&sha1(&packed), address, plain(&packed));
    let error = K::write(bill(&crate::world::client::<K>(&of_packed.url())), &mut Vec::new()).unwrap_err();
    assert!(
        matches!(&error, Error::Verify(error) if *error.reason() == VerifyReason::WrongHash),
        "{error:?}"
    );

    let error = K::write(K::at_most(bill(&client), 1000), &mut Vec::new()).unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.kind() == FailureKind::TooLarge), "{error:?}");
}

fn f01_no_half_file_stands_under_the_name<K: Kind>() {
    let folder = Folder::new();
    let path = folder.0.join("bill.csv");
    for bad in [plain(FILE).announcing(1000), plain(&FILE[..9]), plain(b"another")] {
        let server = bills(&sha1(FILE), ADDRESS, bad);
        let client: K = client(&server.url());
        assert!(K::save(bill(&client), &path).is_err());
        assert_eq!(folder.names(), Vec::<String>::new());
        fs::write(&path, "what was there").unwrap();
        assert!(K::save(bill(&client), &path).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"what was there");
        fs::remove_file(&path).unwrap();
    }
}

fn f04_an_address_that_has_expired<K: Kind>() {
    let refusal = Answer::json(403, r#"{"code":"NO_AUTH","message":"expired"}"#);
    let server = bills(&sha1(FILE), ADDRESS, refusal);
    let error = K::write(bill(&client::<K>(&server.url())), &mut Vec::new()).unwrap_err();
    assert_eq!((error.code(), error.outcome()), (Some("NO_AUTH"), Outcome::Rejected));
    let text = error.to_string();
    assert!(text.starts_with("GET /v3/billdownload/file:") && !text.contains("token"), "{text}");
}

fn f06_signature_headers_on_a_file<K: Kind>() {
    for header in ["Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Serial"] {
        let server = bills(&sha1(FILE), ADDRESS, plain(FILE).header(header, "WECHATPAY/SIGNTEST/x"));
        let mut bytes = Vec::new();
        K::write(bill(&client::<K>(&server.url())), &mut bytes).unwrap();
        assert_eq!(bytes, FILE);
    }
}

fn f07_no_bill_yet<K: Kind>() {
    for code in ["NO_STATEMENT_EXIST", "STATEMENT_CREATING"] {
        let answer = signed(400, &json!({ "code": code, "message": "text" }).to_string());
        let server = crate::world::answers(&answer);
        let folder = Folder::new();
        let error = K::save(bill(&client::<K>(&server.url())), &folder.0.join("bill.csv")).unwrap_err();
        assert_eq!((error.code(), server.requests().len()), (Some(code), 1));
        assert_eq!(folder.names(), Vec::<String>::new());
    }
}

/// A statement, whose signature covers the SHA-1 in its header.
fn statement(hash: &str, body: &[u8]) -> Answer {
    let covered = json!({ "sha1": hash }).to_string();
    signed(200, &covered).header("Wechatpay-Statement-Sha1", hash).body(body)
}

fn f09_a_statement_is_signed_by_its_hash<K: Kind>() {
    let fetch = |answer: &Answer| {
        let server = crate::world::answers_once(answer);
        let client: K = client(&server.url());
        let mut bytes = Vec::new();
        let path = client.path("hk/v3/statements").query("date", "20180130").query("mchid", "1900000109");
        let file = K::write(path.download(), &mut bytes)?;
        assert_eq!(file.bytes(), bytes.len() as u64);
        Ok::<_, Error>(bytes)
    };
    let right = sha1(FILE).to_lowercase();
    assert_eq!(fetch(&statement(&right, FILE)).unwrap(), FILE);
    let other = sha1(b"another");
    for (answer, reason) in [
        (statement(&right, b"another"), VerifyReason::WrongHash),
        (
            statement(&right, FILE).without("Wechatpay-Statement-Sha1"),
            VerifyReason::MissingHeader("Wechatpay-Statement-Sha1"),
        ),
        (
            statement(&right, b"another")
                .without("Wechatpay-Statement-Sha1")
                .header("Wechatpay-Statement-Sha1", &other),
            VerifyReason::WrongSignature,
        ),
        (plain(FILE).header("Wechatpay-Statement-Sha1", &right), VerifyReason::Unsigned),
    ] {
        let error = fetch(&answer).unwrap_err();
        assert!(matches!(&error, Error::Verify(error) if *error.reason() == reason), "{error:?}");
    }
}

fn a_receipt_that_is_not_ready<K: Kind>() {
    let answer = signed(200, r#"{"out_batch_no":"B1","signature_no":"1","signature_status":"ACCEPTED"}"#);
    let server = crate::world::answers_once(&answer);
    let client: K = client(&server.url());
    let path = client.path("v3/transfer/bill-receipt/{out_batch_no}").param("out_batch_no", "B1");
    let error = K::write(path.download(), &mut Vec::new()).unwrap_err();
    let Error::Decode(decode) = &error else { panic!("{error:?}") };
    assert_eq!(decode.path(), "/download_url");
    assert!(error.to_string().contains("may not be ready"), "{error}");
}

fn an_address_elsewhere_needs_tls<K: Kind>() {
    for address in ["http://127.0.0.1:1/v3/billdownload/file?token=t", "file:///etc/passwd", "https://host"] {
        let body = json!({ "hash_type": "SHA1", "hash_value": sha1(FILE), "download_url": address });
        let server = crate::world::answers_once(&signed(200, &body.to_string()));
        let error = K::write(bill(&client::<K>(&server.url())), &mut Vec::new()).unwrap_err();
        assert!(matches!(&error, Error::Decode(error) if error.path() == "/download_url"), "{error:?}");
        assert!(!error.to_string().contains("token"), "{error}");
    }
}

fn only_a_published_hash_verifies<K: Kind>() {
    let server = crate::world::answers(&Answer::new(200).header("Content-Type", "image/png").body("png"));
    let client: K = client(&server.url());
    let picture = || client.path("v3/merchant-service/images/{media_id}").param("media_id", "M1");
    let mistake = |error: Error| matches!(&error, Error::Build(error) if matches!(error.reason(), BuildReason::Download(_)));
    assert!(mistake(K::write(picture().download(), &mut Vec::new()).unwrap_err()));
    assert!(mistake(K::write(client.path("v3/certificates").download(), &mut Vec::new()).unwrap_err()));
    let verified = client.path(BILL).query("bill_date", "2025-01-01").download_unverified();
    assert!(mistake(K::write_unverified(verified, &mut Vec::new()).unwrap_err()));
    assert_eq!(server.requests().len(), 0);
    let mut bytes = Vec::new();
    let file = K::write_unverified(picture().download_unverified(), &mut bytes).unwrap();
    assert_eq!((file.bytes(), bytes.as_slice()), (3, &b"png"[..]));
    assert_eq!(file.answer().headers()["content-type"], "image/png");
}

fn an_address_and_its_hash_by_hand<K: Kind>() {
    let server = crate::world::answers(&plain(FILE));
    let client: K = client(&server.url());
    let url = format!("{}/v3/anywhere/{{x}}?token=t", server.url());
    let mut bytes = Vec::new();
    for (hash_type, hash) in [
        ("SHA1", sha1(FILE)),
        ("SHA256", hex(digest(&SHA256, FILE).as_ref())),
        ("SM3", SM3_OF_FILE.to_owned()),
    ] {
        bytes.clear();
        K::write(client.file_at(&url, hash_type, &hash), &mut bytes).unwrap();
        assert_eq!(bytes, FILE);
    }
    is_signed(&server.requests()[0]);
    for (url, hash_type, hash) in
        [("/v3/x", "SHA1", sha1(FILE)), (&url, "MD5", sha1(FILE)), (&url, "SHA256", sha1(FILE))]
    {
        let error = K::write(client.file_at(url, hash_type, &hash), &mut Vec::new()).unwrap_err();
        assert!(matches!(&error, Error::Build(_)), "{error:?}");
    }
}

/// As `openssl dgst -sm3` prints it.
const SM3_OF_FILE: &str = "484010feea7aaac81741cbe0e12b9ab3a2da625bc608954e6699f621548d822b";

fn what_cannot_be_written_here<K: Kind>() {
    let folder = Folder::new();
    let server = bills(&sha1(FILE), ADDRESS, plain(FILE));
    let client: K = client(&server.url());
    let error = K::save(bill(&client), &folder.0.join("no-such-folder/bill.csv")).unwrap_err();
    let Error::Transport(failure) = &error else { panic!("{error:?}") };
    assert_eq!((failure.phase(), failure.kind()), (Phase::NotConnected, FailureKind::Sink));
    assert_eq!((error.outcome(), server.requests().len()), (Outcome::NotSent, 0));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("no-such-folder/bill.csv"), "{cause}");

    let error = K::write_full(bill(&client)).unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.kind() == FailureKind::Sink), "{error:?}");
}

#[tokio::test]
async fn f01_a_download_that_is_dropped_leaves_nothing_behind() {
    let folder = Folder::new();
    let part = Answer::new(200).body(FILE).announcing(1000).bytes();
    let list = json!({ "hash_type": "SHA1", "hash_value": sha1(FILE) });
    let server = Server::answering(move |request: &Received| {
        if request.target().starts_with("/v3/billdownload/") {
            return vec![Action::Write(part.clone()), Action::Stall];
        }
        let mut bill = list.clone();
        bill["download_url"] = format!("http://{}{ADDRESS}", request.header("Host").unwrap()).into();
        vec![Action::Write(signed(200, &bill.to_string()).bytes())]
    });
    let client: weipay::Client = client(&server.url());
    let (begun, mut began) = tokio::sync::mpsc::unbounded_channel();
    let download = bill(&client).progress(move |received, _| begun.send(received).unwrap());
    tokio::select! {
        result = download.to_file(folder.0.join("bill.csv")) => panic!("{result:?}"),
        received = began.recv() => assert!(received.is_some()),
    }
    assert_eq!(folder.names(), Vec::<String>::new());
}
