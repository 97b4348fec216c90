//! The whole ledger as it stands, for whoever judges it.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{FromRow, Row as _};

use crate::{Card, Error};

/// Everything, as of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump {
    /// Members.
    pub accounts: Vec<Account>,
    /// Points exchanges.
    pub exchanges: Vec<Exchange>,
    /// Coupons of the shop's own.
    pub coupons: Vec<Coupon>,
    /// Payments that earned points.
    pub payments: Vec<Payment>,
    /// Refunds, also those whose payment is not known.
    pub refunds: Vec<Refund>,
    /// What the relay may never do, when it did.
    pub breaches: Vec<Breach>,
    /// How many questions were answered.
    pub answered: u64,
    /// How many repetitions got the stored answer.
    pub repeated: u64,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose member.
    pub merchant: String,
    /// Under which the merchant knows the member.
    pub openid: String,
    /// What the page calls the member.
    pub name: String,
    /// All points, those set aside too.
    pub points: i64,
    /// Points set aside for exchanges that are not settled.
    pub reserved: i64,
    /// Points of refunded payments that had been spent.
    pub debt: i64,
    /// The sum of all entries: what `points` has to be.
    pub entries: i64,
    /// The card in WeChat.
    pub card: Option<Card>,
}

/// A points exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Whose.
    pub merchant: String,
    /// WeChat Pay's number of it.
    pub record_id: String,
    /// Who exchanges.
    pub openid: String,
    /// What it costs.
    pub points: i64,
    /// How far it is.
    pub state: ExchangeState,
    /// The coupon that came of it, or that was withdrawn.
    pub coupon_code: Option<String>,
    /// Why it was rejected, given back, or parked.
    pub reason: Option<String>,
    /// The relay said that a person has to look.
    pub parked: bool,
    /// When the shop was first asked.
    pub received: String,
    /// When it decided.
    pub decided: Option<String>,
    /// When it heard what became of its decision.
    pub settled: Option<String>,
}

/// How far an exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeState {
    /// Heard of, not decided.
    Received,
    /// Allowed, and the points are set aside.
    Reserved,
    /// Not allowed.
    Rejected,
    /// The member has the coupon, and the points are gone.
    Taken,
    /// The member has no coupon, and the points again.
    GivenBack,
}

/// A coupon of the shop's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    /// Its code.
    pub code: String,
    /// Whose.
    pub merchant: String,
    /// The exchange that it was allotted to.
    pub record_id: String,
    /// What became of it.
    pub state: CouponState,
}

/// What became of a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CouponState {
    /// Meant for an exchange that is not settled.
    Allotted,
    /// The member has it.
    Issued,
    /// The exchange failed; the code is never used again.
    Withdrawn,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Whose.
    pub merchant: String,
    /// WeChat Pay's order number.
    pub transaction_id: String,
    /// Who paid.
    pub openid: String,
    /// Fen.
    pub amount: i64,
    /// What it earned.
    pub points: i64,
    /// What of that was taken back.
    pub reversed: i64,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Whose.
    pub merchant: String,
    /// WeChat Pay's number of it.
    pub refund_id: String,
    /// Its payment.
    pub transaction_id: String,
    /// Fen.
    pub refund_amount: i64,
}

/// Something that the relay may never do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Its name, such as `asked-under-two-ids`.
    pub name: String,
    /// The business key.
    pub detail: String,
}

macro_rules! from_text {
    ($type:ident { $($text:literal => $state:ident),+ $(,)? }) => {
        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                match text.as_str() {
                    $($text => Ok(Self::$state),)+
                    _ => Err(format!("`{text}` is no {}", stringify!($type))),
                }
            }
        }
    };
}

from_text!(ExchangeState {
    "received" => Received, "reserved" => Reserved, "rejected" => Rejected, "taken" => Taken, "given_back" => GivenBack,
});
from_text!(CouponState { "allotted" => Allotted, "issued" => Issued, "withdrawn" => Withdrawn });

