//! `weipay sandbox advance 24h` and its like: steers a sandbox that runs.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};
use weipay_sandbox::Snapshot;
use weipay_sandbox::control::{Client, ExchangeSummary, FaultOrder, MigrationView, Search};

use super::reach::Reach;
use super::unfold;
use crate::output::{self, Failure};
use crate::values;

/// What can be done with a sandbox that runs.
#[derive(clap::Subcommand)]
pub(crate) enum Act {
    /// How it stands
    Status,
    /// Its exchanges
    Journal(JournalArgs),
    /// One exchange unfolded: both strings to sign, headers, bodies, the likely cause of a refusal
    Exchange {
        /// Its number in the journal
        number: u64,
    },
    /// Move business time ahead, and wait for what is due on the way
    Advance {
        /// 24h, 15s, `1h 30m`, 30d
        by: String,
    },
    /// Make its wire clock so many seconds later than the host's
    Skew {
        /// Negative for earlier
        #[arg(allow_hyphen_values = true)]
        seconds: i64,
    },
    /// Faults: list those that are pending, or inject one
    Fault(FaultArgs),
    /// Composite troubles: list them, or set one up
    Scenario {
        /// Such as double-sale
        name: Option<String>,
    },
    /// Notifications with their attempts
    Notifications,
    /// Send a notification again
    Resend {
        /// The id of its envelope
        id: String,
    },
    /// What a user does in the app: list it, or do it
    User {
        /// Such as pay-in-mall
        act: Option<String>,
        /// A member: amount=700
        #[arg(long, value_name = "MEMBER=VALUE", value_parser = values::member)]
        set: Vec<(String, Value)>,
    },
    /// Keys by serial; the state of a merchant's certificate; the change of the platform's keys
    Keys(KeyArgs),
    /// How often each thing happened to each business key
    Effects,
    /// The worlds of the sandbox
    Worlds,
    /// Save its world into a file, with its private keys and what users filled in
    Save {
        /// Readable by you only; one that is not a saved world is left alone
        file: PathBuf,
    },
    /// Let it go on as a world that was saved
    Load {
        /// What `save` or `weipay sandbox --state` wrote
        file: PathBuf,
    },
    /// Forget everything since the start
    Reset,
}

