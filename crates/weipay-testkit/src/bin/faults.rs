//! Prints the register of faults: `cargo run -p weipay-testkit --bin faults`.
#![expect(clippy::print_stdout, reason = "a command prints")]

use std::path::Path;

use weipay_testkit::register::{FAULTS, tests};

fn main() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tests = tests(&workspace.canonicalize().expect("the workspace"));
    let covered = |id: &str| tests.get(id).map_or(&[][..], Vec::as_slice);
    for fault in FAULTS {
        let proof = match (covered(fault.id), fault.due) {
            ([], false) => "not covered yet".to_owned(),
            ([], true) => "DUE AND NOT COVERED".to_owned(),
            (found, _) => found.join("; "),
        };
        println!("{} {:<8} {:<72} {proof}", fault.id, fault.owner.name(), fault.what);
    }
    let proved = FAULTS.iter().filter(|fault| !covered(fault.id).is_empty()).count();
    println!("{proved} of {} faults are covered by tests", FAULTS.len());
}
