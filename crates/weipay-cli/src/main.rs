//! The `weipay` command. One module per command; what a command does lives in the libraries.

mod bill;
mod call;
mod certificates;
mod demo;
mod docs;
mod doctor;
mod environment;
mod event;
mod notification;
mod openapi;
mod ops;
mod output;
mod reference;
mod relay;
mod sandbox;
mod shop;
mod show;
mod stage;
mod up;
mod upload;
mod values;

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
    Sandbox(Box<sandbox::Args>),
    /// Does a notification endpoint do what it must?
    #[command(long_about = sandbox::conformance::ABOUT)]
    Conformance(sandbox::conformance::Args),
    /// The notifications of the catalogue: list them, or have a sandbox send one
    #[command(subcommand)]
    Event(event::Command),
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
    /// Upload a file and print the verified answer
    #[command(long_about = upload::ABOUT)]
    Upload(upload::Args),
    /// Bills and other files
    #[command(subcommand)]
    Bill(bill::Command),
    /// The certificates with which WeChat Pay signs
    #[command(subcommand)]
    Certificates(certificates::Command),
    /// What WeChat Pay posts to a merchant
    #[command(subcommand)]
    Notification(notification::Command),
    /// What is wrong with my keys, clock, serials, network
    #[command(long_about = doctor::ABOUT)]
    Doctor(doctor::Args),
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
        Command::Sandbox(args) => Box::pin(sandbox::run(*args)).await.map(|()| true),
        Command::Conformance(args) => Box::pin(sandbox::conformance::run(args)).await,
        Command::Event(command) => Box::pin(event::run(command)).await,
        Command::Relay(command) => Box::pin(relay::run(command)).await,
        Command::Up(args) => Box::pin(up::run(args)).await.map(|()| true),
        Command::Shop(args) => Box::pin(shop::run(args)).await.map(|()| true),
        Command::Ops(args) => ops::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Openapi => openapi::run(),
        Command::Docs(command) => docs::run(&command),
        Command::Call(args) => Box::pin(call::run(args)).await,
        Command::Upload(args) => Box::pin(upload::run(args)).await,
        Command::Bill(command) => Box::pin(bill::run(command)).await,
        Command::Certificates(command) => Box::pin(certificates::run(command)).await,
        Command::Notification(command) => Box::pin(notification::run(command)).await,
        Command::Doctor(args) => Box::pin(doctor::run(args)).await,
    }
}
