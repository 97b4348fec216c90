//! The `weipay` command. One module per command; what a command does lives in the libraries.

mod demo;
mod output;
mod sandbox;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::Failure;

/// WeChat Pay APIv3 on this machine: a sandbox, and a tour of what a client does with it.
#[derive(Parser)]
#[command(name = "weipay", version, arg_required_else_help = false, after_help = output::EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The tour: sandbox, client and a small merchant in one process
    Demo {
        /// Print one JSON object per line instead of text
        #[arg(long)]
        json: bool,
    },
    /// A WeChat Pay server on this machine, until Ctrl-C
    #[command(long_about = sandbox::ABOUT)]
    Sandbox(sandbox::Args),
}

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => output::exit(&run(arguments.command)),
        Err(error) => output::misuse(&error),
    }
}

/// Whether everything held.
#[tokio::main]
async fn run(command: Command) -> Result<bool, Failure> {
    match command {
        Command::Demo { json } => Box::pin(demo::run(json)).await,
        Command::Sandbox(args) => Box::pin(sandbox::run(args)).await.map(|()| true),
    }
}
