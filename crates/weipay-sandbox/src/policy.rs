//! How far the sandbox goes.

/// What it may do beyond its rules and beyond this machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy {
    /// By rules and links only.
    pub(crate) strict: bool,
    /// Also where money moves.
    pub(crate) allow_generated: bool,
    /// Notifications may leave this machine.
    pub(crate) notify_anywhere: bool,
}
