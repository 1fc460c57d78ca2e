//! Cursors: positions in the list, opaque to callers.
//!
//! A cursor is `n` (after) or `p` (before), the time in microseconds as 16 hexadecimal digits, and the payment ID.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, Utc};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::{Page, Position};
use uuid::Uuid;

/// The number of hexadecimal digits of the time.
const MICROS_DIGITS: usize = 16;

/// Returns the cursor of the page after a position.
pub(crate) fn after(position: Position) -> String {
    encode(b'n', position)
}

/// Returns the cursor of the page before a position.
pub(crate) fn before(position: Position) -> String {
    encode(b'p', position)
}

/// Returns whether every database can compare this time with its own: MySQL supports years of four digits.
pub(crate) fn is_storable(time: &DateTime<Utc>) -> bool {
    (1000..=9999).contains(&time.year())
}

/// Parses a cursor.
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

fn encode(direction: u8, position: Position) -> String {
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
    fn a_cursor_keeps_its_position_and_direction() {
        let created_at = DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap();
        let position = Position { created_at, id: PaymentId(Uuid::from_u128(42)) };
        assert_eq!(parse(&after(position)), Some(Page::After(position)));
        assert_eq!(parse(&before(position)), Some(Page::Before(position)));
    }

    #[test]
    fn an_invalid_cursor_is_rejected() {
        for text in ["", "n", "x0", "é", "n-000000000000001", &"n0".repeat(40)] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
