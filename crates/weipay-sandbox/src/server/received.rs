//! A request as it came from the wire.

use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;
use weipay_catalog::ops::Operation;

use super::multipart::{self, Part};
use crate::protocol::authorization::{self, Authorization, Malformed};

/// Method, raw target, headers and raw body.
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query exactly as they stood in the request line.
    pub(crate) target: String,
    /// The request line named a whole address instead of a path.
    pub(crate) absolute: bool,
    /// It came for the backup host.
    pub(crate) backup: bool,
    /// The address under which the caller knows this server, without a slash at the end.
    pub(crate) origin: String,
    /// The address under which a browser finds this server.
    pub(crate) pages: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) arrived: Instant,
}

impl Received {
    pub(crate) fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// A header's text; none if it is missing, empty or not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// The parts of an upload; none if the body is no whole form.
    pub(crate) fn form(&self) -> Option<Vec<Part>> {
        multipart::parse(self.header("content-type")?, &self.body)
    }

    /// What the signature covers as the body: of an upload only its JSON part, else all of it.
    pub(crate) fn signed_body(&self, operation: &Operation) -> Bytes {
        let signed = operation.upload_form.and_then(|form| {
            self.form()?.into_iter().find(|part| part.name == form.signed_part).map(|part| part.content)
        });
        signed.unwrap_or_else(|| self.body.clone())
    }

    /// The Authorization header; none if there is none.
    pub(crate) fn authorization(&self) -> Option<Result<Authorization, Malformed>> {
        self.header("authorization").map(authorization::parse)
    }

    /// The headers for the journal, with a shortened signature.
    pub(crate) fn journal_headers(&self) -> Vec<(String, String)> {
        let mut headers = super::header_list(&self.headers);
        for (name, value) in &mut headers {
            if name == "authorization" {
                *value = shortened(value);
            }
        }
        headers
    }
}

/// Keeps the scheme and the pairs, and the first characters of the signature. Of a foreign scheme, which may carry a
/// token, only the name is kept.
fn shortened(authorization: &str) -> String {
    const MARK: &str = "signature=\"";
    let Some(start) = authorization.find(MARK).map(|at| at + MARK.len()) else {
        let scheme = authorization.split(' ').next().unwrap_or_default();
        return format!("{scheme} …");
    };
    let end = authorization[start..].find('"').map_or(authorization.len(), |length| start + length);
    let kept = authorization[start..end].chars().take(8).collect::<String>();
    format!("{}{kept}…{}", &authorization[..start], &authorization[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_keeps_no_whole_signature_and_no_token() {
        let header = r#"WECHATPAY2-SHA256-RSA2048 mchid="1",signature="abcdefghijklmnop",serial_no="5""#;
        let short = shortened(header);
        assert_eq!(short, r#"WECHATPAY2-SHA256-RSA2048 mchid="1",signature="abcdefgh…",serial_no="5""#);
        assert_eq!(shortened("Bearer secret-token"), "Bearer …");
        assert_eq!(shortened("券"), "券 …");
    }
}
