//! Who signs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::PrivateKey;
use crate::error::SignerError;

/// An RSA signature, raw (256 bytes for a key of 2048 bits).
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Takes the raw bytes, not base64.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({} bytes)", self.0.len())
    }
}

/// A private key that lives elsewhere: in a KMS, an HSM, another process.
///
/// # Examples
///
/// ```
/// use weipay_core::{PrivateKey, Signer, SignerFuture, wire::Signature};
///
/// #[derive(Debug)]
/// struct Remote(PrivateKey); // stands for a connection to a key service
///
/// impl Signer for Remote {
///     fn sign(&self, message: bytes::Bytes) -> SignerFuture<'_> {
///         Box::pin(async move { Ok(Signature::new(self.0.sign(&message))) })
///     }
/// }
/// ```
pub trait Signer: fmt::Debug + Send + Sync {
    /// Signs `message` by RSASSA-PKCS1-v1_5 with SHA-256.
    fn sign(&self, message: Bytes) -> SignerFuture<'_>;
}

/// What [`Signer::sign`] gives.
pub type SignerFuture<'a> = Pin<Box<dyn Future<Output = Result<Signature, SignerError>> + Send + 'a>>;

/// The key that a [`Step::Sign`](crate::exchange::Step::Sign) names.
#[derive(Clone)]
#[non_exhaustive]
pub enum SigningKey {
    /// A key in this process: signs at once.
    Local(PrivateKey),
    /// A key elsewhere: takes its time, and may fail.
    Remote(Arc<dyn Signer>),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SigningKey::Local(_) => "SigningKey::Local",
            SigningKey::Remote(_) => "SigningKey::Remote",
        })
    }
}
