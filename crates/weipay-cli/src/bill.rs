//! `weipay bill`: bills, receipts and other files, verified.

use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use weipay::catalog::ops::{self, Method};
use weipay::{Client, Error, Path};

use crate::call::{pair, template, told};
use crate::environment;
use crate::output::{self, Failure, Misuse};

/// The text above the options in `weipay bill download --help`.
pub(crate) const ABOUT: &str = "\
Asks for a bill, fetches it and verifies it by its published hash, in one step. The file gets its name only then.

KIND is trade, fundflow or profitsharing, or the path of any operation that answers with a file or leads to one, such as
v3/transfer/bill-receipt/{out_batch_no}. Where no hash is published, the answer says `unverified`.
Bills of a day are there from 10:00 of the next on; before, WeChat Pay answers STATEMENT_CREATING.
Prints one line: the file, its bytes and its hash. Reads the keys from the environment, as `weipay call` does.";

/// What can be done with bills.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Fetch a bill or another file and verify it
    #[command(long_about = ABOUT)]
    Download(Args),
}

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// trade, fundflow, profitsharing, or a path
    #[arg(value_name = "KIND|PATH")]
    kind: String,
    /// The day of the bill, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Where to write it; by default, KIND-DATE.csv here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Have it compressed on its way
    #[arg(long)]
    gzip: bool,
    /// A path parameter, in plain text
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    /// A further query parameter, such as `bill_type=REFUND`
    #[arg(short, long = "query", value_name = "NAME=VALUE", value_parser = pair)]
    query: Vec<(String, String)>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
    /// Read the environment from this dotenv file instead
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

/// Fetches and tells.
pub(crate) async fn run(command: Command) -> Result<bool, Failure> {
    let Command::Download(args) = command;
    let path = match args.kind.as_str() {
        "trade" => "v3/bill/tradebill".to_owned(),
        "fundflow" => "v3/bill/fundflowbill".to_owned(),
        "profitsharing" => "v3/profitsharing/bills".to_owned(),
        path => template(Method::Get, path),
    };
    let operation =
        ops::find(Method::Get, &path).filter(|found| found.download || found.download_url.is_some());
    let Some(operation) = operation else {
        let why = format!(
            "`{}` is neither trade, fundflow nor profitsharing, nor the path of an operation with a file",
            args.kind
        );
        return Err(Misuse::new(why).into());
    };
    let published = operation.file.is_some_and(|file| file.digest_header.is_some())
        || operation.download_url.is_some_and(|leads| leads.hash_value.is_some());
    let date = args.date.as_deref().map_or(String::new(), |date| format!("-{date}"));
    let out = args.out.clone().unwrap_or_else(|| {
        let name = args.kind.trim_matches('/').rsplit('/').next().unwrap_or("file").replace(['{', '}'], "");
        PathBuf::from(format!("{name}{date}.csv"))
    });
    let client = environment::client(args.env.as_deref())?;
    let request = request(&client, &path, &args);
    let bar = bar();
    let tell = {
        let bar = bar.clone();
        move |received, total: Option<u64>| {
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(received);
        }
    };
    let fetched: Result<_, Error> = match published {
        true => request
            .download()
            .progress(tell)
            .to_file(&out)
            .await
            .map(|file| (file.bytes(), file.hash().to_owned())),
        false => request
            .download_unverified()
            .progress(tell)
            .to_file(&out)
            .await
            .map(|file| (file.bytes(), String::new())),
    };
    bar.finish_and_clear();
    match fetched {
        Ok((bytes, hash)) => {
            let file = out.display().to_string();
            let verified =
                if hash.is_empty() { "unverified: no hash is published for it" } else { hash.as_str() };
            output::result(&match args.json {
                true => json!({ "file": file, "bytes": bytes, "hash": Some(hash).filter(|hash| !hash.is_empty()) }).to_string(),
                false => format!("{file}  {bytes} bytes  {verified}"),
            });
            Ok(true)
        }
        Err(error) => {
            told(&error, Method::Get);
            if matches!(error.code(), Some("STATEMENT_CREATING")) {
                output::log("the bill is still being made: ask again after 10:00 of the next day");
            }
            Ok(false)
        }
    }
}

fn request<'c>(client: &'c Client, path: &str, args: &Args) -> Path<'c, Client> {
    let mut request = client.chain(path);
    for (name, value) in &args.params {
        request = request.param(name, value);
    }
    if let Some(date) = &args.date {
        request = request.query("bill_date", date);
    }
    for (name, value) in &args.query {
        request = request.query(name, value);
    }
    if args.gzip { request.query("tar_type", "GZIP") } else { request }
}

/// On stderr, and only where that is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{bytes} of {total_bytes} {bar:40} {bytes_per_sec}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
