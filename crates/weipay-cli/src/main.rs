//! weipay-cli
fn main() {}
