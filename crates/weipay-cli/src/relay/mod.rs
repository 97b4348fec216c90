//! `weipay relay …`: the relay as a process, and the proof of it.

mod interim;
mod proof;

use crate::output::Failure;

/// What the relay is asked to do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Kill relay and shop again and again under load, and judge what is left
    #[command(long_about = proof::ABOUT)]
    Proof(proof::Args),
    #[command(hide = true)]
    Serve(interim::Args),
}

/// Whether everything held.
pub(crate) async fn run(command: Command) -> Result<bool, Failure> {
    match command {
        Command::Proof(args) => Box::pin(proof::run(args)).await,
        Command::Serve(args) => Box::pin(interim::run(args)).await,
    }
}
