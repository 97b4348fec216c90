//! `weipay relay`: its configuration checked, and the server from its first line to its end.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use weipay_sandbox::Sandbox;

use crate::process::{Running, WEIPAY, folder};

/// A complete configuration whose merchant talks to `sandbox`.
pub(crate) fn configured(name: &str, sandbox: &Sandbox) -> PathBuf {
    let folder = folder(name);
    let known = sandbox.credentials();
    for (name, text) in [
        ("key.pem", known.private_key_pem.as_str()),
        ("pub.pem", &known.platform_public_key_pem),
        ("apiv3", &known.apiv3_key),
        ("seal.key", &"07".repeat(32)),
        ("hook.secret", "a secret of the tests, worthless"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let text = format!(
        r#"[relay]
store = "sqlite:relay.db"
seal_key = {{ file = "seal.key" }}

[[merchant]]
name = "shop"
mchid = "{}"
serial = "{}"
private_key = {{ file = "key.pem" }}
platform_key_id = "{}"
platform_public_key = {{ file = "pub.pem" }}
apiv3_key = {{ file = "apiv3" }}
base_url = "{}"
confirm_shape = "B"
brands = ["1004"]
hook = {{ url = "{}", secret = {{ file = "hook.secret" }} }}
"#,
        known.mchid,
        known.merchant_serial,
        known.platform_key_id,
        sandbox.url(),
        sandbox.url(),
    );
    let config = folder.join("relay.toml");
    fs::write(&config, text).unwrap();
    config
}

/// Runs `weipay relay COMMAND --config FILE`: exit code, stdout, stderr.
async fn relay(command: &str, config: &Path) -> (Option<i32>, String, String) {
    let (command, config) = (command.to_owned(), config.to_owned());
    let run =
        move || Command::new(WEIPAY).args(["relay", &command, "--config"]).arg(config).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_field_and_line_and_shows_no_secret() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = configured("relay-check", &sandbox);
    let (code, stdout, _) = relay("check", &config).await;
    assert_eq!((code, stdout.as_str()), (Some(0), "shop: complete, notified at /notify/shop\n"));
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("{ file = \"apiv3\" }", "\"PLANTED\"")).unwrap();
    for command in ["check", "serve", "preflight"] {
        let (code, stdout, stderr) = relay(command, &config).await;
        assert_eq!(code, Some(1), "{command}");
        assert!(
            format!("{stdout}{stderr}").contains("relay.toml:12: merchant[0].apiv3_key: "),
            "{stdout}{stderr}"
        );
        assert!(!format!("{stdout}{stderr}").contains("PLANTED"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn preflight_makes_one_signed_call_and_one_connection() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = configured("relay-preflight", &sandbox);
    let (code, stdout, stderr) = relay("preflight", &config).await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("ok     shop WeChat Pay: accepts our signature, serial and clock"), "{stdout}");
    assert!(stdout.contains("ok     shop hook: answers, and refuses what is not signed"), "{stdout}");
    assert!(stdout.contains("ok     store: the slowest of 20 syncs took "), "{stdout}");
    sandbox.stop().await;
    let (code, stdout, _) = relay("preflight", &config).await;
    assert_eq!((code, stdout.matches("FAILED").count()), (Some(1), 2), "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_says_where_and_ends_in_order() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = configured("relay-serve", &sandbox);
    let end = tokio::task::spawn_blocking(move || {
        let mut running = Running::run("relay", &["serve", "--config", config.to_str().unwrap()]);
        let line = running.line();
        assert!(line.starts_with("listening at http://127.0.0.1:"), "{line}");
        assert!(running.line().contains("/notify/shop"));
        running.end("TERM")
    });
    let (status, _, stderr) = end.await.unwrap();
    assert!(status.success(), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_passes_the_conformance_run() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = configured("relay-conformance", &sandbox);
    let start = move || {
        let mut running = Running::run("relay", &["serve", "--config", config.to_str().unwrap()]);
        let _ = running.line();
        let notified = running.line();
        (running, notified.rsplit_once(' ').unwrap().1.trim().to_owned())
    };
    let (running, notify_url) = tokio::task::spawn_blocking(start).await.unwrap();
    let run =
        weipay_sandbox::Conformance::new(&notify_url).event("BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON");
    let report = run.run().await.unwrap();
    assert!(report.passed(), "{report}");
    assert!(report.cases.len() >= 15, "{report}");
    tokio::task::spawn_blocking(move || running.end("TERM")).await.unwrap();
}
