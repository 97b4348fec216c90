//! `weipay sandbox worlds`: one world for each of the tests that run at the same time, in any language.

use std::path::PathBuf;

use serde_json::Value;
use weipay_sandbox::control::{Client, WorldOrder};

use super::env_file;
use super::steer::{Out, text_of};
use crate::output::{self, Failure, Misuse};

/// What to do about worlds.
#[derive(clap::Subcommand)]
pub(crate) enum Act {
    /// Open a world on a port of its own, with its own state, faults and clock; prints its number and address
    Open(Order),
    /// Close a world
    Close {
        /// Its number
        number: u64,
    },
}

/// How the world is to be. What is not said is as the sandbox was started.
#[derive(clap::Args)]
pub(crate) struct Order {
    /// Seed of all ids
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Add what stands in this YAML or JSON file
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Business time stands still at this moment until `advance` moves it: 2026-05-20T13:29:35+08:00
    #[arg(long, value_name = "TIME")]
    business_time: Option<String>,
    /// Write its base URL, ids and keys into this dotenv file
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

/// Does it, or lists the worlds.
pub(super) async fn run(act: Option<Act>, client: &Client, out: &Out) -> Result<(), Failure> {
    match act {
        None => out.lines(&client.worlds().await?, |one| {
            format!("{:>3} {} {}", one.number, one.url, one.default_caller)
        }),
        Some(Act::Open(order)) => open(order, client, out).await,
        Some(Act::Close { number }) => Ok(client.close_world(number).await?),
    }
}

async fn open(order: Order, client: &Client, out: &Out) -> Result<(), Failure> {
    let Order { seed, world, business_time, env } = order;
    let business_time = business_time.map(|time| {
        time.parse()
            .map_err(|_| Misuse::new(format!("`{time}` is no time such as 2026-05-20T13:29:35+08:00")))
    });
    let world = world.map(|path| text_of(&path)).transpose()?.map(Value::String);
    let order =
        WorldOrder { seed, world, business_time: business_time.transpose()?, ..WorldOrder::default() };
    let opened = client.open_world(&order).await?;
    if let Some(path) = &env {
        env_file::write(path, &opened.environment)?;
    }
    if out.json {
        return out.object(&opened);
    }
    output::result(&format!("{:>3} {}", opened.number, opened.url));
    Ok(())
}
