//! What must not compile, and what the compiler says then.
//!
//! `refusals.rs` compiles as it stands; each case compiles it anew with one `--cfg` that breaks one line. Only
//! the words that matter are compared: the rest is the compiler's and changes with it.

use std::process::Command;

/// What the compiler says to `refusals` with `--cfg refused="case"`.
fn refused(case: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--offline", "--quiet", "-p", "weipay-api", "--example", "refusals"])
        .args(["-F", "brand-card-member,businesscircle", "--", "--cfg"])
        .arg(format!("refused=\"{case}\""))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), case == "nothing", "{case}: {said}");
    said
}

#[test]
fn what_must_not_compile_is_refused_in_words_that_help() {
    refused("nothing");
    for (case, words) in [
        ("clear_text", &["expected `Sensitive`, found `&str`"][..]),
        ("clear_body", &["Serialize` is not satisfied", "UserCardsUpdateByUserCardCodeRequest"]),
        // The compiler's own words: for `.await` it does not take ours.
        (
            "awaited",
            &[
                "Request<'_, Blocking, UserAuthorizationsGetByOpenidResponse>` is not a future",
                "remove the `.await`",
            ],
        ),
        ("called", &["this request belongs to an async client and cannot be called", "use `.await` here"]),
        ("missing_verb", &["no method named `get` found for struct `V3BusinesscirclePointsNotify"]),
        ("missing_query", &["argument #1 of type `&UserAuthorizationsGetByOpenidQuery` is missing"]),
    ] {
        let said = refused(case);
        for words in words {
            assert!(said.contains(words), "{case}: {words:?} is not in: {said}");
        }
    }
}
