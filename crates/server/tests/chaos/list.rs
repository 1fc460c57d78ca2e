//! Checks that a list of bookings is complete.
//!
//! References are assigned without gaps in commit order, and a list contains the newest bookings in that order. The
//! newest reference of a complete list therefore implies its contents: every booking up to that one, within the window.
//! [`check`] proves that a list is complete. An older booking is then in the list, or a full window of newer ones
//! displaced it. `record` and `final_checks` verify the premises: no gaps, and one payer per reference.

use serde::Deserialize;

/// The fields of a booking that the checker needs.
#[derive(Debug, Deserialize)]
pub struct Booking {
    pub reference: String,
    pub email: String,
}

/// A complete list.
#[derive(Debug)]
pub struct List {
    /// The number of the newest reference; 0 if the list is empty.
    pub newest: u64,
    /// The payers by reference number.
    pub payers: Vec<(u64, String)>,
}

/// Parses and checks a list of at most `window` bookings.
///
/// # Errors
/// If the list is malformed or incomplete.
pub fn check(body: &[u8], window: usize) -> Result<List, String> {
    let bookings: Vec<Booking> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut payers = Vec::with_capacity(bookings.len());
    for booking in bookings {
        payers.push((parse_number(&booking.reference)?, booking.email));
    }
    let newest = payers.first().map_or(0, |(number, _)| *number);
    for ((number, _), expected) in payers.iter().zip((1..=newest).rev()) {
        if *number != expected {
            return Err(format!("REF{number:03} instead of REF{expected:03}"));
        }
    }
    if payers.len() != usize::try_from(newest).unwrap().min(window) {
        return Err(format!("{} bookings up to REF{newest:03}, and the window is {window}", payers.len()));
    }
    Ok(List { newest, payers })
}

/// Returns the number of a reference: 12 for `REF012`.
pub fn parse_number(reference: &str) -> Result<u64, String> {
    let digits = reference.strip_prefix("REF").ok_or_else(|| format!("{reference} is not a reference"))?;
    digits.parse().map_err(|error| format!("{reference}: {error}"))
}

#[test]
fn only_a_list_without_gaps_that_fills_its_window_is_complete() {
    let newest = |numbers: &[u64]| {
        let booking =
            |number| serde_json::json!({"reference": format!("REF{number:03}"), "email": "a@b.org"});
        let body = serde_json::Value::from_iter(numbers.iter().map(booking)).to_string();
        check(body.as_bytes(), 3).map(|list| list.newest)
    };
    assert_eq!(newest(&[]), Ok(0));
    assert_eq!(newest(&[2, 1]), Ok(2));
    assert_eq!(newest(&[1004, 1003, 1002]), Ok(1004));
    for numbers in [&[3, 1][..], &[1, 2], &[2, 2], &[2], &[5, 4], &[5, 4, 3, 2], &[3, 2, 0]] {
        assert!(newest(numbers).is_err(), "{numbers:?}");
    }
    assert!(check(b"[{\"reference\":\"REF1\"", 3).is_err());
    assert!(check(b"[{\"reference\":\"REF1\"}]", 3).is_err());
}
