//! A relay from its file, until the real `relay serve` is there.

use std::path::PathBuf;

use weipay_relay::Config;

use crate::output::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    config: PathBuf,
}

pub(crate) async fn run(args: Args) -> Result<bool, Failure> {
    let _relay = Config::read(args.config)?.open().await?.start().await?;
    std::future::pending().await
}
