//! The configuration file as it is written.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::merchant::ConfirmShape;
use crate::operate::Role;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) relay: RelayTable,
    #[serde(default)]
    pub(super) admin: Option<Spanned<AdminTable>>,
    #[serde(default)]
    pub(super) retention: Option<Spanned<RetentionTable>>,
    #[serde(default, rename = "merchant")]
    pub(super) merchants: Vec<Spanned<MerchantTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelayTable {
    #[serde(default)]
    pub(super) listen: Option<Spanned<String>>,
    /// `sqlite:FILE` or `postgres://…`.
    pub(super) store: Spanned<Source>,
    /// 32 bytes as 64 hexadecimal digits.
    pub(super) seal_key: Spanned<Source>,
    #[serde(default)]
    pub(super) former_seal_keys: Vec<Spanned<Source>>,
    #[serde(default)]
    pub(super) worker: Option<String>,
    #[serde(default)]
    pub(super) concurrency: Option<u32>,
    #[serde(default)]
    pub(super) per_hook: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdminTable {
    pub(super) listen: Spanned<String>,
    #[serde(default, rename = "token")]
    pub(super) tokens: Vec<TokenTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenTable {
    pub(super) name: Spanned<String>,
    pub(super) role: Role,
    pub(super) token: Spanned<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionTable {
    #[serde(default = "thirty")]
    pub(super) contents_days: u32,
    #[serde(default = "four_hundred")]
    pub(super) rows_days: u32,
}

fn thirty() -> u32 {
    30
}

fn four_hundred() -> u32 {
    400
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MerchantTable {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) mchid: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) brand_id: Option<Spanned<String>>,
    pub(super) serial: Spanned<String>,
    pub(super) private_key: Spanned<Source>,
    #[serde(default)]
    pub(super) platform_key_id: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) platform_public_key: Option<Spanned<Source>>,
    #[serde(default)]
    pub(super) platform_certificates: Vec<Spanned<Source>>,
    #[serde(default)]
    pub(super) download_certificates: bool,
    pub(super) apiv3_key: Spanned<Source>,
    #[serde(default)]
    pub(super) former_apiv3_keys: Vec<Spanned<Source>>,
    #[serde(default)]
    pub(super) base_url: Option<String>,
    pub(super) confirm_shape: ConfirmShape,
    #[serde(default)]
    pub(super) brands: Vec<String>,
    #[serde(default)]
    pub(super) mchids: Vec<String>,
    #[serde(default)]
    pub(super) appid: Option<String>,
    #[serde(default)]
    pub(super) events: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) api_token: Option<Spanned<Source>>,
    pub(super) hook: HookTable,
    #[serde(default)]
    pub(super) limits: BTreeMap<Spanned<String>, LimitTable>,
    #[serde(default)]
    pub(super) deadlines: DeadlinesTable,
    #[serde(default)]
    pub(super) make_good: MakeGoodTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeGoodTable {
    /// A duration, or `off`.
    #[serde(default)]
    pub(super) every: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) share: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HookTable {
    pub(super) url: Spanned<String>,
    pub(super) secret: Spanned<Source>,
    #[serde(default)]
    pub(super) timeout: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitTable {
    #[serde(default)]
    pub(super) per_second: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) share: Option<Spanned<f64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeadlinesTable {
    #[serde(default)]
    pub(super) decide: Option<DeadlineTable>,
    #[serde(default)]
    pub(super) points: Option<DeadlineTable>,
    #[serde(default)]
    pub(super) card: Option<DeadlineTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeadlineTable {
    #[serde(default)]
    pub(super) within: Option<Spanned<String>>,
    pub(super) then: Spanned<ThenWord>,
    #[serde(default)]
    pub(super) reason: Option<Spanned<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ThenWord {
    Park,
    Decline,
}

/// Where a value comes from: the text itself, `{ file = "…" }` or `{ env = "…" }`. A relative file is looked for beside the
/// configuration.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, { file = \"…\" } or { env = \"…\" }")]
pub(super) enum Source {
    Text(String),
    File(FileSource),
    Env(EnvSource),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileSource {
    file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvSource {
    env: String,
}

/// A text that no `Debug` and no error shows.
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Source {
    /// The value, wherever it stands.
    pub(super) fn load(&self, folder: &Path) -> Result<Secret, String> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::File(FileSource { file }) => {
                let path = folder.join(file);
                std::fs::read_to_string(&path)
                    .map_err(|error| format!("{} cannot be read: {error}", path.display()))?
            }
            Self::Env(EnvSource { env }) => {
                std::env::var(env).map_err(|_| format!("the environment variable {env} is not set"))?
            }
        };
        Ok(Secret(text.trim().to_owned()))
    }

    /// The value, which must not stand in the configuration itself: that is copied, shown and committed.
    pub(super) fn secret(&self, folder: &Path) -> Result<Secret, String> {
        match self {
            Self::Text(_) => {
                Err("a secret does not stand in this file: write { file = \"…\" } or { env = \"…\" }"
                    .to_owned())
            }
            _ => self.load(folder),
        }
    }
}

/// `10s`, `30m`, `12h`, `500ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: Option<u64> = number.parse().ok().filter(|number| *number > 0);
    let duration = number.and_then(|number| match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    });
    duration.ok_or_else(|| format!("'{text}' is no duration such as 10s, 30m or 12h"))
}
