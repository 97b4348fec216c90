//! TLS: which authorities are trusted.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto};

/// Platform roots, bundled roots and the caller's own, put together on first use: whoever calls plain `http://` needs
/// none of them.
#[derive(Default)]
pub(crate) struct Tls {
    extra: Vec<CertificateDer<'static>>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    /// Trusts the authorities in `pem` as well. The error says why it cannot.
    pub(crate) fn trust(&mut self, pem: &[u8]) -> Result<(), String> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| "its PEM is damaged".to_owned())?;
        if certificates.is_empty() {
            return Err("it holds no '-----BEGIN CERTIFICATE-----'".to_owned());
        }
        for certificate in &certificates {
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|_| "it is no X.509 certificate that can be trusted".to_owned())?;
        }
        self.extra.extend(certificates);
        Ok(())
    }

    /// The configuration, if it was needed before.
    pub(crate) fn loaded(&self) -> Option<Arc<ClientConfig>> {
        self.config.get().cloned()
    }

    /// The configuration. The first call reads the platform's certificate files.
    pub(crate) fn load(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        if let Some(config) = self.loaded() {
            return Ok(config);
        }
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        // Platform roots that cannot be read are no failure: the bundled ones are always there.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(self.extra.iter().cloned());
        // The provider is named here, so that no process-wide default is needed or changed.
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}
