//! `weipay sandbox --tls`: what it prints, the authority that it keeps, and programs that hard-code the host.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::process::{Running, folder, weipay};

fn start(ca: &Path) -> (Running, Value) {
    let mut running = Running::start(&["--json", "--tls-ca", ca.to_str().unwrap()]);
    let announced = serde_json::from_str(&running.line()).unwrap();
    (running, announced)
}

/// curl, whatever the machine's own settings are.
fn curl(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut curl = Command::new("curl");
    for (name, _) in std::env::vars().filter(|(name, _)| name.to_lowercase().ends_with("_proxy")) {
        curl.env_remove(name);
    }
    curl.args(["--disable", "--silent", "--show-error", "--max-time", "20"]).args(arguments);
    curl.envs(environment.iter().copied()).output().unwrap()
}

#[test]
fn curl_reaches_it_by_the_real_names() {
    let ca = folder("https-curl").join("ca.pem");
    let (running, announced) = start(&ca);
    let ca = ca.to_str().unwrap();
    assert_eq!((&announced["tls"], &announced["ca_file"]), (&Value::Bool(true), &Value::from(ca)));
    let url = announced["url"].as_str().unwrap();
    let address = url.strip_prefix("http://").unwrap();
    let port = address.rsplit_once(':').unwrap().1;
    let there = |host: &str| {
        let target = format!("https://{host}:{port}/v3/certificates");
        let resolve = format!("{host}:{port}:127.0.0.1");
        curl(&["--cacert", ca, "--resolve", &resolve, "-o", "-", "-w", "%{http_code}", &target], &[])
    };
    for host in ["api.mch.weixin.qq.com", "api2.mch.weixin.qq.com"] {
        let said = there(host);
        // Unsigned, and therefore refused by the server that was asked for.
        assert!(said.stdout.ends_with(b"401"), "{said:?}");
    }
    let said = curl(
        &["--cacert", ca, "-o", "-", "-w", "%{http_code}", "https://api.mch.weixin.qq.com/v3/certificates"],
        &[("HTTPS_PROXY", url)],
    );
    assert!(said.stdout.ends_with(b"401"), "{said:?}");
    let said = curl(&[&format!("https://localhost:{port}/v3/certificates")], &[]);
    assert_eq!(said.status.code(), Some(60), "an authority that nobody trusts: {said:?}");
    let said = curl(&[&format!("{url}/sandbox/v1/ca.pem")], &[]);
    assert_eq!(said.stdout, std::fs::read(ca).unwrap());
    running.end("TERM");
}

#[test]
fn the_authority_is_kept_and_half_of_it_is_refused() {
    let folder = folder("https-kept");
    let (ca, key) = (folder.join("ca.pem"), folder.join("ca.key"));
    start(&ca).0.end("TERM");
    let first = std::fs::read(&ca).unwrap();
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    start(&ca).0.end("TERM");
    assert_eq!(std::fs::read(&ca).unwrap(), first, "a trust store is set once");
    std::fs::remove_file(&key).unwrap();
    let output = weipay(&["sandbox", "--tls-ca", ca.to_str().unwrap()]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && stderr.contains("ca.key is not"), "{stderr}");
    let output = weipay(&["sandbox", "--tls-ca", "x.key"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn it_says_how_a_program_that_hard_codes_the_host_comes_here() {
    let told = |arguments: &[&str]| {
        let mut running = Running::start(arguments);
        running.line();
        running.end("TERM").1
    };
    let text = told(&["--tls"]);
    for word in [
        "HTTPS_PROXY=http://127.0.0.1:",
        "--connect-to",
        "/etc/hosts",
        "NODE_EXTRA_CA_CERTS",
        "SSL_CERT_FILE",
    ] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    assert!(!told(&[]).contains("HTTPS"));
}
