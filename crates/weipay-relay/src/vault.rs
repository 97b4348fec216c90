//! What keeps personal data unreadable in the store, and the numbers that are derived and never drawn.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac, rand};

/// The first byte of everything that is sealed.
const VERSION: u8 = 1;

/// The store's key: AES-256-GCM for payloads and results, HMAC-SHA256 for persons.
///
/// `Debug` shows nothing of it.
pub struct Vault {
    /// The key in use, then the former ones.
    keys: Vec<LessSafeKey>,
    person: hmac::Key,
}

/// What is sealed does not open: it was sealed with another key, for another job, or it is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed;

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it does not open with the store's keys; was the seal key replaced without keeping the former one?")
    }
}

impl std::error::Error for Sealed {}

impl Vault {
    /// A vault with this key of 32 random bytes. Keep it apart from the store, and keep it: without it nothing opens.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { keys: vec![cipher(key)], person: hmac::Key::new(hmac::HMAC_SHA256, &derive(key, "person")) }
    }

    /// A former key, which still opens what it sealed. Persons are found by the present key only.
    #[must_use]
    pub fn former(mut self, key: &[u8; 32]) -> Self {
        self.keys.push(cipher(key));
        self
    }

    /// Seals `text` for one job: it opens nowhere else.
    pub(crate) fn seal(&self, job: &str, text: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).expect("aws-lc ends the process before it reports a lack of randomness");
        let mut sealed = text.to_vec();
        self.keys[0]
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(job), &mut sealed)
            .expect("a payload is far below the 64 GiB that AES-GCM seals");
        [&[VERSION], &nonce[..], &sealed].concat()
    }

    pub(crate) fn open(&self, job: &str, sealed: &[u8]) -> Result<Vec<u8>, Sealed> {
        let (head, text) = sealed.split_at_checked(1 + NONCE_LEN).ok_or(Sealed)?;
        if head[0] != VERSION {
            return Err(Sealed);
        }
        let nonce: [u8; NONCE_LEN] = head[1..].try_into().map_err(|_| Sealed)?;
        let open = |key: &LessSafeKey| {
            let mut text = text.to_vec();
            let length =
                key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(job), &mut text).ok()?.len();
            text.truncate(length);
            Some(text)
        };
        self.keys.iter().find_map(open).ok_or(Sealed)
    }

    /// What a person is found by: 32 hexadecimal digits that say nothing without the key.
    pub(crate) fn person(&self, parts: &[&str]) -> String {
        hex(hmac::sign(&self.person, parts.join("\0").as_bytes()).as_ref())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// The same parts give the same 32 hexadecimal digits, here and in every later version: request numbers and hook ids are
/// made of it, and a number that changes is a second effect.
pub(crate) fn derived(parts: &[&str]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex(context.finish().as_ref())
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, &derive(key, "seal")).expect("AES-256 takes 32 bytes");
    LessSafeKey::new(key)
}

fn derive(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    let tag =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), format!("weipay relay {purpose}").as_bytes());
    tag.as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
}

/// The first 16 bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_job_only_and_also_after_a_change_of_keys() {
        let old = Vault::new(&[1; 32]);
        let sealed = old.seal("shop/exchange/R1/decide", b"o1");
        assert_eq!(old.open("shop/exchange/R1/decide", &sealed), Ok(b"o1".to_vec()));
        assert_eq!(old.open("shop/exchange/R2/decide", &sealed), Err(Sealed));
        assert_eq!(Vault::new(&[2; 32]).open("shop/exchange/R1/decide", &sealed), Err(Sealed));
        let new = Vault::new(&[2; 32]).former(&[1; 32]);
        assert_eq!(new.open("shop/exchange/R1/decide", &sealed), Ok(b"o1".to_vec()));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(old.open("shop/exchange/R1/decide", &damaged), Err(Sealed), "byte {at}");
        }
        assert_eq!(old.open("shop/exchange/R1/decide", &sealed[..5]), Err(Sealed));
    }

    #[test]
    fn derived_numbers_never_change_between_versions() {
        assert_eq!(derived(&["shop", "exchange/R1", "sync", "0"]), "29d0a29b0de7c2142179ee5e335d379e");
        assert_ne!(derived(&["ab", "c"]), derived(&["a", "bc"]));
    }
}
