//! Cursors: a place in the list, opaque to callers.
//!
//! `n` (older than) or `p` (newer than), the time in microseconds as 16 hexadecimal digits, the identifier.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, Utc};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::{Page, Position};
use uuid::Uuid;

/// The hexadecimal digits of the time.
const MICROS_DIGITS: usize = 16;

/// The cursor of the page after a place.
pub(crate) fn after(position: Position) -> String {
    write(b'n', position)
}

/// The cursor of the page before a place.
pub(crate) fn before(position: Position) -> String {
    write(b'p', position)
}

/// Whether every database can compare its instants with this one: MySQL's years are those of four digits.
pub(crate) fn is_storable(instant: &DateTime<Utc>) -> bool {
    (1000..=9999).contains(&instant.year())
}

/// The page that a cursor stands for.
pub(crate) fn parse(text: &str) -> Option<Page> {
    let (direction, rest) = text.split_at_checked(1)?;
    let (micros, id) = rest.split_at_checked(MICROS_DIGITS)?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) || id.len() != 32 {
        return None;
    }
    let micros = i64::from_str_radix(micros, 16).ok()?;
    let created_at = DateTime::from_timestamp_micros(micros).filter(is_storable)?;
    let position = Position { created_at, id: PaymentId(Uuid::try_parse(id).ok()?) };
    match direction {
        "n" => Some(Page::After(position)),
        "p" => Some(Page::Before(position)),
        _ => None,
    }
}

fn write(direction: u8, position: Position) -> String {
    let mut text = String::from(char::from(direction));
    let micros = position.created_at.timestamp_micros();
    // Writing to a string cannot fail.
    let _written = write!(text, "{micros:0MICROS_DIGITS$x}{}", position.id.0.simple());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_what_it_was_made_of() {
        let created_at = DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap();
        let position = Position { created_at, id: PaymentId(Uuid::from_u128(42)) };
        assert_eq!(parse(&after(position)), Some(Page::After(position)));
        assert_eq!(parse(&before(position)), Some(Page::Before(position)));
    }

    #[test]
    fn nonsense_is_no_cursor() {
        for text in ["", "n", "x0", "é", "n-000000000000001", &"n0".repeat(40)] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
