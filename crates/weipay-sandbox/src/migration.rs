//! Which of the platform's keys signs, while one takes over from another.

use serde::{Deserialize, Serialize};

use crate::ids::Ids;
use crate::keys::{Keys, PlatformKey};
use crate::world::SignWith;

/// How far the platform's changes of keys are; all zero at the start. Shares go from 0 to 1 and are drawn from the seed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// The next platform certificate stands in the certificate list and can be named, beside the present one. It does
    /// also once anything is signed by it.
    pub announced: bool,
    /// The share of what a platform certificate signs that the next one signs.
    pub to_next_certificate: f64,
    /// The share of what the platform certificate signs, because the caller named no key, that the public key signs; of
    /// notifications to receivers by certificate too.
    pub to_public_key: f64,
}

impl Migration {
    /// Whether the next certificate is known to merchants.
    pub(crate) fn shows_next(&self) -> bool {
        self.announced || self.to_next_certificate > 0.0
    }

    /// The key for an answer to a caller who named this one, or none.
    pub(crate) fn answer<'a>(
        &self,
        keys: &'a Keys,
        named: Option<&'a PlatformKey>,
        ids: &mut Ids,
    ) -> &'a PlatformKey {
        let certificates =
            [Some(&keys.platform_certificate.serial), keys.next.as_ref().map(|(key, _)| &key.serial)];
        match named {
            Some(key) if !certificates.contains(&Some(&key.serial)) => key,
            None if drawn(self.to_public_key, ids) => &keys.platform_public,
            _ => self.certificate(keys, ids),
        }
    }

    /// The key for a notification.
    pub(crate) fn notification<'a>(&self, keys: &'a Keys, with: SignWith, ids: &mut Ids) -> &'a PlatformKey {
        match with {
            SignWith::PublicKey => &keys.platform_public,
            SignWith::Certificate => self.answer(keys, None, ids),
        }
    }

    fn certificate<'a>(&self, keys: &'a Keys, ids: &mut Ids) -> &'a PlatformKey {
        match &keys.next {
            Some((next, _)) if drawn(self.to_next_certificate, ids) => next,
            _ => &keys.platform_certificate,
        }
    }
}

/// Draws only where there is a choice, so that a sandbox without migration draws nothing.
fn drawn(share: f64, ids: &mut Ids) -> bool {
    share >= 1.0 || share > 0.0 && ids.chance() < share
}
