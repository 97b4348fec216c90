//! RFC 3339 as the API means it: date, `T`, time, perhaps a fraction, and an offset.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Reads an RFC 3339 time; none without `T` or without an offset.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let shape = bytes.len() >= 20
        && bytes.is_ascii()
        && bytes[..19].iter().zip(b"0000-00-00T00:00:00").all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        });
    if !shape {
        return None;
    }
    let rest = &text[19..];
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            (1..=9).contains(&digits).then(|| &fraction[digits..])?
        }
        None => rest,
    };
    let is_offset = offset == "Z"
        || offset.len() == 6
            && matches!(offset.as_bytes()[0], b'+' | b'-')
            && offset.as_bytes()[3] == b':'
            && offset.bytes().skip(1).enumerate().all(|(at, byte)| at == 2 || byte.is_ascii_digit());
    is_offset.then(|| text.parse().ok()).flatten()
}

/// Prints a moment in China Standard Time, to the second: `2026-05-20T13:29:35+08:00`.
pub(crate) fn print(at: Timestamp) -> String {
    at.to_zoned(china()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// China Standard Time.
pub(crate) fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_pages_print() {
        for good in ["2015-05-20T13:29:35+08:00", "2020-05-20T13:29:35.120+08:00", "2020-05-20T13:29:35Z"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in [
            "2020-05-20 13:29:35",
            "2020-05-20T13:29:35",
            "2020-05-20T13:29:35+0800",
            "1589952575",
            "2020-13-01T00:00:00Z",
            "",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        assert_eq!(print(parse("2015-05-20T05:29:35Z").unwrap()), "2015-05-20T13:29:35+08:00");
    }
}
