//! Cursors: positions in the list, opaque to callers.
//!
//! A cursor is `n` (after) or `p` (before), the time in microseconds as 16 hexadecimal digits, and the payment ID.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, Utc};
use hermes_domain::payment::PaymentId;
use hermes_domain::ports::{ListPage, Page, Position};
use uuid::Uuid;

/// The number of hexadecimal digits of the time.
const MICROS_DIGITS: usize = 16;

/// Returns the cursors of the pages before and after a page, if these pages exist.
pub(crate) fn neighbours(page: &ListPage, is_first: bool) -> (Option<String>, Option<String>) {
    let first = page.payments.first().filter(|_| page.has_prev && !is_first);
    let last = page.payments.last().filter(|_| page.has_next);
    (first.map(|payment| encode('p', payment.into())), last.map(|payment| encode('n', payment.into())))
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

fn encode(direction: char, position: Position) -> String {
    let mut text = String::from(direction);
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
        assert_eq!(parse(&encode('n', position)), Some(Page::After(position)));
        assert_eq!(parse(&encode('p', position)), Some(Page::Before(position)));
    }

    #[test]
    fn an_invalid_cursor_is_rejected() {
        for text in ["", "n", "x0", "é", "n-000000000000001", &"n0".repeat(40)] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
