//! `from_env`, and what of the environment is ignored. Each case runs in a process of its own, because a process cannot
//! change its own environment safely.

use std::process::{Command, Output};

use weipay::{Client, blocking};
use weipay_testkit::vectors;
use weipay_testkit::wire::Server;

use crate::clients::Kind;
use crate::world::{
    APIV3_KEY, MCHID, answers, client, merchant_serial, public_key_id, public_key_pem, redeem, signed,
};

/// Runs one of the tests marked as children, with no environment but this.
fn child(name: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("environment::{name}"), "--ignored", "--nocapture"])
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

#[test]
#[ignore = "run by the other tests, in a process with an environment of its own"]
#[expect(clippy::print_stdout, reason = "a child process answers by its output")]
fn a_child_that_tells_what_from_env_gives() {
    let told = |result: Result<String, weipay::ConfigError>| match result {
        Ok(client) => format!("built {client}"),
        Err(error) => format!("refused: {error}"),
    };
    println!("{}", told(Client::from_env().map(|client| format!("{client:?}"))));
    println!("{}", told(blocking::Client::from_env().map(|client| format!("{client:?}"))));
}

fn tells(variables: &[(&str, &str)]) -> String {
    let output = child("a_child_that_tells_what_from_env_gives", variables);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> =
        text.lines().filter(|line| line.contains("built ") || line.contains("refused: ")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    lines[0].to_owned()
}

#[test]
fn a_client_is_built_from_the_environment_and_what_is_missing_is_named() {
    let public_key = public_key_pem();
    let private_key = vectors::text("/generated/merchant_key/private_key_pkcs8_pem");
    let full = [
        ("WEIPAY_BASE_URL", "http://127.0.0.1:1"),
        ("WEIPAY_MCHID", MCHID),
        ("WEIPAY_MERCHANT_SERIAL", merchant_serial()),
        ("WEIPAY_PRIVATE_KEY", private_key),
        ("WEIPAY_PLATFORM_KEY_ID", public_key_id()),
        ("WEIPAY_PLATFORM_PUBLIC_KEY", &public_key),
        ("WEIPAY_APIV3_KEY", APIV3_KEY),
    ];
    let told = tells(&full);
    assert!(
        told.contains("built Client") && told.contains(MCHID) && told.contains(public_key_id()),
        "{told}"
    );

    let without = |name: &str| full.iter().copied().filter(|(key, _)| *key != name).collect::<Vec<_>>();
    for (name, named) in [
        ("WEIPAY_MCHID", "WEIPAY_MCHID is not set"),
        ("WEIPAY_MERCHANT_SERIAL", "WEIPAY_MERCHANT_SERIAL is not set"),
        ("WEIPAY_PRIVATE_KEY", "WEIPAY_PRIVATE_KEY_FILE is not set"),
        ("WEIPAY_PLATFORM_KEY_ID", "WEIPAY_PLATFORM_KEY_ID is not set"),
        ("WEIPAY_PLATFORM_PUBLIC_KEY", "WEIPAY_PLATFORM_PUBLIC_KEY_FILE is not set"),
    ] {
        let told = tells(&without(name));
        assert!(told.contains("refused: ") && told.contains(named), "{told}");
    }
    assert!(tells(&without("WEIPAY_APIV3_KEY")).contains("built "), "only notifications need it");
    assert!(tells(&[("WEIPAY_MCHID", "")]).contains("WEIPAY_MCHID is not set"), "empty counts as not set");
}

#[test]
fn keys_come_from_files_and_a_wrong_one_is_told_with_its_variable() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/platform.key.pem");
    let missing = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/missing.pem");
    let base = [
        ("WEIPAY_MCHID", MCHID),
        ("WEIPAY_MERCHANT_SERIAL", merchant_serial()),
        ("WEIPAY_APIV3_KEY", APIV3_KEY),
    ];
    let with = |name, value| [base.as_slice(), &[(name, value)]].concat();
    let told = tells(&with("WEIPAY_PRIVATE_KEY_FILE", file));
    assert!(told.contains("built Client") && told.contains("downloads: true"), "{told}");
    let told = tells(&with("WEIPAY_PRIVATE_KEY_FILE", missing));
    assert!(told.contains("refused: ") && told.contains("missing.pem cannot be read"), "{told}");
    let told = tells(&with("WEIPAY_PRIVATE_KEY", "geheim"));
    assert!(told.contains("from WEIPAY_PRIVATE_KEY is not usable") && !told.contains("geheim"), "{told}");
}

#[test]
#[ignore = "run by the other tests, in a process with an environment of its own"]
fn a_child_that_calls_directly() {
    let server = answers(&signed(200, "{}"));
    Client::value(redeem(&client::<Client>(&server.url()))).unwrap();
    redeem(&client::<blocking::Client>(&server.url())).call().unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn proxies_of_the_environment_are_ignored() {
    let proxy = Server::start([]);
    let url = proxy.url();
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let output = child("a_child_that_calls_directly", &names.map(|name| (name, url.as_str())));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(proxy.connections(), 0);
}
