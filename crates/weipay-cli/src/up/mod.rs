//! `weipay up`: sandbox, relay and shop on this machine, joined, until Ctrl-C.

mod telephone;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use weipay::Client;
use weipay_console::Neighbours;
use weipay_relay::hook::HookSecret;
use weipay_relay::store::{SqliteOptions, SqliteStore};
use weipay_relay::{ConfirmShape, HttpHook, Merchant, Relay, SystemClock, Vault};
use weipay_sandbox::{Fault, Sandbox};
use weipay_shop::{Config, Shop};

use crate::demo::credential;
use crate::output::{self, Failure, Misuse};
use crate::sandbox::Stop;
use telephone::Telephone;
use world::{MERCHANTS, members, shops, world};

/// The text above the options in `weipay up --help`.
pub(crate) const ABOUT: &str = "\
Starts a sandbox, a relay and a demo shop on this machine, joined as in production: the sandbox notifies the relay, the
relay asks the shop over its HTTP hook and pushes the answer back. Open the shop's page, exchange points for a coupon, and
see received, decided, confirmed. The consoles of relay and sandbox show the same from inside. It runs until Ctrl-C or
SIGTERM.

Keys and secrets are public and worthless. Without --data the databases are new, and gone at the end.";

/// The operation that carries a decision.
const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
/// What relay and shop share. Worthless, like every key here.
const SECRET: &str = "weipay-up-is-for-this-machine-only";

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the shop listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    shop: SocketAddr,
    /// Where the relay listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    relay: SocketAddr,
    /// Where the relay's console is, and takes commands; a loopback address
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    admin: SocketAddr,
    /// Where the sandbox listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    sandbox: SocketAddr,
    /// Keep the databases of relay and shop in this folder
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// How long the shop thinks before it decides, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 800)]
    think: u64,
    /// Let this fault strike the first decision that is sent, such as T01: executed, and the answer lost
    #[arg(long, value_name = "ID")]
    fault: Vec<String>,
    /// Print one JSON object instead of the text
    #[arg(long)]
    json: bool,
}

/// Runs all three until a signal ends them.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let folder = Folder::of(args.data)?;
    let sandbox = Sandbox::builder().listen(args.sandbox).world(world()).start().await;
    let sandbox = Arc::new(sandbox.map_err(|error| format!("{}: {error}", args.sandbox))?);
    let config = Config {
        listen: args.shop,
        database: folder.path.join("shop.db"),
        secret: SECRET.to_owned(),
        merchants: shops(),
        members: members(),
        think_ms: args.think,
        forgetful: false,
    };
    let shop = Shop::start(config, Some(Arc::new(Telephone::new(Arc::clone(&sandbox))))).await?;
    let store = SqliteStore::open(SqliteOptions::new(folder.path.join("relay.db"))).await?;
    let beside = Neighbours { sandbox: Some(sandbox.url()), relay: None, shop: Some(shop.url()) };
    let relay = relay(&sandbox, &shop, store)?
        .listen(args.relay)
        .admin(args.admin, Vec::new())
        .admin_pages(|operator| weipay_console::relay(operator, beside))
        .start()
        .await?;
    let admin = relay.admin_addr().map(|address| format!("http://{address}"));
    let beside = Neighbours { sandbox: None, relay: admin.clone(), shop: Some(shop.url()) };
    sandbox.mount(weipay_console::sandbox(sandbox.control(), Some(crate::docs::page), beside));
    for (name, mchid, _) in MERCHANTS {
        sandbox.set_notify_url(mchid, &relay.notify_url(name))?;
    }
    for fault in &args.fault {
        sandbox.inject(Fault::new(fault).map_err(|error| Misuse::new(error.to_string()))?.on(CONFIRM));
    }
    let admin = admin.unwrap_or_default();
    output::result(&announcement(args.json, &sandbox.url(), &relay.url(), &admin, &shop.url()));
    stop.asked().await;
    relay.stop().await;
    shop.stop().await;
    folder.end();
    Ok(())
}

fn relay(sandbox: &Sandbox, shop: &Shop, store: SqliteStore) -> Result<weipay_relay::RelayBuilder, Failure> {
    let mut relay = Relay::builder(Arc::new(store), Vault::new(&[0x5e; 32]));
    for (name, mchid, brand) in MERCHANTS {
        let client =
            Client::builder().credential(credential(sandbox, mchid)?).base_url(sandbox.url()).build()?;
        let hook = HttpHook::new(&shop.hook_url(), HookSecret::new(SECRET)?, Arc::new(SystemClock))?;
        let shape = if mchid == crate::demo::PARTNER { ConfirmShape::A } else { ConfirmShape::B };
        relay =
            relay.merchant(Merchant::new(name, client, shape, hook).brand(brand).mchid(crate::demo::MALL));
    }
    Ok(relay)
}

fn announcement(as_json: bool, sandbox: &str, relay: &str, admin: &str, shop: &str) -> String {
    if as_json {
        return json!({ "sandbox": sandbox, "relay": relay, "admin": admin, "shop": shop }).to_string();
    }
    format!(
        "\
  shop     {shop}   open it in a browser
  relay    {admin}   its console; notifications go to {relay}
  sandbox  {sandbox}   its console

Press \"Exchange 100 points for a coupon\" on the shop's page. Ctrl-C ends all three."
    )
}

/// Where the databases are; removed at the end unless it was asked for.
struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    fn of(data: Option<PathBuf>) -> Result<Self, Failure> {
        let kept = data.is_some();
        let fresh = || std::env::temp_dir().join(format!("weipay-up-{}", std::process::id()));
        let path = data.unwrap_or_else(fresh);
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path, kept })
    }

    fn end(self) {
        if !self.kept {
            // What cannot be removed is in nobody's way.
            let _ = std::fs::remove_dir_all(self.path);
        }
    }
}
