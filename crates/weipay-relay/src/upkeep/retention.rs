//! How long what has ended is kept.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::context::Context;
use crate::job::{Attempted, Ending};
use crate::store::{Act, Purged, Retention, Store, StoreError};

/// WeChat Pay repeats for about a day; a support case takes longer.
const LEAST_DAYS: u32 = 30;
/// At night in China, before people come.
const HOUR: i64 = 3;

/// How many days what has ended is kept. Unfinished, parked and dead jobs always stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    contents_days: u32,
    rows_days: u32,
}

impl Keep {
    /// Envelopes, payloads and results for `contents_days`; the jobs themselves for `rows_days`, at least 30 and not less
    /// than their contents: a notification that comes again after its job is gone is new. The error says so.
    pub fn days(contents_days: u32, rows_days: u32) -> Result<Self, String> {
        if rows_days < LEAST_DAYS || rows_days < contents_days {
            return Err(format!("`rows_days` is at least {LEAST_DAYS}, and not less than `contents_days`"));
        }
        Ok(Self { contents_days, rows_days })
    }

    /// What may go at this moment.
    fn at(self, now: Timestamp) -> Result<Retention, String> {
        let before = |days: u32| {
            let moment = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days)));
            moment.map_err(|_| "that many days ago there was no calendar".to_owned())
        };
        Ok(Retention { contents_before: before(self.contents_days)?, rows_before: before(self.rows_days)? })
    }

    /// Removes what has been kept long enough. The inner error says what is wrong with the days.
    pub(crate) async fn purge(
        self,
        store: &dyn Store,
        by: &Act,
        now: Timestamp,
    ) -> Result<Result<Purged, String>, StoreError> {
        let retention = match self.at(now) {
            Ok(retention) => retention,
            Err(why) => return Ok(Err(why)),
        };
        let mut all = Purged::default();
        loop {
            let gone = store.purge(retention, by, now).await?;
            if gone == Purged::default() {
                return Ok(Ok(all));
            }
            all.contents += gone.contents;
            all.rows += gone.rows;
        }
    }
}

/// The key of the present day's removal. A day begins at 3 o'clock in China.
pub(super) fn today(now: Timestamp) -> String {
    let china = TimeZone::fixed(Offset::constant(8));
    let day = now.checked_sub(SignedDuration::from_hours(HOUR)).unwrap_or(now).to_zoned(china).date();
    format!("retention/{day}")
}

/// The day's removal.
pub(super) async fn enforce(ctx: &Context, keep: Keep) -> Result<(Attempted, Ending), StoreError> {
    let by = Act { who: "relay".to_owned(), note: Some("retention".to_owned()) };
    let purged = keep.purge(&*ctx.store, &by, ctx.clock.now()).await?;
    Ok(match purged {
        Ok(Purged { contents, rows }) => {
            let note = json!({ "contents": contents, "rows": rows }).to_string();
            let attempted = Attempted { note: Some(note), ..Attempted::default() };
            (attempted, Ending::Settled { result: None, follow: Vec::new() })
        }
        Err(reason) => (Attempted::default(), Ending::Dead { reason }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_three_in_china() {
        let key = |moment: &str| today(moment.parse().unwrap());
        assert_eq!(key("2026-11-20T18:59:59Z"), "retention/2026-11-20");
        assert_eq!(key("2026-11-20T19:00:00Z"), "retention/2026-11-21");
    }

    #[test]
    fn rows_outlive_their_contents_and_every_repetition() {
        assert!(Keep::days(1, 29).is_err() && Keep::days(60, 40).is_err());
        assert!(Keep::days(30, 400).is_ok());
    }
}
