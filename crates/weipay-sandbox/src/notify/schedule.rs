//! When a notification is repeated, counted from the attempt before, in seconds of business time.

/// 15 repeats over 24 hours 4 minutes (DOC: the callback page).
const DEFAULT: &[u64] =
    &[15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];
/// DOC: the pages of `PRODUCT_COUPON_SP.*`, `COUPON.SEND` and the user card events. ASSUME for the two point events, whose
/// schedule is not published: their siblings have it; and for what a brand itself gets, without `_SP`.
const ELEVEN_MINUTES: &[u64] = &[60; 11];
/// DOC: the page of `COUPON.USE`, the redemption of a cash coupon.
const NINE_MINUTES: &[u64] = &[60; 9];
/// A single transcription has it (ASSUME).
const CONTRACT_ENDS: &[u64] = &[15, 15, 30, 180, 1800, 1800, 1800, 1800, 3600];

/// The gaps before the repeats of this event. ASSUME for `MCHTRANSFER.*`, of which only "at most ten" is known: the
/// first ten of the usual ones.
pub(crate) fn repeats(event_type: &str) -> &'static [u64] {
    let family = event_type.split('.').next().unwrap_or_default();
    match (family.strip_suffix("_SP").unwrap_or(family), event_type) {
        ("BRAND_MEMBER_CARD" | "PRODUCT_COUPON", _) | (_, "COUPON.SEND") => ELEVEN_MINUTES,
        (_, "COUPON.USE") => NINE_MINUTES,
        (_, "PAPAY.TERMINATE") => CONTRACT_ENDS,
        ("MCHTRANSFER", _) => &DEFAULT[..10],
        _ => DEFAULT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedules_have_their_number_of_repeats_and_their_length() {
        for (event, count, seconds) in [
            ("MALL_TRANSACTION.SUCCESS", 15, 24 * 3600 + 4 * 60),
            ("BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON", 11, 660),
            ("PRODUCT_COUPON_SP.SEND", 11, 660),
            ("COUPON.SEND", 11, 660),
            ("COUPON.USE", 9, 540),
            ("MCHTRANSFER.BILL.FINISHED", 10, 11_040),
            ("PAPAY.TERMINATE", 9, 11_040),
        ] {
            let repeats = repeats(event);
            assert_eq!((repeats.len(), repeats.iter().sum::<u64>()), (count, seconds), "{event}");
        }
    }
}
