//! `weipay relay serve`.

use listenfd::ListenFd;
use tracing_subscriber::EnvFilter;
use weipay_console::Neighbours;
use weipay_relay::{Config, RelayBuilder};

use crate::output::{self, Failure};
use crate::sandbox::Stop;

/// Runs the relay until a signal ends it.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // From here on a signal ends the relay in order, also one that comes right after the first line.
    let mut stop = Stop::listen()?;
    let names: Vec<String> = config.merchants().iter().map(|merchant| merchant.name().to_owned()).collect();
    let takes_commands = config.admin().is_some();
    let relay = sockets(config.open().await?, takes_commands)?;
    let console = |operator| weipay_console::relay(operator, Neighbours::default());
    let relay = relay.admin_pages(console).start().await?;
    output::result(&format!("listening at {}", relay.url()));
    if let Some(admin) = relay.admin_addr() {
        output::log(&format!(
            "weipay: commands are taken at http://{admin}, which is the console in a browser"
        ));
    }
    for name in names {
        output::result(&format!("notifications of {name} at {}", relay.notify_url(&name)));
    }
    stop.asked().await;
    output::log("weipay: stopping: nothing new is taken, what is under way ends");
    relay.stop().await;
    Ok(())
}

/// systemd keeps these sockets while the relay restarts: connections wait in them instead of being refused. The first is for
/// notifications, the second for commands.
fn sockets(mut relay: RelayBuilder, takes_commands: bool) -> Result<RelayBuilder, Failure> {
    let mut given = ListenFd::from_env();
    if given.len() > 1 && !takes_commands {
        return Err("a second socket was given, and the configuration has no [admin]: add it with that address as listen".into());
    }
    if let Some(listener) = given.take_tcp_listener(0)? {
        relay = relay.listener(listener);
    }
    if given.len() > 1
        && let Some(listener) = given.take_tcp_listener(1)?
    {
        relay = relay.admin_listener(listener);
    }
    Ok(relay)
}
