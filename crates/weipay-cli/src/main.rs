//! The `weipay` command. One module per command; what a command does lives in the libraries.

mod call;
mod demo;
mod docs;
mod environment;
mod openapi;
mod ops;
mod output;
mod reference;
mod relay;
mod sandbox;
mod shop;
mod show;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::Failure;

/// WeChat Pay APIv3 on this machine: a sandbox, the reference of every operation, calls, and a tour of a client.
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
    /// The relay between WeChat Pay and a merchant's system
    #[command(subcommand, long_about = relay::ABOUT)]
    Relay(relay::Command),
    /// Sandbox, relay and a demo shop, joined, until Ctrl-C
    #[command(long_about = up::ABOUT)]
    Up(up::Args),
    #[command(hide = true)]
    Shop(shop::Args),
    /// Find operations
    #[command(long_about = ops::ABOUT)]
    Ops(ops::Args),
    /// The reference of an operation or a notification
    #[command(long_about = show::ABOUT)]
    Show(show::Args),
    /// Call an operation and print the verified answer
    #[command(long_about = call::ABOUT)]
    Call(call::Args),
    /// The whole description as one OpenAPI document
    #[command(long_about = openapi::ABOUT)]
    Openapi,
    /// The reference as a static site
    #[command(subcommand, long_about = docs::ABOUT)]
    Docs(docs::Command),
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
        Command::Relay(command) => Box::pin(relay::run(command)).await,
        Command::Up(args) => Box::pin(up::run(args)).await.map(|()| true),
        Command::Shop(args) => Box::pin(shop::run(args)).await.map(|()| true),
        Command::Ops(args) => ops::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Openapi => openapi::run(),
        Command::Docs(command) => docs::run(&command),
        Command::Call(args) => Box::pin(call::run(args)).await,
    }
}
