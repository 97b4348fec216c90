//! A moment as WeChat Pay writes it.

use std::fmt;

use jiff::{Timestamp, tz::Offset};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in RFC 3339, such as `2015-05-20T13:29:35+08:00`.
///
/// A received one keeps its text and never fails to decode; [`timestamp()`](Time::timestamp) gives the moment on demand.
/// A written one uses `+08:00`.
///
/// # Examples
///
/// ```
/// use weipay_core::Time;
///
/// let time = Time::parse("2015-05-20T05:29:35Z")?;
/// assert_eq!(time.as_str(), "2015-05-20T05:29:35Z");
/// assert_eq!(Time::from(time.timestamp().unwrap()).as_str(), "2015-05-20T13:29:35+08:00");
/// assert!(Time::parse("2015-05-20T13:29:35").is_err(), "WeChat Pay refuses times without an offset");
/// # Ok::<(), weipay_core::TimeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Time(String);

impl Time {
    /// Takes a text and checks that it is RFC 3339 with an offset, as requests need it.
    pub fn parse(text: impl Into<String>) -> Result<Self, TimeError> {
        let text = text.into();
        match text.parse::<Timestamp>() {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(TimeError(())),
        }
    }

    /// A text as received, whatever it is.
    pub(crate) fn received(text: String) -> Self {
        Self(text)
    }

    /// The moment in Unix seconds, written with `+08:00`.
    ///
    /// # Errors
    ///
    /// When the year lies outside 9999 before or after Christ.
    pub fn from_unix(seconds: i64) -> Result<Self, TimeError> {
        Timestamp::from_second(seconds).map(Self::from).map_err(|_| TimeError(()))
    }

    /// The text as received or written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment; `None` where WeChat Pay sent something that is no RFC 3339.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.0.parse().ok()
    }
}

impl From<Timestamp> for Time {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.display_with_offset(Offset::constant(8)).to_string())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// A text that is no RFC 3339 time with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeError(());

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time in RFC 3339 with an offset, such as 2015-05-20T13:29:35+08:00")
    }
}

impl std::error::Error for TimeError {}
