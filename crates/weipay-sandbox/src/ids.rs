//! Every id and nonce comes from one seed: the same seed and the same requests give the same ids.

use serde::{Deserialize, Serialize};

/// Three streams of one seed, so that neither answers nor chance shift the business ids.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ids {
    pub(crate) seed: u64,
    business: SplitMix,
    wire: SplitMix,
    chance: SplitMix,
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const UPPER: &[u8] = b"0123456789ABCDEF";

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            business: SplitMix(seed),
            wire: SplitMix(seed ^ 0x5741_4954_4552_5321),
            chance: SplitMix(!seed),
        }
    }

    /// A points exchange: 28 letters and digits.
    pub(crate) fn record(&mut self) -> String {
        self.business.text("", LETTERS, 28)
    }

    /// A `WeChat` order number: 28 digits that begin with 4200.
    pub(crate) fn transaction(&mut self) -> String {
        self.business.text("4200", DIGITS, 24)
    }

    /// A refund number: 29 digits that begin with 503.
    pub(crate) fn refund(&mut self) -> String {
        self.business.text("503", DIGITS, 26)
    }

    /// A payment session: `wx`, the minute of its making in China as 14 digits, and 20 hexadecimal digits.
    pub(crate) fn prepay(&mut self, made: &str) -> String {
        self.business.text(&format!("wx{made}"), HEX, 20)
    }

    /// A user under some appid: 28 characters that begin with o.
    pub(crate) fn openid(&mut self) -> String {
        self.business.text("o", LETTERS, 27)
    }

    /// A movement of money, a share of a payment, a transfer: 28 digits that begin with 3000.
    pub(crate) fn order(&mut self) -> String {
        self.business.text("3000", DIGITS, 24)
    }

    /// A coupon code made by the platform: 22 digits (DOC: the page of busifavor's stocks).
    pub(crate) fn coupon(&mut self) -> String {
        self.business.text("1", DIGITS, 21)
    }

    /// A card template: 28 letters and digits that begin with p.
    pub(crate) fn card(&mut self) -> String {
        self.business.text("p", LETTERS, 27)
    }

    /// The code of a user's card: 24 digits.
    pub(crate) fn card_code(&mut self) -> String {
        self.business.text("", DIGITS, 24)
    }

    /// An activity: 6 digits.
    pub(crate) fn activity(&mut self) -> String {
        self.business.text("3", DIGITS, 5)
    }

    /// A product coupon or a stock of one: 30 digits that begin with 701.
    pub(crate) fn product_coupon(&mut self) -> String {
        self.business.text("701", DIGITS, 27)
    }

    /// A token for a component: 32 letters and digits.
    pub(crate) fn token(&mut self) -> String {
        self.business.text("", LETTERS, 32)
    }

    /// A notification: a UUID's form.
    pub(crate) fn notification(&mut self) -> String {
        let mut part = |length| self.business.text("", HEX, length);
        [part(8), part(4), part(4), part(4), part(12)].join("-")
    }

    /// The nonce of a sealed notification, 12 letters and digits.
    pub(crate) fn seal_nonce(&mut self) -> String {
        self.business.text("", LETTERS, 12)
    }

    /// So many letters and digits, for whatever has no form of its own.
    pub(crate) fn letters(&mut self, length: usize) -> String {
        self.business.text("", LETTERS, length)
    }

    /// So many digits.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        self.business.text("", DIGITS, length)
    }

    /// So many hexadecimal digits in lower case.
    pub(crate) fn hexadecimal(&mut self, length: usize) -> String {
        self.business.text("", HEX, length)
    }

    /// A number from 0 to below 1.
    pub(crate) fn chance(&mut self) -> f64 {
        let bits = u32::try_from(self.chance.next() >> 32).unwrap_or(0);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// The nonce of a signature, 32 upper-case hexadecimal digits.
    pub(crate) fn nonce(&mut self) -> String {
        self.wire.text("", UPPER, 32)
    }

    /// The first half of a `Request-ID`.
    pub(crate) fn request(&mut self) -> String {
        self.wire.text("08", UPPER, 38)
    }
}

/// `SplitMix64` (Steele, Lea, Flood): small, fast, and good enough for ids. Nothing secret depends on it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn text(&mut self, start: &str, alphabet: &[u8], length: usize) -> String {
        let mut text = String::from(start);
        for _ in 0..length {
            let at = usize::try_from(self.next() % alphabet.len() as u64).unwrap_or(0);
            text.push(char::from(alphabet[at]));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_and_the_streams_do_not_touch() {
        let (mut one, mut two) = (Ids::new(7), Ids::new(7));
        let _ = (two.nonce(), two.request());
        assert_eq!((one.record(), one.transaction()), (two.record(), two.transaction()));
        assert_ne!(one.record(), Ids::new(8).record());
        assert_eq!(one.notification().len(), 36);
    }
}
