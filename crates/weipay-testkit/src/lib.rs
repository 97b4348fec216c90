//! What the suites of weipay share. Never published.

pub mod register;
pub mod vectors;
pub mod wire;
