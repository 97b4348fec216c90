//! The walkthroughs of `docs/sandbox`, run as they are printed.
//!
//! Every ```` ```sh ```` block of a page goes to one shell, in their order; the block behind it is what it promises on stdout:
//! ```` ```json ```` a value that the answer has at least, ```` ```text ```` the lines; `…` stands for anything.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process::{WEIPAY, folder};

/// What the shell prints behind each block.
const MARK: &str = "=== end of a block ===";

struct Block {
    commands: String,
    promise: Option<Promise>,
}

#[derive(Debug)]
enum Promise {
    Json(Value),
    Text(String),
}

fn page(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sandbox");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The fenced parts of a page: language and text.
fn fenced(page: &str) -> Vec<(&str, &str)> {
    let mut parts = page.split("\n```");
    let mut found = Vec::new();
    parts.next();
    while let (Some(part), Some(_)) = (parts.next(), parts.next()) {
        found.push(part.split_once('\n').unwrap());
    }
    found
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (language, text) in fenced(page) {
        let promise = match language {
            "sh" => {
                blocks.push(Block { commands: text.to_owned(), promise: None });
                continue;
            }
            "json" => Promise::Json(serde_json::from_str(text).unwrap()),
            "text" => Promise::Text(text.to_owned()),
            other => panic!("a block of {other:?}"),
        };
        let block = blocks.last_mut().unwrap();
        assert!(block.promise.is_none(), "two promises for one block");
        block.promise = Some(promise);
    }
    blocks
}

/// Runs all blocks in one shell; the stdout of each.
fn run(name: &str, blocks: &[Block]) -> Vec<String> {
    let folder = folder(name);
    let mut script = "trap 'kill $SANDBOX' EXIT\n".to_owned();
    for (number, block) in blocks.iter().enumerate() {
        script.push_str(&block.commands);
        if number == 0 {
            // A reader sees that it is there.
            script.push_str("\nSANDBOX=$!; i=0\n");
            script.push_str("until [ -s sandbox.env ] || [ $i -ge 200 ]; do sleep 0.1; i=$((i + 1)); done");
        }
        script.push_str("\necho; echo '");
        script.push_str(MARK);
        script.push_str("'\n");
    }
    let path = std::env::join_paths(
        [Path::new(WEIPAY).parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let mut shell = Command::new("sh");
    shell.current_dir(folder).args(["-c", &script]).env("PATH", path.unwrap());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WEIPAY_")) {
        shell.env_remove(name);
    }
    let output = shell.output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr).into_owned());
    let mut found: Vec<String> = stdout.split(MARK).map(|text| text.trim_matches('\n').to_owned()).collect();
    found.pop();
    assert_eq!(found.len(), blocks.len(), "{stdout}{stderr}");
    found
}

/// Whether a text is as promised: what stands between the `…` comes in this order, from the first to the last letter.
fn is_like(found: &str, promised: &str) -> bool {
    let mut parts = promised.split('…');
    let Some(mut rest) = found.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a value has everything that is promised.
fn has(found: &Value, promised: &Value) -> bool {
    match (found, promised) {
        (Value::Object(found), Value::Object(promised)) => {
            promised.iter().all(|(name, promised)| found.get(name).is_some_and(|found| has(found, promised)))
        }
        (Value::String(found), Value::String(promised)) => is_like(found, promised),
        _ => found == promised,
    }
}

fn holds(name: &str) {
    let blocks = blocks(&page(&format!("{name}.md")));
    let promised = blocks.iter().filter(|block| block.promise.is_some()).count();
    assert!(promised >= 6, "{name} promises only {promised} times");
    for (block, found) in blocks.iter().zip(run(&format!("walk-{name}"), &blocks)) {
        let kept = match &block.promise {
            None => found.is_empty(),
            Some(Promise::Json(promised)) => {
                serde_json::from_str(&found).is_ok_and(|found: Value| has(&found, promised))
            }
            Some(Promise::Text(promised)) => {
                promised.trim_matches('\n').lines().count() == found.lines().count()
                    && promised
                        .trim_matches('\n')
                        .lines()
                        .zip(found.lines())
                        .all(|(promised, found)| is_like(found, promised))
            }
        };
        assert!(kept, "{}\npromises {:?}, and this came:\n{found}", block.commands, block.promise);
    }
}

#[test]
fn a_payment_goes_as_printed() {
    holds("payments");
}

#[test]
fn a_coupon_goes_as_printed() {
    holds("busifavor");
}

#[test]
fn the_chinese_pages_have_the_same_blocks() {
    for name in ["payments", "busifavor"] {
        let (english, chinese) = (page(&format!("{name}.md")), page(&format!("{name}.zh-CN.md")));
        assert_eq!(fenced(&chinese), fenced(&english), "{name}");
    }
}

#[test]
fn a_broken_promise_is_seen() {
    assert!(is_like("wx1", "wx…") && is_like("a b c", "a…c") && is_like("abc", "…b…") && is_like("a", "a"));
    assert!(!is_like("ab", "a") && !is_like("b", "a…") && !is_like("a b", "a…c") && !is_like("a", "…a…a"));
    let found = serde_json::json!({"a": {"b": "xy", "c": 1}});
    assert!(has(&found, &serde_json::json!({"a": {"b": "x…"}})));
    assert!(
        !has(&found, &serde_json::json!({"a": {"d": 1}}))
            && !has(&found, &serde_json::json!({"a": {"c": 2}}))
    );
}
