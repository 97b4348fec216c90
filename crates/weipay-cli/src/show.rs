//! `weipay show`: the reference of an operation or a notification.

use serde_json::Value;

use crate::output::{self, Failure};
use crate::reference::{self, EventPage, Page, Wanted, named};

/// The text above the options in `weipay show --help`.
pub(crate) const ABOUT: &str = "\
The reference of one operation: title, roles, limits, parameters and members, sample body, the Rust code of all six
styles, answer, errors, what is known of repeating it and asking for its outcome, notifications, sources.

OPERATION is an id, a path with or without its method and leading slash, the end of a path, or a path with values in
its parameters; or an event type such as TRANSACTION.SUCCESS. A path with several methods shows all of them.

Values in samples are those of the official pages; where a page has none, one is made up that fits: \"example\", 1, true.";

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// An id, a path or an event type, such as `POST /v3/refund/domestic/refunds` or coupons/use
    #[arg(value_name = "OPERATION", required = true, num_args = 1..=2)]
    operation: Vec<String>,
    /// Print one JSON object per operation and line instead of text
    #[arg(long)]
    json: bool,
}

/// Prints the pages.
pub(crate) fn run(args: &Args) -> Result<bool, Failure> {
    let pages: Vec<(String, Value)> = match named(&args.operation.join(" "))? {
        Wanted::Event(event) => {
            let page = EventPage::of(event);
            vec![(reference::event(&page), serde_json::to_value(&page)?)]
        }
        Wanted::Operations(operations) => operations
            .into_iter()
            .filter_map(Page::of)
            .map(|page| Ok((reference::operation(&page), serde_json::to_value(&page)?)))
            .collect::<Result<_, serde_json::Error>>()?,
    };
    let (texts, values): (Vec<String>, Vec<Value>) = pages.into_iter().unzip();
    if args.json {
        let lines: Vec<String> = values.iter().map(Value::to_string).collect();
        output::result(&lines.join("\n"));
    } else {
        output::result(&texts.join("\n\n----------------------------------------\n\n"));
    }
    Ok(true)
}
