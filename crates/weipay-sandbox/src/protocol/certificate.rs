//! Just enough DER to read a certificate's serial, validity and public key.

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// What the sandbox needs to know of a certificate.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    /// Upper-case hexadecimal.
    pub(crate) serial: String,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// The name of who signed it, DER.
    pub(crate) issuer: Vec<u8>,
    /// Whose it is, DER.
    pub(crate) subject: Vec<u8>,
    /// `SubjectPublicKeyInfo`, DER.
    pub(crate) public_key: Vec<u8>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        Self::from_der(&CertificateDer::from_pem_slice(pem.as_bytes()).ok()?)
    }

    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let mut outer = Reader(der);
        let mut certificate = Reader(outer.next(SEQUENCE)?.content);
        let mut fields = Reader(certificate.next(SEQUENCE)?.content);
        fields.skip_if(EXPLICIT_VERSION);
        let serial = hex(fields.next(INTEGER)?.content);
        fields.next(SEQUENCE)?; // signature algorithm
        let issuer = fields.next(SEQUENCE)?.whole.to_vec();
        let mut validity = Reader(fields.next(SEQUENCE)?.content);
        let not_before = moment(&validity.any()?)?;
        let not_after = moment(&validity.any()?)?;
        let subject = fields.next(SEQUENCE)?.whole.to_vec();
        let public_key = fields.next(SEQUENCE)?.whole.to_vec();
        Some(Self { serial, not_before, not_after, issuer, subject, public_key })
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const EXPLICIT_VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn any(&mut self) -> Option<Element<'a>> {
        let input = self.0;
        let (tag, first) = (*input.first()?, *input.get(1)?);
        let (length, head) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let count = usize::from(first & 0x7f);
            let digits = input.get(2..2 + count).filter(|_| (1..=4).contains(&count))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), 2 + count)
        };
        let whole = input.get(..head.checked_add(length)?)?;
        self.0 = &input[whole.len()..];
        Some(Element { tag, content: &whole[head..], whole })
    }

    fn next(&mut self, tag: u8) -> Option<Element<'a>> {
        self.any().filter(|element| element.tag == tag)
    }

    fn skip_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            let _ = self.any();
        }
    }
}

fn hex(serial: &[u8]) -> String {
    let start = usize::from(serial.len() > 1 && serial[0] == 0);
    serial[start..].iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
}

fn moment(element: &Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(element.content).ok()?.strip_suffix('Z').filter(|text| text.is_ascii())?;
    let full = match (element.tag, text.len()) {
        // Two-digit years below 50 are of this century (RFC 5280).
        (UTC_TIME, 12) => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        (GENERALIZED_TIME, 14) => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize| &full[from..from + 2];
    format!("{}-{}-{}T{}:{}:{}Z", &full[..4], part(4), part(6), part(8), part(10), part(12)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_throw_away_certificates() {
        let certificate = Certificate::from_pem(include_str!("../../keys/platform.cert.pem")).unwrap();
        assert_eq!(certificate.serial, "5A2FA44464401049CC316A062E3EF88D19BA3B96");
        assert_eq!(certificate.not_before.to_string(), "2020-01-01T00:00:00Z");
        assert_eq!(certificate.not_after.to_string(), "2049-12-31T23:59:59Z");
    }

    #[test]
    fn a_damaged_certificate_is_none() {
        let der =
            CertificateDer::from_pem_slice(include_str!("../../keys/platform.cert.pem").as_bytes()).unwrap();
        for cut in 0..200 {
            assert!(Certificate::from_der(&der[..cut]).is_none());
        }
    }
}
