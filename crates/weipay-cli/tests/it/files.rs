//! `weipay upload`, `weipay bill`, `weipay certificates`, `weipay notification` and `weipay doctor`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use weipay::PrivateKey;
use weipay_sandbox::Sandbox;
use weipay_testkit::vectors::{at, key_file, text};
use weipay_testkit::wire::{Action, Answer, Platform, Received, Server};

use crate::process::{WEIPAY, folder};

const KEY_ID: &str = "PUB_KEY_ID_0000000000000000000000000000000001";

/// The command for a merchant of the vectors, whose server is at `url`.
fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(WEIPAY);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WEIPAY_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("WEIPAY_BASE_URL", url).env("WEIPAY_MCHID", "1900000001");
    command.env("WEIPAY_MERCHANT_SERIAL", text("/generated/merchant_key/serial_no"));
    command.env("WEIPAY_PRIVATE_KEY", key_file("merchant.key.pem"));
    command
        .env("WEIPAY_PLATFORM_KEY_ID", KEY_ID)
        .env("WEIPAY_PLATFORM_PUBLIC_KEY", key_file("platform.pub.pem"));
    command.env("WEIPAY_APIV3_KEY", text("/generated/apiv3_key"));
    command
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// A server of WeChat Pay's key that answers each request as `next` says.
fn server(next: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Server {
    Server::answering(move |request| vec![Action::Write(next(request).bytes())])
}

fn signed(body: &Value) -> Answer {
    let key = PrivateKey::from_pem(key_file("platform.key.pem")).unwrap();
    let platform = Platform::new(KEY_ID, move |message| STANDARD.encode(key.sign(message)));
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    Answer::json(200, body.to_string()).signed(&platform, now.try_into().unwrap())
}

#[test]
fn an_upload_prints_the_media_id() {
    let server = server(|_| signed(&json!({ "media_id": "M1" })));
    let folder = folder("upload");
    let file = folder.join("shop.jpg");
    std::fs::write(&file, b"\xff\xd8\xff picture").unwrap();
    let path = file.to_str().unwrap();
    let output = command(&server.url(), &["upload", path]).output().unwrap();
    assert_eq!(told(&output), (r#"{"media_id":"M1"}"#.to_owned(), String::new()));
    let request = server.requests().pop().unwrap();
    assert_eq!(request.target(), "/v3/merchant/media/upload");
    let body = String::from_utf8_lossy(request.body()).into_owned();
    assert!(body.contains(r#"{"filename":"shop.jpg","sha256":""#), "{body}");

    let to = "v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload";
    let more = ["upload", path, "--to", to, "-p", "sub_mchid=7", "-d", r#"{"item_id": 1}"#];
    assert!(command(&server.url(), &more).output().unwrap().status.success());
    let body = String::from_utf8_lossy(server.requests().pop().unwrap().body()).into_owned();
    assert!(body.contains(r#"{"item_id": 1,"file_name":"shop.jpg""#), "{body}");

    std::fs::write(&file, b"\x89PNG\r\n\x1a\n").unwrap();
    let output = command(&server.url(), &["upload", path]).output().unwrap();
    let (stdout, stderr) = told(&output);
    assert_eq!((output.status.code(), stdout.as_str(), server.requests().len()), (Some(1), "", 2));
    assert!(stderr.contains("content is that of a .png"), "{stderr}");
}

#[test]
fn a_bill_is_written_when_its_hash_held() {
    let server = server(|request| {
        let sha1 = "7c4a8d09ca3762af61e59520943dc26494f8941b";
        if request.target().starts_with("/v3/billdownload/") {
            return Answer::new(200).body("123456");
        }
        let hash = if request.target().contains("2025-01-02") { "00".repeat(20) } else { sha1.to_owned() };
        let url = format!("http://{}/v3/billdownload/file?token=t", request.header("Host").unwrap());
        signed(&json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": url }))
    });
    let folder = folder("bill");
    let run = |arguments: &[&str]| command(&server.url(), arguments).current_dir(&folder).output().unwrap();
    let output = run(&["bill", "download", "trade", "--date", "2025-01-01"]);
    let line = "trade-2025-01-01.csv  6 bytes  7c4a8d09ca3762af61e59520943dc26494f8941b\n";
    assert_eq!(told(&output), (line.to_owned(), String::new()));
    assert_eq!(std::fs::read(folder.join("trade-2025-01-01.csv")).unwrap(), b"123456");
    assert_eq!(server.requests()[0].target(), "/v3/bill/tradebill?bill_date=2025-01-01");

    let output = run(&["bill", "download", "fundflow", "--date", "2025-01-02", "--out", "wrong.csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).1.contains("the file does not have the published hash"));
    assert!(!folder.join("wrong.csv").exists());

    let picture =
        ["bill", "download", "v3/merchant-service/images/{media_id}", "-p", "media_id=M1", "--json"];
    let server = self::server(|_| Answer::new(200).body("png"));
    let output = command(&server.url(), &picture).current_dir(&folder).output().unwrap();
    assert_eq!(told(&output).0, "{\"file\":\"media_id.csv\",\"bytes\":3,\"hash\":null}\n");

    let output = run(&["bill", "download", "v3/marketing/busifavor/coupons/use"]);
    assert_eq!(output.status.code(), Some(2));
}

/// The notification of the vectors as a capture, with line feeds as an editor leaves them.
fn capture(path: &Path) {
    let vector = at("/generated/notification");
    let body = vector["body"].as_str().unwrap();
    let mut text = format!("POST /notify HTTP/1.1\nHost: shop.example\nContent-Length: {}\n", body.len());
    for (name, value) in vector["headers"].as_object().unwrap() {
        writeln!(text, "{name}: {}", value.as_str().unwrap()).unwrap();
    }
    std::fs::write(path, format!("{text}\n{body}\n")).unwrap();
}

#[test]
fn a_captured_notification_is_opened_at_its_moment_only() {
    let file = folder("notification").join("capture.http");
    capture(&file);
    let open = |more: &[&str]| {
        let arguments = [&["notification", "open", file.to_str().unwrap()], more].concat();
        command("http://127.0.0.1:1", &arguments).output().unwrap()
    };
    let output = open(&["--at", "2025-01-01T08:00:00+08:00"]);
    let (stdout, stderr) = told(&output);
    let resource: Value = serde_json::from_str(&stdout).unwrap();
    let decrypted = text("/generated/notification/decrypted");
    assert_eq!(resource, serde_json::from_str::<Value>(decrypted).unwrap());
    assert!(stderr.contains("POINT_EXCHANGE_COUPON EV-2025010100000001"), "{stderr}");

    let output = open(&[]);
    assert_eq!((output.status.code(), told(&output).0.as_str()), (Some(1), ""));
    assert!(told(&output).1.contains("--at TIME"));

    std::fs::write(&file, "no request").unwrap();
    assert_eq!(open(&[]).status.code(), Some(2));
}

#[test]
fn certificates_and_the_doctor_against_the_sandbox() {
    let runtime = Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start()).unwrap();
    let run = |arguments: &[&str], change: &[(&str, &str)]| {
        let mut command = command("http://127.0.0.1:1", arguments);
        command
            .env_remove("WEIPAY_PLATFORM_PUBLIC_KEY")
            .env_remove("WEIPAY_PRIVATE_KEY")
            .env_remove("WEIPAY_APIV3_KEY");
        command.envs(sandbox.environment()).envs(change.iter().copied()).output().unwrap()
    };
    let folder = folder("certificates");
    let output = run(&["certificates", "fetch", "--json", "--out", folder.to_str().unwrap()], &[]);
    let line: Value = serde_json::from_str(&told(&output).0).unwrap();
    let file = folder.join(format!("wechatpay_{}.pem", line["serial"].as_str().unwrap()));
    let certificate = weipay::Certificate::from_file(file).unwrap();
    assert_eq!(line["serial"], certificate.serial());

    let output = run(&["doctor"], &[]);
    let (stdout, stderr) = told(&output);
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{stdout}");
    assert_eq!(stdout.lines().filter(|line| line.starts_with("ok ")).count(), 6, "{stdout}");

    let output = run(&["doctor"], &[("WEIPAY_MCHID", "1900009999")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told(&output).0.contains("FAIL  merchant") && told(&output).0.contains("have to belong together")
    );

    let wrong = [("WEIPAY_PLATFORM_KEY_ID", "PUB_KEY_ID_0000000000000000000000000000000099")];
    let (stdout, _) = told(&run(&["doctor"], &wrong));
    assert!(stdout.contains("FAIL  platform"), "{stdout}");

    let (stdout, _) = told(&run(&["doctor"], &[("WEIPAY_BASE_URL", "http://127.0.0.1:1")]));
    assert!(stdout.contains("FAIL  network") && stdout.contains("WEIPAY_BASE_URL"), "{stdout}");

    let (stdout, _) = told(&run(&["doctor"], &[("WEIPAY_MCHID", "")]));
    assert!(stdout.starts_with("FAIL  keys") && stdout.contains("WEIPAY_MCHID"), "{stdout}");
}
