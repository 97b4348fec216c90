//! `weipay relay serve`.

use tracing_subscriber::EnvFilter;
use weipay_relay::Config;

use crate::output::{self, Failure};
use crate::sandbox::Stop;

/// Runs the relay until a signal ends it.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // From here on a signal ends the relay in order, also one that comes right after the first line.
    let mut stop = Stop::listen()?;
    let names: Vec<String> = config.merchants().iter().map(|merchant| merchant.name().to_owned()).collect();
    let relay = config.open().await?.start().await?;
    output::result(&format!("listening at {}", relay.url()));
    for name in names {
        output::result(&format!("notifications of {name} at {}", relay.notify_url(&name)));
    }
    stop.asked().await;
    output::log("weipay: stopping: nothing new is taken, what is under way ends");
    relay.stop().await;
    Ok(())
}
