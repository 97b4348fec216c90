//! The merchant's private key.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use rustls_pki_types::pem::SectionKind;
use zeroize::Zeroizing;

use super::source;
use crate::error::{KeyError, KeyProblem};

const WHAT: &str = "the merchant's private key";

/// The private key of a merchant's or a brand's API certificate (RSA, 2048 bits or more).
///
/// Reads PKCS#8 (`BEGIN PRIVATE KEY`) and PKCS#1 (`BEGIN RSA PRIVATE KEY`), as PEM or DER. It is parsed once, here; a
/// call never parses a key. `Debug` shows only its size. Cloning is cheap.
///
/// # Examples
///
/// ```
/// # let pem = "not a key";
/// let error = weipay_core::PrivateKey::from_pem(pem).unwrap_err();
/// assert!(error.to_string().contains("apiclient_key.pem"));
/// ```
#[derive(Clone)]
pub struct PrivateKey(Arc<Inner>);

struct Inner {
    signing: KeyPair,
    decrypting: OaepPrivateDecryptingKey,
    random: SystemRandom,
}

impl PrivateKey {
    /// Reads PEM text.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::parse(pem.as_ref())
    }

    /// Reads DER: PKCS#8 or PKCS#1.
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
        let der = Zeroizing::new(material.der);
        let format = |why: &str| KeyError::new(WHAT, KeyProblem::Format(why.to_owned()));
        let rejected = |error: &dyn fmt::Display| {
            KeyError::new(
                WHAT,
                KeyProblem::Rejected(format!("it is no RSA key of 2048 bits or more ({error})")),
            )
        };
        let signing = match material.kind {
            Some(SectionKind::PrivateKey) => KeyPair::from_pkcs8(&der).map_err(|error| rejected(&error))?,
            Some(SectionKind::RsaPrivateKey) => KeyPair::from_der(&der).map_err(|error| rejected(&error))?,
            None => KeyPair::from_pkcs8(&der)
                .or_else(|_| KeyPair::from_der(&der))
                .map_err(|error| rejected(&error))?,
            Some(SectionKind::Certificate) => {
                return Err(format(
                    "it is a certificate (apiclient_cert.pem?); give the private key, usually apiclient_key.pem",
                ));
            }
            Some(SectionKind::PublicKey) => return Err(format("it is a public key; give the private one")),
            Some(SectionKind::EcPrivateKey) => {
                return Err(format("it is an elliptic-curve key; WeChat Pay's APIv3 signs with RSA"));
            }
            Some(_) => return Err(format("its PEM label is not that of a private key")),
        };
        let pkcs8: Pkcs8V1Der<'_> = signing.as_der().map_err(|error| rejected(&error))?;
        let decrypting =
            PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref())
                .map_err(|error| rejected(&error))
                .and_then(|key| OaepPrivateDecryptingKey::new(key).map_err(|error| rejected(&error)))?;
        Ok(Self(Arc::new(Inner { signing, decrypting, random: SystemRandom::new() })))
    }

    /// Signs `message` by RSASSA-PKCS1-v1_5 with SHA-256. Takes about a quarter of a millisecond.
    ///
    /// # Panics
    ///
    /// Never with a key that was parsed; the cryptographic library cannot refuse it any more.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.signing.public_modulus_len()];
        #[expect(clippy::expect_used, reason = "a parsed RSA key signs into a buffer of its own length")]
        self.0
            .signing
            .sign(&RSA_PKCS1_SHA256, &self.0.random, message, &mut signature)
            .expect("RSA signature");
        signature
    }

    /// Decrypts a sensitive field that WeChat Pay encrypted to this merchant's certificate (RSAES-OAEP with SHA-1).
    ///
    /// # Errors
    ///
    /// When the ciphertext was made for another key, or altered.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut plaintext = vec![0; self.0.decrypting.min_output_size()];
        let length = self
            .0
            .decrypting
            .decrypt(&OAEP_SHA1_MGF1SHA1, ciphertext, &mut plaintext, None)
            .map_err(|_| {
                KeyError::new(
                    WHAT,
                    KeyProblem::Rejected(
                        "it does not open this ciphertext; another certificate was used".to_owned(),
                    ),
                )
            })?
            .len();
        plaintext.truncate(length);
        Ok(plaintext)
    }

    /// The public half as SubjectPublicKeyInfo DER, to tell whether a key that somebody offers is ours.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        self.0.signing.public_key().as_der().map(|der| der.as_ref().to_vec()).unwrap_or_default()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(RSA-{})", self.0.signing.public_modulus_len() * 8)
    }
}
