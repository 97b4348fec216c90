//! What a family of rules registers: its operations with their ledger entries, and its deeds.

use weipay_catalog::reference::{Reference, Schema};

use crate::call::{Answer, Call};
use crate::ledger::Known;
use crate::refusal::Refusal;
use crate::state::State;

/// Carries out one operation.
pub(crate) type Rule = fn(&mut State, &Call<'_>) -> Result<Answer, Refusal>;
/// Does what was [scheduled](State::schedule), to what the key names. It may have become pointless since.
pub(crate) type Deed = fn(&mut State, key: &str);
/// Chooses the schema of a body where an operation has several shapes of request.
pub(crate) type Shape = fn(&State, &Call<'_>, &'static Reference) -> Result<Option<&'static Schema>, Refusal>;

/// One family: the one table of its file.
pub(crate) struct Family {
    pub(crate) rules: &'static [Entry],
    /// By name, which is unique among all families: `orders.expire`.
    pub(crate) deeds: &'static [(&'static str, Deed)],
}

/// One operation that has a rule, and the ledger's line about it.
pub(crate) struct Entry {
    /// The operation's id in the catalogue.
    pub(crate) operation: &'static str,
    pub(crate) rule: Rule,
    /// When the rule was last compared with what it rests on, `YYYY-MM-DD`.
    pub(crate) date: &'static str,
    pub(crate) known: &'static [Known],
    pub(crate) shape: Option<Shape>,
    /// Puts the refusal of a malformed member into the family's own words.
    pub(crate) words: Option<fn(Refusal) -> Refusal>,
    /// Calls per second and caller, where the catalogue has no documented rate.
    pub(crate) per_second: Option<u32>,
}

/// An operation, its rule, and what the rule rests on.
pub(super) const fn rule(
    operation: &'static str,
    rule: Rule,
    date: &'static str,
    known: &'static [Known],
) -> Entry {
    Entry { operation, rule, date, known, shape: None, words: None, per_second: None }
}

impl Entry {
    pub(super) const fn shape(mut self, shape: Shape) -> Self {
        self.shape = Some(shape);
        self
    }

    pub(super) const fn words(mut self, words: fn(Refusal) -> Refusal) -> Self {
        self.words = Some(words);
        self
    }

    pub(super) const fn per_second(mut self, limit: u32) -> Self {
        self.per_second = Some(limit);
        self
    }
}

pub(super) const fn documented(source: &'static str) -> Known {
    Known::Documented { source }
}

pub(super) const fn observed(source: &'static str) -> Known {
    Known::Observed { source }
}

pub(super) const fn assumed(why: &'static str) -> Known {
    Known::Assumed { why }
}
