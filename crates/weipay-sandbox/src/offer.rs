//! Files behind a download address of the sandbox's own.

use std::time::Duration;

use aws_lc_rs::digest;
use bytes::Bytes;

use crate::call::Call;
use crate::clock::after;
use crate::protocol::hex;
use crate::state::State;
use crate::world::OfferedFile;

/// How long an address can be used, business time (DOC: the field text of `download_url`).
const LIFETIME: Duration = Duration::from_secs(30);

/// What the answer says about an offered file.
pub(crate) struct Offered {
    pub(crate) url: String,
    /// Of the file before compression, in hexadecimal digits.
    pub(crate) sha1: String,
}

/// Puts a file up for download by the caller.
pub(crate) fn file(
    state: &mut State,
    call: &Call<'_>,
    bytes: Bytes,
    media_type: &'static str,
    gzip: bool,
) -> Offered {
    let sha1 = hex::lower(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &bytes).as_ref());
    let token = state.ids.letters(40);
    let tail = if gzip { "&tartype=gzip" } else { "" };
    let url = format!("{}/v3/billdownload/file?token={token}{tail}", call.origin);
    let (owner, expires) = (call.caller.id.clone(), after(call.now, LIFETIME));
    state.world.files.offered.push(OfferedFile { token, owner, expires, bytes, gzip, media_type });
    Offered { url, sha1 }
}
