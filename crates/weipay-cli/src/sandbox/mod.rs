//! `weipay sandbox`: the WeChat Pay server, its credentials in a file, and one line of log per exchange.

mod announcement;
mod authority;
pub(crate) mod conformance;
mod env_file;
pub(crate) mod reach;
mod steer;
mod stop;
mod tail;
mod unfold;
mod worlds;

use std::net::SocketAddr;
use std::path::PathBuf;

use weipay_console::Neighbours;
use weipay_sandbox::{Authority, Fault, Sandbox, Snapshot, World};

use crate::docs;
use crate::output::{self, Failure};
use announcement::Announcement;
use reach::Reach;
pub(crate) use stop::Stop;
use tail::Tail;

/// The text above the options in `weipay sandbox --help`.
pub(crate) const ABOUT: &str = "\
A WeChat Pay server on this machine: real signatures, real encryption, state and notifications. Its keys are public
and worthless; its world is that of the documentation pages. It runs until Ctrl-C or SIGTERM, and then ends with 0.

Prints where it listens, who may call, and the lines that point a Rust, Node.js, Python or PHP program at it; then one
line per exchange on stderr: `-->` for requests, `<--` for notifications.

--env FILE writes WEIPAY_BASE_URL, WEIPAY_BACKUP_URL, WEIPAY_MCHID, WEIPAY_MERCHANT_SERIAL, WEIPAY_PRIVATE_KEY, WEIPAY_PLATFORM_KEY_ID,
WEIPAY_PLATFORM_PUBLIC_KEY and WEIPAY_APIV3_KEY in double quotes, keys in PEM over several lines, so that a shell
(`set -a; . FILE`), `node --env-file` and python-dotenv read the same file. It is readable by you only, complete before
the first line is printed, and replaced at each start; a FILE that this command did not write is left alone.

--state FILE goes on where FILE was saved, if it is there, and saves the world into it when the sandbox ends: the same ids
follow, retries go on by their schedule, the same keys sign, and business time goes on from where it stood. --world and
--seed then say only what `reset` goes back to. FILE has the world's private keys and what users filled in, and is
readable by you only; keys of a sandbox are worthless.

--tls answers HTTPS on the same ports as well, for SDKs that hard-code the host: for api.mch.weixin.qq.com,
api2.mch.weixin.qq.com, localhost and 127.0.0.1. It says how to send such a program here, and how to have it trust the
certificate authority, which --tls-ca FILE keeps from start to start; its private key goes beside it, readable by you only.

A browser at its address shows the console. The commands below steer one that runs: the one of --url, of the file of
--from, or of WEIPAY_BASE_URL. Without --token both are for this machine only; with it they ask for it, from anywhere.";

/// Starts a sandbox, or steers one that runs.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    steer: Option<steer::Act>,
    #[command(flatten)]
    start: Start,
    #[command(flatten)]
    reach: Reach,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,
}

/// How it is started.
#[derive(clap::Args)]
struct Start {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The address of the backup host, api2.mch.weixin.qq.com; if not given the same IP address and a free port
    #[arg(long, value_name = "ADDR")]
    backup: Option<SocketAddr>,
    #[command(flatten)]
    https: Https,
    /// Write base URL, ids and keys into this dotenv file
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
    /// Seed of all ids: the same seed and the same requests give the same ids
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Answer 501 where there is neither a rule nor a link, instead of by the schema
    #[arg(long)]
    strict: bool,
    /// Let operations that move money and have no rule be answered by the schema too, instead of 501
    #[arg(long)]
    allow_generated: bool,
    /// Add what stands in this YAML file to the world: users, busifavor, businesscircle, `card_member`, membercard, payments, accounts
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Go on from this file if it is there, and save the world into it at the end
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Send notifications to this address: http:// on this machine
    #[arg(long, value_name = "URL")]
    notify: Option<String>,
    /// Let notifications go to http:// addresses of other machines too
    #[arg(long)]
    notify_anywhere: bool,
    /// A fault, or several in a row, and where: `T01`, `429, 429, ok`, `T04/502 @ POST /v3/marketing/*`
    #[arg(long, value_name = "FAULT[@WHERE]", value_parser = fault)]
    fault: Vec<Fault>,
}

