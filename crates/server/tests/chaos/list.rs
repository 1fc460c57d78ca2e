//! What a list of bookings claims, and whether it can be true.
//!
//! References are given without a gap in the order of the commits, and a list has the newest bookings in that
//! order. So a list that is whole is told by its newest reference alone: it has every booking up to that one, as
//! far as its window reaches. [`examine`] proves that it is whole, and a booking at or before its newest reference
//! is then either in it or displaced by a full window of newer ones. Nothing is taken on trust: that the references
//! really have no gap, and that each still belongs to the same payer, is checked as well (`record`, `verdict`).

use serde::Deserialize;

/// One booking of a list.
#[derive(Debug, Deserialize)]
pub struct Booking {
    pub reference: String,
    pub email: String,
}

/// A list that is whole.
#[derive(Debug)]
pub struct List {
    /// The number of the newest reference; 0 when there is no booking.
    pub newest: u64,
    /// The payers by the numbers of their references.
    pub payers: Vec<(u64, String)>,
}

/// Reads a list that has at most `window` bookings; the error says what is wrong with it.
pub fn examine(body: &[u8], window: usize) -> Result<List, String> {
    let bookings: Vec<Booking> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut payers = Vec::with_capacity(bookings.len());
    for booking in bookings {
        payers.push((number_of(&booking.reference)?, booking.email));
    }
    let newest = payers.first().map_or(0, |(number, _)| *number);
    for ((number, _), expected) in payers.iter().zip((1..=newest).rev()) {
        if *number != expected {
            return Err(format!("REF{number:03} stands where REF{expected:03} should"));
        }
    }
    let all = usize::try_from(newest).unwrap();
    if payers.len() != all.min(window) {
        return Err(format!("{} bookings up to REF{newest:03}, and the window is {window}", payers.len()));
    }
    Ok(List { newest, payers })
}

/// The number of a reference: 12 of `REF012`.
pub fn number_of(reference: &str) -> Result<u64, String> {
    let digits = reference.strip_prefix("REF").ok_or_else(|| format!("{reference} is no reference"))?;
    digits.parse().map_err(|error| format!("{reference}: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::examine;

    fn newest(numbers: &[u64], window: usize) -> Result<u64, String> {
        let bookings: Vec<_> = numbers
            .iter()
            .map(|number| json!({"reference": format!("REF{number:03}"), "email": "a@example.org", "version": 1}))
            .collect();
        examine(json!(bookings).to_string().as_bytes(), window).map(|list| list.newest)
    }

    #[test]
    fn a_whole_list_goes_down_from_its_newest_reference() {
        assert_eq!(newest(&[], 3), Ok(0));
        assert_eq!(newest(&[2, 1], 3), Ok(2));
        assert_eq!(newest(&[1004, 1003, 1002], 3), Ok(1004));
    }

    #[test]
    fn a_list_with_a_hole_or_a_wrong_order_or_a_wrong_length_is_refused() {
        for numbers in [&[3, 1][..], &[1, 2], &[2, 2], &[2], &[5, 4], &[5, 4, 3, 2], &[3, 2, 0]] {
            assert!(newest(numbers, 3).is_err(), "{numbers:?}");
        }
        assert!(examine(b"[{\"reference\":\"REF1\"", 3).is_err());
        assert!(examine(b"[{\"reference\":\"REF1\"}]", 3).is_err());
    }
}
