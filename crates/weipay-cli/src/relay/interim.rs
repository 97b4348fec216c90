//! A relay from a JSON file, until `relay serve` reads its own.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use weipay::{ApiV3Key, Client, Credential, PrivateKey, PublicKey};
use weipay_relay::hook::HookSecret;
use weipay_relay::store::{SqliteOptions, SqliteStore};
use weipay_relay::{ConfirmShape, HttpHook, Limit, Merchant, Relay, SystemClock, Vault};

use crate::output::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    config: PathBuf,
}

#[derive(Deserialize)]
struct Config {
    listen: std::net::SocketAddr,
    database: PathBuf,
    merchants: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    name: String,
    brand: String,
    mall: Option<String>,
    base_url: String,
    mchid: String,
    serial: String,
    private_key: String,
    platform_key_id: String,
    platform_key: String,
    apiv3_key: String,
    hook: String,
    secret: String,
    shape: ConfirmShape,
    token: String,
    per_second: Option<f64>,
}

pub(crate) async fn run(args: Args) -> Result<bool, Failure> {
    let config: Config = serde_json::from_slice(&std::fs::read(args.config)?)?;
    let store = SqliteStore::open(SqliteOptions::new(config.database)).await?;
    let mut relay = Relay::builder(Arc::new(store), Vault::new(&[7; 32])).listen(config.listen);
    for one in config.merchants {
        let credential = Credential::merchant(one.mchid)
            .private_key(one.serial, PrivateKey::from_pem(one.private_key)?)
            .platform_public_key(one.platform_key_id, PublicKey::from_pem(one.platform_key)?)
            .apiv3_key(ApiV3Key::new(one.apiv3_key)?)
            .build()?;
        let client = Client::builder().credential(credential).base_url(one.base_url).build()?;
        let hook = HttpHook::new(&one.hook, HookSecret::new(&one.secret)?, Arc::new(SystemClock))?;
        let mut merchant = Merchant::new(one.name, client, one.shape, hook).brand(one.brand).token(one.token);
        if let Some(mall) = one.mall {
            merchant = merchant.mchid(mall);
        }
        if let Some(per_second) = one.per_second {
            for operation in [
                "brand_partner_card_member_user_points_exchange_coupon_confirm",
                "brand_partner_card_member_user_points_sync",
            ] {
                merchant = merchant.limit(operation, Limit { per_second, share: 1.0 });
            }
        }
        relay = relay.merchant(merchant);
    }
    let _relay = relay.start().await?;
    std::future::pending().await
}
