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
    /// SHA-256, as receipts have it.
    Sha256([u8; 32]),
    /// SM3, as a few receipts have it.
    Sm3([u8; 32]),
    /// The SHA-1 that this header of the answer holds. The answer's signature covers it in place of the body.
    SignedHeader(&'static str),
    /// Nothing: no hash is published for the file, so it cannot be verified.
    Unpublished,
}

impl Expected {
    /// A hash as answers publish it: `SHA1`, `SHA256` or `SM3`, and its hexadecimal digits in either case.
    pub fn parse(hash_type: &str, hash_value: &str) -> Option<Self> {
        match hash_type.to_ascii_uppercase().as_str() {
            "SHA1" => bytes(hash_value).map(Self::Sha1),
            "SHA256" => bytes(hash_value).map(Self::Sha256),
            "SM3" => bytes(hash_value).map(Self::Sm3),
            _ => None,
        }
    }

    /// Its bytes, where they are known before the file comes.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Sha1(bytes) => Some(bytes),
            Self::Sha256(bytes) | Self::Sm3(bytes) => Some(bytes),
            Self::SignedHeader(_) | Self::Unpublished => None,
        }
    }
}

/// `N` bytes of as many pairs of hexadecimal digits.
fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let digits = hex.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, place) in bytes.iter_mut().zip(0..) {
        *byte = u8::from_str_radix(hex.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