/// By hand, because the derive of sqlx brings a second SQLite into every build: one for the macro.
macro_rules! from_row {
    ($($type:ident { $($column:ident $(as $text:ident)?),+ $(,)? })+) => {$(
        impl FromRow<'_, SqliteRow> for $type {
            fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($column: from_row!(row, $column $(as $text)?)),+ })
            }
        }
    )+};
    ($row:ident, $column:ident) => { $row.try_get(stringify!($column))? };
    ($row:ident, $column:ident as String) => {
        $row.try_get::<String, _>(stringify!($column))?.try_into().map_err(|why: String| {
            sqlx::Error::ColumnDecode { index: stringify!($column).to_owned(), source: why.into() }
        })?
    };
}

from_row! {
    Exchange {
        merchant, record_id, openid, points, state as String, coupon_code, reason, parked, received, decided, settled,
    }
    Coupon { code, merchant, record_id, state as String }
    Payment { merchant, transaction_id, openid, amount, points, reversed }
    Refund { merchant, refund_id, transaction_id, refund_amount }
    Breach { name, detail }
}

impl FromRow<'_, SqliteRow> for Account {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let card: Option<String> = row.try_get("card")?;
        Ok(Self {
            merchant: row.try_get("merchant")?,
            openid: row.try_get("openid")?,
            name: row.try_get("name")?,
            points: row.try_get("points")?,
            reserved: row.try_get("reserved")?,
            debt: row.try_get("debt")?,
            entries: row.try_get("entries")?,
            card: card.and_then(|card| serde_json::from_str(&card).ok()),
        })
    }
}

impl Dump {
    /// What in these books contradicts itself, as name and detail. Empty for sound books.
    pub fn contradictions(&self) -> Vec<Breach> {
        let mut found = self.breaches.clone();
        let mut note = |name: &str, detail: String| found.push(Breach { name: name.to_owned(), detail });
        for account in &self.accounts {
            let Account { merchant, name, .. } = account;
            let open = self.exchanges.iter().filter(|exchange| {
                exchange.state == ExchangeState::Reserved
                    && (&exchange.merchant, &exchange.openid) == (merchant, &account.openid)
            });
            let aside: i64 = open.map(|exchange| exchange.points).sum();
            if account.points != account.entries {
                note(
                    "points-mismatch",
                    format!("{name}: {} points, entries say {}", account.points, account.entries),
                );
            }
            if account.reserved != aside {
                note(
                    "points-mismatch",
                    format!("{name}: {} set aside, open exchanges need {aside}", account.reserved),
                );
            }
            if account.points < 0 || account.reserved < 0 || account.reserved > account.points {
                note("negative", name.clone());
            }
        }
        let mut records: Vec<_> =
            self.coupons.iter().map(|coupon| (&coupon.merchant, &coupon.record_id)).collect();
        records.sort_unstable();
        for pair in records.windows(2).filter(|pair| pair[0] == pair[1]) {
            note("double-coupon", format!("{}: two codes allotted", pair[0].1));
        }
        found
    }
}

pub(super) async fn read(reader: &SqlitePool) -> Result<Dump, Error> {
    let mut tx = reader.begin().await?;
    let accounts = sqlx::query_as(
        "SELECT member.*, (SELECT COALESCE(SUM(entry.points), 0) FROM entry
                           WHERE entry.merchant = member.merchant AND entry.openid = member.openid) AS entries
         FROM member ORDER BY member.rowid",
    )
    .fetch_all(&mut *tx)
    .await?;
    let exchanges =
        sqlx::query_as("SELECT * FROM exchange ORDER BY received, record_id").fetch_all(&mut *tx).await?;
    let coupons = sqlx::query_as("SELECT * FROM coupon ORDER BY number").fetch_all(&mut *tx).await?;
    let payments = sqlx::query_as("SELECT * FROM payment ORDER BY at").fetch_all(&mut *tx).await?;
    let refunds = sqlx::query_as("SELECT * FROM refund ORDER BY at").fetch_all(&mut *tx).await?;
    let breaches = sqlx::query_as("SELECT * FROM breach ORDER BY at").fetch_all(&mut *tx).await?;
    let totals =
        sqlx::query("SELECT COUNT(*), COALESCE(SUM(repeats), 0) FROM answered").fetch_one(&mut *tx).await?;
    let count = |column: usize| -> Result<u64, sqlx::Error> {
        Ok(u64::try_from(totals.try_get::<i64, _>(column)?).unwrap_or_default())
    };
    let (answered, repeated) = (count(0)?, count(1)?);
    Ok(Dump { accounts, exchanges, coupons, payments, refunds, breaches, answered, repeated })
}
