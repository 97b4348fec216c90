//! The certificate authority of `--tls-ca`: made once, kept beside its key.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use weipay_sandbox::Authority;

use super::env_file::create;
use crate::output::{Failure, Misuse};

/// The authority whose certificate stands in this file and whose key stands beside it, under the same name and `.key`. Makes
/// both if neither is there. Gives the file's absolute path too.
pub(super) fn at(certificate: &Path) -> Result<(Authority, PathBuf), Failure> {
    let key = certificate.with_extension("key");
    if key == certificate {
        return Err(
            Misuse::new("--tls-ca names the certificate, such as ca.pem; its key goes to ca.key").into()
        );
    }
    let failed = |path: &Path, error: io::Error| format!("{} cannot be used: {error}", path.display());
    let text = |path: &Path| match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    };
    let authority = match (text(certificate)?, text(&key)?) {
        (Some(certificate_pem), Some(key_pem)) => Authority::from_pem(&certificate_pem, &key_pem)
            .map_err(|error| format!("{} with {}: {error}", certificate.display(), key.display()))?,
        (None, None) => {
            let authority = Authority::generate().map_err(|error| error.to_string())?;
            let mut file = create(&key).map_err(|error| failed(&key, error))?;
            file.write_all(authority.private_key_pem().as_bytes()).map_err(|error| failed(&key, error))?;
            fs::write(certificate, authority.certificate_pem())
                .map_err(|error| failed(certificate, error))?;
            authority
        }
        (there, _) => {
            let (there, missing) = if there.is_some() { (certificate, &*key) } else { (&*key, certificate) };
            let (there, missing) = (there.display(), missing.display());
            return Err(format!(
                "{there} is there, {missing} is not: they belong together; bring it back, or remove {there}"
            )
            .into());
        }
    };
    Ok((authority, std::path::absolute(certificate).map_err(|error| failed(certificate, error))?))
}
