//! The certificate list, which proves itself: opened by the APIv3 key, then signed by a certificate inside it.

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;

use crate::error::VerifyReason;
use crate::ring::{KeyRing, PlatformKey};
use crate::wire::Signed;
use crate::{Certificate, Credential};

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    serial_no: String,
    encrypt_certificate: Sealed,
}

#[derive(Deserialize)]
struct Sealed {
    nonce: String,
    #[serde(default)]
    associated_data: String,
    ciphertext: String,
}

/// Verifies a list and puts its certificates into the credential's key ring. Known keys stay.
pub(super) fn install(
    credential: &Arc<Credential>,
    response: &http::Response<Bytes>,
    now: i64,
) -> Result<Vec<Certificate>, VerifyReason> {
    let signed = Signed::read(response.headers(), credential.scheme())?;
    let (certificates, keys): (Vec<_>, Vec<_>) = open(credential, response.body())?.into_iter().unzip();
    // During a rotation the list may be signed by a certificate that only the list itself brings (K02).
    let candidates = KeyRing::new(keys.clone(), false);
    if let Some(known) = credential.key_ring().find(signed.serial) {
        candidates.insert(known);
    }
    signed.check(response.body(), &candidates, now)?;
    for key in keys {
        credential.key_ring().insert(key);
    }
    Ok(certificates)
}

fn open(credential: &Credential, body: &[u8]) -> Result<Vec<(Certificate, PlatformKey)>, VerifyReason> {
    let failed = |why: &str| VerifyReason::CertificateList(why.to_owned());
    let list: List = serde_json::from_slice(body).map_err(|_| failed("it is not the documented JSON"))?;
    let mut keys = Vec::new();
    let mut why = "it holds no certificate".to_owned();
    for entry in list.data {
        let sealed = &entry.encrypt_certificate;
        let opened = credential
            .apiv3_keys()
            .iter()
            .map(|key| key.open(&sealed.nonce, &sealed.associated_data, &sealed.ciphertext))
            .reduce(Result::or);
        match opened {
            None => why = "no APIv3 key is configured".to_owned(),
            Some(Err(error)) => why = error.to_string(),
            Some(Ok(pem)) => match Certificate::from_pem(&pem) {
                Ok(certificate) if certificate.serial() != entry.serial_no => {
                    why = "a certificate is listed under another serial than its own".to_owned();
                }
                Ok(certificate) => match PlatformKey::certificate(&certificate) {
                    Ok(key) => keys.push((certificate, key)),
                    Err(_) => why = "it lists a merchant's certificate".to_owned(),
                },
                Err(error) => why = error.to_string(),
            },
        }
    }
    if keys.is_empty() { Err(VerifyReason::CertificateList(why)) } else { Ok(keys) }
}
