//! The generator through its command line, and its output through the doors of `weipay-catalog`.
//!
//! This test binary is a small `weipay-catalog`: that crate's hand-written modules over the tables that the generator
//! makes of `tests/golden/catalogue`. So the expected text is also compiled and looked into.

mod api;
mod command;
mod golden;
mod refusals;
mod scratch;

#[path = "../../../weipay-catalog/src/ops/mod.rs"]
#[expect(dead_code, unused_imports, unreachable_pub, reason = "another crate's public module")]
mod ops;

#[path = "../../../weipay-catalog/src/reference/mod.rs"]
#[expect(dead_code, unreachable_pub, clippy::struct_field_names, reason = "another crate's public module")]
mod reference;

#[rustfmt::skip]
#[path = "../golden/expected"]
mod generated {
    pub(crate) mod ops;
    pub(crate) mod reference;
}
