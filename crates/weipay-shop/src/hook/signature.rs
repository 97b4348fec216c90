//! Is it the relay that asks? Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, at most five minutes old.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use crate::Error;

const TOLERANCE: u64 = 300;

pub(crate) struct Secret(hmac::Key);

impl Secret {
    pub(crate) fn new(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::Config(format!("secret: {why}"));
        let bytes = match text.strip_prefix("whsec_") {
            Some(base64) => STANDARD.decode(base64).map_err(|_| wrong("behind whsec_ stands no base64"))?,
            None => text.as_bytes().to_vec(),
        };
        if bytes.len() < 16 {
            return Err(wrong("it has less than 16 bytes"));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Whether one of the signatures holds, and is of these minutes. The id is part of what is signed.
    pub(crate) fn holds(&self, headers: &HeaderMap, body: &[u8], now: i64) -> bool {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(timestamp), Some(signatures)) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
        else {
            return false;
        };
        if !timestamp.parse::<i64>().is_ok_and(|at| at.abs_diff(now) <= TOLERANCE) {
            return false;
        }
        let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
        signatures
            .split(' ')
            .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
            .any(|tag| hmac::verify(&self.0, &signed, &tag).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn the_published_example_holds_for_five_minutes_and_for_no_other_body() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap());
        headers.insert("webhook-timestamp", "1614265330".parse().unwrap());
        let signature = "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        headers.insert("webhook-signature", signature.parse().unwrap());
        let body = br#"{"test": 2432232314}"#;
        assert!(secret.holds(&headers, body, 1_614_265_330 + 300));
        assert!(!secret.holds(&headers, body, 1_614_265_330 + 301));
        assert!(!secret.holds(&headers, br#"{"test": 2432232315}"#, 1_614_265_330));
        headers.insert("webhook-id", "msg_other".parse().unwrap());
        assert!(!secret.holds(&headers, body, 1_614_265_330));
    }
}
