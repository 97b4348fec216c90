//! `weipay conformance` against an endpoint that acknowledges everything.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use crate::process::{folder, weipay};

/// Answers 204 to whatever comes, one connection after the other.
fn careless() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/notify", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"\"}}") {
                let mut buffer = [0; 8192];
                match stream.read(&mut buffer).unwrap_or(0) {
                    0 => break,
                    count => bytes.extend_from_slice(&buffer[..count]),
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
        }
    });
    url
}

#[test]
fn an_endpoint_that_takes_everything_fails_with_1_and_a_junit_file() {
    let file = folder("conformance").join("junit.xml");
    let arguments = [
        "conformance",
        &careless(),
        "--event",
        "REFUND.SUCCESS",
        "--set",
        "amount.refund=5",
        "--json",
        "--junit",
    ];
    let output = weipay(&[&arguments[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let cases: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |verdict: &str| {
        let of = cases.iter().filter(|case| case["verdict"] == verdict);
        of.map(|case| case["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("passed"), ["valid", "duplicate", "in-time"]);
    assert_eq!(of("failed"), ["tampered", "stale", "probe", "unsigned", "unknown-key", "unopenable"]);
    let xml = std::fs::read_to_string(file).unwrap();
    assert_eq!(xml.matches("<failure ").count(), 6, "{xml}");
}

#[test]
fn what_cannot_be_run_is_misuse() {
    for arguments in [
        ["http://example.com/notify", "--event", "REFUND.SUCCESS"],
        ["http://127.0.0.1:1/", "--event", "NO.EVENT"],
        ["http://127.0.0.1:1/", "--set", "refund_id"],
    ] {
        let output = weipay(&[&["conformance"][..], &arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
