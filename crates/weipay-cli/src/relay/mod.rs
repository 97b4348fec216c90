//! `weipay relay`: the relay as a server, and looks at its configuration before it starts.

mod answer;
mod export;
mod hook_test;
mod operate;
mod preflight;
mod proof;
mod serve;

use std::path::PathBuf;

use clap::Subcommand;
use weipay_relay::Config;

use crate::output::{self, Failure};

/// The text above the options in `weipay relay --help`.
pub(crate) const ABOUT: &str = "\
Stands between WeChat Pay and a merchant's system: stores every notification before it acknowledges it, asks the
merchant's hook for the decision, and pushes the result back under the rate limit, once in effect, whatever crashes.

A TOML file says for whom it works, and where keys and secrets lie; `weipay relay check` reads it and names what is
wrong with field and line.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the relay until Ctrl-C or SIGTERM, then finish what is under way
    Serve(Args),
    /// Check the configuration; nothing is opened or sent
    Check(Args),
    /// Check the configuration, then the disk, WeChat Pay, each hook and the notify URL, as the relay will meet them
    Preflight {
        #[command(flatten)]
        args: Args,
        /// Where WeChat Pay reaches a running relay, such as <https://pay.example.com>
        #[arg(long, value_name = "URL")]
        notify_url: Option<String>,
    },
    /// Kill relay and shop again and again under load, and judge what is left
    #[command(long_about = proof::ABOUT)]
    Proof(proof::Args),
    /// Drive a hook through everything that the relay may do to it
    #[command(long_about = hook_test::ABOUT)]
    HookTest(hook_test::Args),
    #[command(flatten)]
    Operate(operate::Order),
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "weipay-relay.toml")]
    config: PathBuf,
}

/// Whether everything held.
pub(crate) async fn run(command: Command) -> Result<bool, Failure> {
    match command {
        Command::Serve(args) => Box::pin(serve::run(read(&args)?)).await.map(|()| true),
        Command::Check(args) => Ok(check(&args)),
        Command::Proof(args) => Box::pin(proof::run(args)).await,
        Command::HookTest(args) => Box::pin(hook_test::run(args)).await,
        Command::Operate(order) => Box::pin(give(order)).await,
        Command::Preflight { args, notify_url } => {
            Ok(Box::pin(preflight::run(&read(&args)?, notify_url.as_deref())).await)
        }
    }
}

/// Gives an operator's command and prints its answer.
async fn give(order: operate::Order) -> Result<bool, Failure> {
    let csv = matches!(order, operate::Order::Export { csv: true, .. });
    let (command, common) = order.parts()?;
    if let weipay_relay::operate::Command::Export { .. } = command {
        return export::run(command, &common, csv).await.map(|()| true);
    }
    let (_, value) = operate::Desk::ask(&common, &command).await?;
    if common.json {
        let good = answer::text(&command, value.clone())?.1;
        output::result(&serde_json::to_string(&value)?);
        return Ok(good);
    }
    let (text, good) = answer::text(&command, value)?;
    output::result(&text);
    Ok(good)
}

fn read(args: &Args) -> Result<Config, Failure> {
    Config::read(&args.config).map_err(|problems| {
        let count = problems.problems().len();
        for line in problems.to_string().lines() {
            output::log(line);
        }
        format!("the configuration cannot be used: {count} problem{}", if count == 1 { "" } else { "s" })
            .into()
    })
}

/// One line per problem, or per merchant.
fn check(args: &Args) -> bool {
    match Config::read(&args.config) {
        Ok(config) => {
            for merchant in config.merchants() {
                output::result(&format!("{}: complete, notified at /notify/{0}", merchant.name()));
            }
            true
        }
        Err(problems) => {
            output::result(&problems.to_string());
            false
        }
    }
}
