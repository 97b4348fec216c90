//! What a download is verified by, since files carry no signature.

/// What a download is verified by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The published hash.
    pub expected: Expected,
    /// Whether the bytes arrive as gzip and are to be inflated. The hash is that of the inflated file.
    pub gzip: bool,
    /// How many bytes the (inflated) file may have.
    pub max: u64,
}

/// A published hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// SHA-1, as bills have it.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
}

impl Expected {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Expected::Sha1(bytes) => bytes,
            Expected::Sha256(bytes) => bytes,
        }
    }
}
