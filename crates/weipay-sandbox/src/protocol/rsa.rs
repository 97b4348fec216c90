//! RSA as the API uses it: PKCS#1 v1.5 with SHA-256 to sign, OAEP with SHA-1 for sensitive fields.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;

use super::certificate::Certificate;

/// A key that WeChat's side signs and decrypts with.
pub(crate) struct PrivateKey {
    pair: KeyPair,
    decrypting: OaepPrivateDecryptingKey,
}

impl PrivateKey {
    /// Reads a PKCS#8 PEM.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        let pair = KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()?;
        let decrypting = PrivateDecryptingKey::from_pkcs8(der.secret_pkcs8_der()).ok()?;
        Some(Self { pair, decrypting: OaepPrivateDecryptingKey::new(decrypting).ok()? })
    }

    /// Signs and encodes as one line of base64.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<String> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(STANDARD.encode(signature))
    }

    /// Opens one sensitive field; none when it is not base64 or was made for another key.
    pub(crate) fn decrypt(&self, field: &str) -> Option<String> {
        let ciphertext = STANDARD.decode(field).ok()?;
        let mut plain = vec![0; self.decrypting.min_output_size()];
        let plain = self.decrypting.decrypt(&OAEP_SHA1_MGF1SHA1, &ciphertext, &mut plain, None).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }

    /// The public half as SPKI PEM.
    pub(crate) fn public_pem(&self) -> Option<String> {
        let der = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(self.pair.public_key()).ok()?;
        let encoded = STANDARD.encode(der.as_ref());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, tail) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = tail;
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        Some(pem)
    }
}

/// A registered certificate's key: checks a merchant's signatures and encrypts to the merchant.
pub(crate) struct PublicKey {
    verifying: ParsedPublicKey,
    encrypting: OaepPublicEncryptingKey,
}

impl PublicKey {
    /// Takes the key out of a certificate.
    pub(crate) fn of(certificate: &Certificate) -> Option<Self> {
        let verifying = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &certificate.public_key).ok()?;
        let encrypting = PublicEncryptingKey::from_der(&certificate.public_key).ok()?;
        Some(Self { verifying, encrypting: OaepPublicEncryptingKey::new(encrypting).ok()? })
    }

    /// Whether this raw signature is one over the message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifying.verify_sig(message, signature).is_ok()
    }

    /// Encrypts one sensitive field of at most 214 bytes, as base64.
    pub(crate) fn encrypt(&self, plain: &str) -> Option<String> {
        let mut field = vec![0; self.encrypting.ciphertext_size()];
        let field = self.encrypting.encrypt(&OAEP_SHA1_MGF1SHA1, plain.as_bytes(), &mut field, None).ok()?;
        Some(STANDARD.encode(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_what_the_certificate_verifies() {
        let key = PrivateKey::from_pem(include_str!("../../keys/merchant-1900000100.key.pem")).unwrap();
        let certificate =
            Certificate::from_pem(include_str!("../../keys/merchant-1900000100.cert.pem")).unwrap();
        let public = PublicKey::of(&certificate).unwrap();
        let signature = STANDARD.decode(key.sign(b"message").unwrap()).unwrap();
        assert!(public.verifies(b"message", &signature));
        assert!(!public.verifies(b"massage", &signature));
        assert_eq!(key.decrypt(&public.encrypt("积分").unwrap()).unwrap(), "积分");
        assert_eq!(key.decrypt("plain text"), None);
    }

    #[test]
    fn the_public_half_is_the_one_that_openssl_wrote() {
        let key = PrivateKey::from_pem(include_str!("../../keys/platform-public.key.pem")).unwrap();
        assert_eq!(key.public_pem().unwrap(), include_str!("../../keys/platform-public.pub.pem"));
    }
}
