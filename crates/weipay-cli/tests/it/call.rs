//! `weipay call` against a sandbox in this process.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tokio::runtime::Runtime;
use weipay_sandbox::{Fault, Sandbox};

use crate::process::{WEIPAY, folder};

const USE: &str = "v3/marketing/busifavor/coupons/use";
const BODY: &str = r#"{ "coupon_code": "sxxe34343434", "stock_id": "100088", "appid": "wx1234567889999",
  "use_time": "2015-05-20T13:29:35+08:00", "use_request_no": "1002600620019090123143254435", "openid": "xsd3434454567676" }"#;

struct World {
    sandbox: Sandbox,
    _runtime: Runtime,
}

impl World {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start()).unwrap();
        Self { sandbox, _runtime: runtime }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.envs(self.sandbox.environment());
        command
    }

    fn call(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn sent(&self) -> Vec<u8> {
        self.sandbox.journal().last().unwrap().request_body.to_vec()
    }
}

/// The command without what the environment of the test may say.
fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(WEIPAY);
    command.arg("call").args(arguments);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WEIPAY_")) {
        command.env_remove(name);
    }
    command
}

fn refused(output: &Output, code: i32) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(output.stdout.is_empty());
    assert!((1..=3).contains(&stderr.lines().count()), "{stderr}");
    stderr
}

#[test]
fn stdout_is_the_verified_body_byte_for_byte() {
    let world = World::start();
    let output = world.call(&["POST", USE, "-d", BODY]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let entry = world.sandbox.journal().last().unwrap();
    assert_eq!(output.stdout, entry.response_body.to_vec());
    assert_eq!(world.sent(), BODY.as_bytes(), "the body is sent as it stands");
    assert!(output.stderr.is_empty());
}

#[test]
fn the_body_comes_from_a_file_or_from_stdin() {
    let world = World::start();
    let file = folder("call-body").join("body.json");
    std::fs::write(&file, BODY).unwrap();
    let output = world.call(&["POST", USE, "-d", &format!("@{}", file.display())]);
    assert_eq!((output.status.code(), world.sent()), (Some(0), BODY.as_bytes().to_vec()));

    let mut command = world.command(&["POST", "coupons/use", "-d", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(BODY.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), world.sent()), (Some(0), BODY.as_bytes().to_vec()));
}

#[test]
fn parameters_and_query_are_bound_and_encoded_once() {
    let world = World::start();
    let output = world.call(&[
        "get",
        "v3/businesscircle/user-authorizations/{openid}",
        "-p",
        "openid=oWmnN4xxxxxxxxxxe92NHIGf1xd8",
        "-q",
        "sub_mchid=1234567890",
        "-q",
        "appid=wx1234567890abcdef",
    ]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["authorize_state"], "AUTHORIZED");
}

#[test]
fn an_empty_answer_prints_nothing() {
    let world = World::start();
    let path = "v3/marketing/membercard-open/cards/{card_id}/codes/{code}/bonus/commit";
    let body = r#"{"out_trade_no":"1217752501201407033233368018","sub_mchid":"1900000109","bonus_value":30}"#;
    let output =
        world.call(&["POST", path, "-p", "card_id=478515832665", "-p", "code=478515832665", "-d", body]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_refusal_is_told_with_its_outcome() {
    let world = World::start();
    let stderr = refused(&world.call(&["POST", USE, "-d", "{}"]), 1);
    assert!(stderr.contains("HTTP 400 PARAM_ERROR") && stderr.contains("(outcome: rejected"), "{stderr}");
}

#[test]
fn a_cut_answer_is_told_as_unknown() {
    let world = World::start();
    world.sandbox.inject(Fault::new("T01").unwrap().on("marketing_busifavor_coupons_use"));
    let stderr = refused(&world.call(&["POST", USE, "-d", BODY]), 1);
    assert!(stderr.contains("outcome: unknown") && stderr.contains("it may have happened"), "{stderr}");
    assert!(!stderr.contains("sxxe34343434"), "a value of the body was printed: {stderr}");
}

#[test]
fn a_cut_answer_of_a_query_is_nothing_to_worry_about() {
    let world = World::start();
    world.sandbox.inject(Fault::new("T01").unwrap().on("marketing_busifavor_stocks_get_by_stock_id"));
    let stderr = refused(
        &world.call(&["GET", "v3/marketing/busifavor/stocks/{stock_id}", "-p", "stock_id=100088"]),
        1,
    );
    assert!(stderr.contains("it only reads: ask again") && !stderr.contains("may have happened"), "{stderr}");
}

#[test]
fn a_missing_parameter_is_told_and_nothing_is_sent() {
    let world = World::start();
    let stderr = refused(&world.call(&["GET", "v3/marketing/busifavor/stocks/{stock_id}"]), 1);
    assert!(stderr.contains("-p stock_id=VALUE") && stderr.contains("not sent"), "{stderr}");
    assert_eq!(world.sandbox.journal().count(), 0);
}

#[test]
fn an_environment_file_serves_in_place_of_the_environment() {
    let world = World::start();
    let file = folder("call-env").join("sandbox.env");
    let lines = world
        .sandbox
        .environment()
        .into_iter()
        .map(|(name, value)| format!("{name}=\"{}\"\n", value.trim_end()));
    std::fs::write(&file, lines.collect::<String>()).unwrap();
    let output = bare(&["POST", USE, "-d", BODY, "--env", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    std::fs::write(&file, "WEIPAY_MCHID=1\nWEIPAY_PRIVATE_KEY=\"no key\"\n").unwrap();
    let output = bare(&["POST", USE, "--env", file.to_str().unwrap()]).output().unwrap();
    let stderr = refused(&output, 1);
    assert!(stderr.contains("WEIPAY_MERCHANT_SERIAL") || stderr.contains("WEIPAY_PRIVATE_KEY"), "{stderr}");
    assert!(!stderr.contains("no key"), "a value was printed: {stderr}");
}

#[test]
fn without_an_environment_the_way_to_a_sandbox_is_told() {
    let stderr = refused(&bare(&["GET", "v3/certificates"]).output().unwrap(), 1);
    assert!(stderr.contains("WEIPAY_MCHID") && stderr.contains("weipay sandbox --env FILE"), "{stderr}");
}

#[test]
fn a_body_that_is_no_json_is_misuse_and_is_not_repeated() {
    let stderr = refused(&bare(&["POST", USE, "-d", "{secret"]).output().unwrap(), 2);
    assert!(stderr.contains("no JSON") && !stderr.contains("secret"), "{stderr}");
}
