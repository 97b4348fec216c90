//! When a notification is repeated, counted from the attempt before, in seconds of business time.

/// 15 repeats over 24 hours 4 minutes (DOC: the callback page).
const DEFAULT: &[u64] =
    &[15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

/// Every 60 seconds, 11 times (DOC: `BRAND_MEMBER_CARD_SP.USER_CARD.*` and `PRODUCT_COUPON_SP.*`). ASSUME for the two point
/// events, whose schedule is not published, and for what the brand itself gets.
const MINUTELY: &[u64] = &[60; 11];

/// The gaps before the repeats of this event.
pub(crate) fn repeats(event_type: &str) -> &'static [u64] {
    let family = event_type.split_once('.').map_or(event_type, |(family, _)| family);
    match family.strip_suffix("_SP").unwrap_or(family) {
        "BRAND_MEMBER_CARD" | "PRODUCT_COUPON" => MINUTELY,
        _ => DEFAULT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_schedule_ends_after_24_hours_4_minutes() {
        let default = repeats("MALL_TRANSACTION.SUCCESS");
        assert_eq!((default.len(), default.iter().sum::<u64>()), (15, 24 * 3600 + 4 * 60));
        let points = repeats("BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON");
        assert_eq!((points.len(), points.iter().sum::<u64>()), (11, 660));
    }
}