/// Whether HTTPS is answered as well.
#[derive(clap::Args)]
struct Https {
    /// Answer HTTPS as well, by a certificate authority of the sandbox's own
    #[arg(long)]
    tls: bool,
    /// Keep that authority: its certificate in this file, its key beside it in .key. Made at the first start; implies --tls
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
}

/// `ORDER` or `ORDER @ WHERE`.
fn fault(text: &str) -> Result<Fault, String> {
    let (order, place) =
        text.split_once('@').map_or((text, None), |(order, place)| (order, Some(place.trim())));
    let fault = Fault::order(order.trim()).map_err(|error| error.to_string())?;
    match place {
        Some(place) => fault.matching(place).map_err(|error| error.to_string()),
        None => Ok(fault),
    }
}

/// The world of the pages, with what the command line adds.
fn world(args: &Start) -> Result<World, Failure> {
    let mut world = World::documentation();
    if let Some(path) = &args.world {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        world = world.seeded(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(match &args.notify {
        Some(url) => world.notify(url),
        None => world,
    })
}

/// Steers a sandbox that runs, or runs one.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    match args.steer {
        Some(act) => steer::run(act, &args.reach, args.json).await,
        None => start(args.start, &args.reach, args.json).await,
    }
}

/// Runs the sandbox until a signal ends it.
async fn start(args: Start, reach: &Reach, json: bool) -> Result<(), Failure> {
    // From here on a signal ends the sandbox in order, also one that comes right after the first line.
    let mut stop = Stop::listen()?;
    let mut builder = Sandbox::builder().listen(args.listen).seed(args.seed);
    if let Some(address) = args.backup {
        builder = builder.backup(address);
    }
    let mut ca_file = None;
    if let Some(path) = &args.https.tls_ca {
        let (authority, path) = authority::at(path)?;
        (builder, ca_file) = (builder.tls(authority), Some(path));
    } else if args.https.tls {
        builder = builder.tls(Authority::generate().map_err(|error| error.to_string())?);
    }
    if args.strict {
        builder = builder.strict();
    }
    if args.allow_generated {
        builder = builder.allow_generated();
    }
    if args.notify_anywhere {
        builder = builder.notify_anywhere();
    }
    if let Some(token) = reach.only_token()? {
        builder = builder.token(token);
    }
    builder = builder.world(world(&args)?);
    if let Some(path) = args.state.as_deref().filter(|path| path.exists()) {
        builder = builder.snapshot(Snapshot::read(path)?);
    }
    let started = builder.start().await;
    let sandbox = started.map_err(|error| format!("{}: {error}", args.listen))?;
    sandbox.mount_all(|control| weipay_console::sandbox(control, Some(docs::page), Neighbours::default()));
    if let Some(url) = &args.notify {
        // Of a world that was saved, too.
        for merchant in sandbox.control().keys().merchants {
            sandbox.set_notify_url(&merchant.mchid, url)?;
        }
    }
    if let Some(path) = &args.state {
        // What cannot be written is better told now than at the end.
        sandbox.save()?.write(path)?;
    }
    for fault in args.fault {
        sandbox.inject(fault);
    }
    let env_file = match &args.env {
        Some(path) => Some(env_file::write(path, &sandbox.control().environment(None)?)?),
        None => None,
    };
    let announcement = Announcement::new(&sandbox, ca_file, env_file);
    output::result(&if json { announcement.json() } else { announcement.text() });
    if !args.listen.ip().is_loopback() {
        output::log("weipay: other machines can reach this sandbox, and its keys are public");
    }

    let mut tail = Tail::new(sandbox.journal());
    loop {
        tokio::select! {
            () = stop.asked() => break,
            () = tail.more() => tail.lines().for_each(|line| output::log(&line)),
        }
    }
    let control = sandbox.control();
    sandbox.stop().await;
    tail.lines().for_each(|line| output::log(&line));
    if let Some(path) = &args.state {
        control.save()?.write(path)?;
        output::log(&format!("weipay: the world is saved in {}", path.display()));
    }
    Ok(())
}
