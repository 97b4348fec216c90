//! `weipay relay serve`.

use listenfd::ListenFd;
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
    // systemd keeps these sockets while the relay restarts: connections wait instead of being refused.
    let mut given = ListenFd::from_env();
    let mut relay = config.open().await?;
    if let Some(listener) = given.take_tcp_listener(0)? {
        relay = relay.listener(listener);
    }
    if given.len() > 1
        && let Some(listener) = given.take_tcp_listener(1)?
    {
        relay = relay.admin_listener(listener);
    }
    let relay = relay.start().await?;
    output::result(&format!("listening at {}", relay.url()));
    if let Some(admin) = relay.admin_addr() {
        output::log(&format!("weipay: commands are taken at http://{admin}"));
    }
    for name in names {
        output::result(&format!("notifications of {name} at {}", relay.notify_url(&name)));
    }
    stop.asked().await;
    output::log("weipay: stopping: nothing new is taken, what is under way ends");
    relay.stop().await;
    Ok(())
}
