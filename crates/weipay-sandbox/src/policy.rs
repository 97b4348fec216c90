//! How far the sandbox goes where it has no rule.

/// What an operation without a rule may be answered with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy {
    /// By rules and links only.
    pub(crate) strict: bool,
    /// Also where money moves.
    pub(crate) allow_generated: bool,
}
