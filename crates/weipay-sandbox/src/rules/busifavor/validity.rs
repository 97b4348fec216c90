//! When a coupon can be used.

use std::time::Duration;

use jiff::Timestamp;

use super::super::calendar::{day, later, midnight};
use crate::clock::after;
use crate::protocol::time::china;
use crate::world::Stock;

/// From when until when a coupon of this stock can be used that was received at this moment.
///
/// DOC (merchant 4012534855): days are counted from the day of receipt, or from the stock's first day if it was
/// received before; the day on which the coupon becomes effective counts; nothing outlives the stock. ASSUME: days are
/// those of China Standard Time; without `wait_days_after_receive` a coupon is effective from the stock's beginning.
pub(super) fn window(stock: &Stock, received: Timestamp) -> (Timestamp, Timestamp) {
    let counted = received.max(stock.available_begin_time);
    let mut first_day = day(counted);
    let mut begin = stock.available_begin_time;
    if let Some(wait) = stock.wait_days_after_receive.filter(|wait| *wait > 0) {
        first_day = later(first_day, wait);
        begin = midnight(first_day);
    }
    let mut end = stock.available_end_time;
    if let Some(days) = stock.available_day_after_receive {
        let last_second = midnight(later(first_day, days)).checked_sub(Duration::from_secs(1));
        end = end.min(last_second.unwrap_or(end));
    }
    if let Some(seconds) = stock.available_second_after_receive {
        end = end.min(after(counted, Duration::from_secs(seconds.into())));
    }
    (begin, end)
}

/// Whether the stock's coupons can be used on that day of the week and at that time of day, or in one of its irregular
/// times (ASSUME: either is enough).
pub(super) fn open(stock: &Stock, at: Timestamp) -> bool {
    let regular = !stock.week_days.is_empty() || !stock.day_times.is_empty();
    if !regular && stock.irregular_times.is_empty() {
        return true;
    }
    let local = at.to_zoned(china());
    let week_day = u8::try_from(local.weekday().to_sunday_zero_offset()).unwrap_or_default();
    let second = at.duration_since(midnight(local.date())).as_secs();
    let day = stock.week_days.is_empty() || stock.week_days.contains(&week_day);
    let time = stock.day_times.is_empty()
        || stock
            .day_times
            .iter()
            .any(|time| i64::from(time.begin_time) <= second && second <= i64::from(time.end_time));
    regular && day && time || stock.irregular_times.iter().any(|(begin, end)| *begin <= at && at <= *end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::DayTime;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn stock() -> Stock {
        Stock {
            available_begin_time: at("2026-01-10T00:00:00+08:00"),
            available_end_time: at("2026-01-31T23:59:59+08:00"),
            ..Stock::default()
        }
    }

    #[test]
    fn days_and_seconds_are_counted_from_the_receipt_and_end_with_the_stock() {
        let received = at("2026-01-15T13:00:00+08:00");
        let days = |days| Stock { available_day_after_receive: Some(days), ..stock() };
        assert_eq!(window(&stock(), received).1, at("2026-01-31T23:59:59+08:00"));
        assert_eq!(window(&days(1), received).1, at("2026-01-15T23:59:59+08:00"));
        assert_eq!(window(&days(3), received).1, at("2026-01-17T23:59:59+08:00"));
        assert_eq!(window(&days(60), received).1, at("2026-01-31T23:59:59+08:00"));
        let early = at("2026-01-01T13:00:00+08:00");
        assert_eq!(window(&days(1), early).1, at("2026-01-10T23:59:59+08:00"));
        let waiting = Stock { wait_days_after_receive: Some(2), ..days(1) };
        assert_eq!(
            window(&waiting, received),
            (at("2026-01-17T00:00:00+08:00"), at("2026-01-17T23:59:59+08:00"))
        );
        let seconds = Stock { available_second_after_receive: Some(3600), ..stock() };
        assert_eq!(window(&seconds, received).1, at("2026-01-15T14:00:00+08:00"));
    }

    #[test]
    fn days_of_the_week_times_of_day_and_irregular_times() {
        // 10 January 2026 is a Saturday.
        let evenings = Stock {
            week_days: vec![6],
            day_times: vec![DayTime { begin_time: 18 * 3600, end_time: 20 * 3600 }],
            irregular_times: vec![(at("2026-01-12T00:00:00+08:00"), at("2026-01-12T01:00:00+08:00"))],
            ..stock()
        };
        for (moment, expected) in [
            ("2026-01-10T18:00:00+08:00", true),
            ("2026-01-10T20:00:01+08:00", false),
            ("2026-01-11T19:00:00+08:00", false),
            ("2026-01-12T00:30:00+08:00", true),
            ("2026-01-12T02:00:00+08:00", false),
        ] {
            assert_eq!(open(&evenings, at(moment)), expected, "{moment}");
        }
        assert!(open(&stock(), at("2026-01-12T02:00:00+08:00")));
    }
}
