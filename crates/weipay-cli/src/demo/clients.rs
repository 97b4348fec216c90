//! The clients of the two partners: what the first and the third act call with.

use weipay::{Client, Credential, blocking};
use weipay_sandbox::Sandbox;

use super::Failure;
use crate::stage::credential;
use crate::stage::world::{OTHER_PARTNER, PARTNER};

pub(super) struct Clients {
    /// The partner of the documentation.
    pub(super) partner: Both,
    /// The partner who takes today's confirm.
    pub(super) other_partner: Both,
}

/// The async and the blocking client of one merchant. Both of a pair, and all merchants, share their connections.
pub(super) struct Both {
    pub(super) client: Client,
    pub(super) blocking: blocking::Client,
}

impl Both {
    /// Another merchant's pair, over the same connections.
    fn with(&self, credential: impl Fn() -> Result<Credential, Failure>) -> Result<Self, Failure> {
        Ok(Self {
            client: self.client.with_credential(credential()?),
            blocking: self.blocking.with_credential(credential()?),
        })
    }
}

impl Clients {
    pub(super) fn of(sandbox: &Sandbox) -> Result<Self, Failure> {
        let credential = |mchid| credential(sandbox, mchid);
        let partner = Both {
            client: Client::builder().credential(credential(PARTNER)?).base_url(sandbox.url()).build()?,
            blocking: blocking::Client::builder()
                .credential(credential(PARTNER)?)
                .base_url(sandbox.url())
                .build()?,
        };
        let other_partner = partner.with(|| credential(OTHER_PARTNER))?;
        Ok(Self { partner, other_partner })
    }
}
