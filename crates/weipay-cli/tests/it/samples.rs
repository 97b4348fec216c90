//! The Rust samples of the reference, compiled.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use weipay::catalog::ops::operations;
use weipay_catalog::reference::events;

use crate::process::{folder, weipay};

/// Too slow for every run, since it compiles the whole typed chain: about two minutes at first.
/// `cargo test -p weipay-cli --test it -- --ignored every_sample_compiles`
#[test]
#[ignore = "compiles every area"]
fn every_sample_compiles() {
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    let (mut styles, mut shapes) = (0, 0);
    for operation in operations() {
        let page = page(operation.id);
        for (shape, body) in page["shapes"].as_array().unwrap().iter().enumerate() {
            shapes += 1;
            for (style, sample) in body["code"]["styles"].as_array().unwrap().iter().enumerate() {
                let blocking = sample["style"].as_str().unwrap().ends_with("blocking");
                let (word, client) = if blocking { ("", "blocking::Client") } else { ("async ", "Client") };
                let _ = writeln!(
                    modules.entry(format!("{}_", operation.area.replace('-', "_"))).or_default(),
                    "pub {word}fn {}_{shape}_{style}(client: &weipay::{client}) -> Result<(), weipay::BoxError> {{\n{}\nOk(()) }}",
                    operation.id,
                    sample["code"].as_str().unwrap()
                );
                styles += 1;
            }
        }
    }
    for (number, event) in events().iter().enumerate() {
        let handler = page(event.event_type)["handler"].as_str().unwrap().to_owned();
        let handler = handler.replacen("async fn received", &format!("pub async fn received_{number}"), 1);
        let _ = writeln!(modules.entry("events_".to_owned()).or_default(), "{handler}");
    }
    assert_eq!(styles, 6 * shapes);
    assert!(shapes > 1_039, "only {shapes}");
    check(&modules);
}

fn page(name: &str) -> Value {
    let output = weipay(&["show", name, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{name}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `cargo check` of a crate with these modules, outside the workspace and without a network.
fn check(modules: &BTreeMap<String, String>) {
    let folder = folder("samples");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    fs::create_dir(folder.join("src")).unwrap();
    let mut lib = "#![allow(dead_code, deprecated)]\n".to_owned();
    for (name, code) in modules {
        let _ = writeln!(lib, "mod {name};");
        fs::write(folder.join("src").join(format!("{name}.rs")), code).unwrap();
    }
    fs::write(folder.join("src/lib.rs"), lib).unwrap();
    let weipay = workspace.join("crates/weipay");
    let manifest = format!(
        "[package]\nname = \"samples\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\nhttp = \"1\"\n\
         serde_json = \"1\"\nweipay = {{ path = {:?}, features = [\"full\"] }}\n",
        weipay.to_str().unwrap()
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        // Beside the sources, which are made anew each time: what was compiled before is kept.
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples-target"))
        .env("RUSTFLAGS", "")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
