//! The register promises nothing that no test holds.

use std::collections::BTreeSet;
use std::path::Path;

use weipay_testkit::register::{FAULTS, tests};

#[test]
fn every_fault_that_is_due_is_covered_and_every_covered_id_is_registered() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let tests = tests(&workspace);
    let open: Vec<_> = FAULTS
        .iter()
        .filter(|fault| fault.due && !tests.contains_key(fault.id))
        .map(|fault| fault.id)
        .collect();
    assert!(open.is_empty(), "due and not covered: {open:?}");
    let known: BTreeSet<_> = FAULTS.iter().map(|fault| fault.id).collect();
    let unknown: Vec<_> = tests.keys().filter(|id| !known.contains(id.as_str())).collect();
    assert!(unknown.is_empty(), "named by tests and not registered: {unknown:?}");
    assert_eq!((FAULTS.len(), known.len()), (129, 129));
}
