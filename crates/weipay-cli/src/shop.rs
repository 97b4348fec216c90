//! `weipay shop`: the demo shop as a process of its own, for the proof.

use std::path::PathBuf;

use weipay_shop::{Config, Shop};

use crate::output::{self, Failure};

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shop's configuration, as JSON
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs the shop until it is killed.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let path = args.config.display();
    let text = std::fs::read(&args.config).map_err(|error| format!("{path}: {error}"))?;
    let config: Config = serde_json::from_slice(&text).map_err(|error| format!("{path}: {error}"))?;
    let shop = Shop::start(config, None).await?;
    output::result(&shop.url());
    shop.served().await;
    Ok(())
}
