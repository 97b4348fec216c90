//! `weipay event`: the notifications of the catalogue, listed and sent by a running sandbox.

use serde_json::{Value, json};
use weipay::catalog::reference;
use weipay_sandbox::control::TriggerOrder;

use crate::output::{self, Failure, Misuse};
use crate::sandbox::reach::Reach;
use crate::values;

/// The text above the options in `weipay event trigger --help`.
const ABOUT: &str = "\
Has a running sandbox send a notification: signed, encrypted for its receiver, repeated by the documented schedule. Its
resource is valid by the event's schema; --set gives members their values.

The sandbox is the one of --url, of the file of --from, or of WEIPAY_BASE_URL. Prints the notification's id.";

/// What can be done with events.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the events of the catalogue
    List {
        /// Only those whose type or title has this
        text: Option<String>,
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Have a running sandbox send one
    #[command(long_about = ABOUT)]
    Trigger(Trigger),
}

/// Which event, to whom, with what.
#[derive(clap::Args)]
pub(crate) struct Trigger {
    /// Its type, such as REFUND.SUCCESS
    #[arg(value_name = "EVENT")]
    event: String,
    /// A member of the resource: amount.refund=5; a value that is no JSON is a text
    #[arg(long, value_name = "MEMBER=VALUE", value_parser = values::member)]
    set: Vec<(String, Value)>,
    /// To this mchid instead of the sandbox's default caller
    #[arg(long, value_name = "MCHID")]
    to: Option<String>,
    /// To this address instead of the receiver's own
    #[arg(long, value_name = "URL")]
    at: Option<String>,
    /// In this form, by its name in the catalogue
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

/// Lists or sends.
pub(crate) async fn run(command: Command) -> Result<bool, Failure> {
    match command {
        Command::List { text, json } => Ok(list(&text.unwrap_or_default(), json)),
        Command::Trigger(args) => trigger(args).await,
    }
}

/// Whether there are any.
fn list(text: &str, json: bool) -> bool {
    let wanted = text.to_lowercase();
    let found = |event: &&reference::Event| {
        event.event_type.to_lowercase().contains(&wanted) || event.title.to_lowercase().contains(&wanted)
    };
    let mut any = false;
    for event in reference::events().iter().filter(found) {
        any = true;
        let variants: Vec<_> = event.variants.iter().map(|variant| variant.name).collect();
        output::result(&if json {
            json!({ "event_type": event.event_type, "title": event.title, "variants": variants }).to_string()
        } else {
            format!("{:<56} {}", event.event_type, event.title)
        });
    }
    any
}

async fn trigger(args: Trigger) -> Result<bool, Failure> {
    if reference::event(&args.event).is_none() {
        let event = &args.event;
        return Err(Misuse::new(format!("there is no event `{event}`; `weipay event list` has them")).into());
    }
    let (to, at, variant) = (args.to, args.at, args.variant);
    let order = TriggerOrder { event_type: args.event, to, at, variant, set: args.set.into_iter().collect() };
    let id = args.reach.client()?.trigger(&order).await?;
    output::result(&if args.json { json!({ "id": id }).to_string() } else { id });
    Ok(true)
}
