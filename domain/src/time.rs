//! Instants and durations. The engine never reads a clock: instants come in
//! with the calls and leave as RFC 3339 text.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An instant in UTC, in nanoseconds since the Unix epoch; covers the years
/// 1678 to 2262.
///
/// Its JSON form is RFC 3339 with up to nine fractional digits, trailing zeros
/// dropped, and `Z`. "No instant" is `Option<Timestamp>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
pub struct Timestamp(i64);

/// The year-1 instant that stands for "unset" on the wire.
pub(crate) const UNSET: &str = "0001-01-01T00:00:00Z";

impl Timestamp {
    /// From nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds since the Unix epoch, the unit of JavaScript's clock.
    /// Saturates at the ends of the range.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time from `earlier` to this instant; negative if `earlier` is later.
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// Reads RFC 3339 text; any offset is converted to UTC.
    ///
    /// # Errors
    ///
    /// A text for people if the text is no RFC 3339 instant or lies outside the
    /// years 1678 to 2262.
    pub fn parse_rfc3339(text: &str) -> Result<Self, String> {
        let parsed = OffsetDateTime::parse(text.trim(), &Rfc3339)
            .map_err(|_| format!("{text:?} is not an RFC 3339 instant"))?;
        i64::try_from(parsed.unix_timestamp_nanos())
            .map(Self)
            .map_err(|_| format!("{text:?} lies outside the years 1678 to 2262"))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0))
            .ok()
            .and_then(|instant| instant.format(&Rfc3339).ok())
            .ok_or(fmt::Error)?;
        f.write_str(&text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).map_err(de::Error::custom)
    }
}

/// A span of time in nanoseconds, as requests carry it; may be negative until a
/// validator has seen it. Its JSON form is an integer.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Duration(i64);

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From seconds.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0 / 1_000_000
    }

    /// Whole seconds.
    pub const fn as_secs(self) -> i64 {
        self.0 / 1_000_000_000
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, rhs: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(rhs.0))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, rhs: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(rhs.0))
    }
}

/// Serde form of an instant that is always present on the wire: unset is the
/// year-1 instant. Use as `#[serde(default, with = "crate::time::always")]`.
pub(crate) mod always {
    use super::{Timestamp, UNSET};
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(instant) => serializer.collect_str(instant),
            None => serializer.serialize_str(UNSET),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        match text.as_deref() {
            None | Some("" | UNSET) => Ok(None),
            Some(text) => Timestamp::parse_rfc3339(text).map(Some).map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn instants_are_written_in_utc_without_trailing_zeros() {
        let cases = [
            ("2026-05-04T03:02:01Z", "2026-05-04T03:02:01Z"),
            ("2026-05-04T03:02:01.500000000Z", "2026-05-04T03:02:01.5Z"),
            ("2026-05-04T03:02:01.000000001Z", "2026-05-04T03:02:01.000000001Z"),
            ("2026-05-04T03:02:01+02:00", "2026-05-04T01:02:01Z"),
            (" 1969-12-31T23:59:59.999Z ", "1969-12-31T23:59:59.999Z"),
        ];
        for (given, written) in cases {
            assert_eq!(at(given).to_string(), written);
        }
    }

    #[test]
    fn texts_outside_the_form_or_the_range_are_refused() {
        for text in [
            "",
            "2026-05-04",
            "2026-05-04T03:02:01",
            "0001-01-01T00:00:00Z",
            "2300-01-01T00:00:00Z",
        ] {
            assert!(Timestamp::parse_rfc3339(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_ends_of_the_range_are_readable() {
        for nanos in [i64::MIN, -1, 0, 1, i64::MAX] {
            let instant = Timestamp::from_nanos(nanos);
            assert_eq!(at(&instant.to_string()), instant);
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_the_range() {
        let last = Timestamp::from_nanos(i64::MAX);
        assert_eq!(last + Duration::from_secs(1), last);
        let first = Timestamp::from_nanos(i64::MIN);
        assert_eq!(first - Duration::from_secs(1), first);
        assert_eq!(last.since(first), Duration::from_nanos(i64::MAX));
        assert_eq!(first.since(last), Duration::from_nanos(i64::MIN));
        assert_eq!(Timestamp::from_millis(i64::MAX), last);
    }

    #[test]
    fn milliseconds_round_towards_the_past() {
        assert_eq!(Timestamp::from_nanos(1_999_999).as_millis(), 1);
        assert_eq!(Timestamp::from_nanos(-1).as_millis(), -1);
    }

    #[test]
    fn durations_are_whole_nanoseconds_on_the_wire() {
        let five_minutes = Duration::from_secs(300);
        assert_eq!(serde_json::to_string(&five_minutes).unwrap(), "300000000000");
        assert_eq!(serde_json::from_str::<Duration>("-1").unwrap(), Duration::from_nanos(-1));
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Always {
        #[serde(default, with = "crate::time::always")]
        at: Option<Timestamp>,
    }

    #[test]
    fn an_unset_instant_is_written_as_the_first_of_year_one() {
        let unset = Always { at: None };
        assert_eq!(serde_json::to_string(&unset).unwrap(), r#"{"at":"0001-01-01T00:00:00Z"}"#);
        for text in [r#"{"at":"0001-01-01T00:00:00Z"}"#, r#"{"at":null}"#, r#"{"at":""}"#, "{}"] {
            assert_eq!(serde_json::from_str::<Always>(text).unwrap(), unset, "{text}");
        }
        let set = Always { at: Some(at("2026-05-04T03:02:01Z")) };
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(text, r#"{"at":"2026-05-04T03:02:01Z"}"#);
        assert_eq!(serde_json::from_str::<Always>(&text).unwrap(), set);
    }
}
