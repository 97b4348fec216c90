//! What a shop is told when it starts.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A shop. As JSON it is the file that `weipay shop --config` reads.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens; a loopback address, because the ledger and the page ask nobody who he is.
    pub listen: SocketAddr,
    /// The ledger's file; made if there is none.
    pub database: PathBuf,
    /// The hook's secret, as the relay has it: `whsec_` and base64, or any text of at least 16 bytes.
    pub secret: String,
    /// The merchants that it keeps books for, by their names in the relay's configuration.
    pub merchants: Vec<Merchant>,
    /// Who is a member from the start; those that the ledger knows already keep what they have.
    #[serde(default)]
    pub members: Vec<Member>,
    /// How long it thinks before it decides, in milliseconds, so that people can watch it.
    #[serde(default)]
    pub think_ms: u64,
    /// A planted mistake, for the proof that a proof finds it: answers are not remembered, every repetition is decided anew.
    #[serde(default)]
    pub forgetful: bool,
}

/// One merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merchant {
    /// Its name in the relay's configuration.
    pub name: String,
    /// Whose coupons an exchange gives.
    pub coupons: Coupons,
}

/// Whose coupons an exchange gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coupons {
    /// The shop allots a code of its own, which begins so (confirm shape A).
    Own {
        /// At most 20 characters.
        prefix: String,
    },
    /// WeChat Pay issues them (confirm shape B).
    WeChatPay,
}

/// A member.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Whose member.
    pub merchant: String,
    /// Under which the merchant knows the member.
    pub openid: String,
    /// What the page calls the member.
    pub name: String,
    /// The points at the start.
    #[serde(default)]
    pub points: u64,
    /// The card in WeChat, if there is one: its balance is kept up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// A brand membership card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The brand.
    pub brand_id: String,
    /// The card's template.
    pub card_id: String,
    /// This member's card.
    pub user_card_code: String,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("database", &self.database)
            .field("merchants", &self.merchants)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("merchant", &self.merchant)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
