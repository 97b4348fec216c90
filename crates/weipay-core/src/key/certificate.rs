//! A platform certificate.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::SectionKind;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{PublicKey, source};
use crate::error::{KeyError, KeyProblem};

const WHAT: &str = "the platform certificate";

/// A certificate with which WeChat Pay signs: its serial, its key and its validity.
#[derive(Clone)]
pub struct Certificate {
    serial: String,
    common_name: String,
    key: PublicKey,
    not_before: i64,
    not_after: i64,
    der: Arc<[u8]>,
}

impl Certificate {
    /// Reads PEM text.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::parse(pem.as_ref())
    }

    /// Reads DER.
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
        if !matches!(material.kind, None | Some(SectionKind::Certificate)) {
            return Err(KeyError::new(
                WHAT,
                KeyProblem::Format("its PEM label is not that of a certificate".to_owned()),
            ));
        }
        let (_, certificate) = X509Certificate::from_der(&material.der)
            .map_err(|_| KeyError::new(WHAT, KeyProblem::Format("it is no X.509 certificate".to_owned())))?;
        let serial = certificate.raw_serial();
        // DER writes a leading zero byte where the first bit is set; WeChat Pay's spelling has none.
        let serial = if serial.len() > 1 && serial[0] == 0 { &serial[1..] } else { serial };
        let common_name = certificate
            .subject()
            .iter_common_name()
            .next()
            .and_then(|name| name.as_str().ok())
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            serial: serial.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}")),
            common_name,
            key: PublicKey::from_spki_or_pkcs1(certificate.public_key().raw)?,
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            der: material.der.as_slice().into(),
        })
    }

    /// The serial number in upper-case hexadecimal, as `Wechatpay-Serial` spells it.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The certificate itself, as DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate itself, as PEM text.
    pub fn to_pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem + "-----END CERTIFICATE-----\n"
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// From when it is valid, in seconds since 1970-01-01T00:00:00Z.
    pub fn not_before(&self) -> i64 {
        self.not_before
    }

    /// Until when it is valid, in seconds since 1970-01-01T00:00:00Z.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// Whether this is a merchant's API certificate, whose common name is the mchid.
    pub(crate) fn is_merchants(&self) -> bool {
        !self.common_name.is_empty() && self.common_name.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("serial", &self.serial)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}