/// Which exchanges.
#[derive(clap::Args)]
pub(crate) struct JournalArgs {
    /// A text anywhere: number, id, body, cause
    text: Option<String>,
    /// Go on with what comes, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Print them as JSON lines with bodies, without anything secret or personal
    #[arg(long, conflicts_with = "follow")]
    export: bool,
    /// Only this operation's
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Only this status or class: 429, 4xx, none
    #[arg(long)]
    status: Option<String>,
    /// Only with this mistake of the client: Q03, any
    #[arg(long, value_name = "ID")]
    mistake: Option<String>,
    /// Only struck by this fault: T01, any
    #[arg(long, value_name = "ID")]
    fault: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// Which fault, where, how often.
#[derive(clap::Args)]
pub(crate) struct FaultArgs {
    /// T01, T04/429, or several in a row: `429, 429, ok`
    order: Option<String>,
    /// List everything that can be injected
    #[arg(long, conflicts_with = "order")]
    known: bool,
    /// Forget all, or the one of this number
    #[arg(long, value_name = "NUMBER", num_args = 0..=1, conflicts_with = "order")]
    #[expect(clippy::option_option, reason = "given without a number it means all")]
    clear: Option<Option<u64>>,
    /// Where: an operation, an event type, or `POST /v3/marketing/*`
    #[arg(long, value_name = "WHERE")]
    on: Option<String>,
    /// So many times
    #[arg(long, value_name = "N")]
    times: Option<u32>,
    /// From 0 to 1
    #[arg(long, value_name = "P")]
    probability: Option<f64>,
    /// Forget it after so much business time
    #[arg(long, value_name = "TIME")]
    lasting: Option<String>,
    /// How late, for T03 and N05
    #[arg(long, value_name = "TIME")]
    by: Option<String>,
}

/// What to change about keys.
#[derive(clap::Args)]
pub(crate) struct KeyArgs {
    /// A merchant, the serial of its certificate, and active, replaced, expired or revoked
    #[arg(long, num_args = 3, value_names = ["MCHID", "SERIAL", "STATE"])]
    certificate: Option<Vec<String>>,
    /// The share of answers that the next platform certificate signs
    #[arg(long, value_name = "SHARE")]
    to_next_certificate: Option<f64>,
    /// The share of answers that the public key signs
    #[arg(long, value_name = "SHARE")]
    to_public_key: Option<f64>,
    /// Show the next platform certificate in the list
    #[arg(long)]
    announce: bool,
    /// A merchant and where its notifications go
    #[arg(long, num_args = 2, value_names = ["MCHID", "URL"])]
    notify_url: Option<Vec<String>>,
}

/// Does it, and prints what came of it.
pub(crate) async fn run(act: Act, reach: &Reach, json: bool) -> Result<(), Failure> {
    let client = reach.client()?;
    let out = Out { json };
    match act {
        Act::Status => out.object(&client.status().await?)?,
        Act::Journal(args) => journal(&client, &out, args).await?,
        Act::Exchange { number } => {
            let exchange = client.exchange(number).await?;
            if out.json { out.object(&exchange)? } else { output::result(&unfold::text(&exchange)) }
        }
        Act::Advance { by } => out.object(&client.advance(&by).await?)?,
        Act::Skew { seconds } => out.object(&client.set_skew(seconds).await?)?,
        Act::Fault(args) => fault(&client, &out, args).await?,
        Act::Scenario { name: None } => {
            out.lines(&client.scenarios().await?, |one| format!("{:<20} {}", one.name, one.title))?;
        }
        Act::Scenario { name: Some(name) } => client.play(&name).await?,
        Act::Notifications => {
            out.lines(&client.notifications().await?, |one| {
                let to = one.url.as_deref().or(one.reason.as_deref()).unwrap_or_default();
                format!(
                    "{} {:<13} {:>2} attempts  {} {to}",
                    one.id,
                    one.state,
                    one.attempts.len(),
                    one.event_type
                )
            })?;
        }
        Act::Resend { id } => client.resend(&id).await?,
        Act::User { act: None, .. } => {
            out.lines(&client.user_acts().await?, |one| {
                let members: Vec<_> =
                    one.members.iter().map(|member| format!("{}={}", member.name, member.default)).collect();
                format!("{:<20} {}\n{:20} {}", one.name, one.title, "", members.join(" "))
            })?;
        }
        Act::User { act: Some(act), set } => {
            let id = client.user(&act, &set.into_iter().collect::<Map<_, _>>()).await?;
            output::result(&if out.json { serde_json::json!({ "id": id }).to_string() } else { id });
        }
        Act::Keys(args) => keys(&client, &out, args).await?,
        Act::Effects => {
            out.lines(&client.effects().await?, |one| {
                format!("{:>3} {} {} {}", one.count, one.what, one.key, one.operation)
            })?;
        }
        Act::Worlds => {
            out.lines(&client.worlds().await?, |one| format!("{} {}", one.url, one.default_caller))?;
        }
        Act::Save { file } => client.save().await?.write(&file)?,
        Act::Load { file } => client.load(&Snapshot::read(&file)?).await?,
        Act::Reset => client.reset().await?,
    }
    Ok(())
}

async fn journal(client: &Client, out: &Out, args: JournalArgs) -> Result<(), Failure> {
    let search = Search {
        q: args.text,
        operation: args.operation,
        status: args.status,
        mistake: args.mistake,
        fault: args.fault,
        limit: args.limit,
        ..Search::default()
    };
    if args.export {
        output::result(client.export(&search).await?.trim_end());
        return Ok(());
    }
    let page = client.journal(&search).await?;
    let last = page.exchanges.last().map_or(page.count, |last| last.number.max(page.count));
    out.lines(&page.exchanges, line)?;
    if args.follow {
        let mut following = client.follow(&Search { after: Some(last), ..search }).await?;
        while let Some(exchange) = following.next().await {
            out.lines(&[exchange], line)?;
        }
        return Err("the sandbox has ended".into());
    }
    Ok(())
}

fn line(exchange: &ExchangeSummary) -> String {
    let arrow = if exchange.direction == "sent" { "<--" } else { "-->" };
    let status = exchange.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let what = exchange.event.as_deref().or(exchange.basis.as_deref()).unwrap_or_default();
    let milliseconds = std::time::Duration::from_micros(exchange.duration_us).as_secs_f64() * 1e3;
    let mut line = format!(
        "{:>5} {arrow} {} {} {status} {what} {milliseconds:.1} ms",
        exchange.number, exchange.method, exchange.path
    );
    let mistakes = exchange.mistakes.iter().map(|mistake| format!("{}: {}", mistake.id, mistake.cause));
    let fault = exchange.fault.iter().map(|fault| format!("fault {fault}"));
    for told in mistakes.chain(fault).chain(exchange.notes.iter().cloned()) {
        line.push_str("; ");
        line.push_str(&told);
    }
    line
}

async fn fault(client: &Client, out: &Out, args: FaultArgs) -> Result<(), Failure> {
    if args.known {
        return out.lines(&client.known_faults().await?, |kind| {
            let forms = if kind.variants.len() > 1 {
                format!(" ({})", kind.variants.join(", "))
            } else {
                String::new()
            };
            format!("{} {}{forms}", kind.id, kind.title)
        });
    }
    match args.clear {
        Some(Some(number)) => client.clear_fault(number).await?,
        Some(None) => client.clear_faults().await?,
        None => {}
    }
    let pending = match args.order {
        None => client.faults().await?,
        Some(order) => {
            let (times, probability) = (args.times, args.probability);
            let (matching, lasting, by) = (args.on, args.lasting, args.by);
            let order = FaultOrder {
                order: Some(order),
                matching,
                times,
                probability,
                lasting,
                by,
                ..Default::default()
            };
            client.inject(&order).await?
        }
    };
    out.lines(&pending, |fault| {
        let chance =
            if fault.probability < 1.0 { format!(", p = {}", fault.probability) } else { String::new() };
        let expires = fault.expires.map_or_else(String::new, |expires| format!(", until {expires}"));
        format!(
            "{:>3} {} at {}, {} of {}{chance}{expires}",
            fault.number,
            fault.steps.join(", "),
            fault.matching,
            fault.done,
            fault.of
        )
    })
}

async fn keys(client: &Client, out: &Out, args: KeyArgs) -> Result<(), Failure> {
    if let Some([mchid, serial, state]) = args.certificate.as_deref() {
        client.set_certificate(mchid, serial, state).await?;
    }
    if let Some([mchid, url]) = args.notify_url.as_deref() {
        client.set_notify_url(mchid, url).await?;
    }
    if args.announce || args.to_next_certificate.is_some() || args.to_public_key.is_some() {
        let now = client.keys().await?.migration;
        let migration = MigrationView {
            announced: now.announced || args.announce,
            to_next_certificate: args.to_next_certificate.unwrap_or(now.to_next_certificate),
            to_public_key: args.to_public_key.unwrap_or(now.to_public_key),
        };
        client.migrate(migration).await?;
    }
    out.object(&client.keys().await?)
}

/// Text for people, JSON for scripts.
pub(crate) struct Out {
    pub(crate) json: bool,
}

impl Out {
    /// One object: in one line as JSON, indented for people.
    pub(crate) fn object(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text =
            if self.json { serde_json::to_string(value)? } else { serde_json::to_string_pretty(value)? };
        output::result(&text);
        Ok(())
    }

    /// One line each. Control characters are escaped, since parts of a line come from callers.
    pub(crate) fn lines<T: Serialize>(
        &self,
        items: &[T],
        line: impl Fn(&T) -> String,
    ) -> Result<(), Failure> {
        for item in items {
            let text = if self.json {
                serde_json::to_string(item)?
            } else {
                line(item).lines().map(output::one_line).collect::<Vec<_>>().join("\n")
            };
            output::result(&text);
        }
        Ok(())
    }
}
