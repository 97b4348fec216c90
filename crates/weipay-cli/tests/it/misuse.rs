//! Misuse ends with 2 and one line; help and version are results.

use crate::process::weipay;

#[test]
fn misuse_is_one_line_on_stderr_and_exit_code_2() {
    for arguments in [
        &[][..],
        &["sandpit"],
        &["demo", "extra"],
        &["sandbox", "--lissten", "127.0.0.1:0"],
        &["sandbox", "--listen", "localhost"],
        &["sandbox", "--listen"],
        &["sandbox", "--seed", "many"],
        &["ops", "--area", "bussifavor"],
        &["ops", "--role", "shop"],
        &["show"],
        &["call", "GET"],
        &["call", "FETCH", "v3/certificates"],
        &["call", "GET", "v3/certificates", "-q", "limit"],
    ] {
        let output = weipay(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("weipay: ") && stderr.contains("see `weipay --help`"), "{stderr}");
    }
}

#[test]
fn a_typing_error_is_told_with_what_was_meant() {
    let stderr = String::from_utf8(weipay(&["sandbox", "--sed", "7"]).stderr).unwrap();
    assert!(stderr.contains("'--sed'") && stderr.contains("'--seed'"), "{stderr}");
}

#[test]
fn help_and_version_go_to_stdout() {
    for (arguments, words) in [
        (&["--version"][..], &["weipay 0"][..]),
        (
            &["--help"],
            &[
                "demo",
                "sandbox",
                "ops",
                "show",
                "call",
                "openapi",
                "docs",
                "Exit codes: 0 held, 1 failed, 2 misuse",
            ],
        ),
        (&["sandbox", "--help"], &["--listen", "--env", "--seed", "--json", "WEIPAY_BASE_URL"]),
    ] {
        let output = weipay(arguments);
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
        for word in words {
            assert!(stdout.contains(word), "{arguments:?} does not say {word}: {stdout}");
        }
    }
}

#[test]
fn a_failure_is_one_line_and_exit_code_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = weipay(&["sandbox", "--listen", &address]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty());
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with(&format!("weipay: {address}: ")), "{stderr}");
}
