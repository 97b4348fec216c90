//! The ledger: on what each operation's answer rests, and how well that is known.

use crate::journal::Basis;

/// How one part of a rule is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// An official page or official code says so.
    Documented {
        /// The page or file.
        source: &'static str,
    },
    /// Seen in answers of the live system.
    Observed {
        /// Where it was seen.
        source: &'static str,
    },
    /// Nothing is published: a careful reading, which a live account must confirm.
    Assumed {
        /// What is assumed, and why where that is not plain.
        why: &'static str,
    },
}

impl Known {
    /// `documented`, `observed` or `assumed`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Documented { .. } => "documented",
            Self::Observed { .. } => "observed",
            Self::Assumed { .. } => "assumed",
        }
    }

    /// The source, or what is assumed.
    pub const fn text(&self) -> &'static str {
        match self {
            Self::Documented { source } | Self::Observed { source } => source,
            Self::Assumed { why } => why,
        }
    }
}

/// One line of the ledger; [`ledger`](crate::ledger) has all of them.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// The operation's id in the catalogue.
    pub operation: &'static str,
    /// How it is answered.
    pub basis: Basis,
    /// It moves money and has no rule: answered only after [`Builder::allow_generated`](crate::Builder::allow_generated).
    pub withheld: bool,
    /// What its rule rests on; never empty with a rule, always without.
    pub known: &'static [Known],
    /// When the rule was last compared with what it rests on, `YYYY-MM-DD`; none without a rule.
    pub date: Option<&'static str>,
}
