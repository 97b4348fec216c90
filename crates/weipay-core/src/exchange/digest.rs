//! How a streamed file is checked while it passes: a limit, a hash, and inflation under a bound.

use std::io::{self, Write};

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use flate2::write::GzDecoder;
use sm3::{Digest as _, Sm3};

use crate::call::{Digest, Expected, hex};
use crate::error::VerifyReason;

/// A digest at work.
pub(super) struct Digesting {
    digest: Digest,
    hashing: Hashing,
    inflate: Option<Inflate>,
    written: u64,
}

/// A hash under way.
enum Hashing {
    Sha(Context),
    Sm3(Box<Sm3>),
    None,
}

impl Hashing {
    fn new(expected: Expected) -> Self {
        match expected {
            Expected::Sha1(_) => Self::Sha(Context::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            Expected::Sha256(_) => Self::Sha(Context::new(&SHA256)),
            Expected::Sm3(_) => Self::Sm3(Box::new(Sm3::new())),
            Expected::SignedHeader(_) | Expected::Unpublished => Self::None,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha(context) => context.update(bytes),
            Self::Sm3(context) => context.update(bytes),
            Self::None => {}
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha(context) => context.finish().as_ref().to_vec(),
            Self::Sm3(context) => context.finalize().to_vec(),
            Self::None => Vec::new(),
        }
    }
}

/// Why a file was given up while it passed.
#[derive(Debug)]
pub(super) enum Stopped {
    TooLarge,
    Wrong(VerifyReason),
}

impl Digesting {
    pub(super) fn new(digest: Digest) -> Self {
        let inflate = digest.gzip.then(|| Inflate::new(digest.max));
        Self { digest, hashing: Hashing::new(digest.expected), inflate, written: 0 }
    }

    /// Takes the next bytes as received and gives the next bytes of the file.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<Vec<u8>, Stopped> {
        let output = match &mut self.inflate {
            Some(inflate) => inflate.take(chunk)?,
            None => chunk.to_vec(),
        };
        self.written += output.len() as u64;
        if self.written > self.digest.max {
            return Err(Stopped::TooLarge);
        }
        self.hashing.update(&output);
        Ok(output)
    }

    /// Ends the file: its last bytes, and its hash in hexadecimal if that is the published one.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, Option<String>), Stopped> {
        let rest = self.inflate.take().map(Inflate::finish).transpose()?.unwrap_or_default();
        self.hashing.update(&rest);
        let hash = self.hashing.finish();
        match self.digest.expected.bytes() {
            Some(expected) if hash == expected => Ok((rest, Some(hex(&hash)))),
            None if self.digest.expected == Expected::Unpublished => Ok((rest, None)),
            _ => Err(Stopped::Wrong(VerifyReason::WrongHash)),
        }
    }
}

/// Inflates one gzip stream, never beyond a bound. Anything behind its end is refused.
struct Inflate(GzDecoder<Bounded>);

impl Inflate {
    fn new(max: u64) -> Self {
        Self(GzDecoder::new(Bounded { bytes: Vec::new(), left: max, overflowed: false }))
    }

    fn take(&mut self, input: &[u8]) -> Result<Vec<u8>, Stopped> {
        let written = self.0.write_all(input).and_then(|()| self.0.flush());
        self.stopped(written)?;
        Ok(std::mem::take(&mut self.0.get_mut().bytes))
    }

    /// Checks that the stream ended properly, and gives what was still under way.
    fn finish(mut self) -> Result<Vec<u8>, Stopped> {
        let finished = self.0.try_finish();
        self.stopped(finished)?;
        Ok(std::mem::take(&mut self.0.get_mut().bytes))
    }

    fn stopped(&self, result: io::Result<()>) -> Result<(), Stopped> {
        result.map_err(|_| match self.0.get_ref().overflowed {
            true => Stopped::TooLarge,
            false => {
                Stopped::Wrong(VerifyReason::Encoding("the gzip stream is damaged or cut short".to_owned()))
            }
        })
    }
}

struct Bounded {
    bytes: Vec<u8>,
    left: u64,
    overflowed: bool,
}

impl Write for Bounded {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        match self.left.checked_sub(input.len() as u64) {
            Some(left) => self.left = left,
            None => {
                self.overflowed = true;
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        self.bytes.extend_from_slice(input);
        Ok(input.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Inflates a whole answer of at most `max` bytes.
pub(super) fn inflate(body: &[u8], max: usize) -> Result<Vec<u8>, Stopped> {
    let mut inflate = Inflate::new(max as u64);
    let mut output = inflate.take(body)?;
    output.extend(inflate.finish()?);
    Ok(output)
}
