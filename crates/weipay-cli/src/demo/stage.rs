//! What every act of the demo plays on: a sandbox, and clients of its two partners.

use weipay::{ApiV3Key, Client, Credential, PrivateKey, PublicKey, blocking};
use weipay_sandbox::{Credentials, Sandbox};

use super::Failure;
use super::world::{OTHER_PARTNER, PARTNER, world};

pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
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

impl Stage {
    pub(super) async fn set() -> Result<Self, Failure> {
        let sandbox = Sandbox::builder().world(world()).seed(1004).start().await?;
        let credential = |mchid| credential(&sandbox, mchid);
        let partner = Both {
            client: Client::builder().credential(credential(PARTNER)?).base_url(sandbox.url()).build()?,
            blocking: blocking::Client::builder()
                .credential(credential(PARTNER)?)
                .base_url(sandbox.url())
                .build()?,
        };
        let other_partner = partner.with(|| credential(OTHER_PARTNER))?;
        Ok(Self { sandbox, partner, other_partner })
    }
}

/// A partner's credential, from what the sandbox says about it.
pub(crate) fn credential(sandbox: &Sandbox, mchid: &str) -> Result<Credential, Failure> {
    let Credentials {
        mchid,
        merchant_serial,
        private_key_pem,
        platform_key_id,
        platform_public_key_pem,
        apiv3_key,
        ..
    } = sandbox.credentials_of(mchid).ok_or("the sandbox does not know this partner")?;
    Ok(Credential::merchant(mchid)
        .private_key(merchant_serial, PrivateKey::from_pem(private_key_pem)?)
        .platform_public_key(platform_key_id, PublicKey::from_pem(platform_public_key_pem)?)
        .apiv3_key(ApiV3Key::new(apiv3_key)?)
        .build()?)
}
