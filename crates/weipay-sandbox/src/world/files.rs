//! Files: what was uploaded, and what can be downloaded.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::serial::{self, Constant};

/// What the upload and download families know.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// What callers have uploaded.
    pub uploads: Vec<UploadedFile>,
    /// What stands behind the download addresses that were given out.
    pub offered: Vec<OfferedFile>,
}

/// A file that a caller has uploaded.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UploadedFile {
    /// What the answer named it.
    pub media_id: String,
    /// mchid or brand id of the caller.
    pub owner: String,
    /// The name that it was sent under.
    pub name: String,
    /// Its content.
    #[serde(with = "serial::base64")]
    pub bytes: Bytes,
}

/// A file behind a download address.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedFile {
    /// The token in the address.
    pub token: String,
    /// The only mchid that may fetch it.
    pub owner: String,
    /// Until when, business time.
    pub expires: Timestamp,
    /// Its content, before compression.
    #[serde(with = "serial::base64")]
    pub bytes: Bytes,
    /// Sent compressed.
    pub gzip: bool,
    /// Of the file.
    #[serde(deserialize_with = "serial::constant")]
    pub media_type: Constant,
}
