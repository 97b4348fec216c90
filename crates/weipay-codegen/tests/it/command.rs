//! `write` and `check`.

use std::path::Path;

use crate::scratch::{Scratch, run};

const LIST: &str = "crates/weipay-catalog/src/generated/ops/nasty.rs";

#[test]
fn writing_twice_changes_nothing() {
    let scratch = Scratch::new("writing_twice");
    let first = scratch.run("write");
    assert!(first.success, "{first:?}");
    let files = scratch.generated();
    let second = scratch.run("write");
    assert!(second.out.contains("0 written, 0 removed"), "{second:?}");
    assert_eq!(files, scratch.generated());
    assert!(scratch.run("check").success);
}

#[test]
fn check_names_the_file_and_line_of_one_changed_byte() {
    let scratch = Scratch::new("one_byte");
    scratch.run("write");
    scratch.edit(LIST, "id: \"nasty_delete\"", "id: \"nasty_deleted\"");
    let text = &scratch.generated()["ops/nasty.rs"];
    let line = 1 + text.lines().position(|line| line.contains("nasty_deleted")).unwrap();
    let said = scratch.run("check");
    assert!(!said.success);
    assert!(said.error.starts_with(&format!("{LIST}: line {line} is ")), "{said:?}");
    assert!(scratch.run("write").out.contains("1 written"));
    assert!(scratch.run("check").success);
}

#[test]
fn check_names_missing_and_superfluous_files() {
    let scratch = Scratch::new("missing_and_superfluous");
    scratch.run("write");
    std::fs::remove_file(scratch.root.join(LIST)).unwrap();
    scratch.put("crates/weipay-catalog/src/generated/ops/old_area.rs", "");
    let said = scratch.run("check");
    assert!(!said.success);
    assert!(said.error.contains(&format!("{LIST}: is missing")), "{said:?}");
    assert!(said.error.contains("ops/old_area.rs: is not generated"), "{said:?}");
    assert!(scratch.run("write").out.contains("1 written, 1 removed"));
    assert!(scratch.run("check").success);
}

#[test]
fn a_lost_last_line_is_a_difference() {
    let scratch = Scratch::new("lost_line");
    scratch.run("write");
    let text = scratch.generated()["mod.rs"].clone();
    let shorter = text.trim_end().rsplit_once('\n').unwrap().0;
    scratch.put("crates/weipay-catalog/src/generated/mod.rs", &format!("{shorter}\n"));
    let said = scratch.run("check");
    assert!(said.error.contains("is nothing, but should be"), "{said:?}");
}

#[test]
fn the_committed_tables_are_those_of_the_catalogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let said = run(&root, "check");
    assert!(said.success, "{}", said.error);
}
