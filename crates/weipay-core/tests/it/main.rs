//! The protocol, judged by published vectors and scripted exchanges.
#![expect(unreachable_pub, clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

mod credential;
mod download;
mod exchange;
mod json;
mod keys;
mod notification;
mod outcome;
mod refresh;
mod sealed;
mod secrets;
mod support;
mod tamper;
mod template;
mod vectors;
