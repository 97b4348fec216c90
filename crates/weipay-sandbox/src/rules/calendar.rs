//! Days of China Standard Time.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use crate::protocol::time::china;

/// The day of a moment.
pub(super) fn day(at: Timestamp) -> Date {
    at.to_zoned(china()).date()
}

/// So many days later.
pub(super) fn later(date: Date, days: u16) -> Date {
    date.saturating_add(Span::new().days(days))
}

/// The moment at which a day begins.
pub(super) fn midnight(date: Date) -> Timestamp {
    date.to_zoned(china()).map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}
