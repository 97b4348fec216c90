//! `weipay relay proof`: what a sceptic runs.

mod table;
mod times;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use weipay_proof::{Backend, Plan, Sabotage, prove, time};

use crate::output::{self, Failure, Misuse};
use crate::sandbox::Stop;

/// The text above the options in `weipay relay proof --help`.
pub(crate) const ABOUT: &str = "\
Runs relay and shop as processes of their own, joined by the HTTP hook, under load from a sandbox that survives and
judges. They are killed at random moments and at named points, also between the shop's commit and its reply, and started
again at once; faults of the network strike meanwhile. Then everything is settled, and the sandbox's records are compared
with the shop's ledger. Ends with `0 lost, 0 double` and 0, or with the names of the promises that were broken and 1.

Before that the documented rate is measured, over a quick line and over one that delays every request: at least 4.2 of 5
decisions a second, at most 5 in any second, and of 10,000 delayed ones at most one refused for speed.";

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How often a process dies
    #[arg(long, value_name = "N", default_value_t = 20)]
    kills: u32,
    /// How many decisions are sent at the documented rate over a line that delays each; above 1000, for several partners
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// Where the relay keeps its work: one process on SQLite, three on PostgreSQL
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Chooses load, faults, victims and points
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Measure the promises in time instead: first request after a kill, acknowledgement under load, decision when idle
    #[arg(long, conflicts_with_all = ["kills", "requests"])]
    latency: bool,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Where databases and logs are kept when something was broken
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// A planted mistake that the proof has to find
    #[arg(long, hide = true)]
    sabotage: Option<Sabotage>,
}

/// Where no terminal shows the bar, the log says so often how far it is.
const TOLD: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, clap::ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

/// Whether nothing was lost and nothing came twice.
pub(crate) async fn run(args: Args) -> Result<bool, Failure> {
    if args.sabotage.is_some_and(|sabotage| sabotage != Sabotage::Recompute) && !cfg!(feature = "sabotage") {
        return Err(
            Misuse::new("this binary has no planted mistakes; build it with --features sabotage").into()
        );
    }
    let plan = Plan {
        program: std::env::current_exe()?,
        kills: args.kills,
        requests: args.requests,
        store: match args.store {
            Store::Sqlite => Backend::Sqlite,
            Store::Postgres => Backend::Postgres,
        },
        seed: args.seed,
        sabotage: args.sabotage,
        folder: args.keep.unwrap_or_else(std::env::temp_dir),
    };
    let (bar, told) = (bar(), Mutex::new(Instant::now()));
    let progress = |what: &str, done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
        bar.set_message(what.to_owned());
        if bar.is_hidden() {
            log(&told, &format!("weipay: {what}: {done} of {all}"));
        }
    };
    // A signal ends the other processes, too: they go when the proof is dropped.
    let mut stop = Stop::listen()?;
    let carried_out = async {
        Ok::<_, Failure>(if args.latency {
            let latency = time(&plan, &progress).await?;
            let text = if args.json { serde_json::to_string(&latency)? } else { times::of(&latency) };
            (text, latency.held())
        } else {
            let verdict = prove(&plan, &progress).await?;
            let text = if args.json { serde_json::to_string(&verdict)? } else { table::of(&verdict) };
            (text, verdict.held())
        })
    };
    let outcome = tokio::select! {
        outcome = carried_out => outcome,
        () = stop.asked() => Err("interrupted; databases and logs are where --keep says".into()),
    };
    bar.finish_and_clear();
    let (text, held) = outcome?;
    output::result(&text);
    Ok(held)
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    match ProgressStyle::with_template("{msg:>40} {bar:30} {pos}/{len} {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn log(told: &Mutex<Instant>, line: &str) {
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    if told.elapsed() >= TOLD {
        *told = Instant::now();
        output::log(line);
    }
}
