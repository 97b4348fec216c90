//! Planted mistakes: the proof has to find each of them by name. Without the feature `sabotage` there are none.

/// A mistake that can be planted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// A notification is acknowledged before it is stored.
    AckBeforeCommit,
    /// A repetition goes out under a new request number.
    NewNumber,
    /// Every process keeps a pace of its own.
    OwnLimiter,
}

/// Whether `WEIPAY_RELAY_SABOTAGE` plants this one.
#[cfg(feature = "sabotage")]
pub(crate) fn planted(sabotage: Sabotage) -> bool {
    let name = match sabotage {
        Sabotage::AckBeforeCommit => "ack-before-commit",
        Sabotage::NewNumber => "new-number",
        Sabotage::OwnLimiter => "own-limiter",
    };
    std::env::var("WEIPAY_RELAY_SABOTAGE").is_ok_and(|planted| planted == name)
}

/// Never.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn planted(_: Sabotage) -> bool {
    false
}
