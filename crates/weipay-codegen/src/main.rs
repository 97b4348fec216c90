//! weipay-codegen
fn main() {}
