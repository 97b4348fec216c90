//! Steering a sandbox that runs: `weipay sandbox advance` and its like, and `weipay event`.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::process::{Running, WEIPAY, folder, weipay};

fn started(arguments: &[&str]) -> (Running, String) {
    let mut running = Running::start(&[&["--json"], arguments].concat());
    let announced: Value = serde_json::from_str(&running.line()).unwrap();
    (running, announced["url"].as_str().unwrap().to_owned())
}

/// What a command prints; it has to succeed.
fn said(arguments: &[&str]) -> String {
    let output = weipay(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn parsed(arguments: &[&str]) -> Value {
    serde_json::from_str(&said(arguments)).unwrap()
}

/// What a command says on stderr when it fails, and its exit code.
fn refused(arguments: &[&str]) -> (i32, String) {
    let output = weipay(arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_running_sandbox_is_steered_from_another_process() {
    let env_file = folder("steer").join("sandbox.env");
    let env_file = env_file.to_str().unwrap();
    let (_running, url) = started(&["--env", env_file]);
    let from = ["--from", env_file, "--json"];
    let steer = |arguments: &[&str]| parsed(&[&["sandbox"], arguments, &from].concat());

    let before = steer(&["status"])["clock"]["business_time"].as_str().unwrap().to_owned();
    let after = steer(&["advance", "24h"])["business_time"].as_str().unwrap().to_owned();
    assert!(after[..10] > before[..10], "{before} {after}");
    assert_eq!(steer(&["skew", "-300"])["wire_skew_seconds"], -300);

    let fault =
        ["sandbox", "fault", "429, ok, T01", "--on", "POST /v3/marketing/*", "--times", "2", "--url", &url];
    assert_eq!(said(&fault), "  1 T04/429, ok, T01 at POST /v3/marketing/*, 0 of 6\n");
    assert_eq!(said(&["sandbox", "fault", "--clear", "--url", &url]), "");
    assert!(said(&["sandbox", "fault", "--known", "--url", &url]).contains("T09 400 SYSTEM_ERROR"));
    assert!(said(&["sandbox", "scenario", "--url", &url]).contains("double-sale"));
    said(&["sandbox", "scenario", "double-sale", "--url", &url]);
    assert!(said(&["sandbox", "fault", "--url", &url]).contains("T01 at marketing_busifavor_coupons_use"));

    let notify =
        ["sandbox", "keys", "--notify-url", "1900000100", "http://127.0.0.1:1/n", "--url", &url, "--json"];
    assert_eq!(parsed(&notify)["merchants"][0]["notify_url"], "http://127.0.0.1:1/n");
    let paid = said(&["sandbox", "user", "pay-in-mall", "--set", "amount=700", "--url", &url]);
    assert!(paid.starts_with("4200"), "{paid}");
    let id = said(&["event", "trigger", "REFUND.SUCCESS", "--set", "amount.refund=5", "--url", &url]);
    let told = said(&["sandbox", "notifications", "--url", &url]);
    assert!(told.contains(id.trim()) && told.contains("MALL_TRANSACTION.SUCCESS"), "{told}");
    said(&["sandbox", "advance", "25h", "--url", &url]);
    said(&["sandbox", "resend", id.trim(), "--url", &url]);
    said(&["sandbox", "reset", "--url", &url]);
    assert_eq!(said(&["sandbox", "notifications", "--url", &url]), "");
}

#[test]
fn a_world_outlives_its_process() {
    let folder = folder("outlives");
    let (state, copy) = (folder.join("state.json"), folder.join("copy.json"));
    let (state, copy) = (state.to_str().unwrap(), copy.to_str().unwrap());
    let (running, url) = started(&["--state", state, "--seed", "7", "--notify", "http://127.0.0.1:1/n"]);
    said(&["sandbox", "user", "pay-in-mall", "--url", &url]);
    said(&["sandbox", "advance", "45s", "--url", &url]);
    said(&["sandbox", "save", copy, "--url", &url]);
    let (status, _, stderr) = running.end("TERM");
    assert!(status.success() && stderr.contains("the world is saved in"), "{stderr}");

    let (_running, url) = started(&["--state", state]);
    let attempts = |url: &str| -> Vec<usize> {
        let told = said(&["sandbox", "notifications", "--json", "--url", url]);
        let told = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        told.map(|one| one["attempts"].as_array().unwrap().len()).collect()
    };
    assert_eq!(attempts(&url), [3], "at 0, 15 and 30 seconds");
    said(&["sandbox", "advance", "30s", "--url", &url]);
    assert_eq!(attempts(&url), [4], "and at 60");
    let next = said(&["sandbox", "user", "pay-in-mall", "--url", &url]);
    said(&["sandbox", "load", copy, "--url", &url]);
    assert_eq!(attempts(&url), [3]);
    assert_eq!(said(&["sandbox", "user", "pay-in-mall", "--url", &url]), next, "the same id follows");

    let (code, stderr) = refused(&["sandbox", "save", "/dev/full/x", "--url", &url]);
    assert!(code == 1 && stderr.contains("/dev/full/x"), "{stderr}");
    std::fs::write(copy, "{\"format\": \"weipay-sandbox-world\", \"version\": 9}").unwrap();
    let (code, stderr) = refused(&["sandbox", "load", copy, "--url", &url]);
    assert!(code == 1 && stderr.contains("its version is 9"), "{stderr}");
    let (code, stderr) = refused(&["sandbox", "--state", copy]);
    assert!(code == 1 && stderr.contains(copy), "{stderr}");
}

#[test]
fn the_journal_is_followed_and_an_exchange_unfolds() {
    let (running, url) = started(&[]);
    let mut follow = Command::new(WEIPAY)
        .args(["sandbox", "journal", "--follow", "--url", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    said(&["event", "trigger", "REFUND.SUCCESS", "--at", "http://127.0.0.1:1/n", "--url", &url, "--json"]);
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains("<-- POST http://127.0.0.1:1/n none REFUND.SUCCESS"), "{line}");
    let unfolded = said(&["sandbox", "exchange", "1", "--url", &url]);
    assert!(unfolded.contains("what the sandbox signed:"), "{unfolded}");
    running.end("TERM");
    assert_eq!(follow.wait().unwrap().code(), Some(1), "the sandbox has ended");
}

#[test]
fn a_token_is_asked_for() {
    let (_running, url) = started(&["--token", "letmein"]);
    let (code, stderr) = refused(&["sandbox", "status", "--url", &url]);
    assert!(code == 1 && stderr.contains("asks for its token"), "{stderr}");
    assert_eq!(
        parsed(&["sandbox", "status", "--url", &url, "--token", "letmein", "--json"])["url"],
        json!(url)
    );
}

#[test]
fn events_are_listed_and_mistakes_are_told() {
    let list = said(&["event", "list"]);
    assert!(list.lines().count() > 90 && list.contains("REFUND.SUCCESS"), "{list}");
    let found = said(&["event", "list", "refund.succ", "--json"]);
    let types: Vec<Value> = found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(types.iter().any(|event| event["event_type"] == "REFUND.SUCCESS"), "{found}");
    assert!(types.len() < 9, "{found}");
    assert_eq!(refused(&["event", "list", "nothing-like-that"]).0, 1);
    let nobody = "http://127.0.0.1:1";
    let (code, stderr) = refused(&["event", "trigger", "REFUND.SUCCES", "--url", nobody]);
    assert!(code == 2 && stderr.contains("weipay event list"), "{stderr}");
    let (code, stderr) = refused(&["event", "trigger", "REFUND.SUCCESS", "--url", nobody]);
    assert!(code == 1 && stderr.contains("cannot be reached"), "{stderr}");
    let (code, stderr) = refused(&["sandbox", "--url", nobody]);
    assert!(code == 2 && stderr.contains("belong to a command"), "{stderr}");
    let unnamed =
        Command::new(WEIPAY).args(["sandbox", "status"]).env_remove("WEIPAY_BASE_URL").output().unwrap();
    assert_eq!(unnamed.status.code(), Some(2));
}
