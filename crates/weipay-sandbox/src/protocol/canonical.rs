//! The strings that are signed.

/// What a request signs: five lines, each ended by one LF, the last one too.
#[derive(Clone, Copy)]
pub(crate) struct RequestString<'a> {
    pub(crate) method: &'a str,
    /// The request target exactly as it stood in the request line.
    pub(crate) target: &'a str,
    /// The header's text, not a number printed again.
    pub(crate) timestamp: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) body: &'a [u8],
}

impl RequestString<'_> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut string = Vec::with_capacity(64 + self.target.len() + self.nonce.len() + self.body.len());
        for line in [self.method, self.target, self.timestamp, self.nonce] {
            string.extend_from_slice(line.as_bytes());
            string.push(b'\n');
        }
        string.extend_from_slice(self.body);
        string.push(b'\n');
        string
    }
}

/// What an answer or a notification signs: three lines, each ended by one LF; the third is empty for a 204.
pub(crate) fn answer(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut string = Vec::with_capacity(timestamp.len() + nonce.len() + body.len() + 3);
    for line in [timestamp.as_bytes(), nonce.as_bytes(), body] {
        string.extend_from_slice(line);
        string.push(b'\n');
    }
    string
}

/// A signature probe: as long as a real signature, and none.
pub(crate) fn probe(signature: &str) -> String {
    const MARK: &str = "WECHATPAY/SIGNTEST/";
    format!("{MARK}{}", signature.get(MARK.len()..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_body_ends_with_two_line_feeds() {
        let string = RequestString {
            method: "GET",
            target: "/v3/certificates",
            timestamp: "1",
            nonce: "n",
            body: b"",
        };
        assert_eq!(string.bytes(), b"GET\n/v3/certificates\n1\nn\n\n");
        assert_eq!(answer("1", "n", b""), b"1\nn\n\n");
    }

    #[test]
    fn the_body_counts_in_bytes() {
        let body = "{\"name\":\"积分\"}".as_bytes();
        let string = RequestString { method: "POST", target: "/v3/x", timestamp: "1", nonce: "n", body };
        assert_eq!(string.bytes().len(), 5 + 6 + 2 + 2 + body.len() + 1);
    }
}
