//! Operators' commands: to the running relay if there is one, else to the store itself.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::Value;
use weipay_relay::Config;
use weipay_relay::make_good::Known;
use weipay_relay::operate::{CallError, Caller, Command, Missing, Role, Which, Who, call};
use weipay_relay::store::{Fact, Scope};

use super::{Args, read};
use crate::output::{self, Failure, Misuse};

/// What every operators' command has.
#[derive(clap::Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(super) args: Args,
    /// The admin API of a relay elsewhere, such as `https://relay.internal:8092`; its token is taken from
    /// `WEIPAY_ADMIN_TOKEN`
    #[arg(long, value_name = "URL")]
    admin: Option<String>,
    /// Which of the configuration's tokens to use; where there are none, your name for the audit
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Which parked and dead jobs.
#[derive(clap::Args)]
pub(crate) struct Those {
    /// Keys of jobs, such as exchange/R1/confirm
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Of this merchant
    #[arg(long, value_name = "NAME")]
    merchant: Option<String>,
    /// Of this name, such as confirm or points
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Those {
    fn which(self, all: bool) -> Which {
        Which { merchant: self.merchant, keys: self.keys, name: self.name, all, after: None }
    }
}

/// What is held or released.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Of {
    /// Everything
    #[arg(long)]
    all: bool,
    /// One merchant's work
    #[arg(long, value_name = "NAME")]
    merchant: Option<String>,
    /// One budget's work, as `status` spells it
    #[arg(long, value_name = "BUDGET")]
    budget: Option<String>,
    /// One merchant's calls to WeChat Pay; its hook is still asked
    #[arg(long, value_name = "NAME")]
    effects: Option<String>,
}

