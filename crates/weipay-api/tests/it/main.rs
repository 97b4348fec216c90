//! Every operation of the typed chain: what it sends and reads is compared with the catalogue.
//!
//! The calls under `generated/` set every member by the typed API. What goes over the wire is judged by `catalogue`, a
//! reader of the catalogue's schemas that knows nothing of the generated types.

#![expect(clippy::unwrap_used, reason = "a value that is not there has failed the test")]

mod catalogue;
mod compile;
#[cfg(feature = "events")]
mod events;
#[macro_use]
mod found;
#[rustfmt::skip]
mod generated;
mod operations;
mod stage;

use serde_json::Value;
use weipay_core::{Time, UploadFile};

use found::Found;
use stage::{Sent, Stage};

/// A call of one operation with all members set, and what checks the members of its answer.
struct Case {
    operation: &'static str,
    verb: &'static str,
    send: fn(&Stage) -> Sent,
    found: Option<Reading>,
}

/// Reads an answer as its type.
type Reading = fn(&Value) -> Result<(), serde_json::Error>;

/// Reads `json` as `T` and finds each of its members in the value.
fn found<T: serde::de::DeserializeOwned + Found>(json: &Value) -> Result<(), serde_json::Error> {
    let value: T = serde_json::from_value(json.clone())?;
    value.found(json, "");
    Ok(())
}

/// A small file of that name.
fn upload_file(name: &str) -> UploadFile {
    UploadFile::new(name, FILE)
}

/// What all uploads upload: bytes of no format that anybody knows.
const FILE: &[u8] = b"the bytes of a file";

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}
