//! `weipay up`: sandbox, relay and shop on this machine, joined, until Ctrl-C.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use weipay_sandbox::Fault;

use crate::output::{self, Failure, Misuse};
use crate::sandbox::Stop;
use crate::stage::{Plan, Stage, admin_url};

/// The text above the options in `weipay up --help`.
pub(crate) const ABOUT: &str = "\
Starts a sandbox, a relay and a demo shop on this machine, joined as in production: the sandbox notifies the relay, the
relay asks the shop over its HTTP hook and pushes the answer back. Open the shop's page, exchange points for a coupon, and
see received, decided, confirmed. The consoles of relay and sandbox show the same from inside. It runs until Ctrl-C or
SIGTERM.

Keys and secrets are public and worthless. Without --data the databases are new, and gone at the end.";

/// The operation that carries a decision.
const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
/// What each member has at the start.
const POINTS: u64 = 350;

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
    // Databases that were kept know the records of earlier runs: theirs must not come again.
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let Args { shop, relay, admin, sandbox, data, think, fault, json } = args;
    let plan = Plan { shop, relay, admin, sandbox, data, think_ms: think, points: POINTS, seed };
    let stage = Stage::set(plan).await?;
    for fault in &fault {
        stage.sandbox.inject(Fault::new(fault).map_err(|error| Misuse::new(error.to_string()))?.on(CONFIRM));
    }
    let Stage { sandbox, relay, shop, .. } = &stage;
    let admin = admin_url(relay).unwrap_or_default();
    output::result(&announcement(json, &sandbox.url(), &relay.url(), &admin, &shop.url()));
    stop.asked().await;
    stage.end().await;
    Ok(())
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
