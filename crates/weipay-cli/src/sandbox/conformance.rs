//! `weipay conformance`: what a merchant's notification endpoint does wrong.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::{Conformance, Report, Trigger, Verdict};

use crate::output::{self, Failure, Misuse};

/// The text above the options in `weipay conformance --help`.
pub(crate) const ABOUT: &str = "\
Sends a dozen notifications to an endpoint on this machine, good and bad ones, and says what it does wrong: valid,
duplicate, tampered, stale, probe, unsigned, unknown key, unopenable, foreign tenant, slow. It ends with 1 if anything
failed.

The endpoint has to know the keys that `weipay sandbox --env FILE` writes. With --effects, an address that answers GET
with the number of effects so far, it is also seen whether duplicates and foreign events had one.";

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The endpoint, such as `http://127.0.0.1:8080/notify`
    #[arg(value_name = "URL")]
    url: String,
    /// The event, such as `MALL_TRANSACTION.SUCCESS`
    #[arg(long, value_name = "EVENT", default_value = "TRANSACTION.SUCCESS")]
    event: String,
    /// Set a member of the resource: amount.refund=5; a value that is no JSON is a text
    #[arg(long, value_name = "MEMBER=VALUE", value_parser = member)]
    set: Vec<(String, Value)>,
    /// An address that answers with the number of effects so far
    #[arg(long, value_name = "URL")]
    effects: Option<String>,
    /// Seconds that an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    within: u64,
    /// Write the report as `JUnit` XML too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print one JSON object per case instead of text
    #[arg(long)]
    json: bool,
}

fn member(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected MEMBER=VALUE, such as amount.refund=5")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}

/// Runs all cases; false if one failed.
pub(crate) async fn run(args: Args) -> Result<bool, Failure> {
    let mut order = Trigger::new(&args.event);
    for (name, value) in args.set {
        order = order.set(&name, value);
    }
    let mut conformance = Conformance::new(&args.url).event(order).within(Duration::from_secs(args.within));
    if let Some(url) = &args.effects {
        conformance = conformance.effects_at(url);
    }
    let report = conformance.run().await.map_err(|error| Misuse::new(error.to_string()))?;
    if let Some(path) = &args.junit {
        std::fs::write(path, report.junit())
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    output::result(&if args.json { lines(&report) } else { report.to_string().trim_end().to_owned() });
    Ok(report.passed())
}

fn lines(report: &Report) -> String {
    let line = |case: &weipay_sandbox::Case| {
        let (verdict, why) = match &case.verdict {
            Verdict::Passed => ("passed", None),
            Verdict::Failed(why) => ("failed", Some(why.as_str())),
            Verdict::Skipped(why) => ("skipped", Some(*why)),
        };
        json!({
            "name": case.name, "fault": case.fault, "expected": case.expected, "verdict": verdict, "why": why,
        })
        .to_string()
    };
    report.cases.iter().map(line).collect::<Vec<_>>().join("\n")
}
