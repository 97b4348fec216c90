//! Where key material comes from: text, bytes, a file, an environment variable.

use std::path::Path;

use rustls_pki_types::pem::{PemObject, SectionKind};
use zeroize::Zeroizing;

use crate::error::{KeyError, KeyProblem};

/// One DER document and what kind its PEM label said; `None` where the input was DER already.
pub(super) struct Material {
    pub(super) kind: Option<SectionKind>,
    pub(super) der: Vec<u8>,
}

/// Reads PEM or DER.
pub(super) fn decode(what: &'static str, input: &[u8]) -> Result<Material, KeyError> {
    let bad = |why: &str| KeyError::new(what, KeyProblem::Format(why.to_owned()));
    if input.trim_ascii().is_empty() {
        return Err(bad("it is empty"));
    }
    // DER starts with a SEQUENCE of two length bytes for every key and certificate of this size.
    if input.starts_with(&[0x30, 0x82]) {
        return Ok(Material { kind: None, der: input.to_vec() });
    }
    let text = std::str::from_utf8(input).map_err(|_| bad("it is neither PEM text nor DER"))?;
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        return Err(bad(
            "it is an encrypted private key; decrypt it first (openssl pkcs8 -in KEY -out PLAIN)",
        ));
    }
    if !text.contains("-----BEGIN ") {
        return Err(bad(
            "it is not PEM; expected a text that starts with '-----BEGIN …-----' (apiclient_key.pem for the merchant's key)",
        ));
    }
    // Environment variables and JSON files often carry the line feeds as two characters.
    let text = if text.contains('\n') { text.to_owned() } else { text.replace("\\n", "\n") };
    // Only the label differs: the cryptographic library reads PKCS#1 and SubjectPublicKeyInfo alike.
    let text = text.replace(" RSA PUBLIC KEY-----", " PUBLIC KEY-----");
    let (kind, der) = <(SectionKind, Vec<u8>)>::from_pem_slice(text.as_bytes())
        .map_err(|_| bad("its PEM is damaged: a label or a line is missing or altered"))?;
    Ok(Material { kind: Some(kind), der })
}

/// What a file holds, parsed; an error names the file.
pub(super) fn from_file<T>(
    what: &'static str,
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, KeyError>,
) -> Result<T, KeyError> {
    let from = |error: KeyError| error.from(path.display().to_string());
    let bytes = std::fs::read(path).map_err(|error| from(KeyError::new(what, KeyProblem::Read(error))))?;
    parse(&Zeroizing::new(bytes)).map_err(from)
}

/// What the environment variable `name` holds, or the file that `name_FILE` names, parsed; an error names the variable.
pub(super) fn from_env<T>(
    what: &'static str,
    name: &str,
    parse: impl FnOnce(&[u8]) -> Result<T, KeyError>,
) -> Result<T, KeyError> {
    if let Ok(value) = std::env::var(name) {
        return parse(&Zeroizing::new(value.into_bytes())).map_err(|error| error.from(name.to_owned()));
    }
    let file_name = format!("{name}_FILE");
    match std::env::var_os(&file_name) {
        Some(path) => from_file(what, Path::new(&path), parse),
        None => Err(KeyError::new(
            what,
            KeyProblem::Value(format!("neither {name} nor {file_name} is set in the environment")),
        )),
    }
}
