//! How the enumerations are written in the database.

use weipay::Outcome;

use crate::job::{Kind, Lane, State};
use crate::store::StoreError;

pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Ask => "ask",
        Kind::Effect => "effect",
        Kind::Tell => "tell",
        Kind::Upkeep => "upkeep",
    }
}

pub(crate) fn read_kind(word: &str) -> Result<Kind, StoreError> {
    Ok(match word {
        "ask" => Kind::Ask,
        "effect" => Kind::Effect,
        "tell" => Kind::Tell,
        "upkeep" => Kind::Upkeep,
        other => return Err(unknown("kind", other)),
    })
}

pub(crate) fn lane(lane: Lane) -> i64 {
    match lane {
        Lane::Till => 0,
        Lane::Confirm => 1,
        Lane::Points => 2,
        Lane::Sync => 3,
        Lane::Bulk => 4,
    }
}

pub(crate) fn read_lane(number: i64) -> Result<Lane, StoreError> {
    Ok(match number {
        0 => Lane::Till,
        1 => Lane::Confirm,
        2 => Lane::Points,
        3 => Lane::Sync,
        4 => Lane::Bulk,
        other => return Err(unknown("lane", &other.to_string())),
    })
}

/// The word of a final state, and of one that is not; `Ready` is two words, by whether its time has come.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Ready => "ready",
        State::Running => "running",
        State::Settled => "settled",
        State::Refused => "refused",
        State::Parked => "parked",
        State::Dead => "dead",
        State::Superseded => "superseded",
    }
}

pub(crate) fn read_state(word: &str) -> Result<State, StoreError> {
    Ok(match word {
        "waiting" | "ready" => State::Ready,
        "running" => State::Running,
        "settled" => State::Settled,
        "refused" => State::Refused,
        "parked" => State::Parked,
        "dead" => State::Dead,
        "superseded" => State::Superseded,
        other => return Err(unknown("state", other)),
    })
}

/// From nothing to worst: the greatest number of several attempts is what may have happened.
pub(crate) fn outcome(outcome: Option<Outcome>) -> i64 {
    match outcome {
        None => 0,
        Some(Outcome::NotSent) => 1,
        Some(Outcome::Rejected) => 2,
        Some(Outcome::Accepted) => 3,
        Some(Outcome::Unknown) => 4,
    }
}

pub(crate) fn read_outcome(number: i64) -> Result<Option<Outcome>, StoreError> {
    Ok(match number {
        0 => None,
        1 => Some(Outcome::NotSent),
        2 => Some(Outcome::Rejected),
        3 => Some(Outcome::Accepted),
        4 => Some(Outcome::Unknown),
        other => return Err(unknown("outcome", &other.to_string())),
    })
}

fn unknown(column: &str, word: &str) -> StoreError {
    StoreError::Corrupt { column: column.to_owned(), why: format!("{word} is not known to this version") }
}
