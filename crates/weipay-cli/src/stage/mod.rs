//! Sandbox, relay and shop on this machine, joined as in production: what `up` keeps running and the demo plays on.

mod folder;
mod telephone;
pub(crate) mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use weipay::{ApiV3Key, Client, Credential, PrivateKey, PublicKey};
use weipay_console::Neighbours;
use weipay_relay::hook::HookSecret;
use weipay_relay::store::{SqliteOptions, SqliteStore};
use weipay_relay::{ConfirmShape, HttpHook, Merchant, Relay, RelayBuilder, SystemClock, Vault};
use weipay_sandbox::{Credentials, Sandbox};
use weipay_shop::{Config, Shop};

use crate::output::Failure;
use folder::Folder;
use telephone::Telephone;
use world::{MALL, OWN, ROLES, Role, members, shops, world};

/// What relay and shop share. Worthless, like every key here.
const SECRET: &str = "weipay-up-is-for-this-machine-only";

/// How it is set.
pub(crate) struct Plan {
    /// Where each listens.
    pub(crate) sandbox: SocketAddr,
    pub(crate) relay: SocketAddr,
    pub(crate) shop: SocketAddr,
    /// Where the relay's console is, and takes commands; a loopback address.
    pub(crate) admin: SocketAddr,
    /// Where the databases are kept; new ones that are gone at the end if not said.
    pub(crate) data: Option<PathBuf>,
    /// How long the shop thinks before it decides, in milliseconds.
    pub(crate) think_ms: u64,
    /// What each member has at the start.
    pub(crate) points: u64,
    /// The seed of the sandbox's ids. Kept databases know the ids of the time before, so it must not come again with them.
    pub(crate) seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            sandbox: free,
            relay: free,
            shop: free,
            admin: free,
            data: None,
            think_ms: 0,
            points: 0,
            seed: 1004,
        }
    }
}

/// All three, running.
pub(crate) struct Stage {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) relay: Relay,
    pub(crate) shop: Shop,
    _folder: Folder,
}

impl Stage {
    pub(crate) async fn set(plan: Plan) -> Result<Self, Failure> {
        let folder = Folder::of(plan.data)?;
        let sandbox = Sandbox::builder().listen(plan.sandbox).world(world(plan.points)).seed(plan.seed);
        let sandbox = sandbox.start().await.map_err(|error| format!("{}: {error}", plan.sandbox))?;
        let sandbox = Arc::new(sandbox);
        let config = Config {
            listen: plan.shop,
            database: folder.path().join("shop.db"),
            secret: SECRET.to_owned(),
            merchants: shops(),
            members: members(plan.points),
            think_ms: plan.think_ms,
            forgetful: false,
        };
        let shop = Shop::start(config, Some(Arc::new(Telephone::new(Arc::clone(&sandbox))))).await?;
        let store = SqliteStore::open(SqliteOptions::new(folder.path().join("relay.db"))).await?;
        let beside = Neighbours { sandbox: Some(sandbox.url()), relay: None, shop: Some(shop.url()) };
        let relay = relay(&sandbox, &shop, store)?
            .listen(plan.relay)
            .admin(plan.admin, Vec::new())
            .admin_pages(|operator| weipay_console::relay(operator, beside))
            .start()
            .await?;
        let beside = Neighbours { sandbox: None, relay: admin_url(&relay), shop: Some(shop.url()) };
        sandbox.mount(weipay_console::sandbox(sandbox.control(), Some(crate::docs::page), beside));
        for role in ROLES {
            sandbox.set_notify_url(role.mchid, &relay.notify_url(role.name))?;
        }
        Ok(Self { sandbox, relay, shop, _folder: folder })
    }

    /// Ends all three, the relay first: what it has under way it finishes.
    pub(crate) async fn end(self) {
        self.relay.stop().await;
        self.shop.stop().await;
        if let Some(sandbox) = Arc::into_inner(self.sandbox) {
            sandbox.stop().await;
        }
    }
}

/// Where the relay's console is.
pub(crate) fn admin_url(relay: &Relay) -> Option<String> {
    relay.admin_addr().map(|address| format!("http://{address}"))
}

fn relay(sandbox: &Sandbox, shop: &Shop, store: SqliteStore) -> Result<RelayBuilder, Failure> {
    let mut relay = Relay::builder(Arc::new(store), Vault::new(&[0x5e; 32]));
    for role in ROLES {
        let credential = credential(sandbox, role.mchid)?;
        let client = Client::builder().credential(credential).base_url(sandbox.url()).build()?;
        let hook = HttpHook::new(&shop.hook_url(), HookSecret::new(SECRET)?, Arc::new(SystemClock))?;
        let shape = if role.name == OWN.name { ConfirmShape::A } else { ConfirmShape::B };
        let merchant = Merchant::new(role.name, client, shape, hook).brand(role.brand).mchid(MALL);
        relay = relay.merchant(merchant.token(token(role)));
    }
    Ok(relay)
}

/// What opens the relay's effects API to a merchant's till.
pub(crate) fn token(role: &Role) -> String {
    format!("till-of-{}", role.name)
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
