//! Files: what was uploaded, and what can be downloaded.

use bytes::Bytes;
use jiff::Timestamp;

/// What the upload and download families know.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// What callers have uploaded.
    pub uploads: Vec<UploadedFile>,
    /// What stands behind the download addresses that were given out.
    pub offered: Vec<OfferedFile>,
}

/// A file that a caller has uploaded.
#[derive(Debug, Clone)]
pub struct UploadedFile {
    /// What the answer named it.
    pub media_id: String,
    /// mchid or brand id of the caller.
    pub owner: String,
    /// The name that it was sent under.
    pub name: String,
    /// Its content.
    pub bytes: Bytes,
}

/// A file behind a download address.
#[derive(Debug, Clone)]
pub struct OfferedFile {
    /// The token in the address.
    pub token: String,
    /// The only mchid that may fetch it.
    pub owner: String,
    /// Until when, business time.
    pub expires: Timestamp,
    /// Its content, before compression.
    pub bytes: Bytes,
    /// Sent compressed.
    pub gzip: bool,
    /// Of the file.
    pub media_type: &'static str,
}
