//! The relay from a TOML file; secrets stand in files or environment variables of their own.

mod admin;
mod file;
mod merchant;
mod problem;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use admin::AdminConfig;
pub use problem::{ConfigProblems, Problem};

use crate::store::{PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Store, StoreError};
use crate::{Keep, Merchant, Relay, RelayBuilder, Vault};
use file::{File, RelayTable};
use merchant::Reading;
use problem::Notes;

/// A configuration whose every field was checked and whose keys are loaded. Nothing was opened or sent.
///
/// ```toml
/// [relay]
/// listen = "127.0.0.1:8090"
/// store = "sqlite:relay.db"                     # or { env = "DATABASE_URL" } with postgres://…
/// seal_key = { file = "seal.key" }              # 64 hexadecimal digits: openssl rand -hex 32
///
/// [admin]                                       # where `weipay relay status` and the other commands are taken
/// listen = "127.0.0.1:8092"
/// [[admin.token]]                               # without tokens: whoever is on this machine, and only at a loopback address
/// name = "zhang"
/// role = "operator"                             # or "viewer"
/// token = { file = "zhang.token" }
///
/// [retention]                                   # without this table nothing is removed
/// contents_days = 30                            # envelopes, payloads, results
/// rows_days = 400                               # the jobs themselves
///
/// [[merchant]]
/// name = "shop"                                 # stands in the notify URL: /notify/shop; never change it
/// mchid = "1900000100"                          # or brand_id, for a brand that calls by itself
/// serial = "3775B6A45ACD588826D15E583A95F5DD11111111"
/// private_key = { file = "apiclient_key.pem" }
/// platform_key_id = "PUB_KEY_ID_0000000000000000000000000000000100"
/// platform_public_key = { file = "pub_key.pem" }
/// apiv3_key = { env = "SHOP_APIV3_KEY" }
/// confirm_shape = "B"                           # which of the two published shapes this account takes
/// brands = ["1004"]
/// mchids = ["1234567890"]
/// events = ["TRANSACTION.SUCCESS"]              # what else the hook hears, as it is; "*" for all; the rest is parked
///
/// [merchant.hook]
/// url = "http://127.0.0.1:8091/weipay"
/// secret = { file = "hook.secret" }
///
/// [merchant.limits]
/// brand_partner_card_member_user_points_sync = { share = 0.5 }
///
/// [merchant.deadlines]
/// decide = { within = "6h", then = "decline", reason = "系统繁忙" }
///
/// [merchant.make_good]
/// every = "1h"                                  # how often gaps are looked for; "off"
/// share = 0.1                                   # the part of each query's limit that checks may use
/// ```
pub struct Config {
    listen: Option<SocketAddr>,
    store: StoreAt,
    vault: Vault,
    worker: Option<String>,
    concurrency: Option<u32>,
    per_hook: Option<u32>,
    admin: Option<AdminConfig>,
    keep: Option<Keep>,
    merchants: Vec<Merchant>,
}

enum StoreAt {
    Sqlite(PathBuf),
    Postgres(Box<PostgresOptions>),
}

