//! The `weipay` command as a shell meets it: arguments, both streams, files, signals, exit codes.

#![expect(clippy::unwrap_used, reason = "a broken premise of a test should fail loudly, also in its helpers")]

mod browser;
mod call;
mod conformance;
mod console;
mod demo;
mod docs;
mod files;
mod https;
mod misuse;
mod openapi;
mod operators;
mod ops;
mod page;
mod process;
mod proof;
mod relay;
mod samples;
mod sandbox;
mod show;
mod steer;
mod walk;
mod walkthrough;
