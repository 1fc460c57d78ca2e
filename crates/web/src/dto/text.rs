//! Values as the text they are served as, written without a text of their own.

use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use hermes_domain::write_digits;
use serde::{Serialize, Serializer};

const MICROS_PER_SECOND: u32 = 1_000_000;

/// Serialises what a value shows.
pub(super) fn as_text<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// An instant as it is served: RFC 3339, UTC, microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Rfc3339(pub DateTime<Utc>);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date_naive(), self.0.time());
        let micros = time.nanosecond() / 1_000;
        let year = match u32::try_from(date.year()) {
            Ok(year @ ..10_000) if micros < MICROS_PER_SECOND => year,
            // A year that does not have four digits, or a leap second.
            Ok(_) | Err(_) => {
                return formatter.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true));
            }
        };
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let numbers = [year, date.month(), date.day(), time.hour(), time.minute(), time.second(), micros];
        let fields = text.split_mut(|byte| !byte.is_ascii_digit());
        fields.zip(numbers).for_each(|(field, number)| write_digits(number.into(), field));
        // Digits and marks are ASCII.
        formatter.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_as_chrono_writes_it() {
        for text in [
            "2026-11-22T12:00:00.123456Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
            "2024-02-29T01:02:03.000004Z",
            "2016-12-31T23:59:60.5Z",
            "+10000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
        ] {
            let instant: DateTime<Utc> = text.parse().unwrap();
            let expected = instant.to_rfc3339_opts(SecondsFormat::Micros, true);
            assert_eq!(Rfc3339(instant).to_string(), expected);
        }
    }
}
