//! Who signs the sandbox's certificates.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _, date_time_ymd,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::NAMES;
use crate::Error;
use crate::protocol::certificate::Certificate;
use crate::world::Secret;

/// For ten years: a trust store is set once.
const YEARS: i64 = 10;
/// The sandbox's own certificate is made at each start. Some clients take none that is valid for longer.
const DAYS: i64 = 397;

/// A certificate authority for the sandbox's HTTPS: [`Builder::tls`](crate::Builder::tls).
///
/// Unlike the sandbox's other keys this one is nobody's but yours, because programs are told to trust it: it is made at random,
/// and can only certify the hosts of the API, localhost, 127.0.0.1 and `::1`. `Debug` does not show the key.
#[derive(Clone)]
pub struct Authority {
    certificate_pem: String,
    private_key_pem: Secret,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::Authority`] if the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(|error| unusable(&error))?;
        let mut parameters = itself();
        set_validity(&mut parameters, YEARS * 365);
        let permitted_subtrees = NAMES.map(|name| match name.parse() {
            Ok(IpAddr::V4(ip)) => GeneralSubtree::IpAddress(CidrSubnet::V4(ip.octets(), [255; 4])),
            Ok(IpAddr::V6(ip)) => GeneralSubtree::IpAddress(CidrSubnet::V6(ip.octets(), [255; 16])),
            Err(_) => GeneralSubtree::DnsName(name.to_owned()),
        });
        parameters.name_constraints = Some(NameConstraints {
            permitted_subtrees: permitted_subtrees.into(),
            excluded_subtrees: Vec::new(),
        });
        let certificate = parameters.self_signed(&key).map_err(|error| unusable(&error))?;
        Ok(Self { certificate_pem: certificate.pem(), private_key_pem: key.serialize_pem().into() })
    }

    /// One that was made before, by its certificate and its private key (PKCS#8), both PEM.
    ///
    /// # Errors
    /// [`Error::Authority`] if either cannot be read, they do not belong together, the certificate has expired, or it was not
    /// made here.
    pub fn from_pem(certificate: &str, private_key: &str) -> Result<Self, Error> {
        let refused = |why: &str| Err(Error::Authority(why.to_owned()));
        let Some(read) = Certificate::from_pem(certificate) else {
            return refused("its certificate is not an X.509 PEM");
        };
        let Ok(key) = KeyPair::from_pem(private_key) else {
            return refused("its private key is not a PKCS#8 PEM");
        };
        if read.public_key != key.subject_public_key_info() {
            return refused("the private key is not that of the certificate");
        }
        if read.not_after <= Timestamp::now() {
            return refused("its certificate has expired; have a new one made, and trust that");
        }
        let authority = Self { certificate_pem: certificate.to_owned(), private_key_pem: private_key.into() };
        let (signed, _) = authority.certify().map_err(|error| unusable(&error))?;
        match Certificate::from_der(&signed) {
            Some(signed) if signed.issuer == read.subject => Ok(authority),
            _ => refused("its certificate was not made by weipay"),
        }
    }

    /// The certificate that programs have to trust, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key, PKCS#8 PEM. For a file that only its owner can read.
    pub fn private_key_pem(&self) -> &str {
        self.private_key_pem.expose()
    }

    /// TLS 1.2 and 1.3, by a new certificate for [`NAMES`].
    pub(super) fn server(&self) -> Result<ServerConfig, Error> {
        let (certificate, key) = self.certify().map_err(|error| unusable(&error))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.and_then(|config| {
            config.with_no_client_auth().with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.into()))
        });
        let mut config = config.map_err(|error| unusable(&error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn certify(&self) -> Result<(CertificateDer<'static>, Vec<u8>), rcgen::Error> {
        let issuer = Issuer::new(itself(), KeyPair::from_pem(self.private_key_pem.expose())?);
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new(NAMES.map(str::to_owned))?;
        name(&mut parameters, "weipay sandbox");
        set_validity(&mut parameters, DAYS);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        Ok((parameters.signed_by(&key, &issuer)?.der().clone(), key.serialize_der()))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// What of an authority stands in the certificates that it signs.
fn itself() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    name(&mut parameters, "weipay sandbox, this machine only");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters
}

fn name(parameters: &mut CertificateParams, name: &str) {
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
}

/// From yesterday on, so that a clock which is a little behind takes it too.
fn set_validity(parameters: &mut CertificateParams, days: i64) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let day = |days: i64| {
        let date = today.saturating_add(days.days());
        let part = |part: i8| u8::try_from(part).unwrap_or(1);
        date_time_ymd(date.year().into(), part(date.month()), part(date.day()))
    };
    (parameters.not_before, parameters.not_after) = (day(-1), day(days));
}

fn unusable(why: &dyn fmt::Display) -> Error {
    Error::Authority(why.to_string())
}
