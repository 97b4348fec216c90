//! Uploads: a JSON part, which alone is signed, and a file.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use serde_json::Value;
use sm3::{Digest as _, Sm3};
use weipay_catalog::ops::{Digest, UploadForm};

use super::digest::hex;
use super::{Body, Written};
use crate::error::BuildReason;
use crate::ring::PlatformKey;

/// A file to be uploaded: its name, whose extension has to be one that the operation takes, and its bytes.
///
/// `Debug` shows its size only.
#[derive(Clone)]
pub struct UploadFile {
    name: String,
    bytes: Bytes,
}

impl UploadFile {
    /// The file `name`, such as `shop.jpg`, without a folder.
    pub fn new(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

impl fmt::Debug for UploadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadFile").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// The parts of an upload's body.
#[derive(Clone)]
pub(super) struct Upload {
    form: &'static UploadForm,
    meta: Box<Body>,
    file: UploadFile,
    digest: String,
}

impl Upload {
    /// Checks the file as far as a client can (F10).
    pub(super) fn new(form: &'static UploadForm, meta: Body, file: UploadFile) -> Result<Self, BuildReason> {
        check(form, &file)?;
        let digest = match form.digest {
            Digest::Sm3 => hex(&Sm3::digest(&file.bytes)),
            _ => hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &file.bytes).as_ref()),
        };
        Ok(Self { form, meta: Box::new(meta), file, digest })
    }

    pub(super) fn is_sealed(&self) -> bool {
        matches!(*self.meta, Body::Sealed(_))
    }

    /// The multipart body, of which the text of the JSON part is signed.
    pub(super) fn write(&self, key: Option<&PlatformKey>) -> Result<Written, BuildReason> {
        let meta = self.meta(&self.meta.write(key)?.sent)?;
        let UploadForm { signed_part, file_part, .. } = self.form;
        // Bound to the file, so that a repetition sends the same bytes; no file holds half of its own digest so.
        let boundary = format!("weipay-{}", &self.digest[..32]);
        let mut sent = BytesMut::with_capacity(self.file.bytes.len() + meta.len() + 512);
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{signed_part}\"\r\nContent-Type: application/json\r\n\r\n"
        );
        sent.put_slice(head.as_bytes());
        sent.put_slice(&meta);
        let name = self.file.name.replace('"', "%22");
        let head = format!(
            "\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"{file_part}\"; filename=\"{name}\"\r\nContent-Type: {}\r\n\r\n",
            media_type(extension(&self.file.name))
        );
        sent.put_slice(head.as_bytes());
        sent.put_slice(&self.file.bytes);
        sent.put_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let content_type = Arc::from(format!("multipart/form-data; boundary={boundary}"));
        Ok(Written { signed: meta, sent: sent.freeze(), content_type: Some(content_type) })
    }

    /// The JSON part with the members that the file decides. One that is there already has to agree with the file.
    fn meta(&self, given: &[u8]) -> Result<Bytes, BuildReason> {
        let refuse = |why: String| Err(BuildReason::Upload(why));
        let part = self.form.signed_part;
        let given = if given.is_empty() { b"{}" } else { given };
        let Ok(Value::Object(known)) = serde_json::from_slice::<Value>(given) else {
            return refuse(format!("its part '{part}' has to be a JSON object"));
        };
        // Spliced in, so that the rest is sent as the caller wrote it.
        let text = String::from_utf8_lossy(given);
        let mut text = text.trim_end().strip_suffix('}').unwrap_or_default().to_owned();
        let mut comma = if known.is_empty() { "" } else { "," };
        let own = [(self.form.name_member, &self.file.name), (Some(self.form.digest_member), &self.digest)];
        for (member, value) in own.into_iter().filter_map(|(member, value)| Some((member?, value))) {
            match known.get(member).map(|there| there.as_str().unwrap_or_default()) {
                None => {
                    let _ = write!(text, "{comma}\"{member}\":{}", Value::from(value.as_str()));
                    comma = ",";
                }
                Some(there) if there.eq_ignore_ascii_case(value) => {}
                Some(_) => {
                    return refuse(format!(
                        "'{member}' of its part '{part}' does not fit the file; leave it out"
                    ));
                }
            }
        }
        text.push('}');
        Ok(text.into())
    }
}

fn check(form: &UploadForm, file: &UploadFile) -> Result<(), BuildReason> {
    let refuse = |why: String| Err(BuildReason::Upload(why));
    let UploadFile { name, bytes } = file;
    if bytes.is_empty() {
        return refuse("the file is empty".to_owned());
    }
    if name.is_empty() || name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) {
        return refuse(
            "the file's name is empty, has a folder in it or holds a control character".to_owned(),
        );
    }
    let extension = extension(name).to_ascii_lowercase();
    if !form.limits.is_empty() {
        let limit = form.limits.iter().find(|limit| limit.types.contains(&extension.as_str()));
        let Some(limit) = limit else {
            let taken: Vec<&str> = form.limits.iter().flat_map(|limit| limit.types).copied().collect();
            return refuse(format!("the file's name has to end in one of .{}", taken.join(", .")));
        };
        if bytes.len() as u64 > u64::from(limit.max_bytes) {
            let (size, max) = (bytes.len(), limit.max_bytes);
            return refuse(format!("the file has {size} bytes, and .{extension} may have {max}"));
        }
    }
    match format_of(bytes) {
        Some(format) if FORMATS.iter().any(|(known, _)| *known == extension) && format != extension => {
            refuse(format!("the file's name ends in .{extension}, and its content is that of a .{format}"))
        }
        _ => Ok(()),
    }
}

/// What files of some types begin with.
const FORMATS: [(&str, &[u8]); 4] =
    [("jpg", b"\xff\xd8\xff"), ("png", b"\x89PNG\r\n\x1a\n"), ("bmp", b"BM"), ("pdf", b"%PDF-")];

fn format_of(bytes: &[u8]) -> Option<&'static str> {
    FORMATS.iter().find(|(_, start)| bytes.starts_with(start)).map(|(name, _)| *name)
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn media_type(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "bmp" => "image/bmp",
        "pdf" => "application/pdf",
        "mp4" | "m4v" => "video/mp4",
        "mpeg" => "video/mpeg",
        "mov" => "video/quicktime",
        "avi" => "video/x-msvideo",
        "wmv" => "video/x-ms-wmv",
        "csv" => "text/csv",
        _ => "application/octet-stream",
    }
}