impl Config {
    /// Reads and checks a file. Relative paths in it begin at its folder.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigProblems> {
        let path = path.as_ref();
        let problems = |problems| ConfigProblems { file: path.to_owned(), problems };
        let text = std::fs::read_to_string(path).map_err(|error| {
            problems(vec![Problem {
                line: 1,
                field: "file".to_owned(),
                text: format!("cannot be read: {error}"),
            }])
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(problems)
    }

    /// Checks everything and gives all problems at once.
    fn parse(text: &str, folder: &Path) -> Result<Self, Vec<Problem>> {
        let mut notes = Notes { text, problems: Vec::new() };
        let file: File = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                // Only the first line: further ones show the text of the file.
                let message = error.message().lines().next().unwrap_or_default().to_owned();
                notes.add(&error.span().unwrap_or(0..0), "file", message);
                return Err(notes.problems);
            }
        };
        let config = relay(&mut notes, &file.relay, folder);
        let admin = file.admin.as_ref().and_then(|table| admin::admin(&mut notes, table, folder));
        let keep = file.retention.as_ref().and_then(|table| {
            let days = Keep::days(table.get_ref().contents_days, table.get_ref().rows_days);
            notes.keep(days, &table.span(), "retention")
        });
        let mut merchants: Vec<Merchant> = Vec::new();
        for (index, table) in file.merchants.iter().enumerate() {
            let at = format!("merchant[{index}]");
            let name = table.get_ref().name.get_ref();
            if let Err(why) = crate::relay::usable_name(name) {
                notes.add(&table.get_ref().name.span(), format!("{at}.name"), why);
            }
            if file.merchants[..index].iter().any(|known| known.get_ref().name.get_ref() == name) {
                notes.add(
                    &table.get_ref().name.span(),
                    format!("{at}.name"),
                    "another merchant has the same name",
                );
            }
            let merchant = Reading { notes: &mut notes, folder, at }.merchant(table.get_ref(), &table.span());
            merchants.extend(merchant);
        }
        if file.merchants.is_empty() {
            notes.add(&(0..0), "merchant", "there is none: add a [[merchant]]");
        }
        match (config, notes.problems.is_empty()) {
            (Some(config), true) => Ok(Self { admin, keep, merchants, ..config }),
            _ => Err(notes.problems),
        }
    }

    /// The merchants, for who wants to look before the start.
    pub fn merchants(&self) -> &[Merchant] {
        &self.merchants
    }

    /// The admin API, if there is to be one.
    pub fn admin(&self) -> Option<&AdminConfig> {
        self.admin.as_ref()
    }

    /// The file of a SQLite store; none for PostgreSQL.
    pub fn sqlite_file(&self) -> Option<&Path> {
        match &self.store {
            StoreAt::Sqlite(path) => Some(path),
            StoreAt::Postgres(_) => None,
        }
    }

    /// Opens the store and gives the relay, ready to start.
    pub async fn open(self) -> Result<RelayBuilder, StoreError> {
        let store: Arc<dyn Store> = match self.store {
            StoreAt::Sqlite(path) => Arc::new(SqliteStore::open(SqliteOptions::new(path)).await?),
            StoreAt::Postgres(options) => Arc::new(PostgresStore::open(*options).await?),
        };
        let mut relay = Relay::builder(store, self.vault);
        if let Some(listen) = self.listen {
            relay = relay.listen(listen);
        }
        if let Some(admin) = self.admin {
            relay = relay.admin(admin.listen, admin.tokens);
        }
        if let Some(keep) = self.keep {
            relay = relay.keep(keep);
        }
        if let Some(worker) = self.worker {
            relay = relay.worker(worker);
        }
        if let Some(jobs) = self.concurrency {
            relay = relay.concurrency(jobs);
        }
        if let Some(questions) = self.per_hook {
            relay = relay.per_hook(questions);
        }
        Ok(self.merchants.into_iter().fold(relay, RelayBuilder::merchant))
    }
}

fn relay(notes: &mut Notes<'_>, table: &RelayTable, folder: &Path) -> Option<Config> {
    let listen = table.listen.as_ref().and_then(|listen| {
        let parsed =
            listen.get_ref().parse().map_err(|_| "is no address with a port, such as 127.0.0.1:8090");
        notes.keep(parsed, &listen.span(), "relay.listen")
    });
    let url = notes.keep(table.store.get_ref().load(folder), &table.store.span(), "relay.store");
    let store = url.and_then(|url| {
        let store = match (url.0.strip_prefix("sqlite:"), url.0.split_once("://")) {
            (Some(path), _) if !path.is_empty() => Ok(StoreAt::Sqlite(folder.join(path))),
            (None, Some(("postgres" | "postgresql", _))) => PostgresOptions::new(&url.0)
                .map(|options| StoreAt::Postgres(Box::new(options)))
                .map_err(|error| error.to_string()),
            _ => Err("is neither sqlite:FILE nor postgres://…".to_owned()),
        };
        notes.keep(store, &table.store.span(), "relay.store")
    });
    let mut seal = |source: &toml::Spanned<file::Source>, field: &str| {
        let text = notes.keep(source.get_ref().secret(folder), &source.span(), field)?;
        notes.keep(seal_key(&text.0), &source.span(), field)
    };
    let mut vault = seal(&table.seal_key, "relay.seal_key").map(|key| Vault::new(&key));
    for former in &table.former_seal_keys {
        let key = seal(former, "relay.former_seal_keys");
        vault = vault.zip(key).map(|(vault, key)| vault.former(&key));
    }
    Some(Config {
        listen,
        store: store?,
        vault: vault?,
        worker: table.worker.clone(),
        concurrency: table.concurrency,
        per_hook: table.per_hook,
        admin: None,
        keep: None,
        merchants: Vec::new(),
    })
}

fn seal_key(text: &str) -> Result<[u8; 32], &'static str> {
    let wrong = "a seal key has 64 hexadecimal digits: openssl rand -hex 32";
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong);
    }
    let mut key = [0; 32];
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| wrong)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong)?;
    }
    Ok(key)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("merchants", &self.merchants)
            .finish_non_exhaustive()
    }
}
