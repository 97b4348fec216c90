//! Packs the addresses in the catalogue's tables that are put right at every start: a hundred thousand of them, 2.7 MB of
//! the file and of the memory, become a hundred kilobytes.
//!
//! Whoever loads the program has to know that form: glibc since 2.36, and the musl of every Rust that builds this crate. With
//! glibc only for this very machine, and only if its own is new enough; elsewhere the program is larger and otherwise the
//! same.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let said = |name| env::var(name).unwrap_or_default();
    let known = match said("CARGO_CFG_TARGET_ENV").as_str() {
        "musl" => true,
        "gnu" => said("TARGET") == said("HOST") && glibc() >= Some((2, 36)),
        _ => false,
    };
    if known {
        // A linker that does not know it says so and goes on.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// `glibc 2.36`; none where there is another library.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
