//! A public key of WeChat Pay's side.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use rustls_pki_types::pem::SectionKind;

use super::source;
use crate::error::{KeyError, KeyProblem};

const WHAT: &str = "the platform's public key";

/// An RSA public key: the WeChat Pay public key that the merchant portal offers, or that of a platform certificate.
///
/// Reads SubjectPublicKeyInfo (`BEGIN PUBLIC KEY`) and PKCS#1 (`BEGIN RSA PUBLIC KEY`), as PEM or DER. Cloning is cheap.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

struct Inner {
    verifying: ParsedPublicKey,
    encrypting: OaepPublicEncryptingKey,
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads PEM text.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::parse(pem.as_ref())
    }

    /// Reads DER: SubjectPublicKeyInfo or PKCS#1.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::parse(der)
    }

    /// Reads a file that holds PEM or DER.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        source::from_file(WHAT, path.as_ref(), Self::parse)
    }

    /// Reads the environment variable `name`, or the file that the variable `name_FILE` names.
    pub fn from_env(name: &str) -> Result<Self, KeyError> {
        source::from_env(WHAT, name, Self::parse)
    }

    fn parse(input: &[u8]) -> Result<Self, KeyError> {
        let material = source::decode(WHAT, input)?;
        let format = |why: &str| Err(KeyError::new(WHAT, KeyProblem::Format(why.to_owned())));
        match material.kind {
            None | Some(SectionKind::PublicKey) => Self::from_spki_or_pkcs1(&material.der),
            Some(SectionKind::Certificate) => format(
                "it is a certificate; offer it as a platform certificate, which carries its own serial",
            ),
            Some(SectionKind::PrivateKey | SectionKind::RsaPrivateKey) => format(
                "it is a private key; give the public key that the merchant portal offers (pub_key.pem)",
            ),
            Some(_) => format("its PEM label is not that of a public key"),
        }
    }

    pub(super) fn from_spki_or_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let rejected = |error: &dyn fmt::Display| {
            KeyError::new(
                WHAT,
                KeyProblem::Rejected(format!("it is no RSA key of 2048 to 8192 bits ({error})")),
            )
        };
        let verifying =
            ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).map_err(|error| rejected(&error))?;
        let spki: PublicKeyX509Der<'_> = verifying.as_der().map_err(|error| rejected(&error))?;
        let der = spki.as_ref().to_vec();
        let encrypting = PublicEncryptingKey::from_der(&der)
            .map_err(|error| rejected(&error))
            .and_then(|key| OaepPublicEncryptingKey::new(key).map_err(|error| rejected(&error)))?;
        Ok(Self(Arc::new(Inner { verifying, encrypting, der })))
    }

    /// Whether `signature` is that of `message` by RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verifying.verify_sig(message, signature).is_ok()
    }

    /// How many bytes [`encrypt`](Self::encrypt) takes at most: 214 for a key of 2048 bits.
    pub fn max_plaintext(&self) -> usize {
        self.0.encrypting.max_plaintext_size(&OAEP_SHA1_MGF1SHA1)
    }

    /// Encrypts a sensitive field for WeChat Pay (RSAES-OAEP with SHA-1, empty label). Send it as base64.
    ///
    /// # Errors
    ///
    /// When `plaintext` is longer than [`max_plaintext`](Self::max_plaintext) bytes.
    pub fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, KeyError> {
        if plaintext.len() > self.max_plaintext() {
            let why = format!(
                "a sensitive field may have {} bytes in UTF-8, and this one has {}",
                self.max_plaintext(),
                plaintext.len()
            );
            return Err(KeyError::new(WHAT, KeyProblem::Value(why)));
        }
        let mut ciphertext = vec![0; self.0.encrypting.ciphertext_size()];
        let length = self
            .0
            .encrypting
            .encrypt(&OAEP_SHA1_MGF1SHA1, plaintext, &mut ciphertext, None)
            .map_err(|error| KeyError::new(WHAT, KeyProblem::Rejected(error.to_string())))?
            .len();
        ciphertext.truncate(length);
        Ok(ciphertext)
    }

    /// SubjectPublicKeyInfo DER.
    pub(crate) fn der(&self) -> &[u8] {
        &self.0.der
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey(RSA-{})", self.0.encrypting.key_size_bits())
    }
}