impl Of {
    fn scope(self) -> Scope {
        match (self.merchant, self.budget, self.effects) {
            (Some(name), ..) => Scope::Merchant(name),
            (_, Some(budget), _) => Scope::Budget(budget),
            (.., Some(name)) => Scope::Effects(name),
            _ => Scope::All,
        }
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Finding {
    Happened,
    NotHappened,
}

/// The commands, as the command line has them.
#[derive(clap::Subcommand)]
pub(crate) enum Order {
    /// The backlog as time against deadlines, what is held, parked and refused
    Status {
        #[command(flatten)]
        common: Common,
    },
    /// One case from its notification to its last act; personal data masked
    Show {
        /// A case such as exchange/R1, or the key of one of its jobs
        #[arg(value_name = "KEY")]
        key: String,
        /// Of this merchant, where there are several
        #[arg(long, value_name = "NAME")]
        merchant: Option<String>,
        /// Personal data in clear; this look is kept in the audit
        #[arg(long)]
        reveal: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Parked and dead jobs: what a person has to look at
    DeadLetters {
        #[command(flatten)]
        those: Those,
        #[command(flatten)]
        common: Common,
    },
    /// Let parked and dead jobs run again, with the same number and body
    Redrive {
        #[command(flatten)]
        those: Those,
        /// All parked and dead jobs
        #[arg(long)]
        all: bool,
        /// Only tell what would be done
        #[arg(long)]
        dry_run: bool,
        /// Why; never personal data
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// End a parked or dead job by what you found out, and tell the merchant's hook
    Resolve {
        /// The job's key, such as exchange/R1/confirm
        #[arg(value_name = "KEY")]
        key: String,
        /// What you found out
        #[arg(long = "as", value_enum)]
        finding: Finding,
        /// How you found it out; never personal data
        #[arg(long, value_name = "TEXT")]
        note: String,
        /// Of this merchant, where there are several
        #[arg(long, value_name = "NAME")]
        merchant: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Hand nothing of it out any more; notifications are still taken in
    Hold {
        #[command(flatten)]
        of: Of,
        /// Why; never personal data
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Hand out again what was held
    Release {
        #[command(flatten)]
        of: Of,
        /// Why; never personal data
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Remove what is stored of a person; keys and outcomes stay
    Erase {
        /// Whose data; `-` reads it from stdin, so that no shell keeps it
        #[arg(value_name = "OPENID")]
        openid: String,
        /// Why; never personal data
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// The effects that ended on a day in China: the daily settlement
    Export {
        /// The day, UTC+8
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Date,
        /// A table for a spreadsheet instead of one JSON object per line
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// Openids in clear; this look is kept in the audit
        #[arg(long)]
        reveal: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Write a copy of a SQLite store to a new file on the relay's machine, while work goes on
    Backup {
        /// The new file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Remove what has been kept long enough; unfinished, parked and dead jobs stay
    Purge {
        /// Envelopes, payloads and results of jobs that ended so many days ago; keys and outcomes stay
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        contents_after: u32,
        /// The jobs themselves, at least 30 days
        #[arg(long, value_name = "DAYS", default_value_t = 400)]
        rows_after: u32,
        /// Why; never personal data
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Look for what must not be in the store
    Inspect {
        #[command(flatten)]
        common: Common,
    },
    /// Notifications that failed verification and are kept apart
    Refused {
        #[command(flatten)]
        common: Common,
    },
    /// Verify them again after a key was put right; what holds is taken in
    Reverify {
        /// Why; never personal data
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Look for what was missed, by what can be queried; exchanges cannot be
    MakeGood {
        /// This gap only: payment, points, authorisation, card, product-coupon, coupon, effect
        #[arg(long, value_name = "NAME")]
        gap: Option<String>,
        /// A JSON list of what you know of, as the guide describes it; `-` reads stdin
        #[arg(long, value_name = "FILE")]
        known: Option<PathBuf>,
        /// Only tell what would be asked
        #[arg(long)]
        dry_run: bool,
        /// Of this merchant, where there are several
        #[arg(long, value_name = "NAME")]
        merchant: Option<String>,
        /// Why; never personal data
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// What was done by hand, newest first
    Audit {
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        common: Common,
    },
}

impl Order {
    /// What is asked of the relay, and how the answer is printed.
    pub(super) fn parts(self) -> Result<(Command, Common), Failure> {
        Ok(match self {
            Self::Status { common } => (Command::Status {}, common),
            Self::Show { key, merchant, reveal, common } => (Command::Show { merchant, key, reveal }, common),
            Self::DeadLetters { those, common } => (Command::DeadLetters(those.which(false)), common),
            Self::Redrive { those, all, dry_run, note, common } => {
                (Command::Redrive { which: those.which(all), dry_run, note }, common)
            }
            Self::Resolve { key, finding, note, merchant, common } => {
                let fact = match finding {
                    Finding::Happened => Fact::Happened,
                    Finding::NotHappened => Fact::NotHappened,
                };
                (Command::Resolve { merchant, key, fact, note }, common)
            }
            Self::Hold { of, note, common } => (Command::Hold { scope: of.scope(), note }, common),
            Self::Release { of, note, common } => (Command::Release { scope: of.scope(), note }, common),
            Self::Erase { openid, note, common } => {
                (Command::Erase { openid: given_or_stdin(openid)?, note }, common)
            }
            Self::Export { day, csv: _, reveal, common } => {
                (Command::Export { day, after: None, reveal }, common)
            }
            Self::Backup { file, common } => (Command::Backup { to: std::path::absolute(file)? }, common),
            Self::Purge { contents_after, rows_after, note, common } => {
                (Command::Purge { contents_days: contents_after, rows_days: rows_after, note }, common)
            }
            Self::Inspect { common } => (Command::Check {}, common),
            Self::Refused { common } => (Command::Refused {}, common),
            Self::Reverify { note, common } => (Command::Reverify { note }, common),
            Self::MakeGood { gap, known, dry_run, merchant, note, common } => {
                let known = known.map_or(Ok(Vec::new()), |file| list(&file))?;
                (Command::MakeGood(Missing { merchant, gap, known, dry_run, note }), common)
            }
            Self::Audit { limit, common } => (Command::Audit { limit }, common),
        })
    }
}

fn given_or_stdin(openid: String) -> Result<String, Failure> {
    if openid != "-" {
        return Ok(openid);
    }
    let mut text = String::new();
    std::io::stdin().take(1024).read_to_string(&mut text)?;
    match text.trim() {
        "" => Err(Misuse::new("stdin has no openid").into()),
        openid => Ok(openid.to_owned()),
    }
}

/// What is known of, from a file. The error says where it is wrong, without a value.
fn list(file: &Path) -> Result<Vec<Known>, Failure> {
    let text = match file.to_str() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        _ => std::fs::read_to_string(file)
            .map_err(|error| Misuse::new(format!("{} cannot be read: {error}", file.display())))?,
    };
    Known::list(&text).map_err(|why| Misuse::new(format!("{}: {why}", file.display())).into())
}

/// Where commands go, found out once.
pub(super) enum Desk {
    /// A running relay.
    Running { url: String, caller: Caller },
    /// The store, opened for this command.
    Opened { operator: weipay_relay::operate::Operator, who: Who },
}

impl Desk {
    /// Gives the first command, and keeps the place for further ones.
    pub(super) async fn ask(common: &Common, command: &Command) -> Result<(Self, Value), Failure> {
        if let Some(url) = &common.admin {
            let token = std::env::var("WEIPAY_ADMIN_TOKEN").ok();
            let caller = token.map_or_else(|| Caller::Named(name(common)), Caller::Token);
            let desk = Self::Running { url: url.clone(), caller };
            let answer = desk.again(command).await?;
            return Ok((desk, answer));
        }
        let config = read(&common.args)?;
        if let Some(admin) = config.admin() {
            let url = format!("http://{}", admin.listen);
            let caller = caller(&config, common)?;
            match call(&url, &caller, command).await {
                Ok(answer) => {
                    output::log(&format!("weipay: asked the relay at {url}"));
                    return Ok((Self::Running { url, caller }, answer));
                }
                Err(CallError::NoRelay) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let desk = opened(config, common).await?;
        output::log("weipay: no relay answers; the store was opened directly");
        let answer = desk.again(command).await?;
        Ok((desk, answer))
    }

    /// A further command at the same place.
    pub(super) async fn again(&self, command: &Command) -> Result<Value, Failure> {
        match self {
            Self::Running { url, caller } => Ok(call(url, caller, command).await?),
            Self::Opened { operator, who } => Ok(operator.run(command.clone(), who).await?),
        }
    }
}

async fn opened(config: Config, common: &Common) -> Result<Desk, Failure> {
    let without_admin = config.admin().is_none();
    if let Some(file) = config.sqlite_file().filter(|file| !file.exists()) {
        return Err(
            format!("there is no store yet: {} is not there, and no relay answers", file.display()).into()
        );
    }
    let builder = config.open().await.map_err(|error| match without_admin {
        true => format!(
            "{error}. To give commands to a running relay, add [admin] with `listen` to its configuration"
        ),
        false => error.to_string(),
    })?;
    let who = Who { name: format!("local/{}", name(common)), role: Role::Operator };
    Ok(Desk::Opened { operator: builder.operator()?, who })
}

/// The name in the audit where nobody checks it.
fn name(common: &Common) -> String {
    let user = || std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).ok();
    common.by.clone().or_else(user).unwrap_or_else(|| "somebody".to_owned())
}

fn caller(config: &Config, common: &Common) -> Result<Caller, Failure> {
    if let Ok(token) = std::env::var("WEIPAY_ADMIN_TOKEN") {
        return Ok(Caller::Token(token));
    }
    let tokens = config.admin().map_or(&[][..], |admin| &admin.tokens);
    let names = || tokens.iter().map(weipay_relay::operate::Token::name).collect::<Vec<_>>().join(", ");
    match (tokens, &common.by) {
        ([], _) => Ok(Caller::Named(name(common))),
        ([one], None) => Ok(Caller::Token(one.expose().to_owned())),
        (_, None) => Err(Misuse::new(format!("say who you are: --by one of {}", names())).into()),
        (_, Some(by)) => match tokens.iter().find(|token| token.name() == by) {
            Some(token) => Ok(Caller::Token(token.expose().to_owned())),
            None => {
                Err(Misuse::new(format!("the configuration has no token of {by}; there are {}", names()))
                    .into())
            }
        },
    }
}
