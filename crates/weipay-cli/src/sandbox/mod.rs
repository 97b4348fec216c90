//! `weipay sandbox`: the WeChat Pay server, its credentials in a file, and one line of log per exchange.

mod announcement;
mod env_file;
mod stop;
mod tail;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use weipay_sandbox::Sandbox;

use crate::output::{self, Failure};
use announcement::Announcement;
pub(crate) use stop::Stop;
use tail::Tail;

/// How often the journal is read for new exchanges.
const LOG_EVERY: Duration = Duration::from_millis(50);

/// The text above the options in `weipay sandbox --help`.
pub(crate) const ABOUT: &str = "\
A WeChat Pay server on this machine: real signatures, real encryption, state and notifications. Its keys are public
and worthless; its world is that of the documentation pages. It runs until Ctrl-C or SIGTERM, and then ends with 0.

Prints where it listens, who may call, and the lines that point a Rust, Node.js, Python or PHP program at it; then one
line per exchange on stderr: `-->` for requests, `<--` for notifications.

--env FILE writes WEIPAY_BASE_URL, WEIPAY_MCHID, WEIPAY_MERCHANT_SERIAL, WEIPAY_PRIVATE_KEY, WEIPAY_PLATFORM_KEY_ID,
WEIPAY_PLATFORM_PUBLIC_KEY and WEIPAY_APIV3_KEY in double quotes, keys in PEM over several lines, so that a shell
(`set -a; . FILE`), `node --env-file` and python-dotenv read the same file. It is readable by you only, complete before
the first line is printed, and replaced at each start; a FILE that this command did not write is left alone.";

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Write base URL, ids and keys into this dotenv file
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
    /// Seed of all ids: the same seed and the same requests give the same ids
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Print one JSON object instead of the text
    #[arg(long)]
    json: bool,
}

/// Runs the sandbox until a signal ends it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    // From here on a signal ends the sandbox in order, also one that comes right after the first line.
    let mut stop = Stop::listen()?;
    let started = Sandbox::builder().listen(args.listen).seed(args.seed).start().await;
    let sandbox = started.map_err(|error| format!("{}: {error}", args.listen))?;
    let env_file = match &args.env {
        Some(path) => Some(env_file::write(path, &sandbox.environment())?),
        None => None,
    };
    let announcement = Announcement::new(sandbox.url(), sandbox.credentials(), env_file);
    output::result(&if args.json { announcement.json() } else { announcement.text() });
    if !args.listen.ip().is_loopback() {
        output::log("weipay: other machines can reach this sandbox, and its keys are public");
    }

    let mut tail = Tail::new(sandbox.journal());
    let mut tick = tokio::time::interval(LOG_EVERY);
    loop {
        tokio::select! {
            () = stop.asked() => break,
            _ = tick.tick() => tail.lines().for_each(|line| output::log(&line)),
        }
    }
    sandbox.stop().await;
    tail.lines().for_each(|line| output::log(&line));
    Ok(())
}
