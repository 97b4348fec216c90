//! `weipay relay hook-test`: what the relay may do to a hook, done to it.

use std::path::PathBuf;
use std::time::Duration;

use weipay_relay::ConfirmShape;
use weipay_relay::hook::HookSecret;
use weipay_relay::hook_test::{self, Trial};

use crate::output::{self, Failure, Misuse};

/// The text above the options in `weipay relay hook-test --help`.
pub(crate) const ABOUT: &str = "\
Drives a hook through repetitions with the same id, repetitions at the same moment, refunds before their payments, broken
connections, slow requests, and signatures that do not hold, and names what it got wrong.

It books points. Point it at a hook with data of its own, never at the one that serves customers.";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The hook's URL, as in the configuration
    #[arg(value_name = "URL")]
    url: String,
    /// A file with the secret that hook and relay share
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The merchant's name in the relay's configuration
    #[arg(long, value_name = "NAME", default_value = "shop")]
    merchant: String,
    /// Which shape of confirm its answers are for
    #[arg(long, value_enum, default_value_t = Shape::B)]
    shape: Shape,
    /// A member of the test data; points are earned by payments where there are too few
    #[arg(long, value_name = "OPENID", default_value = "hook-test-member")]
    openid: String,
    /// The member's card
    #[arg(long, value_name = "CARD_ID", default_value = "hook-test-card")]
    card: String,
    /// The card's code
    #[arg(long, value_name = "CODE", default_value = "478515832665")]
    code: String,
    /// Print one JSON object per finding
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Shape {
    #[value(name = "A")]
    A,
    #[value(name = "B")]
    B,
}

/// Whether everything held.
pub(super) async fn run(args: Args) -> Result<bool, Failure> {
    let secret = match &args.secret_file {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?,
        None => std::env::var("WEIPAY_HOOK_SECRET").map_err(|_| {
            Misuse::new("the hook's secret is missing: --secret-file FILE, or WEIPAY_HOOK_SECRET")
        })?,
    };
    let findings = hook_test::run(Trial {
        url: args.url,
        secret: HookSecret::new(&secret).map_err(Misuse::new)?,
        merchant: args.merchant,
        shape: match args.shape {
            Shape::A => ConfirmShape::A,
            Shape::B => ConfirmShape::B,
        },
        timeout: Duration::from_secs(10),
        openid: args.openid,
        card_id: args.card,
        user_card_code: args.code,
    })
    .await;
    for finding in &findings {
        output::result(&if args.json { serde_json::to_string(finding)? } else { finding.to_string() });
    }
    let failed = findings.iter().filter(|finding| finding.failed.is_some()).count();
    output::log(&format!("weipay: {} of {} held", findings.len() - failed, findings.len()));
    Ok(failed == 0)
}
