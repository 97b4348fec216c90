//! What is held: by an operator, or by the relay itself while WeChat Pay hears none of a merchant's calls.

use jiff::{SignedDuration, Timestamp};

use super::act;
use super::link::{Link, values};
use crate::store::{Act, Held, Scope, StoreError};

/// How often one call finds out whether WeChat Pay hears a merchant again. A wrong key is put right by people.
const PROBE: SignedDuration = SignedDuration::from_mins(3);
/// Who pauses.
const RELAY: &str = "relay";

fn written(scope: &Scope) -> (&'static str, &str) {
    match scope {
        Scope::All => ("all", ""),
        Scope::Merchant(name) => ("merchant", name),
        Scope::Budget(name) => ("budget", name),
        Scope::Effects(name) => ("effects", name),
    }
}

/// By an operator, who takes over what the relay paused: then nothing is tried any more.
pub(crate) async fn hold(
    link: &mut Link<'_>,
    scope: &Scope,
    by: &Act,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (word, name) = written(scope);
    link.execute(
        "INSERT INTO relay_hold (scope, name, since, who, note) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (scope, name) DO UPDATE SET who = $4, note = $5, probe = NULL",
        values![word, name, now, &by.who, &by.note],
    )
    .await?;
    act::keep(link, "hold", format!("{word} {name}").trim(), by, now).await
}

pub(crate) async fn release(
    link: &mut Link<'_>,
    scope: &Scope,
    by: &Act,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (word, name) = written(scope);
    let held =
        link.execute("DELETE FROM relay_hold WHERE scope = $1 AND name = $2", values![word, name]).await? > 0;
    act::keep(link, "release", format!("{word} {name}").trim(), by, now).await?;
    Ok(held)
}

pub(crate) async fn pause(
    link: &mut Link<'_>,
    merchant: &str,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let paused = link
        .execute(
            "INSERT INTO relay_hold (scope, name, since, who, note, probe) VALUES ('effects', $1, $2, $3, $4, $5) \
             ON CONFLICT (scope, name) DO NOTHING",
            values![merchant, now, RELAY, reason, after(now)],
        )
        .await?
        > 0;
    if paused {
        let by = Act { who: RELAY.to_owned(), note: Some(reason.to_owned()) };
        act::keep(link, "hold", &format!("effects {merchant}"), &by, now).await?;
    }
    Ok(paused)
}

pub(crate) async fn resume(link: &mut Link<'_>, merchant: &str, now: Timestamp) -> Result<bool, StoreError> {
    let paused = link
        .execute(
            "DELETE FROM relay_hold WHERE scope = 'effects' AND name = $1 AND probe IS NOT NULL",
            values![merchant],
        )
        .await?
        > 0;
    if paused {
        let note = Some("WeChat Pay heard a call again".to_owned());
        let by = Act { who: RELAY.to_owned(), note };
        act::keep(link, "release", &format!("effects {merchant}"), &by, now).await?;
    }
    Ok(paused)
}

/// The next call of this merchant that is tried comes an interval later.
pub(crate) async fn probed(link: &mut Link<'_>, merchant: &str, now: Timestamp) -> Result<(), StoreError> {
    link.execute(
        "UPDATE relay_hold SET probe = $2 WHERE scope = 'effects' AND name = $1 AND probe IS NOT NULL",
        values![merchant, after(now)],
    )
    .await?;
    Ok(())
}

fn after(now: Timestamp) -> Timestamp {
    now.checked_add(PROBE).unwrap_or(now)
}

pub(crate) async fn held(link: &mut Link<'_>) -> Result<Vec<Held>, StoreError> {
    let rows = link
        .rows("SELECT scope, name, since, who, note, probe FROM relay_hold ORDER BY scope, name", &[])
        .await?;
    rows.iter()
        .map(|row| {
            let name: String = row.get("name")?;
            let scope = match row.get::<String>("scope")?.as_str() {
                "all" => Scope::All,
                "merchant" => Scope::Merchant(name),
                "effects" => Scope::Effects(name),
                _ => Scope::Budget(name),
            };
            let by = Act { who: row.get("who")?, note: row.get("note")? };
            Ok(Held { scope, since: row.time("since")?, by, probe: row.maybe_time("probe")? })
        })
        .collect()
}
